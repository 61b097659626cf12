import type { FlowWindow } from './flow-window.js';

/**
 * The figure of loss and late together: the longest run of probes that were lost or answered later than the delay
 * threshold (RFC 6412 §3.6.3), up to the end of the wait. Point value, (s[q-1]-s[p+1] + s[q]-s[p]) / 2.
 */
export class ImpairedRun {
  readonly #windows: readonly FlowWindow[];
  #open = false;
  #before_ns: number | null = null;
  #first_ns = 0;
  #last_ns = 0;

  constructor(windows: readonly FlowWindow[]) {
    this.#windows = windows;
  }

  impaired(sent_ns: number, previousSent_ns: number | null): void {
    if (!this.#open) {
      this.#open = true;
      this.#before_ns = previousSent_ns;
      this.#first_ns = sent_ns;
    }
    this.#last_ns = sent_ns;
  }

  /** A probe sent at `after_ns` was answered in time; null: the recording ended. */
  end(after_ns: number | null): void {
    if (!this.#open) return;
    this.#open = false;
    for (const own of this.#windows) {
      const { cut_ns } = own.window;
      if (this.#first_ns < own.onset_ns() || this.#first_ns >= cut_ns) continue;
      const inner = Math.min(this.#last_ns, cut_ns) - this.#first_ns;
      const outer =
        after_ns === null || this.#before_ns === null ? inner : Math.min(after_ns, cut_ns) - this.#before_ns;
      own.impaired_ns = Math.max(own.impaired_ns, (inner + outer) / 2);
    }
  }
}
