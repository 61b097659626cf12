import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../model/error.js';
import type { Nanoseconds } from '../../model/time.js';
import type { PowerAction, PowerState } from '../ask.js';
import { Machine, type Ending } from './machine.js';
import type { ToolSession } from './tool-session.js';
import type { Cabling, NodeName } from './topology.js';

interface PowerOptions {
  readonly node: NodeName;
  readonly cabling: Cabling;
  readonly fabric: ToolSession;
  /** From power back to its services started. */
  readonly boot_ns: Nanoseconds;
  /** File in the machine that its HA software writes the node's state to; null: none is. */
  readonly stateFile: string | null;
  /** The machine's last words go to the lab's log. */
  readonly log: (text: string) => void;
}

/** The power supply of one node. Actions are carried out one after another. */
export class PowerSupply {
  readonly node: NodeName;
  readonly #options: PowerOptions;
  #state: PowerState = 'off';
  #machine: Machine | null = null;
  #booting: AbortController | null = null;
  #booted: Promise<boolean> = Promise.resolve(false);
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: PowerOptions) {
    this.node = options.node;
    this.#options = options;
  }

  get state(): PowerState {
    return this.#state;
  }

  /** The node's HA state in its own words (VRRP: `MASTER`, `BACKUP`, …); null while nobody says. */
  get ha(): string | null {
    const { stateFile } = this.#options;
    if (this.#state === 'off' || stateFile === null) return null;
    return this.#machine?.read(stateFile)?.trim() ?? null;
  }

  /**
   * crash: power cut, and back at once, so that the node boots; off: power cut; on: power back, if it was off.
   * Resolves when the cut is complete, or the boot has begun. Throws on a crash of a node without power.
   */
  async act(action: Exclude<PowerAction, 'status'>): Promise<void> {
    const turn = this.#queue.then(() => this.#turn(action));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #turn(action: Exclude<PowerAction, 'status'>): Promise<void> {
    if (action === 'on') {
      if (this.#state === 'off') void this.#begin(this.#options.boot_ns);
      return;
    }
    if (action === 'crash' && this.#state !== 'on') throw new Error(`${this.node} is ${this.#state}, not on`);
    await this.#cut();
    if (action === 'crash') void this.#begin(this.#options.boot_ns);
  }

  /** The lab's own first start: no boot time, resolves when services are started. */
  async start(): Promise<boolean> {
    return this.#begin(0);
  }

  async #cut(): Promise<void> {
    this.#booting?.abort();
    const machine = this.#machine;
    this.#machine = null;
    this.#state = 'off';
    await machine?.cut();
    await this.#booted;
    await machine?.scrap();
  }

  #begin(boot_ns: number): Promise<boolean> {
    this.#state = 'booting';
    const booting = new AbortController();
    this.#booting = booting;
    this.#booted = this.#boot(boot_ns, booting.signal).catch((error: unknown) => {
      if (booting.signal.aborted) return false;
      this.#options.log(`${this.node}: ${messageOf(error)}`);
      this.#state = 'off';
      return false;
    });
    return this.#booted;
  }

  async #boot(boot_ns: number, signal: AbortSignal): Promise<boolean> {
    const since = process.hrtime.bigint();
    const machine = await Machine.assemble(this.node, this.#options.cabling, this.#options.fabric);
    if (signal.aborted) return this.#discard(machine);
    this.#machine = machine;
    void machine.ended.then((ending) => this.#onEnd(machine, ending));
    await sleep(Math.max(0, boot_ns - Number(process.hrtime.bigint() - since)) / 1e6, null, { signal });
    const up = await machine.boot();
    if (up && !signal.aborted) this.#state = 'on';
    return up;
  }

  /** The power went while the namespaces were being made. */
  async #discard(machine: Machine): Promise<false> {
    machine.kill();
    await machine.ended;
    await machine.scrap();
    return false;
  }

  /** A machine that ended by itself: `reboot` and `poweroff` typed on it. */
  #onEnd(machine: Machine, ending: Ending): void {
    if (this.#machine !== machine) return;
    this.#booting?.abort();
    this.#machine = null;
    this.#state = ending === 'reboot' ? 'booting' : 'off';
    this.#queue = this.#queue
      .then(() => this.#afterEnd(machine, ending))
      .catch((error: unknown) => this.#options.log(`${this.node}: ${messageOf(error)}`));
  }

  async #afterEnd(machine: Machine, ending: Ending): Promise<void> {
    await machine.scrap();
    if (ending === 'reboot') void this.#begin(this.#options.boot_ns);
  }
}
