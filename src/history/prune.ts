import { lstat, readdir, readlink, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { byStart, identityOf } from '../analysis/run-order.js';
import { EXIT, KnownError, messageOf, usage, hasCode } from '../model/error.js';
import type { LeftOut, RunSummary } from '../model/figures.js';
import { openCatalogue } from './catalogue.js';
import { unreadOf } from './found-run.js';
import { LATEST_LINK } from '../store/names.js';
import { requireMet } from './run-filter.js';
import { groupBy } from '../model/group-by.js';

export interface PruneOptions {
  readonly out: string;
  /** null: of every scenario. */
  readonly scenario: string | null;
  /** So many of the newest runs of each scenario and version stay. */
  readonly keep: number;
  /** Only runs that started before this go; null: whatever their age. Milliseconds since 1970. */
  readonly before_ms: number | null;
  /** Why changes to the pair may not have been taken back, in a clause; null: they were. */
  readonly whyUndo: (run: string) => Promise<string | null>;
}

/** A run that is to go. */
export interface PrunedRun {
  readonly run: string;
  readonly path: string;
  readonly scenario: string;
  readonly version: string;
  readonly started_utc: string;
  /** Of all its files. */
  readonly octets: number;
}

export interface PrunePlan {
  /** Oldest first. */
  readonly go: readonly PrunedRun[];
  /** Would go, but must not; and what cannot be read, which nobody can judge. */
  readonly spared: readonly LeftOut[];
  /** How many stay beside those. */
  readonly stay: number;
}

const isGone = (error: unknown): boolean => hasCode(error, 'ENOENT');

/** Of a folder and all below it; links are not followed. What another one deletes meanwhile has none. */
const octetsOf = async (path: string): Promise<number> => {
  try {
    const found = await lstat(path);
    if (!found.isDirectory()) return found.size;
    let sum = 0;
    for (const name of await readdir(path)) sum += await octetsOf(join(path, name));
    return sum;
  } catch (error) {
    if (isGone(error)) return 0;
    throw error;
  }
};

const isLatest = async (path: string): Promise<boolean> => {
  const target = await readlink(join(dirname(path), LATEST_LINK)).catch(() => null);
  return target !== null && resolve(dirname(path), target) === resolve(path);
};

/** Why a run must stay although it is old; null: it may go. */
const whySpared = async (
  { path, status }: RunSummary,
  whyUndo: PruneOptions['whyUndo'],
): Promise<string | null> => {
  if (status === 'running') return 'says that it is running; if it was killed, delete it by hand';
  return (await whyUndo(path)) ?? ((await isLatest(path)) ? '`latest` names it' : null);
};

/** All but so many of the newest of each scenario and version. A run and its copies are one, and share their fate. */
const beyond = (summaries: readonly RunSummary[], keep: number): RunSummary[] =>
  [
    ...groupBy(
      summaries.toSorted((a, b) => byStart(b, a)),
      ({ scenario, version }) => `${scenario}\n${version}`,
    ).values(),
  ].flatMap((group) => [...groupBy(group, identityOf).values()].slice(keep).flat());

/** What would go. Nothing is changed. Throws KnownError. */
export const planPrune = async (options: PruneOptions): Promise<PrunePlan> => {
  const { out, scenario, keep, before_ms, whyUndo } = options;
  const catalogue = await openCatalogue(out, out);
  await catalogue.close();
  const { runs } = catalogue;
  if (runs.length === 0) throw usage(`no run in ${out}`, 'name the folder of all results with --out');
  if (scenario !== null)
    requireMet(
      runs.flatMap(({ summary }) => summary ?? []),
      [{ key: 'scenario', value: scenario }],
      unreadOf(runs),
    );
  const isAsked = (each: { readonly scenario: string }): boolean =>
    scenario === null || each.scenario === scenario;
  const known = runs.flatMap(({ summary }) => (summary !== null && isAsked(summary) ? [summary] : []));
  const old = beyond(known, keep).filter(
    ({ started_utc }) => before_ms === null || Date.parse(started_utc) < before_ms,
  );
  const go: PrunedRun[] = [];
  const spared: LeftOut[] = [];
  for (const summary of old.toSorted(byStart)) {
    const { run, path, version, started_utc } = summary;
    const why = await whySpared(summary, whyUndo);
    if (why === null)
      go.push({ run, path, scenario: summary.scenario, version, started_utc, octets: await octetsOf(path) });
    else spared.push({ path, why });
  }
  const unread = unreadOf(runs).map(({ path, why }) => ({ path, why: `left alone: ${why}` }));
  return { go, spared: [...spared, ...unread], stay: known.length - old.length };
};

/** What a deletion that was cut off leaves behind; hidden, so that no command takes it for a run. */
const DELETED = '.seqgap-deleted-';

const removeIn = async (folder: string): Promise<string[]> => {
  const names: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(DELETED)) await rm(path, { recursive: true, force: true }).catch(() => {});
    else if (entry.isDirectory() && !entry.name.startsWith('.')) names.push(path);
  }
  return names;
};

/** Takes away what was left in a folder of results and in those of its scenarios; what cannot be, stays for the next. */
export const removeLeftovers = async (out: string): Promise<void> => {
  for (const folder of await removeIn(out)) await removeIn(folder);
};

/**
 * Deletes runs, one after the other: each vanishes in one step, by another name, before its files go, so that there is
 * never a half of one. One that is gone already is passed over. Throws KnownError at the first that cannot be deleted.
 *
 * @param signal ends it after the run at hand
 */
export const deleteRuns = async (
  runs: readonly PrunedRun[],
  onDeleted: (run: PrunedRun) => void,
  signal?: AbortSignal,
): Promise<void> => {
  for (const run of runs) {
    if (signal?.aborted === true) return;
    const hidden = join(dirname(run.path), `${DELETED}${basename(run.path)}`);
    try {
      await rename(run.path, hidden);
      await rm(hidden, { recursive: true, force: true });
    } catch (error) {
      if (isGone(error)) continue;
      throw new KnownError(`cannot delete ${run.path}: ${messageOf(error)}`, {
        remedy: 'what was listed before it is deleted, the rest is untouched',
        exitCode: EXIT.inconclusive,
        cause: error,
      });
    }
    onDeleted(run);
  }
};
