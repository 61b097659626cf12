import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ns } from '../../../src/model/time.js';
import { at, newLedger, ORIGIN, reply, send, watch } from './ledger-rows.js';

const words = (rows: readonly { seq: number; outcome: string }[]): string[] =>
  rows.map(({ seq, outcome }) => `${seq} ${outcome}`);

describe('Ledger', () => {
  test('a row has every instant, counted from the origin', () => {
    const { ledger, rows } = newLedger();
    const seq = ledger.sending(at(10), at(10.2));
    ledger.leaving(seq, at(10.3));
    ledger.accepted(seq, at(10.4));
    reply(ledger, seq, 15);
    ledger.advance(at(16));
    expect(rows).toEqual([
      {
        stream: 'ping',
        flow: 0,
        seq: 0,
        outcome: 'answered',
        intended_ns: 10e6,
        sent_ns: 10.3e6,
        accepted_ns: 10.4e6,
        received_ns: 15e6,
        ttl: 63,
        cause: null,
      },
    ]);
  });

  test('rows come in the order of seq, whatever the order of answers', () => {
    const { ledger, rows } = newLedger();
    for (const ms of [0, 10, 20]) send(ledger, ms);
    reply(ledger, 2, 30);
    reply(ledger, 1, 31);
    ledger.advance(at(40));
    expect(rows).toEqual([]);
    reply(ledger, 0, 41);
    ledger.advance(at(42));
    expect(words(rows)).toEqual(['0 answered', '1 answered', '2 answered']);
    expect(rows[2]?.received_ns).toBe(30e6);
  });

  test('an unanswered probe is lost when its wait is over, not before', () => {
    const { ledger, rows } = newLedger();
    send(ledger, 0);
    watch(ledger, 0, 900);
    ledger.advance(at(999));
    expect(rows).toEqual([]);
    expect(ledger.waiting).toBe(1);
    ledger.advance(at(1000));
    expect(words(rows)).toEqual(['0 lost']);
    expect(rows[0]).toMatchObject({ received_ns: null, ttl: null, cause: null });
    expect(ledger.waiting).toBe(0);
  });

  test('tells an engine which probes are lost, and no others', () => {
    const { ledger } = newLedger();
    const lost: number[] = [];
    ledger.whenLost((seq) => lost.push(seq));
    for (const ms of [0, 10, 20]) send(ledger, ms);
    reply(ledger, 1, 15);
    watch(ledger, 0, 1100);
    expect(lost).toEqual([0, 2]);
  });

  test('after this process stood still, what lies in the sockets is read before "lost" is said', () => {
    const { ledger, rows } = newLedger();
    send(ledger, 0);
    watch(ledger, 0, 100);
    ledger.advance(at(5000));
    expect(rows).toEqual([]);
    reply(ledger, 0, 5001);
    ledger.advance(at(5100));
    expect(words(rows)).toEqual(['0 answered']);
  });

  test('after this process stood still, a probe without an answer is lost all the same', () => {
    const { ledger, rows } = newLedger();
    send(ledger, 0);
    watch(ledger, 0, 100);
    ledger.advance(at(5000));
    ledger.advance(at(5100));
    expect(words(rows)).toEqual(['0 lost']);
  });

  test('of copies of an answer without end only some are written', () => {
    const { ledger, rows } = newLedger();
    send(ledger, 0);
    for (let copy = 0; copy < 5000; copy++) reply(ledger, 0, 1);
    ledger.advance(at(2));
    expect(rows.filter(({ outcome }) => outcome === 'duplicate')).toHaveLength(1004);
  });

  test('a missed slot has a number and a row of its own, and no instant of sending', () => {
    const { ledger, rows } = newLedger();
    send(ledger, 0);
    ledger.missed(at(10));
    send(ledger, 20);
    reply(ledger, 0, 1);
    reply(ledger, 2, 21);
    ledger.advance(at(22));
    expect(words(rows)).toEqual(['0 answered', '1 unsent', '2 answered']);
    expect(rows[1]).toMatchObject({ intended_ns: 10e6, sent_ns: null, accepted_ns: null });
  });

  test.each(['refused', 'unreachable', 'unresolved'] as const)(
    '%s is the last word and keeps its cause',
    (outcome) => {
      const { ledger, rows } = newLedger();
      send(ledger, 0);
      ledger.answer(0, { outcome, received: at(3), cause: 'some-cause' });
      ledger.advance(at(4));
      expect(rows).toMatchObject([{ outcome, cause: 'some-cause', received_ns: 3e6 }]);
    },
  );

  test('what this host did not let out was never taken by the socket', () => {
    const { ledger, rows } = newLedger();
    send(ledger, 0);
    ledger.answer(0, { outcome: 'local-blocked', received: at(0.2), cause: 'EPERM' });
    ledger.advance(at(1));
    expect(rows).toMatchObject([{ outcome: 'local-blocked', accepted_ns: null, cause: 'EPERM' }]);
    expect(ledger.figures()).toMatchObject({ sent: 0, local_blocked: 1, unsent: 0 });
  });

  test('the first answer decides; more of them are duplicates, before and after the row is written', () => {
    const { ledger, rows } = newLedger();
    send(ledger, 0);
    reply(ledger, 0, 1);
    reply(ledger, 0, 2);
    ledger.advance(at(3));
    reply(ledger, 0, 4);
    expect(words(rows)).toEqual(['0 duplicate', '0 answered', '0 duplicate']);
    expect(rows.map(({ received_ns }) => received_ns)).toEqual([2e6, 1e6, 4e6]);
    for (const row of rows) expect(row).toMatchObject({ intended_ns: 0, sent_ns: 0 });
  });

  test('an answer to a probe that is written as lost is a stray, with the instant it was sent', () => {
    const { ledger, rows } = newLedger();
    send(ledger, 70);
    watch(ledger, 0, 1100);
    reply(ledger, 0, 1200);
    expect(words(rows)).toEqual(['0 lost', '0 stray']);
    expect(rows[1]).toMatchObject({ sent_ns: 70e6, received_ns: 1200e6 });
  });

  test('an answer after an ICMP error is a stray', () => {
    const { ledger, rows } = newLedger();
    send(ledger, 0);
    ledger.answer(0, { outcome: 'unreachable', received: at(1), cause: 'host-unreachable' });
    reply(ledger, 0, 2);
    ledger.advance(at(3));
    expect(words(rows)).toEqual(['0 stray', '0 unreachable']);
  });

  test('an ICMP error after the answer changes nothing', () => {
    const { ledger, rows } = newLedger();
    send(ledger, 0);
    reply(ledger, 0, 1);
    ledger.answer(0, { outcome: 'unreachable', received: at(2), cause: 'host-unreachable' });
    ledger.advance(at(3));
    expect(words(rows)).toEqual(['0 answered']);
  });

  test.each([-1, 1, 1e15])('an answer to probe %d, which was never sent, is ignored', (seq) => {
    const { ledger, rows } = newLedger();
    send(ledger, 0);
    reply(ledger, seq, 1);
    ledger.advance(at(2));
    expect(rows).toEqual([]);
  });

  test('remembers last words for 65,536 probes, no longer', () => {
    const { ledger, rows } = newLedger();
    for (let seq = 0; seq < 65_537; seq++) {
      send(ledger, seq);
      reply(ledger, seq, seq + 1);
      ledger.advance(at(seq + 1));
    }
    rows.length = 0;
    reply(ledger, 0, 70_000);
    reply(ledger, 1, 70_000);
    expect(words(rows)).toEqual(['1 duplicate']);
    expect(rows[0]).toMatchObject({ sent_ns: 1e6 });
  });

  test('close writes what is left', () => {
    const { ledger, rows } = newLedger();
    send(ledger, 0);
    send(ledger, 10);
    reply(ledger, 1, 11);
    ledger.close();
    expect(words(rows)).toEqual(['0 lost', '1 answered']);
    ledger.close();
    expect(rows).toHaveLength(2);
  });

  test('figures: how many were sent, and how late they left', () => {
    const { ledger } = newLedger();
    for (const late of [0.2, 0.2, 0.2, 5]) {
      const seq = ledger.sending(at(100), at(100 + late));
      reply(ledger, seq, 110);
    }
    ledger.missed(at(200));
    ledger.advance(at(210));
    const figures = ledger.figures();
    expect(figures).toMatchObject({ sent: 4, unsent: 1, local_blocked: 0 });
    expect(figures.lateness_p50_ms).toBeGreaterThanOrEqual(0.2);
    expect(figures.lateness_p50_ms).toBeLessThanOrEqual(0.204);
    expect(figures.lateness_max_ms).toBeCloseTo(5, 6);
  });

  test('instants are exact to the nanosecond days after boot', () => {
    const { ledger, rows } = newLedger();
    const late = ns(ORIGIN + 30 * 86_400e9 + 1);
    const seq = ledger.sending(late, late);
    ledger.answer(seq, { outcome: 'answered', received: ns(late + 1) });
    ledger.advance(ns(late + 2));
    expect(rows[0]).toMatchObject({ sent_ns: 30 * 86_400e9 + 1, received_ns: 30 * 86_400e9 + 2 });
  });

  test('whatever happens in whatever order: one last word for each probe, in order, and every extra is told', () => {
    const action = fc.oneof(
      { weight: 4, arbitrary: fc.constant({ do: 'send' as const }) },
      { weight: 1, arbitrary: fc.constant({ do: 'miss' as const }) },
      { weight: 5, arbitrary: fc.record({ do: fc.constant('answer' as const), back: fc.nat(30) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('error' as const), back: fc.nat(30) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.nat(700) }) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 400 }), (actions) => {
        const { ledger, rows } = newLedger();
        const unsent = new Set<number>();
        const decided = new Set<number>();
        let ms = 0;
        let extras = 0;
        for (const step of actions) {
          ms += 1;
          switch (step.do) {
            case 'send':
              send(ledger, ms);
              break;
            case 'miss':
              unsent.add(ledger.nextSeq);
              decided.add(ledger.nextSeq);
              ledger.missed(at(ms));
              break;
            case 'advance':
              ms += step.ms;
              ledger.advance(at(ms));
              for (const { seq } of rows) decided.add(seq);
              break;
            case 'answer':
            case 'error': {
              const seq = ledger.nextSeq - 1 - step.back;
              if (seq < 0 || unsent.has(seq)) break;
              if (decided.has(seq)) extras += step.do === 'answer' ? 1 : 0;
              decided.add(seq);
              if (step.do === 'answer') reply(ledger, seq, ms);
              else
                ledger.answer(seq, { outcome: 'unreachable', received: at(ms), cause: 'host-unreachable' });
            }
          }
        }
        ledger.close();
        const last = rows.filter(({ outcome }) => outcome !== 'duplicate' && outcome !== 'stray');
        expect(last.map(({ seq }) => seq)).toEqual(Array.from({ length: ledger.nextSeq }, (_, seq) => seq));
        expect(rows).toHaveLength(ledger.nextSeq + extras);
        for (const { seq, outcome } of last) expect(outcome === 'unsent').toBe(unsent.has(seq));
      }),
    );
  });
});
