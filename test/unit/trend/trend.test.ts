import { describe, expect, test } from 'vitest';
import { trendOf } from '../../../src/analysis/trend.js';
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
