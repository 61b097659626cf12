import type { CutterOutage } from '../../lab/cutter/topology.js';
import type { OutageRow } from '../../model/tables.js';
import type { Between, Truth } from './truth.js';

/** What one stream said about one injected outage. Seconds; null where it is not known. */
export interface Observation {
  readonly kind: CutterOutage;
  /** Nominal. */
  readonly length_s: number;
  /** When it began, from the beginning of the recording. */
  readonly at_s: number;
  /** How long packets were not forwarded lies between these. */
  readonly truth_lo_s: number;
  readonly truth_hi_s: number;
  /** Number of rows the stream gave for it: 1 as it should be, 0 if it saw nothing, more if it fell apart. */
  readonly rows: number;
  readonly lo_s: number;
  /** null: right-censored, as is `hi_s`. */
  readonly point_s: number | null;
  readonly hi_s: number | null;
  /** Point less truth, to the middle of what is known of the truth. */
  readonly error_s: number | null;
  /** Is the truth inside the interval? One that is itself an interval is inside when the two meet. */
  readonly covered: boolean;
}

export interface Matching {
  readonly observations: readonly Observation[];
  /** Rows that no injected outage explains. */
  readonly spurious: readonly OutageRow[];
}

/** Outages are at least 0.3 s apart, and a row begins with a probe sent within its outage, or one interval before. */
const MARGIN_S = 0.1;

const meets = (lo_s: number, hi_s: number | null, truth: Between): boolean =>
  lo_s <= truth.hi_s && truth.lo_s <= (hi_s ?? Infinity);

const observe = (truth: Truth, rows: readonly OutageRow[], unseenBelow_s: number): Observation => {
  const [longest] = rows.toSorted((a, b) => (b.hi_s ?? Infinity) - (a.hi_s ?? Infinity));
  const { lo_s, outage_s, hi_s } = longest ?? { lo_s: 0, outage_s: 0, hi_s: unseenBelow_s };
  const middle_s = (truth.impaired.lo_s + truth.impaired.hi_s) / 2;
  return {
    kind: truth.kind,
    length_s: truth.length_s,
    at_s: truth.from_s,
    truth_lo_s: truth.forwarding.lo_s,
    truth_hi_s: truth.forwarding.hi_s,
    rows: rows.length,
    lo_s,
    point_s: outage_s,
    hi_s,
    error_s: outage_s === null ? null : outage_s - middle_s,
    covered: meets(lo_s, hi_s, truth.impaired) && meets(lo_s, hi_s, truth.forwarding),
  };
};

/**
 * Puts the outages that one stream reported beside those that were made. Rows are of round trips; a STAMP stream has
 * others, for each way, which say the same again.
 * @param unseenBelow_s what the stream says where it saw no outage: none that lasted as long as this
 */
export const matchOutages = (
  truths: readonly Truth[],
  rows: readonly OutageRow[],
  unseenBelow_s: number,
): Matching => {
  const left = new Set(rows);
  const observations = truths.map((truth) => {
    const own = rows.filter(
      ({ start_s }) => start_s >= truth.from_s - MARGIN_S && start_s <= truth.to_s + MARGIN_S,
    );
    for (const row of own) left.delete(row);
    return observe(truth, own, unseenBelow_s);
  });
  return { observations, spurious: [...left] };
};
