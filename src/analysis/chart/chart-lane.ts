import type { StreamPlan } from '../../model/plan.js';
import type { ProbeRow } from '../../model/probe.js';
import { NS_PER_S } from '../../model/time.js';
import type { FirstSends } from './chart-events.js';
import type { RttBuckets, RttSegment } from './chart-rtt.js';

/** One stream, or some of its flows where they are many. */
export interface LaneChart {
  readonly stream: string;
  /** First and last flow in it. */
  readonly flows: readonly [number, number];
  /** One flow's interval. */
  readonly every_s: number;
  readonly control: boolean;
  /** Of each flow in it. */
  readonly firsts: readonly FirstSends[];
  /** In the order of time. */
  readonly rtt: readonly RttSegment[];
}

/** A part of the time that is drawn finer than the rest. */
export interface LaneZone {
  readonly from_ns: number;
  readonly to_ns: number;
  readonly buckets: RttBuckets;
}

/** Makes a lane while rows come, with flat memory. */
export class ChartLane {
  readonly #plan: Pick<StreamPlan, 'name' | 'every_ns' | 'control'>;
  readonly #flows: readonly [number, number];
  readonly #firsts: { answered_s: number | null; accepted_s: number | null }[];
  readonly #whole: RttBuckets;
  readonly #zones: readonly LaneZone[];

  constructor(
    plan: Pick<StreamPlan, 'name' | 'every_ns' | 'control'>,
    flows: readonly [number, number],
    whole: RttBuckets,
    zones: readonly LaneZone[],
  ) {
    this.#plan = plan;
    this.#flows = flows;
    this.#whole = whole;
    this.#zones = zones;
    this.#firsts = Array.from({ length: flows[1] - flows[0] + 1 }, () => ({
      answered_s: null,
      accepted_s: null,
    }));
  }

  push({ flow, outcome, sent_ns, received_ns }: ProbeRow): void {
    if (sent_ns === null || received_ns === null || outcome === 'unreachable' || outcome === 'duplicate')
      return;
    const first = this.#firsts[flow - this.#flows[0]];
    if (first !== undefined && (outcome === 'answered' || outcome === 'refused')) {
      first.answered_s ??= sent_ns / NS_PER_S;
      if (outcome === 'answered') first.accepted_s ??= sent_ns / NS_PER_S;
    }
    const rtt_ns = received_ns - sent_ns;
    this.#whole.add(sent_ns, rtt_ns);
    for (const { from_ns, to_ns, buckets } of this.#zones)
      if (sent_ns >= from_ns && sent_ns < to_ns) buckets.add(sent_ns, rtt_ns);
  }

  finish(): LaneChart {
    return {
      stream: this.#plan.name,
      flows: this.#flows,
      every_s: this.#plan.every_ns / NS_PER_S,
      control: this.#plan.control,
      firsts: this.#firsts,
      rtt: this.#segments(),
    };
  }

  /** Finer buckets where there are such, the others around them. */
  #segments(): RttSegment[] {
    const whole = this.#whole;
    const finer = this.#zones.filter(({ buckets }) => buckets.width_ns < whole.width_ns);
    const segments: (RttSegment | null)[] = [];
    let from_ns = -Infinity;
    for (const zone of finer) {
      segments.push(whole.segment(from_ns, zone.from_ns), zone.buckets.segment(-Infinity, Infinity));
      from_ns = zone.to_ns;
    }
    return [...segments, whole.segment(from_ns, Infinity)].filter((segment) => segment !== null);
  }
}
