import type { HeartbeatRow } from '../model/probe.js';
import { DurationHistogram } from './quantile.js';
import type { PhaseWindow } from './windows.js';

/** What one connection's heartbeats say in one measured phase. Flat memory; rows in any order. */
export class SessionWindow {
  readonly window: PhaseWindow;
  /** Echo times of heartbeats that were echoed before the trigger. */
  readonly baseline = new DurationHistogram();
  /** The heartbeat that took longest of those that were not over before the trigger. */
  worst: { readonly sent_ns: number; readonly echoed_ns: number } | null = null;
  /** When the last echo came; null: none did. */
  lastEcho_ns: number | null = null;
  /** Heartbeats sent after the trigger. */
  sentAfter = 0;
  private readonly unanswered: { first_ns: number; firstSeq: number } = {
    first_ns: Infinity,
    firstSeq: Infinity,
  };
  private lastEchoedSeq = -1;

  constructor(window: PhaseWindow) {
    this.window = window;
  }

  push({ seq, sent_ns, echoed_ns }: HeartbeatRow): void {
    const { baselineFrom_ns, start_ns, trigger_ns, end_ns } = this.window;
    if (sent_ns >= end_ns || sent_ns < Math.min(baselineFrom_ns, start_ns)) return;
    if (sent_ns >= trigger_ns) this.sentAfter++;
    // What is echoed only in the next phase was silent in this one: the failback may have brought it back.
    if (echoed_ns === null || echoed_ns >= end_ns) {
      if (seq < this.unanswered.firstSeq) {
        this.unanswered.firstSeq = seq;
        this.unanswered.first_ns = sent_ns;
      }
      return;
    }
    this.lastEchoedSeq = Math.max(this.lastEchoedSeq, seq);
    this.lastEcho_ns = Math.max(this.lastEcho_ns ?? echoed_ns, echoed_ns);
    if (echoed_ns < trigger_ns) this.baseline.add(echoed_ns - sent_ns);
    else if (this.worst === null || echoed_ns - sent_ns > this.worst.echoed_ns - this.worst.sent_ns)
      this.worst = { sent_ns, echoed_ns };
  }

  /** Send instant of the first heartbeat that was never echoed; null: all were. */
  get silentSince_ns(): number | null {
    return this.unanswered.firstSeq === Infinity ? null : this.unanswered.first_ns;
  }

  /** A heartbeat is missing although a later one was echoed: bytes were lost. */
  get isMissingOne(): boolean {
    return this.unanswered.firstSeq < this.lastEchoedSeq;
  }
}
