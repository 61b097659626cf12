import type { ResultTables } from '../model/record.js';
import type { Scenario } from '../model/plan.js';
import { sayBounds } from '../report/format.js';

/** One line for a trial that has just ended: `trial 2/4  3.42 s [3.41 … 3.43] (ping), sessions 21/21 survived`. */
export const trialLine = (scenario: Scenario, trial: number, tables: ResultTables): string => {
  const rows = tables.trials.filter((row) => row.trial === trial);
  const parts = rows.map((row) => {
    const outage =
      row.headline_stream === null
        ? row.status
        : `${sayBounds({ lo: row.outage_lo_s, point: row.outage_s, hi: row.outage_hi_s })} (${row.headline_stream})`;
    const status =
      row.status === 'ok' ? '' : ` ${row.status}${row.void_reason === null ? '' : `: ${row.void_reason}`}`;
    return `${row.phase} ${outage}${status}, sessions ${row.sessions_survived}/${row.sessions_total} survived`;
  });
  return `trial ${trial}/${scenario.trial.repeat}  ${parts.join(' · ')}`;
};
