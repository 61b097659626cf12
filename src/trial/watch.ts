import { KnownError } from '../model/error.js';
import { ns, toMs, type Clock, type Nanoseconds } from '../model/time.js';
import { Interrupted, sleep } from './interrupt.js';
import { sayNotSteady } from './not-steady.js';
import type { Probing } from './probing.js';
import { RandomLoss } from './random-loss.js';
import { cleanness, hasHeld, type Cleanness } from './recovery.js';

const LOOK_MS = 50;
/** Until the first probes of every stream are answered or clearly not. */
const FIRST_ANSWERS_MS = 10_000;

/** Watches the live picture of a trial. Instants count from the trial's origin. */
export class Watch {
  readonly #probing: Probing;
  readonly #clock: Clock;
  readonly #origin: Nanoseconds;
  readonly #ended: AbortSignal;
  /** null: no loss is allowed. */
  readonly #randomLoss: RandomLoss | null;

  /** @param backgroundLoss share of the probes that may be lost at random */
  constructor(probing: Probing, clock: Clock, origin: Nanoseconds, signal: AbortSignal, backgroundLoss = 0) {
    this.#randomLoss = backgroundLoss === 0 ? null : new RandomLoss(backgroundLoss);
    this.#probing = probing;
    this.#clock = clock;
    this.#origin = origin;
    // One signal for both: a race against a promise that lives as long as the trial would keep every loser.
    this.#ended = AbortSignal.any([signal, probing.failed]);
  }

  now(): Nanoseconds {
    return ns(Math.round(this.#clock.monotonic() - this.#origin));
  }

  clean(): Cleanness {
    const crossing = this.#probing.crossing();
    return this.#randomLoss?.look(crossing) ?? cleanness(crossing);
  }

  /**
   * Asks the pair something. The answer is waited for no longer when a vantage fails or the run is interrupted: then it
   * rejects with that.
   */
  async ask<T>(question: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const answer = await question(this.#ended).catch((error: unknown) => {
      throw this.#end() ?? error;
    });
    this.requireGoing();
    return answer;
  }

  /** @throws what ended the trial, if anything did. */
  requireGoing(): void {
    const end = this.#end();
    if (end !== null) throw end;
  }

  /** Given when a vantage fails or the run is interrupted. */
  get ended(): AbortSignal {
    return this.#ended;
  }

  #end(): KnownError | null {
    return this.#ended.aborted ? (this.#probing.failure() ?? new Interrupted()) : null;
  }

  /** Waits a fixed time. Ends early, by an error, when a vantage fails or the run is interrupted. */
  async pause(time: Nanoseconds): Promise<void> {
    try {
      await sleep(toMs(time), this.#ended);
    } catch (error) {
      throw this.#probing.failure() ?? error;
    }
  }

  /** Waits until `test` holds; false when `limit` was over first. */
  async until(test: () => boolean, limit: Nanoseconds): Promise<boolean> {
    const end = this.now() + limit;
    while (!test()) {
      if (this.now() >= end) return false;
      await this.pause(ns(LOOK_MS * 1e6));
    }
    return true;
  }

  /**
   * Every crossing stream gets through.
   * @throws KnownError naming the streams that do not.
   */
  async answered(): Promise<void> {
    const answered = (): boolean => {
      const streams = this.#probing.crossing();
      return streams.length > 0 && streams.every((stream) => stream.answered > 0);
    };
    if (!(await this.until(answered, ns(FIRST_ANSWERS_MS * 1e6)))) throw this.#notSteady('never answered');
  }

  /**
   * Steady: every crossing stream clean for `hold`, counted from `after`.
   * @throws KnownError naming the streams that do not get through.
   */
  async steady(hold: Nanoseconds, after: Nanoseconds, limit: Nanoseconds): Promise<void> {
    await this.answered();
    if (!(await this.until(() => hasHeld(this.clean(), hold, after), limit)))
      throw this.#notSteady(`not clean for ${toMs(hold) / 1000} s`);
  }

  #notSteady(what: string): KnownError {
    const streams = this.#probing.streams();
    const guilty = streams.filter(({ answered, clean_from_ns }) =>
      what === 'never answered' ? answered === 0 : clean_from_ns === null,
    );
    const said = sayNotSteady(guilty.length > 0 ? guilty : streams, what);
    return new KnownError(`before the trigger: ${said}`, {
      remedy: 'check the target, the route and the policy of the firewall; nothing was triggered',
    });
  }
}
