import { chainDocument } from '../chain/chain-data.js';
import { resultDocument } from '../text/csv.js';
import type { AnalysedRun } from './analysed-run.js';
import { appliedThresholds } from './thresholds.js';

/** What `--json` of a run prints: its tables, and what explains its outages, where it kept records of others. */
export const runDocument = (run: AnalysedRun): object => {
  const { tables, rethreshold, explained } = run;
  return {
    ...resultDocument(tables, rethreshold === undefined ? null : appliedThresholds(rethreshold)),
    ...(explained === undefined ? {} : { explained: chainDocument({ ...explained, run, trial: null }) }),
  };
};
