import { toMs, type Nanoseconds } from '../../model/time.js';
import { NODES, type NodeName } from '../ground/topology.js';
import type { Transition } from '../ground/transitions.js';
import { drawDelay, type DelayName, type Delays, type Faults } from './delays.js';
import { SIDES, virtualAddress, type Side } from './topology.js';

type OperationStatus = 'InProgress' | 'Succeeded' | 'Failed';

/** An asynchronous operation; times in epoch seconds. */
export interface Operation {
  readonly id: string;
  readonly status: OperationStatus;
  readonly started: number;
  readonly ended: number | null;
}

interface Ends {
  readonly done: () => void;
  readonly failed: () => void;
}

/** So many are remembered. */
const REMEMBERED = 1000;

/** Operations that are under way, and the last ones that are over. */
class Operations {
  readonly #all = new Map<string, Operation>();
  readonly #now: () => number;
  readonly #faults: Faults;
  #count = 0;

  constructor(now: () => number, faults: Faults) {
    this.#now = now;
    this.#faults = faults;
  }

  /** What it does is done in the same instant in which it is said to be. */
  begin(takes: Nanoseconds, ends: Ends): Operation {
    this.#count += 1;
    const id = `op-${this.#count}`;
    const operation: Operation = { id, status: 'InProgress', started: this.#now(), ended: null };
    this.#all.set(id, operation);
    const fails = this.#faults.fail > 0;
    if (fails) this.#faults.fail -= 1;
    setTimeout(() => this.#end(operation, fails, ends), toMs(takes));
    const [oldest] = this.#all.keys();
    if (this.#all.size > REMEMBERED && oldest !== undefined) this.#all.delete(oldest);
    return operation;
  }

  find(id: string): Operation | null {
    return this.#all.get(id) ?? null;
  }

  #end(operation: Operation, fails: boolean, { done, failed }: Ends): void {
    if (fails) failed();
    else done();
    const status = fails ? 'Failed' : 'Succeeded';
    this.#all.set(operation.id, { ...operation, status, ended: this.#now() });
  }
}

/** A secondary address of an interface, as far as it has come. */
interface Attachment {
  readonly config: string;
  readonly address: string;
  readonly state: 'Updating' | 'Succeeded' | 'Deleting';
  /** The one that changes it; null: none does. */
  readonly operation: Operation | null;
}

export interface Interface {
  /** `fw-a-trust` */
  readonly name: string;
  readonly node: NodeName;
  readonly side: Side;
  readonly attachment: Attachment | null;
}

/** What becomes of a request that changes something. */
export type Outcome =
  | { readonly outcome: 'accepted'; readonly operation: Operation }
  | { readonly outcome: 'nothing-to-do' }
  | { readonly outcome: 'conflict'; readonly code: string; readonly message: string };

interface FabricOptions {
  readonly delays: Delays;
  readonly faults: Faults;
  readonly random: () => number;
  /** Epoch seconds. */
  readonly now: () => number;
  /** Makes the network forward what goes to a side's virtual address to a node's interface, or (null) drop it. */
  readonly forward: (side: Side, node: NodeName | null) => Promise<void>;
  /** Makes the network drop what goes from the server to the pair, or let it through. */
  readonly secure: (passes: boolean) => Promise<void>;
  /** Makes replies go past the pair, or by it; null: they go by it always. */
  readonly bypass: ((direct: boolean) => Promise<void>) | null;
  /** What truly happened, and when. */
  readonly tell: (transition: Transition) => void;
}

/** The node that has the addresses when the lab begins. */
const FIRST: NodeName = 'fw-a';

const interfaceName = (node: NodeName, side: Side): string => `${node}-${side}`;

const conflict = (code: string, message: string): Outcome => ({ outcome: 'conflict', code, message });

/**
 * The cloud's side of the pair: interfaces, who has the secondary addresses, and what the network does with them. An
 * address can be on one interface only, and an interface does one thing at a time. Changes are asynchronous
 * operations; the network follows an attachment after a delay of its own, a detachment at once.
 */
export class Fabric {
  delays: Delays;
  readonly operations: Operations;
  readonly #options: FabricOptions;
  readonly #attachments = new Map<string, Attachment>();
  readonly #nextHop = new Map<Side, NodeName | null>();
  /** Counts changes of who has the address of a side: a delayed one that was overtaken is not carried out. */
  readonly #changes = new Map<Side, number>();
  /** Counts attachments whose security rules lag behind. */
  #unsecured = 0;
  #isDirect = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: FabricOptions) {
    this.#options = options;
    this.delays = options.delays;
    this.operations = new Operations(options.now, options.faults);
  }

  /** Both addresses on the interfaces of the first node, at once: how the lab begins. */
  async begin(): Promise<void> {
    for (const side of SIDES) {
      this.#attachments.set(interfaceName(FIRST, side), {
        config: 'vip',
        address: virtualAddress(side),
        state: 'Succeeded',
        operation: null,
      });
      await this.#options.forward(side, FIRST);
      this.#nextHop.set(side, FIRST);
    }
  }

  interfaces(): Interface[] {
    return NODES.flatMap((node) =>
      SIDES.map((side) => {
        const name = interfaceName(node, side);
        return { name, node, side, attachment: this.#attachments.get(name) ?? null };
      }),
    );
  }

  /** Where the network sends what goes to the virtual address of a side; null: it is dropped. */
  nextHop(side: Side): NodeName | null {
    return this.#nextHop.get(side) ?? null;
  }

  attach(to: Interface, config: string, address: string): Outcome {
    if (address !== virtualAddress(to.side))
      return conflict('PrivateIPAddressNotInSubnet', `${address} is not the address of this subnet`);
    const holder = this.interfaces().find(({ attachment }) => attachment?.address === address);
    if (holder !== undefined && holder.name !== to.name)
      return conflict('PrivateIPAddressIsAllocated', `${address} is allocated to ${holder.name}`);
    const own = holder?.attachment ?? null;
    if (own?.state === 'Deleting')
      return conflict('AnotherOperationInProgress', `${to.name} is being updated`);
    if (own?.state === 'Succeeded') return { outcome: 'nothing-to-do' };
    if (own?.operation) return { outcome: 'accepted', operation: own.operation };
    const operation = this.#begin('attach', to, {
      done: () => this.#attached(to, config, address),
      failed: () => this.#attachments.delete(to.name),
    });
    this.#attachments.set(to.name, { config, address, state: 'Updating', operation });
    return { outcome: 'accepted', operation };
  }

  detach(from: Interface, config: string): Outcome {
    const { attachment } = from;
    if (attachment === null || attachment.config !== config) return { outcome: 'nothing-to-do' };
    if (attachment.state === 'Updating')
      return conflict('AnotherOperationInProgress', `${from.name} is being updated`);
    if (attachment.operation) return { outcome: 'accepted', operation: attachment.operation };
    const operation = this.#begin('detach', from, {
      done: () => this.#detached(from, attachment.address),
      failed: () => this.#attachments.set(from.name, attachment),
    });
    this.#attachments.set(from.name, { ...attachment, state: 'Deleting', operation });
    return { outcome: 'accepted', operation };
  }

  #begin(name: DelayName, { name: subject }: Interface, ends: Ends): Operation {
    const tell = (value: string): void =>
      this.#tell('operation', subject, `${name} ${value}`, this.#options.now());
    tell('accepted');
    return this.operations.begin(drawDelay(this.delays[name], this.#options.random), {
      done: () => {
        ends.done();
        tell('done');
      },
      failed: () => {
        ends.failed();
        tell('failed');
      },
    });
  }

  #attached(to: Interface, config: string, address: string): void {
    this.#own(to.name, { config, address, state: 'Succeeded', operation: null }, to.node);
    const change = this.#change(to.side);
    const lag = toMs(drawDelay(this.delays.routes, this.#options.random));
    setTimeout(() => void this.#inTurn(() => this.#routeNow(to.side, to.node, change)), lag);
    if (to.side === 'untrust') this.#secureLater();
  }

  /** Replies reach the new interface once its rules allow them. */
  #secureLater(): void {
    const takes_ms = toMs(drawDelay(this.delays.rules, this.#options.random));
    if (takes_ms === 0) return;
    this.#unsecured += 1;
    const own = this.#unsecured;
    void this.#inTurn(() => this.#secureNow(false));
    setTimeout(() => {
      // Another attachment came meanwhile: its rules are those that count.
      if (own === this.#unsecured) void this.#inTurn(() => this.#secureNow(true));
    }, takes_ms);
  }

  async #secureNow(passes: boolean): Promise<void> {
    const after = this.#options.now();
    await this.#options.secure(passes);
    this.#tell('rules', 'replies', passes ? 'pass' : 'drop', after);
  }

  #detached(from: Interface, address: string): void {
    const after = this.#options.now();
    this.#attachments.delete(from.name);
    this.#tell('owner', address, 'none', after);
    const change = this.#change(from.side);
    void this.#inTurn(() => this.#routeNow(from.side, null, change));
  }

  #own(name: string, attachment: Attachment, node: NodeName): void {
    const after = this.#options.now();
    this.#attachments.set(name, attachment);
    this.#tell('owner', attachment.address, node, after);
  }

  #change(side: Side): number {
    const change = (this.#changes.get(side) ?? 0) + 1;
    this.#changes.set(side, change);
    return change;
  }

  /** One after another: each is several lines to the kernel. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(change);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #routeNow(side: Side, node: NodeName | null, change: number): Promise<void> {
    if (this.#changes.get(side) !== change || this.nextHop(side) === node) return;
    const after = this.#options.now();
    await this.#options.forward(side, node);
    this.#nextHop.set(side, node);
    this.#tell('next-hop', virtualAddress(side), node ?? 'none', after);
    if (side === 'untrust' && node !== null) await this.#bypassNow(node !== FIRST);
  }

  async #bypassNow(direct: boolean): Promise<void> {
    const { bypass, now } = this.#options;
    if (bypass === null || direct === this.#isDirect) return;
    const after = now();
    await bypass(direct);
    this.#isDirect = direct;
    this.#tell('replies', 'server', direct ? 'direct' : 'pair', after);
  }

  #tell(what: string, subject: string, value: string, after: number): void {
    this.#options.tell({ what, subject, value, after, before: this.#options.now() });
  }
}
