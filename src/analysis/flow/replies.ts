import type { FlowWindow } from './flow-window.js';
import type { LossPeriod } from './gaps.js';

/**
 * What is a matter of the order of arrival: reordering (NextExp, RFC 4737 §3.3) and silence, the gap between two
 * arrivals (TBLM, RFC 6414 §3.5). First copies only; a duplicate is no arrival (RFC 5560).
 */
export class Replies {
  readonly #windows: readonly FlowWindow[];
  readonly #arrivals = new Arrivals();
  #nextExpected = 0;
  #last_ns: number | null = null;
  #lastSeq = 0;

  constructor(windows: readonly FlowWindow[]) {
    this.#windows = windows;
  }

  /** `hole_ns`: how long nothing was sent, beyond the schedule, since the answered probe before. */
  push(at_ns: number, seq: number, hole_ns: number): void {
    this.#arrivals.push(at_ns, seq, hole_ns);
  }

  /** A probe was sent at `sent_ns`: replies up to here are all in, for no later probe can have an older one. */
  upTo(sent_ns: number): void {
    while (this.#arrivals.size > 0 && this.#arrivals.earliest_ns() <= sent_ns) this.#arrive();
  }

  #arrive(): void {
    const at_ns = this.#arrivals.earliest_ns();
    const seq = this.#arrivals.earliestSeq();
    const hole_ns = this.#arrivals.earliestHole_ns();
    this.#arrivals.drop();
    if (seq < this.#nextExpected) this.#windowOf(seq).reordered++;
    else this.#nextExpected = seq + 1;
    if (this.#last_ns !== null) {
      // Only a stray can be older: it is pushed after the sends around it are long final.
      if (at_ns < this.#last_ns) return;
      this.#gap(this.#last_ns, at_ns, seq, hole_ns);
    }
    this.#last_ns = at_ns;
    this.#lastSeq = seq;
  }

  #gap(from_ns: number, to_ns: number, seq: number, hole_ns: number): void {
    let own = this.#windows[0] as FlowWindow;
    for (const other of this.#windows) if (to_ns > other.window.trigger_ns) own = other;
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
      own.silences.push({ firstSeq: this.#lastSeq + 1, lastSeq: seq, from_ns, to_ns, hole_ns });
  }

  #windowOf(seq: number): FlowWindow {
    return this.#windows.findLast(({ firstSeq }) => seq >= firstSeq) ?? (this.#windows[0] as FlowWindow);
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

/** Nothing has come for longer than so many intervals, and than the delay threshold: silence. */
export const SILENT_INTERVALS = 3;

/**
 * Replies put back into the order in which they arrived, in bounded memory: rows come in the order of sending,
 * and no reply can be older than the send it answers, so every reply up to the newest send is final. What waits
 * here is what was in flight at one time. A binary min-heap over (arrival, seq); arrays, not objects, because
 * one entry passes through per probe.
 */
export class Arrivals {
  size = 0;
  #capacity = 64;
  #at = new Float64Array(64);
  #seqs = new Float64Array(64);
  #holes = new Float64Array(64);

  /** `hole_ns`: how long no probe was sent between the answered one before it and this one, beyond the schedule. */
  push(at_ns: number, seq: number, hole_ns: number): void {
    if (this.size === this.#capacity) this.#grow();
    let index = this.size++;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#before(at_ns, seq, parent)) break;
      this.#move(parent, index);
      index = parent;
    }
    this.#put(index, at_ns, seq, hole_ns);
  }

  /** Arrival of the earliest; Infinity if none waits. */
  earliest_ns(): number {
    return this.size === 0 ? Infinity : (this.#at[0] ?? Infinity);
  }

  earliestSeq(): number {
    return this.#seqs[0] ?? 0;
  }

  earliestHole_ns(): number {
    return this.#holes[0] ?? 0;
  }

  drop(): void {
    const last = --this.size;
    const at = this.#at[last] ?? 0;
    const seq = this.#seqs[last] ?? 0;
    const hole = this.#holes[last] ?? 0;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#before(this.#at[child + 1] ?? 0, this.#seqs[child + 1] ?? 0, child))
        child++;
      if (this.#before(at, seq, child)) break;
      this.#move(child, index);
      index = child;
    }
    this.#put(index, at, seq, hole);
  }

  #before(at: number, seq: number, index: number): boolean {
    const other = this.#at[index] ?? 0;
    return at < other || (at === other && seq < (this.#seqs[index] ?? 0));
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#at[from] ?? 0, this.#seqs[from] ?? 0, this.#holes[from] ?? 0);
  }

  #put(index: number, at: number, seq: number, hole: number): void {
    this.#at[index] = at;
    this.#seqs[index] = seq;
    this.#holes[index] = hole;
  }

  #grow(): void {
    this.#capacity *= 2;
    const wider = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const array = new Float64Array(this.#capacity);
      array.set(old);
      return array;
    };
    this.#at = wider(this.#at);
    this.#seqs = wider(this.#seqs);
    this.#holes = wider(this.#holes);
  }
}
