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
   * no telling, and then more lies ahead of `next` (a long gap) than behind it (a late answer).
   */
  of(wire: number, next: number, expected: number): number {
    const seq = wire + this.offset;
    if (this.modulus === null || seq === next) return seq;
    const near = Number.isNaN(expected) ? next - 1 + (3 / 8) * this.modulus : Math.max(next - 1, expected);
    const turns = Math.round((near - seq) / this.modulus) * this.modulus;
    this.offset += turns;
    return seq + turns;
  }
}
