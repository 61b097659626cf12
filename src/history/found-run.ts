import { basename, dirname } from 'node:path';
import { identityOf } from '../analysis/run-order.js';
import { KnownError, knownFileError } from '../model/error.js';
import type { LeftOut, RunFigures, RunSummary } from '../model/figures.js';
import { readRun } from '../store/stored-run.js';
import { figuresOf } from './read-figures.js';
import { summaryOf } from './run-summary.js';

/** A run that was found: with its figures, or with why it gives none. */
export type FoundRun =
  | {
      readonly path: string;
      readonly summary: RunSummary;
      /** Read when asked for: a list of a thousand runs does not hold the rows of them all. */
      readonly figures: () => Promise<RunFigures>;
    }
  | {
      readonly path: string;
      /** null: run.json cannot be read. */
      readonly summary: RunSummary | null;
      readonly figures: null;
      /** In one clause, with the remedy. */
      readonly why: string;
      /** Is it only here a second time, and whole where it counts? */
      readonly isCopy: boolean;
    };

/** Of which not even run.json can be read. */
export const unreadOf = (runs: readonly FoundRun[]): LeftOut[] =>
  runs.flatMap((run) =>
    run.figures === null && run.summary === null ? [{ path: run.path, why: run.why }] : [],
  );

const whyOf = (error: unknown): string => {
  const known = error instanceof KnownError ? error : knownFileError(error);
  if (known === null) throw error;
  return known.remedy === null ? known.message : `${known.message}; ${known.remedy}`;
};

/** A run that cannot be read at all. Throws what is no known error. */
export const unreadRun = (path: string, error: unknown): FoundRun => ({
  ...{ path, summary: null, figures: null },
  why: whyOf(error),
  isCopy: false,
});

/** Reads a run from its files. What is wrong with it is part of the answer. */
export const findRun = async (path: string): Promise<FoundRun> => {
  let summary: RunSummary | null = null;
  try {
    const stored = await readRun(path);
    summary = summaryOf(path, stored.record, null);
    const figures = await figuresOf(stored);
    return { path, summary: figures.summary, figures: () => Promise.resolve(figures) };
  } catch (error) {
    return { path, summary, figures: null, why: whyOf(error), isCopy: false };
  }
};

type WholeRun = Extract<FoundRun, { figures: () => unknown }>;

/** Where `seqgap run` puts it: in a folder of its name, in one of its scenario. */
const isInPlace = ({ path, summary }: { path: string; summary: RunSummary }): boolean =>
  basename(path) === summary.run && basename(dirname(path)) === summary.scenario;

/**
 * A run that is there twice counts once: the one that lies where it was written, else the first. The others become runs
 * without figures, with what they are copies of. Of those that cannot be read nothing is said.
 */
export const markCopies = (runs: readonly FoundRun[]): readonly FoundRun[] => {
  const originals = new Map<string, WholeRun>();
  for (const run of runs) {
    if (run.figures === null) continue;
    const identity = identityOf(run.summary);
    const former = originals.get(identity);
    if (former === undefined || (isInPlace(run) && !isInPlace(former))) originals.set(identity, run);
  }
  return runs.map((run) => {
    if (run.figures === null) return run;
    const { path, summary } = run;
    const original = originals.get(identityOf(summary));
    if (original === undefined || original === run) return run;
    return { path, summary, figures: null, why: `the same run as ${original.path}`, isCopy: true };
  });
};
