/** How long a failover takes. Not asserted on: probes are lost, however long it is. */
const MOVE_MS = 300;

export type Unit = 0 | 1;
export const other = (unit: Unit): Unit => (unit === 0 ? 1 : 0);

/** Two units of which one forwards. */
export class TestPair {
  active: Unit = 0;
  /** Suspended, forced, in maintenance: may not be active. */
  readonly held: [boolean, boolean] = [false, false];
  /** The failover that began last. */
  moved: Promise<void> = Promise.resolve();
  readonly #forward: (on: boolean) => void;

  /** @param forward is told whether traffic passes. */
  constructor(forward: (on: boolean) => void = () => undefined) {
    this.#forward = forward;
  }

  /** One that may not be active any more hands over, in the background. */
  hold(unit: Unit): void {
    this.held[unit] = true;
    if (this.active === unit) this.move();
  }

  release(unit: Unit): void {
    this.held[unit] = false;
  }

  move(): void {
    this.#forward(false);
    this.moved = new Promise((resolve) => {
      setTimeout(() => {
        this.active = other(this.active);
        this.#forward(true);
        resolve();
      }, MOVE_MS);
    });
  }

  /** The word of a unit in its platform's language. */
  state(unit: Unit, active: string, standby: string, held = standby): string {
    if (this.held[unit]) return held;
    return this.active === unit ? active : standby;
  }
}
