import { describe, expect, test } from 'vitest';
import { ownedFile, statedClock, zoneOf } from '../../../src/cli/explain/words.js';

describe('--clock', () => {
  test.each([
    ['fw-a=+2.3s±0.1s', 'fw-a', 2_200, 2_400],
    ['fw-a=2.3s+-100ms', 'fw-a', 2_200, 2_400],
    ['fw-a=-2.3s+/-0.1s', 'fw-a', -2_400, -2_200],
    ['Azure=0s', 'Azure', -1_000, 1_000],
    ['trial-01-wire.pcap=20ms±1ms', 'trial-01-wire.pcap', 19, 21],
    ['fw-a=2.35s', 'fw-a', 2_340, 2_360],
  ])('%s', (given, clock, lo_ms, hi_ms) => {
    const stated = statedClock(given);
    expect(stated.clock).toBe(clock);
    expect(stated.lo_ms).toBeCloseTo(lo_ms, 6);
    expect(stated.hi_ms).toBeCloseTo(hi_ms, 6);
  });

  test.each(['fw-a', 'fw-a=', 'fw-a=2', '=2s', 'fw-a=2s±', 'fw-a=2s±1', 'fw-a=1.2.3s', 'fw-a=2y'])(
    '%s is refused',
    (given) => expect(() => statedClock(given)).toThrow(/--clock/),
  );
});

describe('--zone', () => {
  test.each([
    ['+02:00', 120],
    ['-0330', -210],
    ['UTC', 0],
    ['z', 0],
  ])('%s', (given, minutes) => expect(zoneOf(given)).toBe(minutes));

  test('left out is not known', () => expect(zoneOf(undefined)).toBeNull());
  test.each(['CET', '2', '+15:00', '+02:60'])('%s is refused', (given) =>
    expect(() => zoneOf(given)).toThrow(/is not a zone/),
  );
});

test('a file may say whose it is', () => {
  const never = (): boolean => false;
  expect(ownedFile('fw-a=ha.log', never)).toEqual({ owner: 'fw-a', file: 'ha.log' });
  expect(ownedFile('logs/a=b.log', never)).toEqual({ owner: null, file: 'logs/a=b.log' });
  expect(ownedFile('fw-a=ha.log', () => true)).toEqual({ owner: null, file: 'fw-a=ha.log' });
});
