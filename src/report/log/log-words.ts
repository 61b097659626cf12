import { longestBounds } from '../../analysis/words/four-figures.js';
import { sayBounds, sayCount, sayNumberOf, saySeconds } from '../../analysis/words/format.js';
import type { OutageRow, StreamRow } from '../../model/tables.js';
import type { AnalysedLog } from './analysed-log.js';

/** What the tables of a log say, on a terminal and on a page. */

const inTrial = ({ trial, phase }: StreamRow | OutageRow): string =>
  trial === null ? '' : ` (trial ${trial}${phase === 'failback' ? ', failback' : ''})`;

export const streamName = (row: StreamRow | OutageRow): string => `${row.stream}${inTrial(row)}`;

/** Are only the counts known? The notes tell why. */
export const isUntold = ({ trial, status }: StreamRow): boolean => trial === null && status === 'void';

export const sayLongest = (row: StreamRow): string => {
  const bounds = sayBounds(longestBounds(row));
  if (row.status === 'down-at-start') return 'never answered';
  // What is known of other parts stays.
  if (isUntold(row)) return bounds === '' ? 'not known' : `${bounds} as far as known`;
  if (row.status === 'not-recovered') return `${bounds} not recovered`;
  if (row.status === 'degraded') return `${bounds} degraded`;
  return row.trial !== null && bounds === '' ? row.status : bounds;
};

/** `4.00 s`, of several outages `4.00 s within 7.90 s` */
export const sayTotal = ({ total_s, span_s, periods }: StreamRow): string => {
  if (total_s === null || periods === 0) return '';
  return periods === 1 || span_s === null
    ? saySeconds(total_s)
    : `${saySeconds(total_s)} within ${saySeconds(span_s)}`;
};

/** `2026-11-29 08:14:27.539Z` */
export const sayUtc = (utc: string): string => utc.replace('T', ' ');

/** UTC to the millisecond, else the log's own time, else seconds from its beginning. */
export const sayStart = (row: OutageRow, log: AnalysedLog): string => {
  if (row.start_utc !== null) return sayUtc(row.start_utc);
  return log.time(row.start_s * 1e9) ?? `+${row.start_s.toFixed(3)} s`;
};

/** What is slow or lost at random is counted in the table and said in the notes. */
const isOutage = ({ kind }: OutageRow): boolean => kind === 'loss' || kind === 'late' || kind === 'silence';

/** The outages to be listed, and those that are only counted: in which fewer probes were lost than `minLost`. */
export const listedOutages = (
  { outages }: AnalysedLog,
  minLost: number,
): { readonly listed: readonly OutageRow[]; readonly few: readonly OutageRow[] } => {
  const all = outages.filter(isOutage);
  return {
    listed: all.filter(({ lost }) => lost >= minLost),
    few: all.filter(({ lost }) => lost < minLost),
  };
};

/** `not listed: 17 outages of fewer than 3 lost, 21 lost in all` */
export const sayUnlisted = (rows: readonly OutageRow[], minLost: number): string => {
  const lost = rows.reduce((sum, row) => sum + row.lost, 0);
  return `not listed: ${sayNumberOf(rows.length, 'outage')} of fewer than ${sayCount(minLost)} lost, ${sayCount(lost)} lost in all`;
};
