import { allTrials } from '../trial/control-arm.js';
import type { ResultTables, TrialRow } from '../model/record.js';
import type { Scenario } from '../model/plan.js';
import { sayBounds } from '../report/text/format.js';
import { sayFourFigures } from '../report/four-figures.js';
import { headlineRow, trialBounds } from '../report/run/headline.js';
import { sayDegraded } from '../report/impairment.js';
import { longestRefusal } from '../report/stream-lines.js';

const phrase = (row: TrialRow, { streams, outages }: ResultTables): string => {
  const own = headlineRow(row, streams);
  const outage = (own === null ? null : sayFourFigures(own)) ?? sayBounds(trialBounds(row));
  const residual = own === null ? null : sayDegraded(own);
  const status = residual === null ? row.status : `${row.status}: ${residual}`;
  const refusal = longestRefusal(
    outages.filter(({ trial, phase }) => trial === row.trial && phase === row.phase),
  );
  const parts = [
    row.headline_stream === null ? '' : `${outage} (${row.headline_stream})`,
    row.status === 'ok' ? '' : status,
    row.void_reason === null ? '' : `(${row.void_reason})`,
    refusal === null ? '' : `· ${refusal.row.stream} ${refusal.said}`,
    row.sessions_total === 0 ? '' : `· sessions ${row.sessions_survived}/${row.sessions_total} survived`,
  ];
  return [row.phase, ...parts].filter((part) => part !== '').join(' ');
};

/** The worst stream of each aftercare in which something was lost. */
const afterwards = (trial: number, { streams }: ResultTables): string[] =>
  (['aftercare', 'failback-aftercare'] as const).flatMap((phase) => {
    const hit = streams.filter(
      (row) =>
        row.trial === trial && row.phase === phase && row.periods > 0 && row.direction === 'round-trip',
    );
    const [worst] = hit.toSorted((a, b) => (b.longest_s ?? Infinity) - (a.longest_s ?? Infinity));
    if (worst === undefined) return [];
    const bounds = { lo: worst.longest_lo_s, point: worst.longest_s, hi: worst.longest_hi_s };
    return [`${phase} ${sayBounds(bounds)} (${worst.stream})`];
  });

/** One line for a trial that has just ended: `trial 2/4  failover 3.42 s  [3.41 … 3.43] (ping) · sessions 21/21 survived`. */
export const trialLine = (scenario: Scenario, trial: number, tables: ResultTables): string => {
  const rows = tables.trials.filter((row) => row.trial === trial);
  return `trial ${trial}/${allTrials(scenario)}  ${[...rows.map((row) => phrase(row, tables)), ...afterwards(trial, tables)].join(' · ')}`;
};
