import { describe, expect, test } from 'vitest';
import { trendOf } from '../../../src/analysis/trend/trend.js';
import { KnownError } from '../../../src/model/error.js';
import type { RunFigures } from '../../../src/model/figures.js';
import type { TrendQuestion, TrendResult } from '../../../src/model/trend.js';
import type { StreamSpec } from '../comparison/sides.js';
import { about, nightOf, nights } from '../gate/nights.js';

const KEY = 'pair / crash / failover / stateless / round-trip / ipv4';
const WEB = 'pair / crash / failover / new-tcp / round-trip / ipv4';

const question: TrendQuestion = { metric: 'longest', phase: 'failover', key: null, stream: null };
const trend = (runs: readonly RunFigures[], more: Partial<TrendQuestion> = {}): TrendResult =>
  trendOf('pair', runs, [], { ...question, ...more });

const web = (value_s: number): StreamSpec => ({ stream: 'web', value_s, more: { class: 'new-tcp' } });
const mixed = (day: number): RunFigures =>
  nightOf({ day, trials: about(1, day).map((value_s) => ({ streams: [{ value_s }, web(value_s / 2)] })) });

const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return `${error.message} → ${error.remedy ?? ''}`;
  }
  throw new Error('was not refused');
};

describe('each run', () => {
  test('is one point: order statistics of its trials, the survivors, the verdict', () => {
    const trials = about(1).map((value_s, trial) => ({
      streams: [{ value_s }],
      sessions: [{ name: 'echo', verdicts: trial === 0 ? { reset: 1 } : { survived: 1 }, stall_s: null }],
    }));
    expect(trend([nightOf({ day: 3, trials })]).runs).toEqual([
      {
        run: '20260104T220000Z-9.0',
        version: '9.0',
        started_utc: '2026-01-04T22:00:00.000Z',
        status: 'complete',
        verdict: 'pass',
        n: 4,
        not_recovered: 0,
        excluded: 0,
        min_s: 1,
        median_s: expect.closeTo(1.015, 9) as number,
        max_s: 1.03,
        survived: 3,
        survived_of: 4,
      },
    ]);
  });

  test('that did not recover ranks above all, and a void trial is left out', () => {
    expect(trend([nightOf({ day: 0, outages: [1, null, null, 'void'] })]).runs[0]).toMatchObject({
      n: 3,
      not_recovered: 2,
      excluded: 1,
      min_s: 1,
      median_s: null,
      max_s: null,
    });
  });

  test('with no figure at all is there, and no part of any change', () => {
    const runs = [
      ...nights(4),
      nightOf({ day: 4, outages: ['void'] }),
      nightOf({ day: 5, outages: about(1) }),
    ];
    const result = trend(runs);
    expect(result.runs[4]).toMatchObject({ n: 0, excluded: 1, median_s: null });
    expect(result.changes).toEqual([]);
  });

  test('is measured by the worst of the streams with the key', () => {
    const two = nightOf({ day: 0, trials: [{ streams: [{ value_s: 1 }, { stream: 'other', value_s: 3 }] }] });
    expect(trend([two]).runs[0]?.max_s).toBe(3);
  });
});

describe('what is followed', () => {
  test('is the key that is worst most often, and the others are named', () => {
    const result = trend([mixed(0), mixed(1)]);
    expect(result.keys).toEqual([KEY]);
    expect(result.notes).toEqual([`not shown: ${WEB}`]);
  });

  test('or a key by its parts', () => {
    const result = trend([mixed(0)], { key: 'new-tcp ipv4' });
    expect(result.keys).toEqual([WEB]);
    expect(result.runs[0]?.min_s).toBe(0.5);
    expect(result.notes).toEqual([]);
  });

  test('or one stream', () => {
    const result = trend([mixed(0)], { stream: 'web' });
    expect(result.keys).toEqual([WEB]);
    expect(result.runs[0]?.max_s).toBe(0.515);
  });

  test('or another metric', () => {
    expect(trend([mixed(0)], { metric: 'trigger_to_recovery' }).runs[0]?.min_s).toBe(1.2);
  });

  test('or the other phase, which may not be there', () => {
    expect(trend([mixed(0)], { phase: 'failback' })).toMatchObject({ keys: [], runs: [{ n: 0 }] });
  });

  test('an unknown stream, an unknown key and an ambiguous one are refused with what there is', () => {
    expect(refusal(() => trend([mixed(0)], { stream: 'wbe' }))).toBe(
      'no run has a stream wbe → there is ping, web',
    );
    expect(refusal(() => trend([mixed(0)], { key: 'ipv6' }))).toBe(
      `no key of these runs is ipv6 → choose by their parts: ${KEY}; ${WEB}`,
    );
    expect(refusal(() => trend([mixed(0)], { key: 'ipv4' }))).toMatch(/^ipv4 is several keys of these runs/);
  });
});

describe('changes of level', () => {
  const history = (versions: readonly [string, string]): RunFigures[] =>
    Array.from({ length: 24 }, (_, day) =>
      nightOf({
        day,
        version: day < 12 ? versions[0] : versions[1],
        outages: about(day < 12 ? 1 : 2, day % 5),
      }),
    );

  test('are found where they are, with their size and the versions on both sides', () => {
    const { changes, runs } = trend(history(['9.0', '9.1']));
    expect(changes).toMatchObject([
      {
        run: runs[12]?.run,
        version_before: '9.0',
        version_after: '9.1',
        level: expect.any(Number) as number,
      },
    ]);
    expect(changes[0]?.shift_s).toBeCloseTo(1, 2);
    expect(changes[0]?.p).toBeLessThanOrEqual(0.01);
  });

  test('without a new version', () => {
    expect(trend(history(['9.0', '9.0'])).changes).toMatchObject([
      { version_before: '9.0', version_after: '9.0' },
    ]);
  });

  test('to runs that do not recover have no size', () => {
    const runs = Array.from({ length: 16 }, (_, day) =>
      nightOf({ day, outages: day < 8 ? about(1, day % 3) : [null, null, null] }),
    );
    expect(trend(runs).changes).toMatchObject([{ shift_s: null, shift_hi_s: null }]);
  });

  test('are not found where there are none, and always the same', () => {
    expect(trend(nights(20)).changes).toEqual(trend(nights(20)).changes);
    const steady = Array.from({ length: 30 }, (_, day) =>
      nightOf({ day, outages: about(1, (day * 7) % 11) }),
    );
    expect(trend(steady).changes).toEqual([]);
  });
});

describe('the newest runs that stand apart', () => {
  const of = (
    medians: readonly (number | null)[],
    version: (day: number) => string = () => '9.0',
  ): TrendResult =>
    trend(medians.map((value, day) => nightOf({ day, version: version(day), outages: [value] })));
  // In no order, so that no drift stands apart.
  const steady = (count: number): number[] =>
    Array.from({ length: count }, (_, day) => 1 + 0.01 * ((day * 7) % 10));

  test('are a step while they are fewer than a level has', () => {
    for (const runs of [2, 3])
      expect(of([...steady(14), ...steady(runs).map((value) => value + 2)]).step).toMatchObject({
        runs,
        before: 14,
        way: 'longer',
        shift_s: expect.closeTo(2, 1) as number,
      });
    expect(of([...steady(14), 0.2, 0.3]).step).toMatchObject({ way: 'shorter', runs: 2 });
  });

  test('with the chance that runs which are alike look so, at any of the places looked at', () => {
    // 9 and 3: one choice of 220, two ways and three places.
    expect(of([...steady(9), 3, 3.1, 3.2]).step?.p).toBeCloseTo(6 / 220, 9);
    // Where the version changed nobody looked for the place.
    const version = (day: number): string => (day < 9 ? '9.0' : '9.1');
    expect(of([...steady(9), 3, 3.1, 3.2], version).step?.p).toBeCloseTo(2 / 220, 9);
  });

  test('one run alone is none, unless the version is another one', () => {
    expect(of([...steady(12), 3]).step).toBeNull();
    expect(of([...steady(12), 3], (day) => (day < 12 ? '9.0' : '9.1')).step).toMatchObject({
      runs: 1,
      p: 2 / 13,
    });
  });

  test('are none against a level that is too short, nor where one of those before is as long', () => {
    expect(of([1, 1.1, 1.2, 3, 3.1, 3.2]).step).toBeNull();
    expect(of([...steady(5), 3.5, ...steady(5), 3, 3.1, 3.2]).step).toBeNull();
  });

  test('that did not recover have no size', () => {
    expect(of([...steady(12), null, null, null]).step).toMatchObject({
      runs: 3,
      shift_s: null,
      way: 'longer',
    });
  });

  test('of a level that begins with a change are held against that level', () => {
    const result = of([...steady(20), ...steady(20).map((value) => value + 1), 3, 3.1, 3.2]);
    expect(result.changes).toHaveLength(1);
    expect(result.step).toMatchObject({ runs: 3, before: 20 });
  });
});

test('limits on what is followed, of the newest run', () => {
  const limit = (subject: string, metric: 'longest' | 'total', value: number) =>
    ({ key: `${subject}.${metric}`, subject, metric, value, text: `${value}s` }) as const;
  const runs = [0, 1].map((day) =>
    nightOf({
      day,
      outages: about(1),
      summary: {
        limits: [limit('ping', 'longest', 2 + day), limit('ping', 'total', 4), limit('web', 'longest', 9)],
      },
    }),
  );
  expect(trend(runs).limits).toEqual([limit('ping', 'longest', 3)]);
  expect(trend(runs, { metric: 'total' }).limits).toEqual([limit('ping', 'total', 4)]);
});
