import { setTimeout as sleep } from 'node:timers/promises';

/** How long a failover takes where nobody probes. */
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
  readonly #outage: () => Promise<unknown>;

  /** @param outage begins with a failover and ends it: while it lasts nothing passes. */
  constructor(outage: () => Promise<unknown> = () => sleep(MOVE_MS)) {
    this.#outage = outage;
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
    this.moved = this.#handOver();
  }

  async #handOver(): Promise<void> {
    await this.#outage();
    this.active = other(this.active);
  }

  /** The word of a unit in its platform's language. */
  state(unit: Unit, active: string, standby: string, held = standby): string {
    if (this.held[unit]) return held;
    return this.active === unit ? active : standby;
  }
}
