import { isFolder } from '../user-file.js';
import { basename, dirname, join } from 'node:path';
import { byStart } from '../analysis/run-order.js';
import { systemClock } from '../clock.js';
import { usage } from '../model/error.js';
import type { LeftOut, RunFigures, RunSummary, Side } from '../model/figures.js';
import type { Clock } from '../model/time.js';
import { openCatalogue, type Catalogue } from './catalogue.js';
import { runAt } from './find-runs.js';
import { findRun, unreadOf, type FoundRun } from './found-run.js';
import { meets, parseConditions, requireMet, type Condition, parseWhen } from './run-filter.js';

/** Which runs are meant, beside what names them. */
export interface SelectOptions {
  /** The folder of all results: where selections look, and names that are no paths. */
  readonly out: string;
  /** Of this scenario only. */
  readonly scenario?: string | null | undefined;
  /** As on the command line (`parseWhen`), by the start of the run. */
  readonly since?: string | null | undefined;
  readonly until?: string | null | undefined;
  /** What ages (`7d`) count from. */
  readonly clock?: Clock;
}

export interface RunQuery extends SelectOptions {
  /** Left out: all of `out`. */
  readonly folder?: string | undefined;
  /** Selections as on the command line: `version=9.0`, `site=lab1`; a run must meet all of them. */
  readonly where?: readonly string[] | undefined;
  readonly order: 'newest-first' | 'oldest-first';
  /** So many of the newest at most; null or left out: all. */
  readonly limit?: number | null | undefined;
}

export interface SelectedRuns {
  readonly runs: readonly RunFigures[];
  readonly leftOut: readonly LeftOut[];
}

interface Span {
  readonly from_ms: number;
  readonly to_ms: number;
}

const spanOf = ({ since, until, clock = systemClock }: Omit<SelectOptions, 'out'>): Span => {
  const now = clock.wall();
  return {
    from_ms: since === null || since === undefined ? -Infinity : parseWhen('--since', since, now),
    to_ms: until === null || until === undefined ? Infinity : parseWhen('--until', until, now),
  };
};

const isWithin = ({ started_utc }: RunSummary, { from_ms, to_ms }: Span): boolean => {
  const at = Date.parse(started_utc);
  return at >= from_ms && at <= to_ms;
};

/** What cannot be told the time of comes first, by its name. */
const byTime = (a: FoundRun, b: FoundRun): number => {
  if (a.summary !== null && b.summary !== null) return byStart(a.summary, b.summary);
  if (a.summary === null && b.summary === null) return a.path < b.path ? -1 : 1;
  return a.summary === null ? -1 : 1;
};

const scenarioCondition = ({ scenario }: Pick<SelectOptions, 'scenario'>): Condition[] =>
  scenario === null || scenario === undefined ? [] : [{ key: 'scenario', value: scenario }];

const known = (found: readonly FoundRun[]): RunSummary[] => found.flatMap(({ summary }) => summary ?? []);

/**
 * Those that are meant, oldest first; what cannot be read may be meant, unless it lies with another scenario. Throws
 * KnownError where nothing is.
 */
const meant = (
  name: string,
  found: readonly FoundRun[],
  conditions: readonly Condition[],
  span: Span,
): FoundRun[] => {
  const summaries = known(found);
  if (summaries.length > 0) requireMet(summaries, conditions, unreadOf(found));
  const scenarios = new Set(summaries.map(({ scenario }) => scenario));
  const wanted = conditions.find(({ key }) => key === 'scenario')?.value;
  const isElsewhere = (path: string): boolean => {
    const folder = basename(dirname(path));
    return wanted !== undefined && folder !== wanted && scenarios.has(folder);
  };
  const met = found.filter(({ path, summary }) =>
    summary === null ? !isElsewhere(path) : meets(summary, conditions),
  );
  const inSpan = met.filter(({ summary }) => summary === null || isWithin(summary, span));
  const starts = known(met)
    .toSorted(byStart)
    .map(({ started_utc }) => started_utc);
  if (starts.length > 0 && known(inSpan).length === 0)
    throw usage(
      `${name}: no run in the time asked for; the oldest is of ${starts[0]}, the newest of ${starts.at(-1)}`,
      'ask for another --since or --until',
    );
  return inSpan.toSorted(byTime);
};

const decode = async (runs: readonly FoundRun[]): Promise<SelectedRuns> => {
  const decoded: RunFigures[] = [];
  const leftOut: LeftOut[] = [];
  for (const run of runs)
    if (run.figures === null) leftOut.push({ path: run.path, why: run.why });
    else decoded.push(await run.figures());
  return { runs: decoded, leftOut };
};

/** A side of a comparison among runs that were found: those that are meant. Throws KnownError where nothing is. */
export const sideAmong = async (
  name: string,
  found: readonly FoundRun[],
  conditions: readonly Condition[],
  options: Omit<SelectOptions, 'out'>,
): Promise<Side> => ({
  name,
  ...(await decode(meant(name, found, [...conditions, ...scenarioCondition(options)], spanOf(options)))),
});

/** What a word names by its path, or below `out`; null: nothing. */
const placeOf = async (word: string, out: string): Promise<string | null> => {
  for (const path of [word, join(out, word)])
    if ((await runAt(path)) !== null || (await isFolder(path))) return path;
  return null;
};

/** Opens a place and notes it among those to be closed. Throws KnownError if no run is there. */
const open = async (place: string, out: string, opened: Map<string, Catalogue>): Promise<Catalogue> => {
  const run = await runAt(place);
  const catalogue =
    run === null
      ? await openCatalogue(place, out)
      : { runs: [await findRun(run)], close: () => Promise.resolve() };
  opened.set(place, catalogue);
  if (catalogue.runs.length > 0) return catalogue;
  throw usage(`no run in ${place}`, 'name a folder that holds runs, as results/<scenario>, or another --out');
};

/** What a word of the command line means: the runs of a place, or those of `out` that meet conditions. */
interface Meant {
  readonly name: string;
  readonly place: string;
  readonly conditions: readonly Condition[];
}

const parseWord = async (word: string, out: string): Promise<Meant> => {
  const place = await placeOf(word, out);
  if (place !== null) return { name: word, place, conditions: [] };
  const conditions = parseConditions(word);
  if (conditions !== null) return { name: word, place: out, conditions };
  throw usage(
    `"${word}" is neither a run, nor a folder of runs, nor a selection`,
    'name a path, or select by KEY=VALUE, as in version=9.0 or site=lab1,version=9.0',
  );
};

/**
 * The sides of a comparison, one for each word: a run (its folder, its run.json, `latest`), a folder with all its
 * runs, or a selection `KEY=VALUE[,KEY=VALUE]` by version, scenario, status or label among the runs of `out`. What
 * cannot be read is left out and listed. Throws KnownError where a word means nothing.
 */
export const selectSides = async (
  words: readonly string[],
  options: SelectOptions,
): Promise<readonly Side[]> => {
  const { out } = options;
  // Two selections among the same thousand runs are one look at them.
  const opened = new Map<string, Catalogue>();
  const sides: Side[] = [];
  try {
    for (const word of words) {
      const { name, place, conditions } = await parseWord(word, out);
      const { runs } = opened.get(place) ?? (await open(place, out, opened));
      sides.push(await sideAmong(name, runs, conditions, options));
    }
    return sides;
  } finally {
    for (const catalogue of opened.values()) await catalogue.close();
  }
};

/** The runs of a folder; what cannot be read is left out and listed. Throws KnownError where there is none. */
export const selectRuns = async (query: RunQuery): Promise<SelectedRuns> => {
  const { out, folder = out, where = [], order, limit } = query;
  const conditions = where.flatMap((word) => {
    const parsed = parseConditions(word);
    if (parsed === null) throw usage(`"${word}" is not KEY=VALUE`, 'for example version=9.0 or site=lab1');
    return parsed;
  });
  const opened = new Map<string, Catalogue>();
  try {
    const catalogue = await open(folder, out, opened);
    const runs = meant(folder, catalogue.runs, [...conditions, ...scenarioCondition(query)], spanOf(query));
    const whole = runs.filter(({ figures }) => figures !== null);
    const kept = new Set(limit === null || limit === undefined ? whole : whole.slice(-limit));
    const selected = await decode(runs.filter((run) => run.figures === null || kept.has(run)));
    return order === 'oldest-first' ? selected : { ...selected, runs: selected.runs.toReversed() };
  } finally {
    for (const catalogue of opened.values()) await catalogue.close();
  }
};
