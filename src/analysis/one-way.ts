import type { ProbeRow } from '../model/probe.js';

/** By how much one answered probe took longer than the fastest, on the way there and on the way back. */
export interface OneWayDelay {
  /** Half of the fastest round trip, which stands for the delay of either way. */
  readonly half_ns: number;
  readonly forward_ns: number;
  readonly reverse_ns: number;
}

/**
 * One-way delays by two clocks that need not agree: only differences count. What the probe took longer there is by the
 * reflector's stamp, but never more than it took longer in all, so that a step of the reflector's clock delays
 * nothing. The time that it spent in the reflector belongs to neither way.
 */
export class OneWayDelays {
  private leastForward_ns = Infinity;
  private leastRoundTrip_ns = Infinity;

  /** Half of the fastest round trip so far. */
  get half_ns(): number {
    return this.leastRoundTrip_ns === Infinity ? 0 : this.leastRoundTrip_ns / 2;
  }

  /** Null for a row without all of its stamps. */
  add({ sent_ns, received_ns, reflected }: ProbeRow): OneWayDelay | null {
    if (sent_ns === null || received_ns === null || reflected === undefined) return null;
    const forward = reflected.received_ns - sent_ns;
    const inReflector = Math.max(0, reflected.sent_ns - reflected.received_ns);
    const roundTrip = Math.max(0, received_ns - sent_ns - inReflector);
    this.leastForward_ns = Math.min(this.leastForward_ns, forward);
    this.leastRoundTrip_ns = Math.min(this.leastRoundTrip_ns, roundTrip);
    const longer = roundTrip - this.leastRoundTrip_ns;
    const forward_ns = Math.min(Math.max(0, forward - this.leastForward_ns), longer);
    return { half_ns: this.half_ns, forward_ns, reverse_ns: longer - forward_ns };
  }
}
