import type { StreamRow } from '../../model/tables.js';
import { type Bounds, saySeconds, sayPercent, spellBounds } from './format.js';

/** What the sentences are made from: of one stream in one event, outside random loss. */
export type FourFigures = Pick<
  StreamRow,
  | 'periods'
  | 'longest_lo_s'
  | 'longest_s'
  | 'longest_hi_s'
  | 'total_s'
  | 'span_s'
  | 'disruption_s'
  | 'disruption_loss'
>;

/** `90 % lost for 8.00 s`; null: it was no disruption. */
export const sayDisruption = ({ disruption_s, disruption_loss }: FourFigures): string | null =>
  disruption_s === null || disruption_loss === null
    ? null
    : `${sayPercent(disruption_loss)} lost for ${saySeconds(disruption_s)}`;

type Longest = Pick<StreamRow, 'longest_lo_s' | 'longest_s' | 'longest_hi_s'>;

export const longestBounds = ({ longest_lo_s: lo, longest_s: point, longest_hi_s: hi }: Longest): Bounds => ({
  lo,
  point,
  hi,
});

const longestOf = (row: Longest): string => spellBounds(longestBounds(row));

/**
 * An outage in several parts, told whole (docs/method.md, "An outage is an interval"): `down 40 times, 4.00 s in all within
 * 7.90 s, the longest 0.110 s (0.091–0.129 s); 51 % lost for 7.90 s`. The longest alone would hide the others. null: one
 * part, which is all of it.
 */
export const sayFourFigures = (row: FourFigures): string | null => {
  const { periods, total_s, span_s } = row;
  if (periods < 2 || row.longest_lo_s === null) return null;
  const within = span_s === null ? '' : ` within ${saySeconds(span_s)}`;
  const all = total_s === null ? '' : `, ${saySeconds(total_s)} in all${within}`;
  const disruption = sayDisruption(row);
  const lost = disruption === null ? '' : `; ${disruption}`;
  return `down ${periods} times${all}, the longest ${longestOf(row)}${lost}`;
};

/** For tables, beside the longest: `40 times, 4.00 s in all`; null: one part, which is all of it. */
export const sayTimes = ({ periods, total_s }: Pick<FourFigures, 'periods' | 'total_s'>): string | null => {
  if (periods < 2) return null;
  return `${periods} times${total_s === null ? '' : `, ${saySeconds(total_s)} in all`}`;
};

/** The same of any outage: `down for 3.42 s (3.41–3.43 s)`. */
export const sayDown = (row: FourFigures): string => sayFourFigures(row) ?? `down for ${longestOf(row)}`;
