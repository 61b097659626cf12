import { PathSample } from './baseline.js';
import type { LossPeriod } from './gaps.js';
import type { PhaseWindow } from './windows.js';

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

/** Streams end with `drain`, where the wait ends too: only what is missing beyond these is a hole at the end. */
const END_INTERVALS = 5;
const END_NS = 250e6;

/** What one flow counts and keeps for one measured phase: flat but for its periods, which are the result. */
export class FlowWindow {
  readonly baseline: PathSample;
  readonly after = new PathSample();
  readonly periods: LossPeriod[] = [];
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
  /** Impaired probes that were sent too early to be hit by the trigger. */
  steadyImpaired = 0;
  /** Real sends, and good ones among them, in the stretch of the baseline. */
  sentBefore = 0;
  goodBefore = 0;
  /** Delay threshold of the probes after this phase's trigger; null until it is fixed. */
  threshold_ns: number | null = null;
  /** Largest s[i+1] - s[i] of two good neighbours after the trigger, with what the second took too long. */
  widestGood_ns = 0;
  /** The same, only where the second was slower than any of the baseline: a short queued outage may hide there. */
  widestSlow_ns = 0;
  /** Longest run of probes without any reply, point value. */
  lossOnly_ns = 0;
  /** Largest gap between arrivals after the trigger, less the holes in sends. */
  silence_ns = 0;
  readonly window: PhaseWindow;

  constructor(window: PhaseWindow, stampError_ns: number) {
    this.window = window;
    this.baseline = new PathSample(stampError_ns);
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
  endSending(from_ns: number | null, until_ns: number, interval_ns: number): void {
    const { trigger_ns, cut_ns } = this.window;
    const to_ns = cut_ns === Infinity ? until_ns : cut_ns;
    if (from_ns === null || to_ns <= trigger_ns) return;
    if (to_ns - from_ns <= Math.max(END_INTERVALS * interval_ns, END_NS)) return;
    // A history without an end of the wait was cut off: how long nothing was sent is not known, only that it was so.
    if (cut_ns !== Infinity) this.hole(from_ns, to_ns);
    this.holes.atEnd_ns = to_ns - Math.max(from_ns, trigger_ns);
  }

  /**
   * From here on a period belongs to the outage. Probes on their way when the trigger was issued can be hit by
   * it, so it is one interval or one slow round trip earlier than the trigger.
   */
  onset_ns(interval_ns: number): number {
    return (
      this.window.trigger_ns -
      Math.max(interval_ns, this.baseline.rtt.count === 0 ? 0 : this.baseline.rtt.max_ns)
    );
  }
}
