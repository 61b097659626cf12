import type { CutterOutage } from '../../lab/cutter/topology.js';
import type { SwitchInstant } from '../../lab/cutter/cutter.js';
import { NS_PER_S, type Nanoseconds } from '../../model/time.js';

/** An outage that was made; instants count from the recording's origin. */
export interface InjectedOutage {
  readonly kind: CutterOutage;
  /** The length it stands for in the tables. */
  readonly nominal_ns: Nanoseconds;
  readonly cut: SwitchInstant;
  readonly mended: SwitchInstant;
}

/** A length that is known to lie between two others. Seconds. */
export interface Between {
  readonly lo_s: number;
  readonly hi_s: number;
}

/** What is true of one outage. */
export interface Truth {
  readonly kind: CutterOutage;
  /** Nominal. */
  readonly length_s: number;
  /** From the first instant at which a packet may have been hit to the last. */
  readonly from_s: number;
  readonly to_s: number;
  /** How long packets were not forwarded. */
  readonly forwarding: Between;
  /** How long packets that were sent did not arrive within the delay threshold: what the point estimates. */
  readonly impaired: Between;
}

/**
 * The truth by the stamps around the switching. With `arp` packets queue and are all released at the end: one that was
 * sent less than the delay threshold before the end arrives in time. So an outage of length L impairs the packets
 * of its first L - threshold, and that is what counting lost and late probes estimates, whereas forwarding was down
 * for L. Both are true of the outage, and the stated interval has to hold both (docs/method.md, "An outage is an
 * interval").
 */
export const truthOf = (outage: InjectedOutage, threshold_ns: Nanoseconds): Truth => {
  const { kind, cut, mended } = outage;
  const forwarding = {
    lo_s: Math.max(0, mended.after_ns - cut.before_ns) / NS_PER_S,
    hi_s: (mended.before_ns - cut.after_ns) / NS_PER_S,
  };
  const hidden_s = kind === 'arp' ? threshold_ns / NS_PER_S : 0;
  return {
    kind,
    length_s: outage.nominal_ns / NS_PER_S,
    from_s: cut.after_ns / NS_PER_S,
    to_s: mended.before_ns / NS_PER_S,
    forwarding,
    impaired: {
      lo_s: Math.max(0, forwarding.lo_s - hidden_s),
      hi_s: Math.max(0, forwarding.hi_s - hidden_s),
    },
  };
};
