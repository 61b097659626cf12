import { Arrivals, SILENT_INTERVALS } from './arrivals.js';
import type { FlowWindow } from './flow-window.js';
import type { LossPeriod } from './gaps.js';

/**
 * What is a matter of the order of arrival: reordering (NextExp, RFC 4737 §3.3) and silence, the gap between two
 * arrivals (TBLM, RFC 6414 §3.5). First copies only; a duplicate is no arrival (RFC 5560).
 */
export class Replies {
  private readonly windows: readonly FlowWindow[];
  private readonly arrivals = new Arrivals();
  private nextExpected = 0;
  private last_ns: number | null = null;
  private lastSeq = 0;

  constructor(windows: readonly FlowWindow[]) {
    this.windows = windows;
  }

  /** `hole_ns`: how long nothing was sent, beyond the schedule, since the answered probe before. */
  push(at_ns: number, seq: number, hole_ns: number): void {
    this.arrivals.push(at_ns, seq, hole_ns);
  }

  /** A probe was sent at `sent_ns`: replies up to here are all in, for no later probe can have an older one. */
  upTo(sent_ns: number): void {
    while (this.arrivals.size > 0 && this.arrivals.earliest_ns() <= sent_ns) this.arrive();
  }

  private arrive(): void {
    const at_ns = this.arrivals.earliest_ns();
    const seq = this.arrivals.earliestSeq();
    const hole_ns = this.arrivals.earliestHole_ns();
    this.arrivals.drop();
    if (seq < this.nextExpected) this.windowOf(seq).reordered++;
    else this.nextExpected = seq + 1;
    if (this.last_ns !== null) {
      // Only a stray can be older: it is pushed after the sends around it are long final.
      if (at_ns < this.last_ns) return;
      this.gap(this.last_ns, at_ns, seq, hole_ns);
    }
    this.last_ns = at_ns;
    this.lastSeq = seq;
  }

  private gap(from_ns: number, to_ns: number, seq: number, hole_ns: number): void {
    let own = this.windows[0] as FlowWindow;
    for (const other of this.windows) if (to_ns > other.window.trigger_ns) own = other;
    const { trigger_ns, cut_ns } = own.window;
    const interval_ns = own.manner.interval_ns;
    const counts = to_ns > trigger_ns && from_ns < cut_ns;
    const length = Math.max(0, to_ns - from_ns - hole_ns);
    if (counts && length > own.silence_ns) own.silence_ns = length;
    // An ordinary gap is one interval and explains nothing; this keeps the walk over periods off the hot path.
    if (length <= 1.5 * interval_ns) return;
    const lost = explain(own.periods, from_ns, to_ns, length);
    const explained = explain(own.lateRuns, from_ns, to_ns, length) || lost;
    if (counts && !explained && length > Math.max(SILENT_INTERVALS * interval_ns, own.threshold_ns ?? 0))
      own.silences.push({ firstSeq: this.lastSeq + 1, lastSeq: seq, from_ns, to_ns, hole_ns });
  }

  private windowOf(seq: number): FlowWindow {
    return this.windows.findLast(({ firstSeq }) => seq >= firstSeq) ?? (this.windows[0] as FlowWindow);
  }
}

/** Notes the gap between arrivals with the periods that it touches; false if it touches none. */
const explain = (periods: readonly LossPeriod[], from_ns: number, to_ns: number, length: number): boolean => {
  let explained = false;
  for (let index = periods.length - 1; index >= 0; index--) {
    const period = periods[index] as LossPeriod;
    if ((period.recovered_ns ?? period.after_ns ?? Infinity) <= from_ns) break;
    if ((period.before_ns ?? period.first_ns) >= to_ns) continue;
    explained = true;
    period.silence_ns = Math.max(period.silence_ns ?? 0, length);
  }
  return explained;
};
