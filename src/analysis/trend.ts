import { EXIT, KnownError } from '../model/error.js';
import type { LeftOut, RunFigures } from '../model/figures.js';
import type { TrendChange, TrendQuestion, TrendResult, TrendRun } from '../model/trend.js';
import { haveAllSurvived, testedSessions } from './comparison/value.js';
import { headlineKey, streamKeys } from './headline-key.js';
import { finiteOrNull, nightOf, type Night } from './night.js';
import { changePoints } from './statistics/change-points.js';
import { seededRandom } from './statistics/random.js';
import { isValid } from './summary.js';

/** The same history always gives the same answer. */
const SEED = 1;

const usage = (message: string, remedy: string): KnownError =>
  new KnownError(message, { remedy, exitCode: EXIT.usage });

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

/** In the series of the medians: one number per run, nights without a figure left out. */
const changesOf = (runs: readonly TrendRun[], nights: readonly Night[]): TrendChange[] => {
  const known = runs.flatMap((run, index) => {
    const median = nights[index]?.median ?? null;
    return median === null ? [] : [{ run, median }];
  });
  const series = known.map(({ median }) => median);
  return changePoints(series, { random: seededRandom(SEED) }).flatMap(({ index, p, shift }) => {
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
  return {
    scenario,
    question,
    keys,
    runs: points,
    changes: changesOf(points, nights),
    leftOut,
    notes: [...otherKeys(narrowed, keys, question), ...new Set(runs.flatMap(({ notes }) => notes ?? []))],
  };
};
