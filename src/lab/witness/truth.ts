import { readJsonLines } from '../ground/transitions.js';

/**
 * One outage of one direction, as the witness saw it: one line of truth.jsonl. Epoch seconds, good to a microsecond;
 * all four are *send* times of witness packets, which leave about every millisecond.
 */
export interface TruthGap {
  readonly family: 4 | 6;
  /** forward: client to server. */
  readonly direction: 'forward' | 'reverse';
  /** Last packet delivered before. */
  readonly stopped_lo: number;
  /** First packet lost. */
  readonly stopped_hi: number;
  /** Last packet lost. */
  readonly resumed_lo: number;
  /** First packet delivered after. */
  readonly resumed_hi: number;
}

/** The true outage of the round trip. `start` and `end` are its outer edges, epoch seconds. */
export interface TruthOutage {
  readonly lo_s: number;
  readonly hi_s: number;
  readonly start: number;
  readonly end: number;
}

/** Reads truth.jsonl; empty if there is none. */
export const readTruth = (path: string): Promise<TruthGap[]> => readJsonLines(path);

/** Gaps of the two directions closer than this are one outage of the round trip (the witness sends every 1 ms). */
const JOIN_S = 0.005;

const joinGaps = (gaps: readonly TruthGap[]): TruthGap[] => {
  const joined: TruthGap[] = [];
  for (const gap of gaps.toSorted((a, b) => a.stopped_lo - b.stopped_lo)) {
    const last = joined.at(-1);
    if (last === undefined || gap.stopped_lo > last.resumed_hi + JOIN_S) {
      joined.push(gap);
      continue;
    }
    joined[joined.length - 1] = {
      ...last,
      stopped_hi: Math.min(last.stopped_hi, gap.stopped_hi),
      resumed_lo: Math.max(last.resumed_lo, gap.resumed_lo),
      resumed_hi: Math.max(last.resumed_hi, gap.resumed_hi),
    };
  }
  return joined;
};

/**
 * The longest outage of the round trip of one family that began between `from` and `to` (epoch seconds): a round
 * trip is down from when the first direction stops until the last one is back. null if there was none.
 */
export const truthOutage = (
  gaps: readonly TruthGap[],
  where: { readonly family: 4 | 6; readonly from: number; readonly to: number },
): TruthOutage | null => {
  const outages = joinGaps(gaps.filter(({ family }) => family === where.family))
    .filter((gap) => gap.stopped_hi >= where.from && gap.stopped_lo <= where.to)
    .map((gap) => ({
      lo_s: Math.max(0, gap.resumed_lo - gap.stopped_hi),
      hi_s: gap.resumed_hi - gap.stopped_lo,
      start: gap.stopped_lo,
      end: gap.resumed_hi,
    }));
  return outages.toSorted((a, b) => b.lo_s - a.lo_s)[0] ?? null;
};
