import type { StreamRow, StreamStatus, TrialRow, TrialStatus } from '../model/record.js';
import { provenLongest } from './proven-longest.js';

export type Headline = Pick<TrialRow, 'headline_stream' | 'outage_lo_s' | 'outage_s' | 'outage_hi_s'>;

const NONE: Headline = { headline_stream: null, outage_lo_s: null, outage_s: null, outage_hi_s: null };

/** No recovery is worse than any length. */
const RANK: Partial<Record<StreamStatus, number>> = { 'not-recovered': 2, degraded: 1 };

/**
 * The headline of a trial is its worst crossing stream, never an average over streams: the one that is proven to have been
 * down longest, or among those of its class that may have been down as long, the one that is known best. One that did not
 * recover is worse than any length. A void trial has none, and one that was down at the start names the stream only.
 */
export const headlineOf = (status: TrialStatus, crossing: readonly StreamRow[]): Headline => {
  if (status === 'void') return NONE;
  if (status === 'down-at-start')
    return { ...NONE, headline_stream: crossing.find((row) => row.status === status)?.stream ?? null };
  const known = crossing.filter((row) => row.longest_lo_s !== null);
  const worst =
    known[
      provenLongest(
        known.map((row) => ({
          rank: RANK[row.status] ?? 0,
          lo: row.longest_lo_s ?? 0,
          hi: row.longest_hi_s,
          kind: row.class,
        })),
      )
    ];
  if (worst === undefined) return NONE;
  return {
    headline_stream: worst.stream,
    outage_lo_s: worst.longest_lo_s,
    outage_s: worst.longest_s,
    outage_hi_s: worst.longest_hi_s,
  };
};
