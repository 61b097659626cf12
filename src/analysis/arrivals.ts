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
  private capacity = 64;
  private at = new Float64Array(64);
  private seqs = new Float64Array(64);
  private holes = new Float64Array(64);

  /** `hole_ns`: how long no probe was sent between the answered one before it and this one, beyond the schedule. */
  push(at_ns: number, seq: number, hole_ns: number): void {
    if (this.size === this.capacity) this.grow();
    let index = this.size++;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.before(at_ns, seq, parent)) break;
      this.move(parent, index);
      index = parent;
    }
    this.put(index, at_ns, seq, hole_ns);
  }

  /** Arrival of the earliest; Infinity if none waits. */
  earliest_ns(): number {
    return this.size === 0 ? Infinity : (this.at[0] ?? Infinity);
  }

  earliestSeq(): number {
    return this.seqs[0] ?? 0;
  }

  earliestHole_ns(): number {
    return this.holes[0] ?? 0;
  }

  drop(): void {
    const last = --this.size;
    const at = this.at[last] ?? 0;
    const seq = this.seqs[last] ?? 0;
    const hole = this.holes[last] ?? 0;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= last) break;
      if (child + 1 < last && this.before(this.at[child + 1] ?? 0, this.seqs[child + 1] ?? 0, child)) child++;
      if (this.before(at, seq, child)) break;
      this.move(child, index);
      index = child;
    }
    this.put(index, at, seq, hole);
  }

  private before(at: number, seq: number, index: number): boolean {
    const other = this.at[index] ?? 0;
    return at < other || (at === other && seq < (this.seqs[index] ?? 0));
  }

  private move(from: number, to: number): void {
    this.put(to, this.at[from] ?? 0, this.seqs[from] ?? 0, this.holes[from] ?? 0);
  }

  private put(index: number, at: number, seq: number, hole: number): void {
    this.at[index] = at;
    this.seqs[index] = seq;
    this.holes[index] = hole;
  }

  private grow(): void {
    this.capacity *= 2;
    const wider = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const array = new Float64Array(this.capacity);
      array.set(old);
      return array;
    };
    this.at = wider(this.at);
    this.seqs = wider(this.seqs);
    this.holes = wider(this.holes);
  }
}
