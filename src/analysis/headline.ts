import type { StreamRow, TrialRow, TrialStatus } from '../model/record.js';

export type Headline = Pick<TrialRow, 'headline_stream' | 'outage_lo_s' | 'outage_s' | 'outage_hi_s'>;

const NONE: Headline = { headline_stream: null, outage_lo_s: null, outage_s: null, outage_hi_s: null };

const rank = ({
  status,
  longest_s,
  longest_hi_s,
  longest_lo_s,
}: StreamRow): readonly [number, number, number] =>
  status === 'not-recovered' ? [1, longest_lo_s ?? 0, 0] : [0, longest_s ?? -1, longest_hi_s ?? -1];

const isAbove = (a: StreamRow, b: StreamRow): boolean => {
  const [left, right] = [rank(a), rank(b)];
  const at = left.findIndex((value, index) => value !== right[index]);
  return at >= 0 && (left[at] ?? 0) > (right[at] ?? 0);
};

/**
 * The headline of a trial is its worst crossing stream, never an average over streams; one that did not recover
 * is worse than any length. A void trial has none, and one that was down at the start names the stream only.
 */
export const headlineOf = (status: TrialStatus, crossing: readonly StreamRow[]): Headline => {
  if (status === 'void') return NONE;
  if (status === 'down-at-start')
    return { ...NONE, headline_stream: crossing.find((row) => row.status === status)?.stream ?? null };
  const known = crossing.filter((row) => row.longest_lo_s !== null);
  const [first, ...rest] = known;
  if (first === undefined) return NONE;
  const worst = rest.reduce((so_far, row) => (isAbove(row, so_far) ? row : so_far), first);
  return {
    headline_stream: worst.stream,
    outage_lo_s: worst.longest_lo_s,
    outage_s: worst.longest_s,
    outage_hi_s: worst.longest_hi_s,
  };
};
