import type { RowPhase } from '../model/event.js';
import type { Direction, StreamStatus } from '../model/record.js';
import type { StreamRow } from '../model/tables.js';
import { medianOf } from './statistics/quantile.js';

/** One trial's outage of a stream, as a raw point. */
export interface SummaryPoint {
  readonly trial: number | null;
  readonly status: StreamStatus;
  readonly lo_s: number | null;
  /** null with `not-recovered`: longer than any. */
  readonly outage_s: number | null;
  readonly hi_s: number | null;
}

/** The longest outage of a stream over the trials of a run, per phase. */
export interface StreamSummary {
  readonly phase: RowPhase | null;
  readonly stream: string;
  readonly direction: Direction;
  /** Valid trials: `ok`, `unaffected`, `degraded` and `not-recovered`. */
  readonly n: number;
  readonly notRecovered: number;
  /** Trials left out by their status: void, down-at-start, no-failover-detected. */
  readonly excluded: number;
  /** Order statistics in seconds; null: no valid trial, or the value falls on one that did not recover. */
  readonly min_s: number | null;
  readonly median_s: number | null;
  readonly max_s: number | null;
  /** The valid trials in their order. */
  readonly points: readonly SummaryPoint[];
}

export const isValid = (status: StreamStatus): boolean =>
  status === 'ok' || status === 'unaffected' || status === 'degraded' || status === 'not-recovered';

/** Streams that were clean in a trial without a trigger were `unaffected` in older runs. They have no figure. */
const counts = ({ status, longest_s }: StreamRow): boolean =>
  isValid(status) && (status === 'not-recovered' || longest_s !== null);

const finite = (value: number | null | undefined): number | null =>
  value === null || value === undefined || !Number.isFinite(value) ? null : value;

const summary = (rows: readonly [StreamRow, ...StreamRow[]]): StreamSummary => {
  const [{ phase, stream, direction }] = rows;
  const points = rows.filter(counts).map(({ trial, status, longest_lo_s, longest_s, longest_hi_s }) => ({
    trial,
    status,
    lo_s: longest_lo_s,
    outage_s: longest_s,
    hi_s: longest_hi_s,
  }));
  // `not-recovered` ranks as +infinity: never dropped, never averaged (docs/method.md, "Comparing").
  const ranked = points.map(({ outage_s }) => outage_s ?? Infinity).toSorted((a, b) => a - b);
  return {
    phase,
    stream,
    direction,
    n: points.length,
    notRecovered: points.filter(({ status }) => status === 'not-recovered').length,
    excluded: rows.length - points.length,
    min_s: finite(ranked[0]),
    median_s: finite(medianOf(ranked)),
    max_s: finite(ranked.at(-1)),
    points,
  };
};

/** Per phase, stream and direction, in the order in which they first appear. */
export const summarise = (rows: readonly StreamRow[]): StreamSummary[] => {
  const groups = new Map<string, [StreamRow, ...StreamRow[]]>();
  for (const row of rows) {
    const key = `${row.phase ?? ''} ${row.stream} ${row.direction}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()].map(summary);
};
