import type { Nanoseconds } from '../model/time.js';
import { actionName, type ActResult, type UndoEntry } from './action.js';
import type { OnStamp } from './transport.js';

/**
 * What is known of an action when it is to be taken back. `over`: it did not take place, or was undone already.
 * `sent`: at that monotonic instant. `unknown`: another process may have sent it, and been killed.
 */
export type Fate =
  | { readonly kind: 'over' }
  | { readonly kind: 'sent'; readonly at: Nanoseconds }
  | { readonly kind: 'unknown' };

type Entry = Pick<UndoEntry, 'node' | 'action' | 'variant'>;

const keyOf = (entry: Entry): string => `${entry.node ?? ''} ${actionName(entry)}`;

/** What this process knows of its actions. */
export class Fates {
  readonly #known = new Map<string, Fate>();

  of(entry: Entry): Fate {
    return this.#known.get(keyOf(entry)) ?? { kind: 'unknown' };
  }

  over(entry: Entry): void {
    this.#known.set(keyOf(entry), { kind: 'over' });
  }

  /** Sends an action by `act`. One that failed, or never left this host, did not take place. */
  async sending(
    entry: Entry,
    onStamp: OnStamp,
    act: (onStamp: OnStamp) => Promise<ActResult>,
  ): Promise<ActResult> {
    this.over(entry);
    const result = await act((kind, at, detail) => {
      if (kind === 'issued') this.#known.set(keyOf(entry), { kind: 'sent', at });
      onStamp(kind, at, detail);
    });
    if (result.outcome === 'failed') this.over(entry);
    return result;
  }
}
