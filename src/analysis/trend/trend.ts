import type { ComparisonMetric } from '../../model/comparison.js';
import { usage } from '../../model/error.js';
import type { MeasuredPhase } from '../../model/event.js';
import type { LeftOut, RunFigures } from '../../model/figures.js';
import type { Limit } from '../../model/plan.js';
import type { TrendChange, TrendQuestion, TrendResult, TrendRun, TrendStep } from '../../model/trend.js';
import { runLines } from '../words/stream-lines.js';
import { sidePoints } from '../comparison/points.js';
import { haveAllSurvived, testedSessions } from '../comparison/value.js';
import { medianOf } from '../statistics/quantile.js';
import { headlineKey, streamKeys } from '../headline.js';
import { changePoints, SHORTEST_LEVEL } from '../statistics/change-points.js';
import { seededRandom } from '../statistics/random.js';
import { isValid } from '../stream-summary.js';

/** The same history always gives the same answer. */
const SEED = 1;

const ofStream = (run: RunFigures, stream: string | null): RunFigures =>
  stream === null ? run : { ...run, streams: run.streams.filter((row) => row.stream === stream) };

const requireStream = (runs: readonly RunFigures[], stream: string | null): void => {
  const streams = [...new Set(runs.flatMap((run) => run.streams.map((row) => row.stream)))];
  if (stream !== null && !streams.includes(stream))
    throw usage(
      `no run has a stream ${stream}`,
      streams.length === 0 ? 'there is no stream at all' : `there is ${streams.join(', ')}`,
    );
};

/** Every word is a part of the key, as in `new-tcp ipv6`. */
const matches = (key: string, words: string): boolean => {
  const parts = key.split(' / ');
  return words.split(/[\s/]+/).every((word) => word === '' || parts.includes(word));
};

/** Of a stream that was named all keys it ever had, since its trials are meant; else one. Throws KnownError. */
const keysOf = (runs: readonly RunFigures[], { phase, key, stream }: TrendQuestion): readonly string[] => {
  const keys = streamKeys(runs, phase);
  if (key !== null) {
    const [found, ...others] = keys.filter((each) => matches(each, key));
    if (found !== undefined && others.length === 0) return [found];
    throw usage(
      found === undefined ? `no key of these runs is ${key}` : `${key} is several keys of these runs`,
      keys.length === 0 ? `there is none in the phase ${phase}` : `choose by their parts: ${keys.join('; ')}`,
    );
  }
  if (stream !== null) return keys;
  const headline = headlineKey(runs, phase);
  return headline === null ? keys.slice(0, 1) : [headline];
};

const trendRun = (run: RunFigures, night: Night, { phase }: TrendQuestion): TrendRun => {
  const valid = new Set(
    run.trials.filter(({ phase: of, status }) => of === phase && isValid(status)).map(({ trial }) => trial),
  );
  const sessions = run.sessions.filter(
    (each) => each.phase === phase && valid.has(each.trial) && testedSessions(each) > 0,
  );
  const tested = new Set(sessions.map(({ trial }) => trial));
  const broken = new Set(sessions.filter((each) => !haveAllSurvived(each)).map(({ trial }) => trial));
  const { summary } = run;
  return {
    run: summary.run,
    version: summary.version,
    started_utc: summary.started_utc,
    status: summary.status,
    verdict: summary.verdict,
    n: night.n,
    not_recovered: night.notRecovered,
    excluded: night.excluded,
    min_s: finiteOrNull(night.min),
    median_s: finiteOrNull(night.median),
    max_s: finiteOrNull(night.max),
    survived: tested.size - broken.size,
    survived_of: tested.size,
  };
};

interface Known {
  readonly run: TrendRun;
  readonly median: number;
}

/** The series of the medians: one number per run, Infinity where it did not recover; nights without a figure left out. */
const knownOf = (runs: readonly TrendRun[], nights: readonly Night[]): Known[] =>
  runs.flatMap((run, index) => {
    const median = nights[index]?.median ?? null;
    return median === null ? [] : [{ run, median }];
  });

const changesOf = (known: readonly Known[]): TrendChange[] =>
  changePoints(
    known.map(({ median }) => median),
    { random: seededRandom(SEED) },
  ).flatMap(({ index, p, shift }) => {
    const [before, after] = [known[index - 1], known[index]];
    if (before === undefined || after === undefined) return [];
    return [
      {
        run: after.run.run,
        p,
        shift_s: finiteOrNull(shift.shift),
        shift_lo_s: finiteOrNull(shift.lo),
        shift_hi_s: finiteOrNull(shift.hi),
        level: shift.level,
        version_before: before.run.version,
        version_after: after.run.version,
      },
    ];
  });

/** Of n runs that are alike, so many certain ones are the longest of all with probability 1 over this. */
const choices = (n: number, count: number): number =>
  Array.from({ length: count }, (_, i) => (n - i) / (i + 1)).reduce((product, each) => product * each, 1);

/** What is surer than this is said; a step at a new version in any case, since nobody looked for its place. */
const STEP_ALPHA = 0.05;
/** Places and ways that are looked at. */
const LOOKS = 2 * (SHORTEST_LEVEL - 1);

/**
 * The newest runs where they stand apart from the level before and are fewer than a level has. Of several places the one
 * with the highest step.
 */
const stepOf = (known: readonly Known[], changes: readonly TrendChange[]): TrendStep | null => {
  const last = changes.at(-1)?.run;
  const level = known.slice(
    Math.max(
      0,
      known.findIndex(({ run }) => run.run === last),
    ),
  );
  let [step, highest]: [TrendStep | null, number] = [null, 0];
  for (let runs = 1; runs < SHORTEST_LEVEL && level.length - runs >= SHORTEST_LEVEL; runs += 1) {
    const [before, after] = [level.slice(0, -runs), level.slice(-runs)];
    const [low, high] = [before, after].map((part) =>
      part.map(({ median }) => median).toSorted((a, b) => a - b),
    );
    if (low === undefined || high === undefined) continue;
    const longer = (high[0] ?? 0) - (low.at(-1) ?? 0);
    const shorter = (low[0] ?? 0) - (high.at(-1) ?? 0);
    const height = Math.max(longer, shorter);
    const [first, former] = [after[0]?.run, before.at(-1)?.run];
    if (first === undefined || former === undefined || !(height > highest)) continue;
    const isNewVersion = first.version !== former.version;
    const p = Math.min(1, (isNewVersion ? 2 : LOOKS) / choices(level.length, runs));
    if (p > STEP_ALPHA && !isNewVersion) continue;
    highest = height;
    step = {
      run: first.run,
      runs,
      before: before.length,
      shift_s: finiteOrNull((medianOf(high) ?? Infinity) - (medianOf(low) ?? Infinity)),
      way: longer > shorter ? 'longer' : 'shorter',
      p,
      version_before: former.version,
      version_after: first.version,
    };
  }
  return step;
};

/** Limits on what is followed, as the newest run has them. */
const limitsOf = (
  runs: readonly RunFigures[],
  keys: readonly string[],
  { metric, phase, stream }: TrendQuestion,
): readonly Limit[] => {
  const newest = runs.at(-1);
  if (newest === undefined) return [];
  const points = sidePoints(newest.summary.run, [newest], phase).keys;
  const subjects = new Set(keys.flatMap((key) => [...(points.get(key)?.subjects ?? [])]));
  return newest.summary.limits.filter(
    (limit) =>
      limit.metric === metric && (stream === null ? subjects.has(limit.subject) : limit.subject === stream),
  );
};

/** What else the runs have in this phase, and is not part of the history shown. */
const otherKeys = (
  runs: readonly RunFigures[],
  keys: readonly string[],
  question: TrendQuestion,
): string[] => {
  const others = streamKeys(runs, question.phase).filter((key) => !keys.includes(key));
  return others.length === 0 || question.key !== null ? [] : [`not shown: ${others.join('; ')}`];
};

/**
 * The history of a scenario, run by run, with the places where its level changed (in the medians of the runs, at the 1 %
 * level for the whole history). Throws KnownError for a stream or a key that no run has.
 *
 * @param runs of one scenario, oldest first
 */
export const trendOf = (
  scenario: string,
  runs: readonly RunFigures[],
  leftOut: readonly LeftOut[],
  question: TrendQuestion,
): TrendResult => {
  requireStream(runs, question.stream);
  const narrowed = runs.map((run) => ofStream(run, question.stream));
  const keys = keysOf(narrowed, question);
  const nights = narrowed.map((run) => nightOf(run, { ...question, keys }));
  const points = runs.map((run, index) => trendRun(run, nights[index] as Night, question));
  const known = knownOf(points, nights);
  const changes = changesOf(known);
  const newest = narrowed.at(-1);
  return {
    scenario,
    question,
    keys,
    runs: points,
    changes,
    step: stepOf(known, changes),
    limits: limitsOf(narrowed, keys, question),
    leftOut,
    notes: [
      ...otherKeys(narrowed, keys, question),
      ...(newest === undefined ? [] : runLines('newest run', newest.streams)),
      ...new Set(runs.flatMap(({ notes }) => notes ?? [])),
    ],
  };
};

/** One run as one point of a history: a value for each of its trials, as comparisons take it. Times in seconds. */
export interface Night {
  /** Trials that gave a figure. */
  readonly n: number;
  readonly notRecovered: number;
  /** Trials that gave none: void, down-at-start, no-failover-detected. */
  readonly excluded: number;
  /** null: no trial gave a figure. Infinity: it falls on one that did not recover. */
  readonly min: number | null;
  readonly median: number | null;
  readonly max: number | null;
}

export interface NightQuestion {
  readonly phase: MeasuredPhase;
  readonly metric: Exclude<ComparisonMetric, 'survived'>;
  /** Those that count; where there are several, a trial has its worst. */
  readonly keys: readonly string[];
}

/** `not-recovered` ranks as +infinity: never dropped, never averaged (docs/method.md, "Comparing"). */
export const nightOf = (run: RunFigures, { phase, metric, keys }: NightQuestion): Night => {
  const points = sidePoints(run.summary.run, [run], phase).keys;
  const worst = new Map<number, number>();
  for (const key of keys)
    for (const { trial, value_s } of points.get(key)?.points.get(metric) ?? [])
      worst.set(trial, Math.max(worst.get(trial) ?? 0, value_s ?? Infinity));
  const sorted = [...worst.values()].toSorted((a, b) => a - b);
  const trials = run.trials.filter((trial) => trial.phase === phase).length;
  return {
    n: sorted.length,
    notRecovered: sorted.filter((value) => value === Infinity).length,
    excluded: Math.max(0, trials - sorted.length),
    min: sorted[0] ?? null,
    median: medianOf(sorted),
    max: sorted.at(-1) ?? null,
  };
};

/** For records: null where the value is not finite. */
export const finiteOrNull = (value: number | null): number | null =>
  value === null || !Number.isFinite(value) ? null : value;
