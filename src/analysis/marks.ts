import type { OutageRow, RowKey, TimelineRow } from '../model/tables.js';

/** What one stream went through from a mark to the next one. */
export interface StreamAfterMark {
  readonly stream: string;
  /** It was down already; null: it was not, as far as is known. */
  readonly open: OutageRow | null;
  /** Outages that began after the mark, in their order; of several flows all together. */
  readonly begun: readonly OutageRow[];
}

export interface MarkFollowed {
  readonly mark: TimelineRow;
  /** Streams without an outage are left out. */
  readonly streams: readonly StreamAfterMark[];
}

/** What is no outage by itself is none after a mark either. */
const isOutage = ({ kind, direction }: OutageRow): boolean =>
  (kind === 'loss' || kind === 'late' || kind === 'refused') && direction === 'round-trip';

const endOf = ({ start_s, outage_s, lo_s, censored }: OutageRow): number =>
  censored ? Infinity : start_s + (outage_s ?? lo_s);

const afterMark = (rows: readonly OutageRow[], from_s: number, to_s: number): StreamAfterMark[] => {
  const streams = [...new Set(rows.map(({ stream }) => stream))];
  return streams
    .map((stream) => {
      const own = rows.filter((row) => row.stream === stream).toSorted((a, b) => a.start_s - b.start_s);
      return {
        stream,
        open: own.find((row) => row.start_s <= from_s && endOf(row) > from_s) ?? null,
        begun: own.filter(({ start_s }) => start_s > from_s && start_s < to_s),
      };
    })
    .filter(({ open, begun }) => open !== null || begun.length > 0);
};

/**
 * The outages after each mark, up to the next one of the same trial. That one follows the other is all that is said: whether
 * the one made the other is for whoever set the mark.
 */
export const outagesAfterMarks = (
  timeline: readonly TimelineRow[],
  outages: readonly OutageRow[],
): readonly MarkFollowed[] => {
  const marks = timeline.filter(({ kind }) => kind === 'mark');
  const inTrial =
    ({ trial }: Pick<RowKey, 'trial'>) =>
    (row: Pick<RowKey, 'trial'>): boolean =>
      row.trial === trial;
  return marks.map((mark) => {
    const next = marks
      .filter(inTrial(mark))
      .reduce((first, { at_s }) => (at_s > mark.at_s ? Math.min(first, at_s) : first), Infinity);
    const rows = outages.filter(inTrial(mark)).filter(isOutage);
    return { mark, streams: afterMark(rows, mark.at_s, next) };
  });
};
