import type { FirstSends } from './picture.js';
import { OUTAGE_KINDS, type OutageKind, type OutageRow } from '../model/record.js';

/** One loss period, or several that are too close to be told apart, on the trial's clock. */
export interface PeriodPicture {
  readonly kind: OutageKind;
  readonly from_s: number;
  /** null: it did not end. */
  readonly to_s: number | null;
  /** It had begun before anything was seen to work: it lasted longer than it is drawn. */
  readonly begun: boolean;
  /** The outage may have begun so much earlier and ended so much later. */
  readonly edge_s: number;
  /** Lost or late. */
  readonly probes: number;
  /** How many periods it stands for. */
  readonly periods: number;
}

/** By the number of the flow; left out: not known. */
type Firsts = (flow: number) => FirstSends | undefined;

const hasBegun = (row: OutageRow, firsts: Firsts): boolean => {
  const first = firsts(row.flow);
  const good_s = row.kind === 'refused' ? first?.accepted_s : first?.answered_s;
  return row.censored && good_s != null && good_s > row.start_s;
};

const pictureOf = (row: OutageRow, begun: boolean): PeriodPicture => ({
  kind: row.kind,
  from_s: row.start_s,
  to_s: row.censored && !begun ? null : row.start_s + row.lo_s,
  begun,
  edge_s: row.hi_s === null ? 0 : Math.max(0, row.hi_s - row.lo_s) / 2,
  probes: row.lost + row.late,
  periods: 1,
});

const endOf = ({ to_s }: PeriodPicture): number => to_s ?? Infinity;

const gapBetween = (a: PeriodPicture, b: PeriodPicture): number => b.from_s - endOf(a);

const joined = (a: PeriodPicture, b: PeriodPicture): PeriodPicture => {
  const to_s = Math.max(endOf(a), endOf(b));
  return {
    kind: a.kind,
    from_s: a.from_s,
    to_s: to_s === Infinity ? null : to_s,
    begun: a.begun || b.begun,
    edge_s: Math.max(a.edge_s, b.edge_s),
    probes: a.probes + b.probes,
    periods: a.periods + b.periods,
  };
};

const joinCloserThan = (sorted: readonly PeriodPicture[], gap_s: number): PeriodPicture[] => {
  const out: PeriodPicture[] = [];
  for (const each of sorted) {
    const previous = out.at(-1);
    if (previous !== undefined && gapBetween(previous, each) <= gap_s)
      out[out.length - 1] = joined(previous, each);
    else out.push(each);
  }
  return out;
};

const fewest = (periods: readonly PeriodPicture[], most: number): PeriodPicture[] => {
  const sorted = periods.toSorted((a, b) => a.from_s - b.from_s);
  if (sorted.length <= most) return sorted;
  const gaps = sorted
    .slice(1)
    .map((each, index) => gapBetween(sorted[index] as PeriodPicture, each))
    .toSorted((a, b) => a - b);
  return joinCloserThan(sorted, gaps[sorted.length - most - 1] ?? Infinity);
};

/**
 * Every loss period as a shape of its own. Where they are more than `most` of a kind, the closest are joined, and say
 * so: what is joined is less than 1/`most` of the time shown apart. None is left out.
 */
export const periodPictures = (
  rows: readonly OutageRow[],
  most: number,
  firsts: Firsts = () => undefined,
): PeriodPicture[] =>
  OUTAGE_KINDS.flatMap((kind) =>
    fewest(
      rows.filter((row) => row.kind === kind).map((row) => pictureOf(row, hasBegun(row, firsts))),
      most,
    ),
  );
