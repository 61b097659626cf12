import type { TruthGap } from './truth.js';

/** How many send times are remembered: a minute at 1 ms, before the edge of an open gap is set aside. */
const REMEMBERED = 65_536;

type Edges = Omit<TruthGap, 'family' | 'direction'>;

interface Gap {
  /** Sequence numbers of the last packet delivered before and the first one after. */
  readonly before: number;
  readonly after: number;
  readonly opening: Opening | null;
}

interface Opening {
  readonly stopped_lo: number;
  readonly stopped_hi: number;
}

export interface GapFinder {
  /** A packet left the sender at this time (epoch seconds). */
  sent(seq: number, time: number): void;
  /** A packet reached the receiver. */
  delivered(seq: number): void;
}

/**
 * Finds the outages of one direction from the packets seen at both ends. The two captures are read through two
 * pipes, so either may be ahead: a gap waits until its send times are known. Memory does not grow, however
 * long an outage lasts. Only gaps that lasted `threshold_s` for certain are told; one still open is not.
 */
export const createGapFinder = (threshold_s: number, tell: (edges: Edges) => void): GapFinder => {
  const seqs = new Float64Array(REMEMBERED).fill(-1);
  const times = new Float64Array(REMEMBERED);
  const waiting: Gap[] = [];
  let newest = -1;
  let last: number | null = null;
  let opening: Opening | null = null;

  /** Send time of the first packet known from `seq` on in the direction of `step`, `limit` included. */
  const timeFrom = (seq: number, step: 1 | -1, limit: number): number | null => {
    for (let at = seq; step > 0 ? at <= limit : at >= limit; at += step)
      if (seqs[at % REMEMBERED] === at) return times[at % REMEMBERED] ?? null;
    return null;
  };

  const open = (before: number, limit: number): Opening | null => {
    const stopped_lo = timeFrom(before, -1, Math.max(0, before - 100));
    const stopped_hi = timeFrom(before + 1, 1, limit);
    return stopped_lo === null || stopped_hi === null ? null : { stopped_lo, stopped_hi };
  };

  const settle = (): void => {
    for (let gap = waiting[0]; gap !== undefined && newest >= gap.after; gap = waiting[0]) {
      waiting.shift();
      const edge = gap.opening ?? open(gap.before, gap.after);
      const resumed_lo = timeFrom(gap.after - 1, -1, Math.max(gap.before, gap.after - REMEMBERED));
      const resumed_hi = timeFrom(gap.after, 1, newest);
      if (edge === null || resumed_lo === null || resumed_hi === null) continue;
      if (resumed_lo - edge.stopped_hi >= threshold_s) tell({ ...edge, resumed_lo, resumed_hi });
    }
  };

  return {
    sent(seq, time) {
      if (last !== null && opening === null && seq - last >= REMEMBERED / 2) opening = open(last, seq);
      seqs[seq % REMEMBERED] = seq;
      times[seq % REMEMBERED] = time;
      newest = Math.max(newest, seq);
      settle();
    },
    delivered(seq) {
      if (last !== null && seq <= last) return;
      if (last !== null && seq > last + 1) waiting.push({ before: last, after: seq, opening });
      last = seq;
      opening = null;
      settle();
    },
  };
};

/** One captured packet: kernel time (epoch seconds) and the frame from its Ethernet header on. */
export interface CapturedPacket {
  readonly time: number;
  readonly frame: Buffer;
}

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
/** Nanosecond variant of the pcap file format (draft-ietf-opsawg-pcap §4), written in this host's byte order. */
const MAGIC_NS = 0xa1b23c4d;

/**
 * Reads a little-endian nanosecond pcap stream (`tcpdump --time-stamp-precision=nano -w -`) chunk by chunk; keeps
 * no more than one unfinished record.
 */
export const createPcapReader = (onPacket: (packet: CapturedPacket) => void): ((chunk: Buffer) => void) => {
  let rest: Buffer = Buffer.alloc(0);
  let started = false;
  return (chunk) => {
    let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (!started) {
      if (data.length < FILE_HEADER) {
        rest = data;
        return;
      }
      if (data.readUInt32LE(0) !== MAGIC_NS) throw new Error('not a little-endian nanosecond pcap stream');
      data = data.subarray(FILE_HEADER);
      started = true;
    }
    while (data.length >= RECORD_HEADER) {
      const end = RECORD_HEADER + data.readUInt32LE(8);
      if (data.length < end) break;
      const time = data.readUInt32LE(0) + data.readUInt32LE(4) / 1e9;
      onPacket({ time, frame: data.subarray(RECORD_HEADER, end) });
      data = data.subarray(end);
    }
    rest = data;
  };
};
