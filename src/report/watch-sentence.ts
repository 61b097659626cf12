import type { StreamRow } from '../model/record.js';
import { sayNumberOf, spellBounds } from './format.js';

const sentence = (row: StreamRow): string => {
  const bounds = { lo: row.longest_lo_s, point: row.longest_s, hi: row.longest_hi_s };
  if (row.sent === 0) return 'nothing was sent';
  if (row.received === 0) return 'never answered';
  if (row.periods === 0)
    return row.longest_hi_s === null ? 'no gap' : `no gap: any outage lasted ${spellBounds(bounds)}`;
  const end = row.status === 'not-recovered' ? ', and still down at the end' : '';
  return `${sayNumberOf(row.periods, 'gap')}, the longest ${spellBounds(bounds)}${end}`;
};

/** The result of a watch in a sentence: what each stream went through, one after the other. */
export const watchSentence = (streams: readonly StreamRow[]): string => {
  const [only] = streams;
  if (only === undefined) return 'Nothing was watched.';
  if (streams.length === 1) return sentence(only);
  return `${streams.map((row) => `${row.stream}: ${sentence(row)}`).join('; ')}.`;
};
