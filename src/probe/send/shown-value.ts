import type { Nanoseconds } from '../../model/time.js';

/** A stream shows another value than before, or its first one. Instants are monotonic. */
export interface ValueChange {
  /** The name that was asked for. */
  readonly subject: string;
  readonly value: string;
  /** null: the first one. */
  readonly was: string | null;
  /** When the last probe was sent that still showed the old value: the change was not before. */
  readonly since: Nanoseconds | null;
  /** When the first answer with the new value was read. */
  readonly at: Nanoseconds;
  readonly ttl_s: number | null;
}

/** The value that the answers of a stream show: an address, which a change of the record makes another one. */
export class ShownValue {
  readonly #subject: string;
  readonly #changed: (change: ValueChange) => void;
  #value: string | null = null;
  #newest = -1;
  #since: Nanoseconds | null = null;

  constructor(subject: string, changed: (change: ValueChange) => void) {
    this.#subject = subject;
    this.#changed = changed;
  }

  /** An answer to probe `seq`; one that was overtaken by an answer to a later probe tells nothing new. */
  take(
    seq: number,
    value: string,
    { sent, received, ttl_s }: { sent: Nanoseconds; received: Nanoseconds; ttl_s: number | null },
  ): void {
    if (seq < this.#newest) return;
    this.#newest = seq;
    if (value !== this.#value)
      this.#changed({
        subject: this.#subject,
        value,
        was: this.#value,
        since: this.#since,
        at: received,
        ttl_s,
      });
    this.#value = value;
    this.#since = sent;
  }
}
