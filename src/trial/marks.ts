import type { MarkEvent } from '../model/event.js';
import { brief } from '../model/outside.js';
import { fromMs, type Clock, type Nanoseconds } from '../model/time.js';

/** A mark on its way into a history. */
export interface GivenMark extends Pick<MarkEvent, 'text' | 'by' | 'uncertainty_ns'> {
  /** On the host's clock, like all that a `Clock` gives. */
  readonly at: Nanoseconds;
}

/** Words of a mark. */
const LONGEST = 200;
/** Who types the words of a mark takes no longer; a clock that differs by more is another one. */
const OLDEST = fromMs(600_000);

/** Whoever sets a mark, and the history that is being written, if there is one. */
export class Marks {
  readonly #clock: Clock;
  #take: ((mark: GivenMark) => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on marks go there. @returns how to end that. */
  into(take: (mark: GivenMark) => void): () => void {
    this.#take = take;
    return () => {
      if (this.#take === take) this.#take = null;
    };
  }

  /** @returns null: it is set; else why it is not. */
  set(mark: GivenMark): string | null {
    const ago = this.#clock.monotonic() - mark.at;
    if (ago < 0 || ago > OLDEST) return 'the clock of its command is another one, as in a container';
    if (this.#take === null)
      return 'no history is being written now: it is before, between or after the trials';
    this.#take({ ...mark, text: brief(mark.text, LONGEST) });
    return null;
  }
}
