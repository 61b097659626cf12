import type { OutageRow, StreamRow } from '../model/record.js';
import { sayRefused } from './stream-lines.js';
import { spellBounds } from './format.js';
import { sayDown } from './four-figures.js';
import { sayDegraded, sayRandomLoss } from './impairment.js';

const END: Readonly<Partial<Record<StreamRow['status'], string>>> = {
  'not-recovered': ', and still down at the end',
  degraded: ', and degraded at the end',
};

const endOf = (row: StreamRow): string => {
  const residual = sayDegraded(row);
  const end = END[row.status] ?? '';
  return residual === null ? end : `${end}: ${residual}`;
};

const sentence = (row: StreamRow, outages: readonly OutageRow[]): string => {
  const random = sayRandomLoss(row);
  const refused = sayRefused(outages.filter(({ stream }) => stream === row.stream));
  const beside = random === null ? '' : `, beside ${random}`;
  return `${gapsOf(row)}${beside}${refused === null ? '' : `; ${refused}`}`;
};

const gapsOf = (row: StreamRow): string => {
  const bounds = { lo: row.longest_lo_s, point: row.longest_s, hi: row.longest_hi_s };
  if (row.sent === 0) return 'nothing was sent';
  if (row.received === 0) return 'never answered';
  if (row.periods === 0)
    return `${row.longest_hi_s === null ? 'no gap' : `no gap: any outage lasted ${spellBounds(bounds)}`}${endOf(row)}`;
  return sayDown(row) + endOf(row);
};

/** The result of a watch in a sentence: what each stream went through, one after the other. */
export const watchSentence = (streams: readonly StreamRow[], outages: readonly OutageRow[]): string => {
  const [only] = streams;
  if (only === undefined) return 'Nothing was watched.';
  if (streams.length === 1) return sentence(only, outages);
  return `${streams.map((row) => `${row.stream}: ${sentence(row, outages)}`).join('; ')}.`;
};
