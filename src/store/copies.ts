import { basename, dirname } from 'node:path';
import { identityOf } from '../analysis/run-order.js';
import type { RunSummary } from '../model/figures.js';
import type { FoundRun } from './found-run.js';

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
