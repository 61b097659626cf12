import { describe, expect, test } from 'vitest';
import { at, newLedger, reply, send, watch } from './ledger-rows.js';

describe('Ledger.live', () => {
  test('knows nothing at first', () => {
    expect(newLedger().ledger.live(at(0))).toEqual({
      name: 'ping',
      sent: 0,
      answered: 0,
      bad: 0,
      clean_from_ns: null,
      last_good_ns: null,
      good_run: 0,
      down_since_ns: null,
      refused_since_ns: null,
      rtt_ms: null,
      cause: null,
    });
  });

  test('a stream that answers is clean since its first probe', () => {
    const { ledger } = newLedger();
    for (const ms of [10, 20, 30]) reply(ledger, send(ledger, ms), ms + 2);
    ledger.advance(at(25));
    expect(ledger.live(at(40))).toMatchObject({
      sent: 3,
      answered: 3,
      bad: 0,
      clean_from_ns: 10e6,
      last_good_ns: 30e6,
      good_run: 3,
      down_since_ns: null,
      refused_since_ns: null,
      rtt_ms: 2,
    });
  });

  test('shows an outage long before the wait is over, from the first probe that is missing', () => {
    const { ledger } = newLedger();
    reply(ledger, send(ledger, 0), 1);
    send(ledger, 10);
    send(ledger, 20);
    expect(ledger.live(at(100))).toMatchObject({ bad: 0, down_since_ns: null });
    expect(ledger.live(at(300))).toMatchObject({ bad: 2, down_since_ns: 10e6, last_good_ns: 0, good_run: 0 });
  });

  test('recovers while the lost probes still wait for their last word', () => {
    const { ledger } = newLedger();
    reply(ledger, send(ledger, 0), 1);
    send(ledger, 10);
    for (const ms of [400, 410]) reply(ledger, send(ledger, ms), ms + 1);
    ledger.advance(at(420));
    expect(ledger.live(at(420))).toMatchObject({
      bad: 1,
      clean_from_ns: 400e6,
      good_run: 2,
      down_since_ns: null,
      refused_since_ns: null,
    });
  });

  test('counts the same before and after the rows are written', () => {
    const { ledger } = newLedger();
    reply(ledger, send(ledger, 0), 1);
    send(ledger, 10);
    reply(ledger, send(ledger, 400), 401);
    const before = ledger.live(at(1009));
    watch(ledger, 0, 1100);
    expect(ledger.live(at(1100))).toEqual(before);
  });

  test('holes in sending say nothing about the path', () => {
    const { ledger } = newLedger();
    reply(ledger, send(ledger, 0), 1);
    ledger.missed(at(10));
    const blocked = send(ledger, 20);
    ledger.answer(blocked, { outcome: 'local-blocked', received: at(20), cause: 'EPERM' });
    reply(ledger, send(ledger, 30), 31);
    for (const now of [35, 40]) {
      expect(ledger.live(at(now))).toMatchObject({
        bad: 0,
        good_run: 2,
        clean_from_ns: 0,
        down_since_ns: null,
        refused_since_ns: null,
      });
      ledger.advance(at(now));
    }
  });

  test('an answer that takes longer than usual is bad: 250 ms, or four times the RTT of a slow path', () => {
    const fast = newLedger().ledger;
    reply(fast, send(fast, 0), 1);
    reply(fast, send(fast, 10), 500);
    expect(fast.live(at(501))).toMatchObject({ bad: 1 });
    const slow = newLedger().ledger;
    for (let i = 0; i < 100; i++) reply(slow, send(slow, i), i + 200);
    reply(slow, send(slow, 400), 1000);
    expect(slow.live(at(1001)).bad).toBe(0);
  });

  test('memory holds one wait of probes: a long run is a short queue', () => {
    const { ledger } = newLedger();
    for (let ms = 0; ms < 20_000; ms += 1) {
      const seq = send(ledger, ms);
      if (seq % 7 !== 0) reply(ledger, seq, ms + 0.5);
      if (ms % 100 === 0) ledger.advance(at(ms));
    }
    // Written: all but one wait (1,000 ms at 1 probe per ms) and the 100 ms since the last look.
    expect(ledger.waiting).toBeLessThanOrEqual(Math.ceil(1100 / 7) + 1);
    expect(ledger.live(at(20_000)).sent).toBe(20_000);
  });
});
