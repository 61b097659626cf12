import { toMs, type Nanoseconds } from '../../model/time.js';
import type { Faults } from './delays.js';

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
export class Operations {
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
