import { describe, expect, test } from 'vitest';
import { compareSides } from '../../../src/analysis/comparison/compare.js';
import type { Comparison, ComparisonMetric, ComparisonResult } from '../../../src/model/comparison.js';
import type { Side } from '../../../src/model/figures.js';
import { compareTerminal } from '../../../src/report/compare/compare-report.js';
import { options, plainSide, runOf, sideOf, type TrialSpec } from './sides.js';

const of = (result: ComparisonResult, metric: ComparisonMetric = 'longest'): Comparison => {
  const found = result.comparisons.find((each) => each.metric === metric);
  if (found === undefined) throw new Error(`no ${metric}`);
  return found;
};

const FASTER = [2.6, 2.7, 2.8, 2.9];
const SLOWER = [3.6, 3.8, 3.9, 4];

describe('the interval of the median of one side', () => {
  const sideOfSix = plainSide('B', [1, 2, 3, 4, 5, null]);
  const against = (base: Side) => compareSides(base, [sideOfSix], { ...options, metrics: ['longest'] });

  test('is there from 6 trials on, open where it ends among those that did not recover', () => {
    const [comparison] = against(plainSide('A', [1, 2, 3, 4, 5])).comparisons;
    expect(comparison?.base).toMatchObject({ median_lo_s: null, median_hi_s: null, median_level: null });
    expect(comparison?.candidate_figures).toMatchObject({ median_lo_s: 1, median_hi_s: null });
    expect(comparison?.candidate_figures.median_level).toBeCloseTo(1 - 2 / 64, 12);
  });

  test('is below the trials', () => {
    const text = compareTerminal(against(plainSide('A', [1, 2, 3, 4, 5, 6])), { columns: 100, color: false });
    expect(text).toContain('    longest, A: median of all trials like these 1.00 s to 6.00 s (96.8 %)\n');
    expect(text).toContain('    longest, B: median of all trials like these at least 1.00 s (96.8 %)\n');
  });
});

describe('outages in several parts', () => {
  const flapping = (version: string, counts: readonly number[]): Side =>
    sideOf(
      `version=${version}`,
      runOf({
        version,
        trials: counts.map((periods) => ({
          streams: [{ value_s: 0.1, more: { periods, total_s: 0.1 * periods, span_s: 0.2 * periods } }],
        })),
      }),
    );
  const once = plainSide('A', [0.1, 0.1, 0.1, 0.1]);

  test('are compared by count and span as well', () => {
    const result = compareSides(once, [flapping('B', [38, 39, 40, 41])], options);
    expect(of(result).verdict).not.toBe('worse');
    for (const metric of ['total', 'span', 'count'] as const)
      expect(of(result, metric).verdict).toBe('worse');
    const text = compareTerminal(result, { columns: 200, color: false });
    expect(text).toMatch(/count +4 v 4 +\+38\.5 +\[\+37\.0 … \+40\.0\]/);
    expect(text).toMatch(/count +B +4 +38 +39\.5 +41 +38 39 40 41/);
    expect(text).toContain('B: ping: down 41 times, 4.10 s in all within 8.20 s, the longest 0.100 s');
  });

  test('and where there is one each, only if asked for', () => {
    const plain = compareSides(once, [plainSide('B', FASTER)], options);
    expect(plain.comparisons.map(({ metric }) => metric)).not.toContain('count');
    const asked = compareSides(once, [plainSide('B', FASTER)], { ...options, metrics: ['span'] });
    expect(asked.comparisons.map(({ metric }) => metric)).toEqual(['span']);
  });

  test('that never ended have no span', () => {
    const degraded = sideOf(
      'version=B',
      runOf({
        version: 'B',
        trials: [1, 2, 3, 4].map(() => ({
          status: 'degraded' as const,
          streams: [{ value_s: 0.1, more: { periods: 9, span_s: null } }],
        })),
      }),
    );
    const result = compareSides(once, [degraded], options);
    expect(of(result, 'span')).toMatchObject({ verdict: 'worse', candidate_figures: { censored: 4 } });
    expect(of(result, 'count').candidate_figures).toMatchObject({ median_s: 9, censored: 0 });
  });
});

describe('verdicts', () => {
  test('complete separation of 4 against 4 is worse', () => {
    const result = compareSides(plainSide('A', FASTER), [plainSide('B', SLOWER)], options);
    expect(of(result)).toMatchObject({
      key: 'pair / crash / failover / stateless / round-trip / ipv4',
      subjects: ['ping'],
      candidate: 'version=B',
      base_n: 4,
      candidate_n: 4,
      verdict: 'worse',
      limited_by_interval: false,
      n_needed: null,
    });
    expect(of(result).p_two_sided).toBeCloseTo(2 / 70, 12);
    expect(of(result).shift_s).toBeCloseTo(1.1, 9);
    expect(of(result).shift_lo_s).toBeCloseTo(0.7, 9);
    expect(of(result).shift_hi_s).toBeCloseTo(1.4, 9);
    expect(of(result).level).toBeCloseTo(1 - 2 / 70, 12);
    expect(of(result).ratio).toBeCloseTo(3.85 / 2.75, 9);
    expect(of(result).margin_s).toBeCloseTo(0.275, 9);
    expect(of(result).resolution_s).toBeCloseTo(0.02, 9);
  });

  test('and the other way round better', () => {
    const result = compareSides(plainSide('B', SLOWER), [plainSide('A', FASTER)], options);
    expect(of(result)).toMatchObject({ verdict: 'better' });
    expect(of(result).shift_s).toBeCloseTo(-1.1, 9);
  });

  test('a shift below the margin is none, and equivalent if the whole interval is', () => {
    const result = compareSides(plainSide('A', FASTER), [plainSide('B', SLOWER)], {
      ...options,
      margin: { kind: 'seconds', value: 1.2 },
    });
    expect(of(result)).toMatchObject({ verdict: 'no evidence', margin_s: 1.2 });
    const wide = { ...options, margin: { kind: 'seconds', value: 1.5 } } as const;
    expect(of(compareSides(plainSide('A', FASTER), [plainSide('B', SLOWER)], wide)).verdict).toBe(
      'equivalent',
    );
  });

  test('too few trials say how many are needed', () => {
    const result = compareSides(plainSide('A', FASTER), [plainSide('B', [9, 9.1])], options);
    expect(of(result)).toMatchObject({
      verdict: 'not enough runs',
      n_needed: 4,
      level: null,
      shift_lo_s: null,
      shift_hi_s: null,
    });
    expect(of(result).shift_s).toBeCloseTo(6.3, 9);
  });

  test('a shift that the probe interval can explain is no evidence', () => {
    const result = compareSides(plainSide('A', FASTER, 0.6), [plainSide('B', SLOWER, 0.6)], options);
    expect(of(result)).toMatchObject({ verdict: 'no evidence', limited_by_interval: false });
    expect(of(result).resolution_s).toBeCloseTo(1.2, 9);
  });

  test('a verdict that the ends of the measured intervals do not bear out is no evidence, and said to be', () => {
    // One trial of the candidate has a lower end below the base: on all lower ends the sides are not separate.
    const base = plainSide('A', FASTER);
    const candidate = sideOf(
      'version=B',
      runOf({
        version: 'B',
        trials: SLOWER.map((value_s, index) => ({
          streams: [{ value_s, half_s: index === 0 ? 1.6 : 0.01 }],
        })),
      }),
    );
    expect(of(compareSides(base, [candidate], options))).toMatchObject({
      verdict: 'no evidence',
      limited_by_interval: true,
    });
  });
});

describe('trials without a length', () => {
  test('not recovered ranks above all and is never dropped', () => {
    const result = compareSides(plainSide('A', FASTER), [plainSide('B', [null, null, null, null])], options);
    expect(of(result)).toMatchObject({
      verdict: 'worse',
      shift_s: null,
      shift_lo_s: null,
      shift_hi_s: null,
      ratio: null,
      candidate_n: 4,
      candidate_figures: { n: 4, censored: 4, min_s: null, median_s: null, max_s: null },
    });
    expect(of(result).level).toBeCloseTo(1 - 2 / 70, 12);
  });

  test('a median between a length and none is none', () => {
    const result = compareSides(plainSide('A', [1, 2, null, null]), [plainSide('B', FASTER)], options);
    expect(of(result).base).toMatchObject({ censored: 2, min_s: 1, median_s: null, max_s: null });
    expect(of(result).margin_s).toBe(0);
    expect(result.notes.join()).toMatch(/median is beyond what was seen/);
  });

  test('what lost nothing is 0 and at most what its interval leaves open', () => {
    const result = compareSides(plainSide('A', [0, 0, 0, 0], 0.02), [plainSide('B', FASTER)], options);
    expect(of(result).base.points[0]).toMatchObject({ lo_s: 0, value_s: 0, hi_s: 0.02 });
    expect(of(result, 'trigger_to_recovery').base.points[0]).toMatchObject({
      lo_s: 0,
      value_s: 0,
      hi_s: 0.02,
    });
    expect(of(result)).toMatchObject({ verdict: 'worse', margin_s: 0, ratio: null });
    expect(result.notes.join()).toMatch(/median is 0 .*\(longest, total, .*give one in time/);
  });

  test('void, down at the start and no failover are left out and listed', () => {
    const trials: TrialSpec[] = [
      ...FASTER.map((value_s) => ({ streams: [{ value_s }] })),
      { status: 'void', void_reason: 'prober stalled', streams: [{ value_s: 99 }] },
      { status: 'down-at-start', streams: [{ value_s: 0, more: { family: null } }] },
      { status: 'no-failover-detected', streams: [{ value_s: 0 }] },
    ];
    const base = sideOf('a', runOf({ version: 'A', trials }));
    const result = compareSides(base, [plainSide('B', SLOWER)], options);
    expect(of(result).base_n).toBe(4);
    expect(result.base.trials).toBe(4);
    expect(result.excluded.map(({ side, trial, phase, why }) => [side, trial, phase, why])).toEqual([
      ['a', 5, 'failover', 'void: prober stalled'],
      ['a', 6, 'failover', 'down-at-start'],
      ['a', 7, 'failover', 'no-failover-detected'],
    ]);
    expect(result.notes).toEqual([
      'only one run each of A, B: their trials cannot tell whether a run or its version differs',
    ]);
  });

  test('a key all of whose trials are void on one side is compared, with nothing', () => {
    const failover = SLOWER.map((value_s) => ({ streams: [{ value_s }] }));
    const failback = { phase: 'failback', streams: [{ value_s: 1 }] } as const;
    const base = sideOf('a', runOf({ version: 'A', trials: [...failover, failback] }));
    const candidate = sideOf(
      'b',
      runOf({ version: 'B', trials: [...failover, { ...failback, status: 'void' }] }),
    );
    const result = compareSides(base, [candidate], options);
    const empty = result.comparisons.find(({ parts }) => parts.phase === 'failback');
    expect(empty).toMatchObject({
      base_n: 1,
      candidate_n: 0,
      p_two_sided: null,
      p_holm: null,
      verdict: 'not enough runs',
      n_needed: 39,
      resolution_s: null,
    });
  });
});

describe('one value per trial', () => {
  test('is the worst stream with the key, never an average', () => {
    const trials = FASTER.map((value_s) => ({
      streams: [
        { value_s },
        { stream: 'ping2', value_s: value_s + 1, half_s: 0.05 },
        { stream: 'ping3', value_s: 0 },
      ],
    }));
    const result = compareSides(
      sideOf('a', runOf({ version: 'A', trials })),
      [plainSide('B', SLOWER)],
      options,
    );
    expect(of(result).subjects).toEqual(['ping', 'ping2', 'ping3']);
    expect(of(result).base.points[0]).toMatchObject({ of: 'ping2', value_s: 3.6, hi_s: 3.65 });
    expect(of(result).base_n).toBe(4);
  });

  test('classes, families, phases and triggers have keys of their own', () => {
    const trials = FASTER.flatMap((value_s) => [
      {
        streams: [
          { value_s },
          { stream: 'web', value_s: 5, more: { class: 'new-tcp' as const } },
          { stream: 'ping6', value_s: 6, more: { family: 'ipv6' as const } },
        ],
      },
      { phase: 'failback' as const, streams: [{ value_s: 0.3 }] },
    ]);
    const side = (version: string) => sideOf(version, runOf({ version, trials }));
    const result = compareSides(side('A'), [side('B')], { ...options, metrics: ['longest'] });
    expect(result.comparisons.map(({ key }) => key)).toEqual([
      'pair / crash / failover / stateless / round-trip / ipv4',
      'pair / crash / failover / new-tcp / round-trip / ipv4',
      'pair / crash / failover / stateless / round-trip / ipv6',
      'pair / crash / failback / stateless / round-trip / ipv4',
    ]);
    const failback = compareSides(side('A'), [side('B')], { ...options, phase: 'failback' });
    expect(new Set(failback.comparisons.map(({ parts }) => parts.phase))).toEqual(new Set(['failback']));
  });

  test('the ends of the metrics that are not stored with theirs', () => {
    const result = compareSides(plainSide('A', [2], 0.1), [plainSide('B', [3])], options);
    const ends = (metric: ComparisonMetric): number[] => {
      const point = of(result, metric).base.points[0];
      return [point?.lo_s, point?.value_s, point?.hi_s].map((value) => Number((value ?? NaN).toFixed(6)));
    };
    expect(ends('longest')).toEqual([1.9, 2, 2.1]);
    expect(ends('total')).toEqual([1.9, 2, 2.1]);
    expect(ends('silence')).toEqual([1.9, 2.1, 2.1]);
    expect(ends('trigger_to_recovery')).toEqual([2.1, 2.2, 2.2]);
  });
});

describe('sessions', () => {
  const trial = (survived: number, reset: number, stall_s: number | null): TrialSpec => ({
    streams: [{ value_s: 3 }],
    sessions: [{ name: 'echo', verdicts: { survived, reset }, stall_s }],
  });
  const side = (version: string, trials: readonly TrialSpec[]) => sideOf(version, runOf({ version, trials }));
  const living = [trial(20, 0, 1), trial(20, 0, 1.5), trial(20, 0, 2), trial(20, 0, 2.5)];
  const dying = [trial(19, 1, 1), trial(0, 20, null), trial(19, 1, 1), trial(0, 20, null)];

  test('a trial survived only if every tested session did', () => {
    const result = compareSides(side('A', living), [side('B', dying)], options);
    const survived = of(result, 'survived');
    expect(survived).toMatchObject({
      key: 'pair / crash / failover / echo (tcp)',
      base: { n: 4, survived: 4, survived_hi: 1 },
      candidate_figures: { n: 4, survived: 0 },
      verdict: 'worse',
      shift_s: null,
      margin_s: null,
    });
    expect(survived.base.survived_lo).toBeCloseTo(0.398, 3);
    expect(survived.p_two_sided).toBeCloseTo(2 / 70, 12);
    expect(of(compareSides(side('B', dying), [side('A', living)], options), 'survived').verdict).toBe(
      'better',
    );
  });

  test('a session that died stalled for longer than any', () => {
    const result = compareSides(side('A', living), [side('B', dying)], options);
    expect(of(result, 'stall')).toMatchObject({ verdict: 'worse', candidate_figures: { censored: 4 } });
    expect(of(result, 'stall').base).toMatchObject({ min_s: 1, max_s: 2.5 });
  });

  test('3 of 3 against 0 of 3 cannot be told from chance', () => {
    const few = compareSides(side('A', living.slice(0, 3)), [side('B', dying.slice(0, 3))], options);
    expect(of(few, 'survived')).toMatchObject({ verdict: 'not enough runs', n_needed: 4 });
  });

  test('the same share is no evidence, never equivalent', () => {
    const same = compareSides(side('A', living), [side('B', living)], options);
    expect(of(same, 'survived')).toMatchObject({ verdict: 'no evidence', p_two_sided: 1 });
  });

  test('a trial in which no session crossed the failed node is listed', () => {
    const untested: TrialSpec = {
      streams: [{ value_s: 3 }],
      sessions: [{ name: 'echo', verdicts: { 'not-tested': 20 }, stall_s: null }],
    };
    const result = compareSides(side('A', [...living, untested]), [side('B', dying)], options);
    expect(of(result, 'survived').base_n).toBe(4);
    expect(result.excluded).toMatchObject([{ trial: 5, why: 'echo: no session crossed the failed node' }]);
  });
});

describe('sessions that are never tested', () => {
  test('are no key, and said once', () => {
    const control: TrialSpec = {
      streams: [{ value_s: 3 }],
      sessions: [{ name: 'control', verdicts: { 'not-tested': 2 }, stall_s: null }],
    };
    const side = (version: string) => sideOf(version, runOf({ version, trials: [control, control] }));
    const result = compareSides(side('A'), [side('B')], options);
    expect(result.comparisons.filter(({ parts }) => parts.session !== null)).toEqual([]);
    expect(result.excluded).toEqual([]);
    expect(result.notes).toEqual([
      'pair / crash / failover / control (tcp): no session ever crossed the failed node, so there is nothing to compare',
    ]);
  });
});

describe('many comparisons at once', () => {
  test('Holm counts all of the same candidate, and leaves the verdict to the interval', () => {
    const result = compareSides(
      plainSide('A', FASTER),
      [plainSide('B', SLOWER), plainSide('C', FASTER)],
      options,
    );
    const own = result.comparisons.filter(({ candidate }) => candidate === 'version=B');
    expect(own).toHaveLength(4);
    for (const { p_holm, verdict } of own) {
      expect(p_holm).toBeCloseTo((4 * 2) / 70, 12);
      expect(verdict).toBe('worse');
    }
    const other = result.comparisons.filter(({ candidate }) => candidate === 'version=C');
    expect(other.map(({ p_holm }) => p_holm)).toEqual([1, 1, 1, 1]);
  });
});
