import { fromMs, type Nanoseconds, ns } from '../../model/time.js';

/** Linux never retransmits sooner than this after a round trip (RFC 6298 §2.4 would have 1 s). */
export const LINUX_MIN_RTO_NS = fromMs(200);

/**
 * Linux's timer wheel fires late by up to an eighth of a timer, never early (kernel/time/timer.c): measured with 250
 * ticks a second 1 to 6 % over the whole stall, 3 % in the middle.
 */
const TIMER_LATENESS = 1.03;

/** Who retransmits, and what else it sends. */
export interface Sender {
  /** R, the retransmission timeout at onset. */
  readonly rto_ns: number;
  /** From one segment to the next; Infinity: the next one waits until this one is answered. */
  readonly every_ns: number;
}

/**
 * How long a TCP session stalls for an outage. After the first lost segment retransmissions leave at
 *
 *     R(2^k - 1), k = 1, 2, …     where a second segment follows before the timeout (RFC 6298 §5.5)
 *     R 2^k,      k = 0, 1, …     where it is alone: the first of them is a tail loss probe (RFC 8985 §7), which
 *                                 starts the timeout anew
 *
 * and the first that leaves after the outage brings the session back, as does a new segment before the first timeout:
 * D <= S(D) < 2D + R, but for the lateness of timers. Measured with R = 0.204 s: D = 2.0 s stalls 3.13 s with a segment
 * every 100 ms, 3.33 s with one every 500 ms; D = 3.3 s 6.5 s and 3.35 s.
 *
 * @param outage_ns D, from the first lost segment to the end of the outage; <= 0 gives 0
 */
export const predictedStall = (outage_ns: number, { rto_ns, every_ns }: Sender): Nanoseconds => {
  if (outage_ns <= 0) return ns(0);
  const timeout_ns = rto_ns * TIMER_LATENESS;
  // Where the next segment is due as the timer fires, the timer wins: so it was in every measurement at 200 ms.
  const isAlone = every_ns * TIMER_LATENESS >= rto_ns;
  const retransmitted_ns = isAlone
    ? timeout_ns * 2 ** Math.max(0, Math.ceil(Math.log2(outage_ns / timeout_ns)))
    : timeout_ns * (2 ** Math.ceil(Math.log2(1 + outage_ns / timeout_ns)) - 1);
  // After a timeout the window is one segment, and that is the lost one.
  const next_ns = every_ns === Infinity ? Infinity : every_ns * Math.ceil(outage_ns / every_ns);
  return ns(
    next_ns < timeout_ns * (isAlone ? 2 : 1) ? Math.min(next_ns, retransmitted_ns) : retransmitted_ns,
  );
};
