import { describe, expect, test } from 'vitest';
import { probeSeq, wireSeq } from '../../../src/analysis/flow/stamp-sequence.js';
import { fromMs, ns, type Nanoseconds } from '../../../src/model/time.js';
import { StampClock } from '../../../src/wire/stamp-time.js';
import { StampSessions } from '../../../src/reflect/stamp.js';
import { encodeStampProbe } from '../../../src/wire/stamp-packet.js';

describe('numbers on the wire', () => {
  test('1 to 3 are left out, and 32 bits wrap', () => {
    expect([0, 1, 2].map(wireSeq)).toEqual([0, 4, 5]);
    expect([2 ** 32 - 4, 2 ** 32 - 3].map(wireSeq)).toEqual([2 ** 32 - 1, 0]);
  });

  test.each([0, 1, 2, 65_536, 2 ** 32 - 4, 2 ** 32 - 3, 2 ** 32, 5 * 2 ** 32 + 7])(
    'probe %i is found again',
    (seq) => {
      for (const later of [0, 1, 1000]) expect(probeSeq(wireSeq(seq), seq + later)).toBe(seq);
    },
  );

  test('what was left out is no probe', () => {
    for (const wire of [1, 2, 3]) expect(probeSeq(wire, 10)).toBeNull();
  });
});

describe('the clock of the stamps', () => {
  const clock = { now: ns(5e9), wall_ms: 1_800_000_000_250 };
  const fake = { monotonic: (): Nanoseconds => clock.now, wall: (): number => clock.wall_ms };

  test('tells the time of day by the monotonic clock, and back', () => {
    const stamps = new StampClock(fake);
    expect(stamps.at(ns(5e9))).toEqual({ s: 1_800_000_000, ns: 250_000_000 });
    expect(stamps.at(ns(4e9))).toEqual({ s: 1_799_999_999, ns: 250_000_000 });
    expect(stamps.at(ns(6_750_000_001))).toEqual({ s: 1_800_000_002, ns: 1 });
    expect(stamps.monotonic({ s: 1_800_000_002, ns: 1 })).toBe(6_750_000_001);
  });

  test('follows a wall clock that was set, not one that jitters', () => {
    const stamps = new StampClock(fake);
    clock.now = ns(8e9);
    clock.wall_ms += 3001;
    stamps.follow(clock.now);
    expect(stamps.at(ns(8e9))).toEqual({ s: 1_800_000_003, ns: 250_000_000 });
    clock.now = ns(9e9 + 1);
    clock.wall_ms += 60_000;
    stamps.follow(clock.now);
    expect(stamps.at(clock.now).s).toBe(1_800_000_063);
  });
});

describe('sessions of the reflector', () => {
  const clock = { monotonic: (): Nanoseconds => fromMs(1), wall: (): number => 1_800_000_000_000 };
  const probe = (ssid: number): Buffer =>
    encodeStampProbe({ wire: 9, time: { s: 0, ns: 0 }, timestamps: 'ntp', ssid, size: 44 });
  const seqOf = (answer: Buffer | null): number | undefined => answer?.readUInt32BE(0);

  test('each address, port and SSID has a counter from 0', () => {
    const sessions = new StampSessions(clock);
    const ask = (ssid: number, port: number): number | undefined =>
      seqOf(sessions.answer(probe(ssid), { address: '192.0.2.1', port }, fromMs(1)));
    expect([ask(1, 5), ask(1, 5), ask(2, 5), ask(1, 6), ask(1, 5)]).toEqual([0, 1, 0, 0, 2]);
    expect(sessions).toMatchObject({ reflected: 5, sessions: 3, ignored: 0 });
  });

  test('what is too short is not answered', () => {
    const sessions = new StampSessions(clock);
    expect(sessions.answer(Buffer.alloc(40), { address: '192.0.2.1', port: 1 }, fromMs(1))).toBeNull();
    expect(sessions).toMatchObject({ reflected: 0, sessions: 0, ignored: 1 });
  });

  test.each(['ntp', 'ptp'] as const)('what is itself an answer is not answered: %s', (timestamps) => {
    const request = encodeStampProbe({ wire: 9, time: { s: 5, ns: 0 }, timestamps, ssid: 1, size: 44 });
    const peer = { address: '192.0.2.1', port: 1862 };
    const ours = new StampSessions(clock);
    const first = ours.answer(request, peer, fromMs(1)) as Buffer;
    // The other reflector's clock is a year behind: what it repeats is our time all the same.
    const behind = { ...clock, wall: (): number => clock.wall() - 365 * 86_400_000 };
    const second = new StampSessions(behind).answer(first, peer, fromMs(1)) as Buffer;
    expect(ours.answer(second, peer, fromMs(1))).toBeNull();
    expect(ours).toMatchObject({ reflected: 1, ignored: 1 });
    // In step with ours, the first answer gives it away.
    expect(new StampSessions(clock).answer(first, peer, fromMs(1))).toBeNull();
  });

  test('stateless, it repeats the sender’s number', () => {
    const sessions = new StampSessions(clock, true);
    expect(seqOf(sessions.answer(probe(1), { address: '192.0.2.1', port: 1 }, fromMs(1)))).toBe(9);
  });

  test('false sources do not make it forget who probes all the time, nor do they cost memory without end', () => {
    const sessions = new StampSessions(clock);
    const steady = { address: '192.0.2.1', port: 1 };
    for (let round = 0; round < 30; round += 1) {
      expect(seqOf(sessions.answer(probe(1), steady, fromMs(1)))).toBe(round);
      for (let index = 0; index < 1000; index += 1) {
        const address = `198.51.${round}.${index % 250}`;
        sessions.answer(probe(1), { address, port: index + 1 }, fromMs(1));
        sessions.answer(probe(1), { address: '203.0.113.9', port: round * 1000 + index + 1 }, fromMs(1));
      }
    }
    expect(sessions.sessions).toBe(10_000);
  });
});
