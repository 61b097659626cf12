import { sayBounds } from '../../analysis/words/format.js';
import { longestBounds } from '../../analysis/words/four-figures.js';
import { streamLines } from '../../analysis/words/stream-lines.js';
import type { OutageRow, StreamRow } from '../../model/tables.js';
import { contrasts } from './contrasts.js';
import {
  apart,
  type Cell,
  type Column,
  drawn,
  figure,
  instantCell,
  interval,
  lines,
  list,
  on,
  section,
  type Section,
  table,
  text,
  boundsCell,
  cellOf,
} from '../sections.js';
import { count, ms, seconds, STATUS_TONE, TRIAL_AND_PHASE } from './cells.js';
import type { AnalysedRun } from './analysed-run.js';
import { flowsHit, type StreamOverview, streamOverviews } from './overview.js';
import { lossCauses, sayStatistic, sayStatus } from './run-words.js';

/** What the table of streams does not say, line by line: of each stream, and of kinds of traffic that differ. */
export const streamDetails = (run: AnalysedRun): string[] => [
  ...streamLines(run.tables.streams, run.tables.outages),
  ...contrasts(run),
];

const statusCell = (overview: StreamOverview): Cell => {
  const [only, ...others] = overview.statuses.keys();
  const tone = only === undefined || others.length > 0 ? undefined : STATUS_TONE[only];
  return { text: sayStatus(overview), tone };
};

const OVER_ALL_TRIALS: readonly Column<StreamOverview>[] = [
  text('stream', ({ label }) => label, { shrinks: true }),
  text('phase', ({ phase }) => phase),
  text('class', (each) => (each.control ? 'control' : each.class)),
  figure('n', ({ n, trials }) => `${n}/${trials}`),
  figure('min', ({ min_s, n }) => sayStatistic(min_s, n), { on: 'markdown' }),
  figure('median', ({ median_s, n }) => sayStatistic(median_s, n)),
  figure('max', ({ max_s, n }) => sayStatistic(max_s, n), { on: 'markdown' }),
  interval('worst', ({ worst }) => (worst === null ? '' : sayBounds(worst))),
  figure(
    'worst in trial',
    ({ worst }) => cellOf(worst?.point === 0 ? null : (worst?.trial ?? null), String),
    {
      short: 'trial',
    },
  ),
  text('status', statusCell, { shrinks: true }),
];

const HOW_TO_READ = [
  'The longest outage of each trial; n is the number of trials that gave a figure, of all. In brackets is between',
  'which lengths that of the worst trial was measured, and not how the trials differ. A trial that did not recover',
  'has no upper end and ranks above every other.',
];

/** Worst stream first; control streams last. */
export const streams = (run: AnalysedRun): Section => {
  const overviews = streamOverviews(run);
  return section(
    'Streams',
    table(overviews, OVER_ALL_TRIALS),
    on(
      'markdown',
      drawn(() => (overviews.length === 0 ? [] : HOW_TO_READ)),
    ),
    apart(lines(streamDetails(run))),
  );
};

export const causes = ({ tables }: AnalysedRun): Section =>
  section('Causes', list(lossCauses(tables.streams)));

const nameOf = ({ stream, direction }: StreamRow | OutageRow): string =>
  stream + (direction === 'round-trip' ? '' : ` ${direction}`);

/** Empty for a stream of one flow, and where the trial does not tell. */
const flowsCell = (row: StreamRow): Cell => {
  const flows = flowsHit([row]);
  return { text: flows === null ? '' : `${flows.hit}/${flows.all}`, value: flows?.hit ?? null };
};

const byTrial = (hasFlows: boolean): Column<StreamRow>[] => [
  text('stream', nameOf),
  ...TRIAL_AND_PHASE,
  text('status', ({ status }) => status),
  ...(hasFlows ? [figure('flows hit', flowsCell)] : []),
  interval('longest outage', (row) => boundsCell(longestBounds(row))),
  figure('total', ({ total_s }) => seconds(total_s)),
  figure('span', ({ span_s }) => seconds(span_s)),
  figure('silence', ({ silence_s }) => seconds(silence_s)),
  figure('periods', ({ periods }) => count(periods)),
  figure('lost', ({ lost }) => count(lost)),
  figure('late', ({ late }) => count(late)),
  figure('trigger to first loss', (row) => seconds(row.trigger_to_first_loss_s)),
  figure('trigger to recovery', (row) => seconds(row.trigger_to_recovery_s)),
  figure('RTT before', ({ rtt_before_ms }) => ms(rtt_before_ms)),
  figure('RTT after', ({ rtt_after_ms }) => ms(rtt_after_ms)),
  text('reason', ({ void_reason }) => void_reason),
];

export const streamsByTrial = (run: AnalysedRun): Section => {
  const rows = run.tables.streams;
  return section(
    'Streams',
    list(streamDetails(run)),
    table(rows, byTrial(flowsHit(rows) !== null), {
      caption: 'Streams, trial by trial',
      file: 'streams.csv',
    }),
    list(lossCauses(rows)),
  );
};

const OUTAGES: readonly Column<OutageRow>[] = [
  text('stream', nameOf),
  ...TRIAL_AND_PHASE,
  figure('flow', ({ flow }) => count(flow)),
  text('kind', ({ kind }) => kind),
  interval('outage', ({ lo_s, outage_s, hi_s }) => boundsCell({ lo: lo_s, point: outage_s, hi: hi_s })),
  figure('lost', ({ lost }) => count(lost)),
  figure('late', ({ late }) => count(late)),
  figure('begins after the start of the trial', ({ start_s }) => seconds(start_s)),
  text('begins (UTC)', ({ start_utc }) => instantCell(start_utc)),
];

const lengthOf = (row: OutageRow): number => row.outage_s ?? Infinity;

export const lossPeriods = ({ tables }: AnalysedRun): Section => ({
  ...section(
    'Loss periods',
    table(
      tables.outages.toSorted((a, b) => lengthOf(b) - lengthOf(a) || a.start_s - b.start_s),
      OUTAGES,
      { caption: 'Loss periods and silences, the longest first', file: 'outages.csv' },
    ),
  ),
  id: 'outages',
});
