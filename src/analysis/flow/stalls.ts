import type { ProbeRow } from '../../model/probe.js';
import { fromMs } from '../../model/time.js';

/** Between two real sends the prober did not act although a send was due. */
interface Stall {
  /** The last real send before: the prober may have stood still from here on. */
  readonly from_ns: number;
  /** The first send that was due and not made, or made late. */
  readonly due_ns: number;
  /** The first real send after. */
  readonly to_ns: number;
}

/** A send later than this is no jitter of the schedule: the prober's p99 is below 1 ms (bench/README.md). */
const LATE_NS = fromMs(5);
/** Sockets are read after the sends that have become due, so a reply may be read this long after the stall. */
const READ_NS = fromMs(20);

/**
 * A prober that stood still (SIGSTOP, CPU steal) reads the replies that came meanwhile when it goes on, and their
 * stamps say when it went on. Whether it did shows only in the sends that follow, so rows with a slow answer, and all
 * behind them, wait here until a send after that answer was seen. Memory holds what is in flight.
 *
 * The kernel stamps on while a process stands still, but not while its whole machine does (CPU steal): of what it stamped, only
 * answers from just before the end of the stall on may have come earlier.
 */
export class Stalls {
  readonly #slow_ns: number;
  readonly #onRow: (row: ProbeRow, stalled_ns: number) => void;
  readonly #kernelStamps: boolean;
  #waiting: ProbeRow[] = [];
  #head = 0;
  #stalls: Stall[] = [];
  #lastSent_ns: number | null = null;
  #missed_ns: number | null = null;

  /** @param onRow gets every row, and how much of the time to its answer the prober may have stood still. */
  constructor(interval_ns: number, onRow: (row: ProbeRow, stalled_ns: number) => void, kernelStamps = false) {
    // A due send lies between such a probe and its answer, and no send is made up after more than half an interval.
    this.#slow_ns = interval_ns / 2;
    this.#onRow = onRow;
    this.#kernelStamps = kernelStamps;
  }

  push(row: ProbeRow): void {
    this.#watch(row);
    if (this.#waiting.length === 0 && !this.#isSlow(row)) {
      this.#onRow(row, 0);
      return;
    }
    this.#waiting.push(row);
    this.#release(this.#lastSent_ns ?? -Infinity);
  }

  /** No more rows. */
  finish(): void {
    this.#release(Infinity);
  }

  #isSlow({ received_ns, sent_ns }: ProbeRow): boolean {
    return received_ns !== null && sent_ns !== null && received_ns - sent_ns > this.#slow_ns;
  }

  #watch(row: ProbeRow): void {
    if (row.outcome === 'duplicate' || row.outcome === 'stray') return;
    const { sent_ns } = row;
    if (row.outcome === 'unsent' || sent_ns === null) {
      this.#missed_ns ??= row.intended_ns;
      return;
    }
    // Only a row that waits can have its answer explained; one that comes later was sent after the stall.
    if (this.#waiting.length > 0 && this.#lastSent_ns !== null) {
      const due_ns = this.#missed_ns ?? row.intended_ns;
      if (sent_ns - due_ns > LATE_NS || this.#missed_ns !== null)
        this.#stalls.push({ from_ns: this.#lastSent_ns, due_ns, to_ns: sent_ns });
    }
    this.#missed_ns = null;
    this.#lastSent_ns = sent_ns;
  }

  /** Hands out what can be judged by the sends up to `sent_ns`. */
  #release(sent_ns: number): void {
    while (this.#head < this.#waiting.length) {
      const row = this.#waiting[this.#head] as ProbeRow;
      if (this.#isSlow(row) && (row.received_ns as number) >= sent_ns) break;
      this.#head++;
      this.#onRow(row, this.#isSlow(row) ? this.#stalledFor(row) : 0);
    }
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#stalls = [];
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#waiting.length) {
      const oldest_ns = (this.#waiting[this.#head] as ProbeRow).intended_ns;
      this.#waiting = this.#waiting.slice(this.#head);
      this.#stalls = this.#stalls.filter(({ to_ns }) => to_ns + READ_NS >= oldest_ns);
      this.#head = 0;
    }
  }

  /** Read after a send was due that was not made, and before or just after the next one was. */
  #stalledFor({ sent_ns, received_ns }: ProbeRow): number {
    const read_ns = received_ns as number;
    let stalled_ns = 0;
    for (const { from_ns, due_ns, to_ns } of this.#stalls) {
      const earliest_ns = this.#kernelStamps ? Math.max(due_ns, to_ns - LATE_NS) : due_ns;
      if ((sent_ns as number) <= from_ns && earliest_ns <= read_ns && read_ns <= to_ns + READ_NS)
        stalled_ns = Math.max(stalled_ns, Math.min(read_ns, to_ns) - from_ns);
    }
    return stalled_ns;
  }
}
