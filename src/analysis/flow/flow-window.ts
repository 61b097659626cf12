import { fromMs, type Nanoseconds, ns } from '../../model/time.js';
import type { LossPeriod } from './gaps.js';
import { DurationHistogram } from '../statistics/quantile.js';
import type { PhaseWindow } from './windows.js';

/**
 * What has at least this probability may be chance. Two ends of an interval share the 5 % that may be wrong, and each has
 * two sides.
 */
export const RARE = 0.0125;

/** A gap between arrivals that no loss or late probe explains. Instants of arrival. */
export interface Silence {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly from_ns: number;
  readonly to_ns: number;
  /** Part of it in which nothing was sent beyond the schedule. */
  readonly hole_ns: number;
}

/** Two consecutive real sends farther apart than 2.5 intervals. */
export interface SendHoles {
  count: number;
  longest_ns: number;
  /** Longest that overlaps the time from the trigger to the end of the wait for recovery. */
  longestAfterTrigger_ns: number;
  /** From the last real send, or the trigger if that came later, to the end of the wait; 0: sending went on. */
  atEnd_ns: number;
}

/** Probes that must be good in a row, however long their interval (RFC 6412 §3.7.5). */
const RECOVERY_PROBES = 5;
/** Streams end with `drain`, where the wait ends too: only what is missing beyond these is a hole at the end. */
const END_INTERVALS = 5;
const END_NS = 250e6;

/** How a flow is to be read. */
export interface FlowManner {
  readonly interval_ns: number;
  /** By how much two send stamps may be off against each other: 0 where the prober stamps its own sends. */
  readonly stampError_ns?: number;
  /** One way of a STAMP stream: a probe is seen at the drop point itself, not on its way there and back. */
  readonly oneWay?: boolean;
  /**
   * A probe is sent again by the kernel where it is lost, so that the answer to it comes late: SYN of a new connection, after
   * 1 s (RFC 6298 §2.1).
   */
  readonly sentAgain?: boolean;
  /** So much of the round trip lies before the pair, by the hops that answered; left out: not known. */
  readonly beforePair_ns?: number;
  /** The headline is chosen among so many flows, and the choice finds the unlucky one; left out: 1. */
  readonly choices?: number;
  /** Share of probes, 0..1, that the scenario allows to be lost at random; left out: none. */
  readonly backgroundLoss?: number;
}

/** What one flow counts and keeps for one measured phase: flat but for its periods, which are the result. */
export class FlowWindow {
  readonly baseline: PathSample;
  readonly after = new PathSample();
  /** Maximal runs of lost probes. */
  readonly periods: LossPeriod[] = [];
  /** Maximal runs of probes that were answered later than the delay threshold. */
  readonly lateRuns: LossPeriod[] = [];
  /**
   * From the first refused probe after an accepted one to the next accepted one (docs/method.md, "Refusals"); of a service
   * that accepts only later, from the first.
   */
  readonly refusals: LossPeriod[] = [];
  readonly silences: Silence[] = [];
  readonly holes: SendHoles = { count: 0, longest_ns: 0, longestAfterTrigger_ns: 0, atEnd_ns: 0 };
  sent = 0;
  received = 0;
  lost = 0;
  late = 0;
  duplicate = 0;
  reordered = 0;
  unsent = 0;
  localBlocked = 0;
  /** Of the lost ones, as the prober saw them first. */
  unresolved = 0;
  unreachable = 0;
  /** Of the received ones. */
  refused = 0;
  /** Of lost and of blocked probes, with how often it was named. */
  readonly causes = new Map<string, number>();
  /** Replies that came after the probe's `wait` had run out. */
  stray = 0;
  merged = 0;
  /** Seq of its first real send; Infinity: none. */
  firstSeq = Infinity;
  /** Probes later than a threshold of the scenario's that were sent too early to be hit by the trigger. */
  steadyLate = 0;
  /** Its last real send before the wait for recovery ended; null: none. */
  lastWaited: { seq: number; sent_ns: number } | null = null;
  /** Real sends, and good ones among them, in the stretch of the baseline. */
  sentBefore = 0;
  goodBefore = 0;
  /** Delay threshold of the probes after this phase's trigger; null until it is fixed. */
  threshold_ns: number | null = null;
  /** Largest s[i+1] - s[i] of two good neighbours after the trigger, with what the second took too long. */
  widestGood_ns = 0;
  /** The same, only where the second was slower than any of the baseline: a short queued outage may hide there. */
  widestSlow_ns = 0;
  /** Longest run of probes lost or late, point value. */
  impaired_ns = 0;
  /** Largest gap between arrivals after the trigger, less the holes in sends. */
  silence_ns = 0;
  readonly window: PhaseWindow;
  readonly manner: FlowManner;

  constructor(window: PhaseWindow, manner: FlowManner) {
    this.window = window;
    const interval_ns = Math.max(manner.interval_ns, window.paced_ns);
    this.manner = interval_ns === manner.interval_ns ? manner : { ...manner, interval_ns };
    this.baseline = new PathSample(manner.stampError_ns ?? 0);
  }

  /** What has less than this probability is no chance in the flow that is chosen. */
  get rare(): number {
    return RARE / (this.manner.choices ?? 1);
  }

  /** Good forwarding has recovered when it lasted so long. */
  get hold_ns(): number {
    return Math.max(this.window.hold_ns, RECOVERY_PROBES * this.manner.interval_ns);
  }

  /**
   * How far the drop point may be from the far end and back: a round trip that is answered there sees the outage longer by
   * up to that.
   */
  get distance_ns(): number {
    const { rtt } = this.baseline;
    const { oneWay, beforePair_ns = 0 } = this.manner;
    return oneWay === true || rtt.count === 0 ? 0 : Math.max(0, rtt.min_ns - beforePair_ns);
  }

  /** Losses that were sent too early to be hit by the trigger. */
  steadyPeriods(): LossPeriod[] {
    const onset_ns = this.onset_ns();
    const { baselineFrom_ns } = this.window;
    return this.periods.filter(({ first_ns }) => first_ns >= baselineFrom_ns && first_ns < onset_ns);
  }

  because(cause: string | null): void {
    if (cause !== null) this.causes.set(cause, (this.causes.get(cause) ?? 0) + 1);
  }

  /** Between these instants nothing was sent. */
  hole(from_ns: number, to_ns: number): void {
    const { holes, window } = this;
    const length = to_ns - from_ns;
    holes.count++;
    holes.longest_ns = Math.max(holes.longest_ns, length);
    if (to_ns > window.trigger_ns && from_ns < window.cut_ns)
      holes.longestAfterTrigger_ns = Math.max(holes.longestAfterTrigger_ns, length);
  }

  /**
   * A hole shows at the next send; where none comes before the wait for recovery ends, it ends there.
   *
   * @param from_ns the last real send; null: there was none
   * @param until_ns where the wait ends if the history does not say
   */
  endSending(from_ns: number | null, until_ns: number): void {
    const { trigger_ns, cut_ns } = this.window;
    const to_ns = cut_ns === Infinity ? until_ns : cut_ns;
    if (from_ns === null || to_ns <= trigger_ns) return;
    if (to_ns - from_ns <= Math.max(END_INTERVALS * this.manner.interval_ns, END_NS)) return;
    // A history without an end of the wait was cut off: how long nothing was sent is not known, only that it was so.
    if (cut_ns !== Infinity) this.hole(from_ns, to_ns);
    this.holes.atEnd_ns = to_ns - Math.max(from_ns, trigger_ns);
  }

  /**
   * From here on a period belongs to the outage. Probes on their way when the trigger was issued can be hit by
   * it, so it is one interval or one slow round trip earlier than the trigger.
   */
  onset_ns(): number {
    return (
      this.window.trigger_ns -
      Math.max(this.manner.interval_ns, this.baseline.rtt.count === 0 ? 0 : this.baseline.rtt.max_ns)
    );
  }
}

/** What the good probes of one stretch of time say about the path: round-trip times and TTLs. */
export class PathSample {
  readonly rtt = new DurationHistogram();
  readonly #ttls = new Uint32Array(256);
  #stampError_ns: number;
  #ttlSeen = false;

  /** @param stampError_ns by how much two send stamps of the engine may be off against each other. */
  constructor(stampError_ns = 0) {
    this.#stampError_ns = stampError_ns;
  }

  add(rtt_ns: number, ttl: number | null): void {
    this.rtt.add(rtt_ns);
    if (ttl === null || ttl < 0 || ttl > 255) return;
    this.#ttls[ttl] = (this.#ttls[ttl] ?? 0) + 1;
    this.#ttlSeen = true;
  }

  /** Send stamps turned out to be off against each other by this much more. */
  widen(error_ns: number): void {
    this.#stampError_ns += error_ns;
  }

  /** d of the bounds: max - min of the delay, and the engine's own error. */
  jitter_ns(): number {
    return this.#stampError_ns + (this.rtt.count === 0 ? 0 : this.rtt.max_ns - this.rtt.min_ns);
  }

  /** The most frequent TTL, the lowest of several; null if none was seen. */
  ttl(): number | null {
    if (!this.#ttlSeen) return null;
    return this.#ttls.indexOf(this.#ttls.reduce((most, count) => Math.max(most, count), 0));
  }

  clear(): void {
    this.rtt.clear();
    if (this.#ttlSeen) this.#ttls.fill(0);
    this.#ttlSeen = false;
  }
}

const LEAST_THRESHOLD_NS = fromMs(100);

/**
 * The Forwarding Delay Threshold (RFC 6412 §3.6.3) where the scenario sets none: max(100 ms, twice the slowest
 * round trip of the baseline).
 */
export const derivedThreshold = (baseline: PathSample): Nanoseconds =>
  ns(baseline.rtt.count === 0 ? LEAST_THRESHOLD_NS : Math.max(LEAST_THRESHOLD_NS, 2 * baseline.rtt.max_ns));
