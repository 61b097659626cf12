import { basename, dirname } from 'node:path';
import { byStart } from '../../analysis/run-order.js';
import { meets, parseConditions, parseWhen } from '../../history/run-filter.js';
import type { FoundRun } from '../../history/found-run.js';
import type { StandingRun } from '../../history/standing-catalogue.js';
import { usage } from '../../model/error.js';
import type { RunSummary } from '../../model/figures.js';
import type { Clock } from '../../model/time.js';
import { labelsText, worstOf, worstText } from '../../report/run-list.js';
import type { ListQuery, Sort, VerdictWord } from '../../report/site/address.js';
import type { List, ListedRun } from '../../report/site/list-page.js';

export const PER_PAGE = 50;

interface Outage {
  readonly text: string;
  /** In seconds, Infinity where it did not recover; null: there is none. */
  readonly value: number | null;
}

const outages = new WeakMap<FoundRun, Outage>();

/** The worst of a run. Its figures are not kept: of thousands of runs they would fill the memory. */
const outageOf = async (found: FoundRun): Promise<Outage> => {
  const known = outages.get(found);
  if (known !== undefined) return known;
  if (found.figures === null) return { text: '', value: null };
  const worst = worstOf(await found.figures());
  const made = { text: worstText(worst), value: worst.lo === null ? null : (worst.point ?? Infinity) };
  outages.set(found, made);
  return made;
};

const whyOf = (found: FoundRun): string | null => (found.figures === null ? found.why : null);

const verdictOf = (found: FoundRun): VerdictWord => {
  if (found.figures === null) return 'unreadable';
  if (found.summary.restored === false) return 'not restored';
  return found.summary.verdict ?? 'none';
};

const textOf = ({ name, found }: StandingRun): string =>
  [
    name,
    found.summary?.run,
    found.summary?.scenario,
    found.summary?.version,
    labelsText(found.summary?.labels ?? {}),
    whyOf(found),
  ]
    .join(' ')
    .toLowerCase();

/** Is it of this scenario? What cannot be read may be, where it lies with it. */
const isOfScenario = ({ path, summary }: FoundRun, scenario: string): boolean =>
  summary === null ? basename(dirname(path)) === scenario : summary.scenario === scenario;

/** Throws KnownError for a filter that is not understood. */
const filterOf = (query: ListQuery, clock: Clock): ((run: StandingRun) => boolean) => {
  const conditions = query.label === '' ? [] : parseConditions(query.label);
  if (conditions === null) throw usage(`"${query.label}" is not KEY=VALUE`, 'for example site=lab1');
  if (query.version !== '') conditions.push({ key: 'version', value: query.version });
  const now = clock.wall();
  const from = query.since === '' ? -Infinity : parseWhen('--since', query.since, now);
  const to = query.until === '' ? Infinity : parseWhen('--until', query.until, now);
  const text = query.text.toLowerCase();
  const isSpan = from > -Infinity || to < Infinity;
  const isWithin = ({ started_utc }: RunSummary): boolean => {
    const at = Date.parse(started_utc);
    return at >= from && at <= to;
  };
  return (run) => {
    const { found } = run;
    const { summary } = found;
    if (query.scenario !== '' && !isOfScenario(found, query.scenario)) return false;
    if (query.verdict !== '' && verdictOf(found) !== query.verdict) return false;
    if (conditions.length > 0 && (summary === null || !meets(summary, conditions))) return false;
    if (isSpan && (summary === null || !isWithin(summary))) return false;
    return text === '' || textOf(run).includes(text);
  };
};

const byName = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

const byStarted = (a: StandingRun, b: StandingRun): number => {
  const [one, other] = [a.found.summary, b.found.summary];
  if (one !== null && other !== null) return byStart(one, other);
  return one === other ? byName(a.name, b.name) : one === null ? -1 : 1;
};

type Keys = ReadonlyMap<StandingRun, string | number | null>;

const keyOf = async (run: StandingRun, sort: Exclude<Sort, 'started'>): Promise<string | number | null> => {
  const { found } = run;
  switch (sort) {
    case 'scenario':
      return found.summary?.scenario ?? null;
    case 'version':
      return found.summary?.version ?? null;
    case 'verdict':
      return verdictOf(found);
    case 'outage':
      return (await outageOf(found)).value;
  }
};

const compareKeys = (a: string | number, b: string | number): number =>
  typeof a === 'number' && typeof b === 'number'
    ? a === b
      ? 0
      : a - b
    : String(a).localeCompare(String(b), 'en', { numeric: true });

/** What has no value comes last, either way; equal ones the newest first. */
const byKey =
  (keys: Keys, sign: number) =>
  (a: StandingRun, b: StandingRun): number => {
    const [one, other] = [keys.get(a) ?? null, keys.get(b) ?? null];
    if (one === null || other === null) return one === other ? -byStarted(a, b) : one === null ? 1 : -1;
    return sign * compareKeys(one, other) || -byStarted(a, b);
  };

const sorted = async (runs: readonly StandingRun[], { sort, order }: ListQuery): Promise<StandingRun[]> => {
  const sign = order === 'ascending' ? 1 : -1;
  if (sort === 'started') return runs.toSorted((a, b) => sign * byStarted(a, b));
  const keys = new Map<StandingRun, string | number | null>();
  for (const run of runs) keys.set(run, await keyOf(run, sort));
  return runs.toSorted(byKey(keys, sign));
};

/** The row says already where it is. */
const listed = async ({ name, found }: StandingRun, root: string): Promise<ListedRun> => ({
  name,
  summary: found.summary,
  outage: (await outageOf(found)).text,
  why: whyOf(found)?.replaceAll(`${found.path}/`, '').replaceAll(`${root}/`, '') ?? null,
});

const unique = (words: readonly string[]): string[] =>
  [...new Set(words)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));

const isRunning = ({ found }: StandingRun): boolean => found.summary?.status === 'running';

export interface Browsed {
  /** As it was given. */
  readonly folder: string;
  /** In full. */
  readonly root: string;
  readonly clock: Clock;
}

/** A page of the list. Throws KnownError for a question that is not understood. */
export const browse = async (
  runs: readonly StandingRun[],
  query: ListQuery,
  { folder, root, clock }: Browsed,
): Promise<List> => {
  const asked = runs.filter(filterOf(query, clock));
  const pages = Math.max(1, Math.ceil(asked.length / PER_PAGE));
  const page = Math.min(query.page, pages);
  const shown = (await sorted(asked, query)).slice((page - 1) * PER_PAGE, page * PER_PAGE);
  const listedRuns: ListedRun[] = [];
  for (const run of shown) listedRuns.push(await listed(run, root));
  const summaries = runs.flatMap(({ found }) => found.summary ?? []);
  return {
    folder,
    query: { ...query, page },
    runs: listedRuns,
    all: runs.length,
    asked: asked.length,
    perPage: PER_PAGE,
    running: runs
      .filter(isRunning)
      .toSorted((a, b) => byStarted(b, a))
      .map(({ name }) => name),
    scenarios: unique(summaries.map(({ scenario }) => scenario)),
    versions: unique(summaries.map(({ version }) => version)),
    labels: unique(
      summaries.flatMap(({ labels }) => Object.entries(labels).map(([key, value]) => `${key}=${value}`)),
    ),
  };
};
