import { isFolder } from '../../user-file.js';
import { basename, dirname, join } from 'node:path';
import { chooseBaseline, type Baseline, type BaselineCandidate } from '../../analysis/gate/baseline.js';
import { systemClock } from '../../clock.js';
import { openCatalogue, type Catalogue } from '../../history/catalogue.js';
import { runAt } from '../../history/find-runs.js';
import { findRun, type FoundRun } from '../../history/found-run.js';
import { selectSides } from '../../history/select.js';
import { KnownError, usage } from '../../model/error.js';
import type { LeftOut, RunFigures, RunSummary } from '../../model/figures.js';
import type { BaselineRule } from '../../model/gate.js';
import { refusedJunit } from '../../report/gate/gate-annotations.js';
import { writeAtomic } from '../../store/replace-file.js';
import { say } from '../../terminal.js';
import { unknownName } from '../../yaml/problem.js';

/** The run under test, and where its baseline is looked for. */
export interface TestedRun {
  readonly figures: RunFigures;
  /** The folder of all results. */
  readonly root: string;
  /** Was it named, or is it the newest? */
  readonly named: boolean;
}

/** Of a run that cannot be read, its folder is all that is known. */
const scenarioOf = ({ path, summary }: FoundRun): string => summary?.scenario ?? basename(dirname(path));

const requireFigures = async (found: FoundRun): Promise<RunFigures> => {
  if (found.figures === null)
    throw usage(`${found.path} cannot be judged: ${found.why}`, 'a run that is judged must be readable');
  if (found.summary.kind === 'watch')
    throw usage(`${found.path} is a watch: nothing was triggered, there is no trial in it`, 'name a run');
  return found.figures();
};

/** The newest of a scenario, readable or not: the night before must not be judged in its place. */
const newestOf = (runs: readonly FoundRun[], scenario: string | null, folder: string): FoundRun => {
  const trials = runs.filter((run) => run.summary?.kind !== 'watch' && (run.figures !== null || !run.isCopy));
  const scenarios = [...new Set(trials.map(scenarioOf))].sort();
  if (scenarios.length === 0) throw usage(`no run in ${folder}`, 'name a run, or another --out');
  if (scenario !== null && !scenarios.includes(scenario))
    throw usage(
      unknownName(scenario, `a scenario of ${folder}`, scenarios),
      'seqgap list shows the runs there are',
    );
  if (scenario === null && scenarios.length > 1)
    throw usage(
      `${folder} has runs of ${scenarios.length} scenarios: ${scenarios.join(', ')}`,
      `say which one: --scenario ${scenarios[0] ?? ''}`,
    );
  const newest = trials.findLast((run) => scenario === null || scenarioOf(run) === scenario);
  if (newest === undefined) throw new Error('no newest run');
  return newest;
};

const within = async <Result>(
  folder: string,
  root: string,
  use: (catalogue: Catalogue) => Promise<Result>,
): Promise<Result> => {
  const catalogue = await openCatalogue(folder, root);
  try {
    return await use(catalogue);
  } finally {
    await catalogue.close();
  }
};

const newestIn = (folder: string, root: string, scenario: string | null): Promise<RunFigures> =>
  within(folder, root, ({ runs }) => requireFigures(newestOf(runs, scenario, folder)));

/** results/ of results/<scenario>/<run>; where a run lies otherwise, the folder that it is in. */
const rootOf = ({ path, scenario }: RunSummary): string =>
  basename(dirname(path)) === scenario ? dirname(dirname(path)) : dirname(path);

/**
 * The run that is meant: by its path, the newest of a folder, or the newest of a scenario. Throws KnownError.
 *
 * @param word null: the newest
 * @param out null: `results`, or where the run lies that was named
 */
export const findTested = async (
  word: string | null,
  scenario: string | null,
  out: string | null,
): Promise<TestedRun> => {
  const root = out ?? 'results';
  if (word === null) {
    if (!(await isFolder(root)))
      throw usage(`no folder ${root}`, 'name a run, or the folder of results by --out');
    return { figures: await newestIn(root, root, scenario), root, named: false };
  }
  for (const path of [word, join(root, word)]) {
    const run = await runAt(path);
    if (run !== null) {
      const figures = await requireFigures(await findRun(run));
      return { figures, root: out ?? rootOf(figures.summary), named: true };
    }
    if (await isFolder(path)) {
      const figures = await newestIn(path, path, scenario);
      return { figures, root: out ?? rootOf(figures.summary), named: false };
    }
  }
  throw usage(`no run ${word}`, "name a run's folder, a `latest` link, or the folder of a scenario");
};

const candidateOf = (run: FoundRun): BaselineCandidate[] => {
  if (run.figures !== null) return [{ summary: run.summary, damaged: null, figures: run.figures }];
  if (run.summary === null) return [];
  const { summary, why } = run;
  return [{ summary, damaged: why, figures: () => Promise.reject(new KnownError(why)) }];
};

/** What cannot even be told the time of, and lies with the scenario's runs. */
const unreadable = (runs: readonly FoundRun[], scenario: string): LeftOut[] =>
  runs.flatMap((run) =>
    run.figures === null && run.summary === null && scenarioOf(run) === scenario
      ? [{ path: run.path, why: run.why }]
      : [],
  );

const namedBaseline = async (
  tested: RunFigures,
  root: string,
  words: readonly string[],
  rule: BaselineRule,
): Promise<Baseline> => {
  const sides = await selectSides(words, { out: root });
  const byPath = new Map(sides.flatMap(({ runs }) => runs).map((run) => [run.summary.path, run]));
  const candidates = [...byPath.values()].map((run) => ({
    summary: run.summary,
    damaged: null,
    figures: () => Promise.resolve(run),
  }));
  const baseline = await chooseBaseline(tested, candidates, rule);
  return { ...baseline, leftOut: [...sides.flatMap(({ leftOut }) => leftOut), ...baseline.leftOut] };
};

/**
 * The baseline of a run by a rule. Throws KnownError.
 *
 * @param words of a baseline that was named; else empty
 */
export const findBaseline = (
  { figures, root }: TestedRun,
  rule: BaselineRule,
  words: readonly string[],
): Promise<Baseline> =>
  rule.kind === 'named'
    ? namedBaseline(figures, root, words, rule)
    : within(root, root, async ({ runs }) => {
        const baseline = await chooseBaseline(figures, runs.flatMap(candidateOf), rule);
        return {
          ...baseline,
          leftOut: [...unreadable(runs, figures.summary.scenario), ...baseline.leftOut],
        };
      });

/** Throws KnownError (wrong usage) where the file cannot be written. */
export const writeJunit = async (path: string, xml: string): Promise<void> => {
  try {
    await writeAtomic(path, xml);
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    throw usage(error.message, 'name a file that can be written by --junit', error);
  }
};

/** On stderr, as the program says what ends it. */
export const sayError = ({ message, remedy }: KnownError): void =>
  say(`seqgap: ${message}${remedy === null ? '' : `\n  → ${remedy}`}`);

/**
 * Does this, and where nothing can be judged leaves a JUnit file that says so, so that nobody is shown last night's.
 *
 * @param path undefined: no file is asked for
 */
export const withRefusal = async <Result>(
  path: string | undefined,
  judge: () => Promise<Result>,
): Promise<Result> => {
  try {
    return await judge();
  } catch (error) {
    if (path !== undefined && error instanceof KnownError)
      await writeJunit(path, refusedJunit(error, new Date(systemClock.wall()).toISOString())).catch(
        (second: unknown) => {
          if (!(second instanceof KnownError)) throw second;
          sayError(second);
        },
      );
    throw error;
  }
};
