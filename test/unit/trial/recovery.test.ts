import { describe, expect, it } from 'vitest';
import { fromMs, ns } from '../../../src/model/time.js';
import type { LiveStream } from '../../../src/probe/protocol.js';
import { cleanness, hasHeld } from '../../../src/trial/forwarding.js';

const stream = (change: Partial<LiveStream>): LiveStream => ({
  name: 'ping',
  sent: 100,
  answered: 100,
  bad: 0,
  clean_from_ns: fromMs(0),
  last_good_ns: fromMs(1000),
  good_run: 100,
  down_since_ns: null,
  refused_since_ns: null,
  rtt_ms: 0.3,
  cause: null,
  ...change,
});

describe('cleanness', () => {
  it('is as clean as the worst stream', () => {
    const clean = cleanness([
      stream({ clean_from_ns: fromMs(200), last_good_ns: fromMs(900) }),
      stream({ clean_from_ns: fromMs(500), last_good_ns: fromMs(1000), good_run: 7, bad: 3 }),
    ]);
    expect(clean).toEqual({ since_ns: fromMs(500), for_ns: fromMs(400), run: 7, bad: 3, downSince_ns: null });
  });

  it('is not clean while one stream is down', () => {
    const down = stream({ clean_from_ns: null, good_run: 0, down_since_ns: fromMs(700) });
    expect(cleanness([stream({}), down])).toMatchObject({
      since_ns: null,
      for_ns: 0,
      downSince_ns: fromMs(700),
    });
  });

  it('is not clean without streams', () => {
    expect(hasHeld(cleanness([]), ns(0), ns(0))).toBe(false);
  });
});

describe('sustained recovery (RFC 6412 §3.7.5)', () => {
  it('holds after the given time', () => {
    const at = (last_ms: number) =>
      cleanness([stream({ clean_from_ns: fromMs(2000), last_good_ns: fromMs(last_ms) })]);
    expect(hasHeld(at(6900), fromMs(5000), ns(0))).toBe(false);
    expect(hasHeld(at(7000), fromMs(5000), ns(0))).toBe(true);
  });

  it('needs five probes, however long their interval', () => {
    const slow = (good_run: number) =>
      cleanness([stream({ clean_from_ns: fromMs(0), last_good_ns: fromMs(9000), good_run })]);
    expect(hasHeld(slow(4), fromMs(5000), ns(0))).toBe(false);
    expect(hasHeld(slow(5), fromMs(5000), ns(0))).toBe(true);
  });

  it('counts from a later instant where asked', () => {
    const clean = cleanness([stream({ clean_from_ns: fromMs(0), last_good_ns: fromMs(9000) })]);
    expect(hasHeld(clean, fromMs(5000), fromMs(3900))).toBe(true);
    expect(hasHeld(clean, fromMs(5000), fromMs(4100))).toBe(false);
  });
});
