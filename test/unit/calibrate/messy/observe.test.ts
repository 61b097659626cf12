import { describe, expect, test } from 'vitest';
import type { MessyObservation } from '../../../../src/cli/calibrate/messy/judge.js';
import type { MessyEngine, MessyKind } from '../../../../src/cli/calibrate/messy/kinds.js';
import { observeRecording } from '../../../../src/cli/calibrate/messy/folder.js';
import type { RawRecording, RawTrial } from '../../../../src/cli/calibrate/messy/raw.js';
import { encodeHeartbeat } from '../../../../src/model/probe.js';
import { fromMs, ns } from '../../../../src/model/time.js';
import { change, lostIn, recorded, trial, type Path } from './recorded.js';

const observed = (
  kind: MessyKind,
  own: RawTrial,
  path: Path,
  more: Partial<RawRecording> = {},
): Map<MessyEngine, MessyObservation> =>
  new Map(observeRecording(recorded(kind, own, path, more)).map((each) => [each.engine, each]));

const one = (...given: Parameters<typeof observed>): MessyObservation =>
  observed(...given).get('headline') as MessyObservation;

/** Pseudo-random, the same every time: 0..1 of an instant. */
const chance = (at: number): number => {
  const value = Math.sin(at * 12.9898) * 43758.5453;
  return value - Math.floor(value);
};

describe('an outage', () => {
  const cut = trial([change('cut', 2100, 2600)]);

  test('is held against the stamps of the gate, by the headline and by each stream', () => {
    const all = observed('clean', cut, lostIn([2100, 2600]));
    expect([...all.keys()]).toEqual(['headline', 'icmp']);
    for (const own of all.values())
      expect(own).toMatchObject({ status: 'ok', covered: true, verdict: 'fail', wrongPass: false });
    expect(all.get('icmp')?.truth_lo_s).toBeCloseTo(0.499, 9);
    expect(all.get('icmp')?.truth_hi_s).toBeCloseTo(0.501, 9);
    expect(Math.abs(all.get('icmp')?.error_T ?? 9)).toBeLessThan(0.5);
  });

  test('that is told longer or shorter is not covered', () => {
    expect(one('clean', cut, lostIn([2100, 2800]))).toMatchObject({ covered: false });
    expect(one('clean', cut, lostIn([2100, 2300]))).toMatchObject({ covered: false });
  });

  test('that is not told at all passes a limit that the truth does not keep', () =>
    expect(one('clean', cut, lostIn())).toMatchObject({ covered: false, wrongPass: true }));

  test('of a trial that is void is not told, and says so', () =>
    expect(one('clean', cut, lostIn([1000, 1100], [2100, 2600]))).toMatchObject({
      status: 'void',
      covered: null,
      error_T: null,
      wrongPass: false,
    }));
});

test('random loss beside an outage is allowed, and is no outage', () => {
  const own = trial([change('cut', 2100, 2600)], { cut_ns: fromMs(5000) });
  const path: Path = (at) => (chance(at) < 0.02 ? null : lostIn([2100, 2600])(at));
  expect(one('loss', own, path, { loss: 0.01 })).toMatchObject({
    covered: true,
    status: 'ok',
    variant: '1 % each way',
  });
});

describe('flapping', () => {
  const flaps = [
    [2100, 2160],
    [2250, 2390],
    [2480, 2550],
  ] as const;
  const own = trial(flaps.map(([from, to]) => change('cut', from, to)));

  test('is held against its longest piece', () => {
    const told = one('flapping', own, lostIn(...flaps));
    expect(told).toMatchObject({ covered: true, wrongPass: false });
    expect(told.truth_lo_s).toBeCloseTo(0.139, 9);
  });

  test('fails a limit of half its span', () =>
    expect(one('flapping', own, lostIn(...flaps)).verdict).not.toBe('pass'));

  test('of which only the longest is told is not covered, and passes that limit', () =>
    expect(one('flapping', own, lostIn([2250, 2390]))).toMatchObject({ covered: false, wrongPass: true }));

  test('that is told longer at both its ends is not covered, though its longest piece is', () => {
    const [first, second, third] = flaps;
    const longer = lostIn([first[0] - 30, first[1]], second, [third[0], third[1] + 30]);
    const told = one('flapping', own, longer);
    expect(told.covered).toBe(false);
    expect(told.lo_s).toBeLessThan(0.14);
  });
});

describe('partial loss', () => {
  const share = 1 - Math.sqrt(0.5);
  const half = (from: number, to: number): Path => {
    return (at) => (at >= from && at < to && chance(at) < 0.5 ? null : 0.4);
  };

  test('for a while is a disruption of that span and share', () => {
    const own = trial([change('random', 2100, 4100, share)]);
    expect(one('partial', own, half(2100, 4100))).toMatchObject({ covered: true, wrongPass: false });
    expect(one('partial', own, half(2100, 3100))).toMatchObject({ covered: false });
  });

  test('of another share is not covered', () => {
    const own = trial([change('random', 2100, 4100, 1 - Math.sqrt(0.1))]);
    expect(one('partial', own, half(2100, 4100))).toMatchObject({ covered: false });
  });

  test('until the end is a trial that never passes', () => {
    const own = trial([change('random', 2100, null, share)], { gave_up: true });
    expect(one('partial', own, half(2100, 9000))).toMatchObject({ status: 'degraded', wrongPass: false });
    expect(one('partial', own, half(2100, 2110))).toMatchObject({ covered: false });
  });
});

test('an outage with random loss until the end is covered, and never passes', () => {
  const lasting = change('random', 2600, null, 0.05);
  const own = trial([change('cut', 2100, 2600), lasting], { gave_up: true });
  const path: Path = (at) => (at >= 2600 && chance(at) < 0.1 ? null : lostIn([2100, 2600])(at));
  expect(one('lasting', own, path)).toMatchObject({ covered: true, status: 'degraded', wrongPass: false });
  expect(one('lasting', own, lostIn([2100, 2600]))).toMatchObject({ status: 'ok', wrongPass: true });
});

test('a far reflector makes round trips lose more: errors are of the interval and the distance', () => {
  const own = trial([change('cut', 2100, 2600)]);
  const path: Path = (at) => (at >= 2050 && at < 2600 ? null : 50.4);
  const far = one('far', own, path, { distance_ns: fromMs(50) });
  expect(far).toMatchObject({ covered: true, status: 'ok' });
  expect(Math.abs(far.error_T ?? 9)).toBeLessThan(1);
});

test('a path that is slower after the outage has recovered, and never passes', () => {
  const own = trial([change('slow', 2300, null), change('cut', 2100, 2600)], { gave_up: true });
  const path: Path = (at) => (at >= 2600 ? 120.4 : lostIn([2100, 2600])(at));
  expect(one('slow', own, path)).toMatchObject({ covered: true, status: 'degraded', wrongPass: false });
});

describe('an outage inside a stop of the prober', () => {
  const own = trial([change('cut', 2100, 2130), change('cut', 2600, 3600), change('stop', 2500, 3700)]);

  test('is not told shorter', () => {
    const path: Path = (at) => (at >= 2500 && at < 3700 ? 'unsent' : lostIn([2100, 2130])(at));
    expect(one('hidden', own, path)).toMatchObject({ wrongPass: false });
    expect(one('hidden', own, path).covered).not.toBe(false);
  });

  test('that nothing hides is seen', () =>
    expect(one('hidden', own, lostIn([2100, 2130], [2600, 3600]))).toMatchObject({ covered: true }));
});

describe('sessions', () => {
  const beats = (silent: readonly [number, number] | null): string =>
    Array.from({ length: 6 }, (_, connection) =>
      Array.from({ length: 59 }, (_, seq) => {
        const sent = 50 + 100 * seq;
        const caught = silent !== null && sent >= silent[0] && sent < silent[1];
        const echoed = caught ? silent[1] + 300 : sent + 1;
        return encodeHeartbeat({
          session: 'held',
          connection: connection + 1,
          seq,
          sent_ns: fromMs(sent),
          echoed_ns: caught && silent[1] === Infinity ? null : fromMs(echoed),
        });
      }).join('\n'),
    ).join('\n');
  const opened = Array.from({ length: 6 }, (_, connection) => ({
    at_ns: ns(0),
    event: 'session-open' as const,
    session: 'held',
    connection: connection + 1,
    detail: '',
  }));

  test('that were silent are held against how long their packets were lost; streams alone say nothing', () => {
    const own = trial([change('sessions', 2100, 3100)]);
    const all = observed('sessions', own, lostIn(), { heartbeats: beats([2100, 3100]), events: opened });
    expect(all.get('icmp')).toMatchObject({ wrongPass: false });
    expect(all.get('icmp')?.covered).not.toBe(false);
    for (const engine of ['headline', 'sessions'] as const)
      expect(all.get(engine)).toMatchObject({ covered: true, status: 'ok', wrongPass: false });
  });

  test('that were held up for less than a second are no evidence, and nothing is said', () => {
    const own = trial([change('sessions', 2100, 2400)]);
    const all = observed('sessions', own, lostIn(), { heartbeats: beats([2100, 2400]), events: opened });
    expect(all.get('sessions')).toMatchObject({ covered: null, status: 'no-failover-detected' });
  });

  test('that went on are not told as silent', () => {
    const own = trial([change('sessions', 2100, 3100)]);
    const all = observed('sessions', own, lostIn(), { heartbeats: beats(null), events: opened });
    expect(all.get('sessions')).toMatchObject({ covered: false });
  });
});

describe('a second outage', () => {
  const own = trial([change('cut', 2100, 2600), change('cut', 4600, 4900)], {
    cut_ns: fromMs(3900),
    aftercare_ns: fromMs(6200),
  });
  const told = (path: Path): MessyObservation[] => observeRecording(recorded('second', own, path));

  test('is an observation of its own, beside the first', () => {
    const all = told(lostIn([2100, 2600], [4600, 4900]));
    expect(all.map(({ engine, variant, covered }) => [engine, variant, covered])).toEqual([
      ['headline', '', true],
      ['icmp', '', true],
      ['icmp', 'the second', true],
    ]);
    expect(all[2]?.truth_lo_s).toBeCloseTo(0.299, 9);
  });

  test('that is not told is not covered', () =>
    expect(told(lostIn([2100, 2600]))[2]).toMatchObject({ covered: false }));
});
