import type { RecordContext } from '../../model/evidence.js';
import type { Naming } from './form.js';

/** A pair has two; what names more is no pair's record. */
const MOST = 100;

/** What the devices of a record are called by the run. */
export class Names {
  readonly #nodes: RecordContext['nodes'];
  readonly #called = new Map<string, string>();
  readonly #members = new Set<string>();
  #self: string | null = null;
  #peer: string | null = null;

  constructor({ nodes }: Pick<RecordContext, 'nodes'>) {
    this.#nodes = nodes;
  }

  learn({ name, is }: Naming): void {
    if (this.#members.size + this.#called.size > MOST) return;
    if (typeof is === 'object') {
      this.#called.set(name, is.called);
      return;
    }
    this.#members.add(name);
    if (is === 'self') this.#self ??= name;
    if (is === 'peer') this.#peer ??= name;
  }

  /**
   * The run's own name of a device; that of the record where the run has none for it.
   *
   * @param own the node whose record it is; null: not known
   */
  of(name: string, own: string | null): string {
    const called = this.#called.get(name);
    return (
      this.#known(name) ??
      (called === undefined ? null : this.#known(called)) ??
      (own === null ? null : this.#ofPair(name, own)) ??
      called ??
      name
    );
  }

  /** The node of that name or address; null: there is none. */
  #known(name: string): string | null {
    const lower = name.toLowerCase();
    const short = /^[\d.]+$/.test(lower) ? lower : (lower.split('.')[0] as string);
    const found =
      this.#nodes.find((node) => node.name.toLowerCase() === lower) ??
      this.#nodes.find((node) => node.addresses.some((address) => address.toLowerCase() === lower)) ??
      this.#nodes.find((node) => node.name.toLowerCase() === short);
    return found?.name ?? null;
  }

  /** Of two members, the one that is not the peer is the one whose record it is, and the other way round. */
  #ofPair(name: string, own: string): string | null {
    if (name === this.#self) return own;
    const [other, ...more] = this.#nodes.filter((node) => node.name !== own);
    if (other === undefined || more.length > 0 || this.#nodes.length !== 2) return null;
    if (name === this.#peer) return other.name;
    if (!this.#members.has(name) || this.#members.size !== 2) return null;
    if (this.#self !== null) return other.name;
    return this.#peer === null ? null : own;
  }
}
