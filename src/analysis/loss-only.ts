import type { FlowWindow } from './flow-window.js';

/**
 * The loss-only figure: the longest run of probes that no reply came back for within their `wait` (RFC 7680
 * §2.6), beside which the figure with late probes stands. Point value, (s[q-1]-s[p+1] + s[q]-s[p]) / 2.
 */
export class LossOnlyRun {
  private readonly windows: readonly FlowWindow[];
  private readonly interval_ns: number;
  private open = false;
  private before_ns: number | null = null;
  private first_ns = 0;
  private last_ns = 0;

  constructor(windows: readonly FlowWindow[], interval_ns: number) {
    this.windows = windows;
    this.interval_ns = interval_ns;
  }

  lost(sent_ns: number, previousSent_ns: number | null): void {
    if (!this.open) {
      this.open = true;
      this.before_ns = previousSent_ns;
      this.first_ns = sent_ns;
    }
    this.last_ns = sent_ns;
  }

  /** A probe sent at `after_ns` was answered; null: the recording ended. */
  end(after_ns: number | null): void {
    if (!this.open) return;
    this.open = false;
    const inner = this.last_ns - this.first_ns;
    const outer = after_ns === null || this.before_ns === null ? inner : after_ns - this.before_ns;
    for (const own of this.windows) {
      if (this.first_ns < own.onset_ns(this.interval_ns) || this.first_ns >= own.window.cut_ns) continue;
      own.lossOnly_ns = Math.max(own.lossOnly_ns, (inner + outer) / 2);
    }
  }
}
