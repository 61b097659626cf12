import { KnownError } from '../model/error.js';
import type { LeftOut, RunFigures, RunSummary } from '../model/figures.js';
import { figuresOf } from './figures.js';
import { readRun } from './stored-run.js';
import { summaryOf } from './summary.js';

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
  if (!(error instanceof KnownError)) throw error;
  return error.remedy === null ? error.message : `${error.message}; ${error.remedy}`;
};

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
