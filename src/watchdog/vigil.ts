import { SILENCE_MS, type Word } from './word.js';

const inSeconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

/**
 * What the watchdog knows of its runner, and when its patience ends. All times are counted in ticks of the watchdog's
 * own timer, not read from a clock: while a laptop sleeps or a hypervisor holds the machine neither of the two runs,
 * and none of that time is the runner's fault. A late tick counts as one, so the patience can only end late.
 */
export class Vigil {
  #silent_ms = 0;
  #resting = true;
  #stopping = false;
  #stage: Extract<Word, { do: 'stage' }> | null = null;
  /** Of the stage, and after a stop; null: without end. */
  #left_ms: number | null = null;
  #agents: readonly number[] = [];
  #ended = false;

  /** The runner has said that it ends in order. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Process ids of the runner's agents. */
  get agents(): readonly number[] {
    return this.#agents;
  }

  hear(word: Word): void {
    this.#silent_ms = 0;
    switch (word.do) {
      case 'beat':
        return;
      case 'stage':
        this.#stage = word;
        this.#resting = false;
        this.#left_ms = this.#stopping ? lesser(word.within_ms, word.stopped_ms) : word.within_ms;
        return;
      case 'agents':
        this.#agents = word.pids;
        return;
      case 'stop':
        if (!this.#stopping && this.#stage !== null)
          this.#left_ms = lesser(this.#left_ms, this.#stage.stopped_ms);
        this.#stopping = true;
        return;
      case 'rest':
        this.#resting = true;
        this.#agents = [];
        return;
      case 'end':
        this.#ended = true;
    }
  }

  /** So much of the watchdog's own time is over. @returns why the runner is to be ended; null: it is not. */
  tick(ms: number): string | null {
    if (this.#resting) return null;
    this.#silent_ms += ms;
    if (this.#left_ms !== null) this.#left_ms -= ms;
    if (this.#silent_ms > SILENCE_MS)
      return `the run gave no sign of life for ${inSeconds(SILENCE_MS)} (stopped, or blocked)`;
    if (this.#left_ms === null || this.#left_ms >= 0) return null;
    const { name = '', within_ms = null, stopped_ms = null } = this.#stage ?? {};
    return this.#stopping
      ? `the run was told to stop and did not get on with it (it hangs in: ${name})`
      : `the run did not get on within ${inSeconds(within_ms ?? stopped_ms ?? 0)} (it hangs in: ${name})`;
  }
}

const lesser = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b);
