import { fromMs, type Nanoseconds, ns } from '../model/time.js';

/** Linux never retransmits sooner than this after a round trip (RFC 6298 §2.4 would have 1 s). */
export const LINUX_MIN_RTO_NS = fromMs(200);

/**
 * How long a TCP session stalls for an outage: retransmissions leave at R(2^k - 1) after the first lost segment
 * (RFC 6298 §5.5), and the first one after the outage brings the session back:
 *
 *     k = ceil(log2(1 + D/R)),   S(D) = R(2^k - 1),   D <= S(D) < 2D + R
 *
 * Measured with R = 0.208 s: D = 2.0 and 3.0 s both stall 3.15 s, 3.4 s stalls 6.5 s, 7.0 s stalls 13.2 s.
 *
 * @param outage_ns D, from the first lost segment to the end of the outage; <= 0 gives 0
 * @param rto_ns R, the retransmission timeout at onset
 */
export const predictedStall = (outage_ns: number, rto_ns: number): Nanoseconds => {
  if (outage_ns <= 0) return ns(0);
  const k = Math.ceil(Math.log2(1 + outage_ns / rto_ns));
  return ns(rto_ns * (2 ** k - 1));
};
