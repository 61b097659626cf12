/** Share of the numbers. */
const JUST_AHEAD = 1 / 64;

/** Numbers on the wire wrap, and begin anew when the tool does; own numbers only grow. */
export class Numbering {
  private offset = 0;
  private readonly modulus: number | null;

  constructor(modulus: number | null) {
    this.modulus = modulus;
  }

  /** From here on the wire's `first` is our `next`. */
  restart(first: number, next: number): void {
    this.offset = next - first;
  }

  /**
   * The own number: of all candidates the one nearest to `expected`, where the log should be by now; NaN if there is
   * no telling, and then more lies ahead of `next` (a long gap) than behind it (a late answer). A time that wants more
   * than `most` probes in between is not believed, nor one that does not fit a number just ahead of where the log was:
   * after a gap of any length that happens once in 64 times, after a clock that was set each time.
   */
  of(wire: number, next: number, expected: number, most: number): number {
    const seq = wire + this.offset;
    if (this.modulus === null || seq === next) return seq;
    const near = next - 1 + (3 / 8) * this.modulus;
    const untimed = nearest(seq, near, this.modulus);
    const timed = Number.isNaN(expected) ? untimed : nearest(seq, Math.max(next - 1, expected), this.modulus);
    const little = JUST_AHEAD * this.modulus;
    const step = untimed - next < little && Math.abs(timed - expected) > little;
    const own = timed > untimed && (step || timed - next > most) ? untimed : timed;
    this.offset += own - seq;
    return own;
  }
}

const nearest = (seq: number, near: number, modulus: number): number =>
  seq + Math.round((near - seq) / modulus) * modulus;
