import { describe, expect, test } from 'vitest';
import { compareSides } from '../../../src/analysis/comparison/compare.js';
import type { ComparisonMetric } from '../../../src/model/comparison.js';
import type { Side } from '../../../src/model/figures.js';
import { type CandidateVerdict, candidateVerdicts } from '../../../src/report/compare/compare-words.js';
import { byKey, differenceRows } from '../../../src/report/compare/folded-metrics.js';
import { options, plainSide, runOf, sideOf, type TrialSpec } from '../comparison/sides.js';

const FASTER = [2.6, 2.7, 2.8, 2.9];
const SLOWER = [3.6, 3.8, 3.9, 4];

const judged = (
  base: Side,
  candidate: Side,
  metrics: readonly ComparisonMetric[] | null = null,
  margin_s?: number,
): CandidateVerdict[] => {
  const margin = margin_s === undefined ? options.margin : { kind: 'seconds' as const, value: margin_s };
  return candidateVerdicts(compareSides(base, [candidate], { ...options, metrics, margin }));
};

const WORST = / Worst: trial [^)]*\)\./;

/** Without the trial to look at, which has tests of its own. */
const said = (
  base: Side,
  candidate: Side,
  metrics: readonly ComparisonMetric[] | null = ['longest'],
  margin_s?: number,
): string => (judged(base, candidate, metrics, margin_s)[0]?.sentence ?? '').replace(WORST, '');

describe('a candidate in one sentence', () => {
  test('worse', () =>
    expect(said(plainSide('A', FASTER), plainSide('B', SLOWER))).toBe(
      'B is worse than A: ping down 2.75 → 3.85 s (+40 %): 1.10 s longer (0.70 to 1.40 s longer with 97.1 % confidence).',
    ));

  test('better', () =>
    expect(said(plainSide('B', SLOWER), plainSide('A', FASTER))).toBe(
      'A is better than B: ping down 3.85 → 2.75 s (-29 %): 1.10 s shorter (0.70 to 1.40 s shorter with 97.1 % confidence).',
    ));

  test('equivalent', () =>
    expect(said(plainSide('A', FASTER), plainSide('B', SLOWER), ['longest'], 2)).toBe(
      'B is equivalent to A: ping down 2.75 → 3.85 s (+40 %): 1.10 s longer (0.70 to 1.40 s longer with 97.1 % confidence), inside the margin of 2.00 s.',
    ));

  test('no difference at all', () =>
    expect(said(plainSide('A', FASTER), plainSide('B', FASTER), ['longest'], 0.1)).toBe(
      'No evidence that B differs from A: ping down 2.75 → 2.75 s: no different (0.300 s shorter to 0.300 s longer with 97.1 % confidence).',
    ));

  test('limited by the probe interval', () => {
    const trials = SLOWER.map((value_s, index) => ({
      streams: [{ value_s, half_s: index === 0 ? 1.6 : 0.01 }],
    }));
    expect(said(plainSide('A', FASTER), sideOf('b', runOf({ version: 'B', trials })))).toBe(
      'No evidence that B differs from A: ping down 2.75 → 3.85 s (+40 %): 1.10 s longer (0.70 to 1.40 s longer with 97.1 % confidence); limited by the probe interval.',
    );
  });

  test('below the resolution, and with a margin below it', () => {
    const side = (version: string, values: readonly number[]): Side => plainSide(version, values, 1);
    expect(said(side('A', FASTER), side('B', SLOWER))).toBe(
      'No evidence that B differs from A: ping down 2.75 → 3.85 s (+40 %): 1.10 s longer (0.70 to 1.40 s longer with 97.1 % confidence); below the resolution of ' +
        '2.00 s: repeat with a shorter `every`.',
    );
    expect(said(side('A', FASTER), side('B', FASTER), ['longest'], 0.5)).toBe(
      'No evidence that B differs from A: ping down 2.75 → 2.75 s: no different (0.300 s shorter to 0.300 s longer with 97.1 % confidence); ' +
        'the margin of 0.500 s is below the resolution of 2.00 s: repeat with a shorter `every`.',
    );
  });

  test('not recovered', () =>
    expect(said(plainSide('A', FASTER), plainSide('B', [null, null, null, null]))).toBe(
      'B is worse than A: ping did not recover in 4 of 4 trials, against 0 of 4.',
    ));

  test.each([
    [[1, 2, 3, 4], [1, 2], '2 against 4 trials; 4 are needed'],
    [[1, 2], [1, 2, 3, 4], '4 against 2 trials; 4 on each side are needed, or 8 against 2'],
    [[1, 2, 3], [1, 2, 3], '3 against 3 trials; 4 on each side are needed, or 5 against 3'],
  ])('too few trials: %j against %j', (base, candidate, text) =>
    expect(said(plainSide('A', base), plainSide('B', candidate))).toBe(
      `Not enough runs to tell B from A: ${text}.`,
    ),
  );

  test('one direction of a stream', () => {
    const side = (version: string, values: readonly number[]): Side => {
      const trials = values.map((value_s) => ({
        streams: [{ stream: 'voice', value_s, more: { direction: 'forward' as const } }],
      }));
      return sideOf(version, runOf({ version, trials }));
    };
    expect(said(side('A', FASTER), side('B', SLOWER))).toMatch(
      /^B is worse than A: voice \(forward\) down 2\.75 → 3\.85 s/,
    );
  });

  test('of many streams, what they have in common', () => {
    const side = (version: string, values: readonly number[]): Side => {
      const trials = values.map((value_s) => ({
        streams: ['a', 'b', 'c', 'd'].map((stream) => ({ stream, value_s })),
      }));
      return sideOf(version, runOf({ version, trials }));
    };
    expect(said(side('A', FASTER), side('B', SLOWER))).toMatch(
      /^B is worse than A: stateless traffic \(ipv4\) down/,
    );
  });

  test('among many, alone', () =>
    expect(said(plainSide('A', FASTER), plainSide('B', SLOWER), null)).toBe(
      'B is worse than A: ping down 2.75 → 3.85 s (+40 %): 1.10 s longer (0.70 to 1.40 s longer with 97.1 % confidence). Worse alone; not among 4 comparisons ' +
        'at once (Holm p = 0.11). All 3 rows below (4 comparisons): worse.',
    ));
});

describe('of sessions', () => {
  const trials = (survived: number, stall_s: number | null): TrialSpec[] =>
    [0, 0.1, 0.2, 0.3].map((more) => ({
      streams: [{ value_s: 3 }],
      sessions: [
        {
          name: 'echo',
          verdicts: { survived, reset: 20 - survived },
          stall_s: stall_s === null ? null : stall_s + more,
        },
      ],
    }));
  const side = (version: string, ...spec: readonly TrialSpec[]): Side =>
    sideOf(version, runOf({ version, trials: spec }));

  test('survival', () =>
    expect(said(side('A', ...trials(20, 1)), side('B', ...trials(0, null)), ['survived'])).toBe(
      'B is worse than A: all sessions of echo survived in 0 of 4 trials, against 4 of 4 (Fisher p = 0.029).',
    ));

  test('stall', () =>
    expect(said(side('A', ...trials(20, 1)), side('B', ...trials(20, 3)), ['stall'])).toBe(
      'B is worse than A: echo sessions stalled 1.15 → 3.15 s (+174 %): 2.00 s longer (1.70 to 2.30 s longer with 97.1 % confidence).',
    ));

  test('sessions that died', () =>
    expect(said(side('A', ...trials(20, 1)), side('B', ...trials(0, null)), ['stall'])).toBe(
      'B is worse than A: a session of echo died in 4 of 4 trials, against 0 of 4.',
    ));
});

test('the failback is said to be one, and comes after the failover', () => {
  const both = (version: string, failover: readonly number[], failback: readonly number[]): Side =>
    sideOf(
      version,
      runOf({
        version,
        trials: failover.flatMap((value_s, index) => [
          { streams: [{ value_s }] },
          { phase: 'failback' as const, streams: [{ value_s: failback[index] ?? 0 }] },
        ]),
      }),
    );
  expect(said(both('A', FASTER, FASTER), both('B', FASTER, SLOWER))).toBe(
    'B is worse than A: on failback, ping down 2.75 → 3.85 s (+40 %): 1.10 s longer (0.70 to 1.40 s longer with 97.1 % confidence). Worse ' +
      'alone; not among 2 comparisons at once (Holm p = 0.057). Of 2 comparisons: 1 worse, 1 no evidence.',
  );
  expect(said(both('A', FASTER, FASTER), both('B', SLOWER, SLOWER))).toMatch(/^B is worse than A: ping down/);
});

test('metrics that are the same in every trial are one of the rows that are counted', () => {
  const [verdict] = judged(plainSide('A', FASTER), plainSide('B', SLOWER));
  const rows = [...byKey(verdict?.comparisons ?? []).values()].flatMap(differenceRows);
  expect(rows.length).toBeLessThan(verdict?.comparisons.length ?? 0);
  expect(verdict?.sentence).toContain(
    ` All ${rows.length} rows below (${verdict?.comparisons.length} comparisons): worse.`,
  );
});

describe('the trial to look at', () => {
  const worstOf = (candidate: Side): string | undefined =>
    WORST.exec(judged(plainSide('A', FASTER), candidate)[0]?.sentence ?? '')?.[0];

  test('is the worst of the candidate', () => {
    expect(worstOf(plainSide('B', SLOWER))).toBe(' Worst: trial 4 of 20261121T120000Z-B (4.00 s).');
    expect(worstOf(plainSide('B', [3, null, 4, 4]))).toMatch(/^ Worst: trial 2 of \S+ \(not recovered\)\.$/);
  });

  test('is none where nothing was lost', () => {
    expect(worstOf(plainSide('B', [0, 0, 0, 0]))).toBeUndefined();
  });
});
