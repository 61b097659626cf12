import { isExplained } from '../analysis/statistics/share-interval.js';
import { KnownError } from '../model/error.js';
import { earliest, firstOf, lastOf, ns, toMs, type Clock, type Nanoseconds } from '../model/time.js';
import type { LiveStream } from '../probe/protocol.js';
import { Interrupted, sleep } from './interrupt.js';
import type { Probing } from './probing.js';

const LOOK_MS = 50;
/** Until the first probes of every stream are answered or clearly not. */
const FIRST_ANSWERS_MS = 10_000;

/** Watches the live state of a trial. Instants count from the trial's origin. */
export class Forwarding {
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

const WORDS: Readonly<Record<string, string>> = {
  'port-unreachable': 'nobody listens there',
  'not-stamp': 'what answers is no STAMP',
};

const sayCause = (cause: string): string => {
  const words = WORDS[cause];
  return words === undefined ? cause : `${words} (${cause})`;
};

/** `stream udp never answered: nobody listens there (port-unreachable)`; every cause once. */
export const sayNotSteady = (streams: readonly LiveStream[], what: string): string => {
  const names = streams.length === 0 ? '(none)' : streams.map(({ name }) => name).join(', ');
  const causes = new Set(streams.flatMap(({ cause }) => (cause === null ? [] : [sayCause(cause)])));
  const why = causes.size === 0 ? '' : `: ${[...causes].join(', ')}`;
  return `stream ${names} ${what}${why}`;
};

/**
 * How clean the forwarding is at this moment, from the live state of the streams that cross the pair. Used to
 * steer a trial; the figures come from the raw history.
 */
export interface Cleanness {
  /** Since when every crossing stream has been clean; null while one is not. */
  readonly since_ns: Nanoseconds | null;
  /** For how long, as far as the newest good probe of the slowest stream tells. */
  readonly for_ns: Nanoseconds;
  /** The fewest good probes in a row on any stream. */
  readonly run: number;
  /** Bad probes so far, over all streams. */
  readonly bad: number;
  /** Earliest send instant of a bad run that is still open. */
  readonly downSince_ns: Nanoseconds | null;
}

export const cleanness = (streams: readonly LiveStream[]): Cleanness => {
  const since = lastOf(streams.map(({ clean_from_ns }) => clean_from_ns));
  const newest = firstOf(streams.map(({ last_good_ns }) => last_good_ns));
  return {
    since_ns: since,
    for_ns: since === null || newest === null ? ns(0) : ns(Math.max(0, newest - since)),
    run: streams.length === 0 ? 0 : Math.min(...streams.map(({ good_run }) => good_run)),
    bad: streams.reduce((sum, { bad }) => sum + bad, 0),
    downSince_ns: earliest(streams.map(({ down_since_ns }) => down_since_ns)),
  };
};

/**
 * Up to where every stream is known to be clean, or has been until now: what is lost later is nothing of what has
 * recovered.
 */
export const provenUntil = ({ since_ns, for_ns, downSince_ns }: Cleanness, now: Nanoseconds): Nanoseconds =>
  ns(Math.min(now, downSince_ns ?? (since_ns === null ? now : since_ns + for_ns)));

/** Probes that must be good in a row, however long their interval (RFC 6412 §3.7.5). */
export const RECOVERY_PROBES = 5;

/** Sustained recovery: clean for max(hold, 5 probes), and nothing since `after` is still bad. */
export const hasHeld = (clean: Cleanness, hold: Nanoseconds, after: Nanoseconds): boolean => {
  if (clean.since_ns === null || clean.run < RECOVERY_PROBES) return false;
  const newest = clean.since_ns + clean.for_ns;
  return newest - Math.max(clean.since_ns, after) >= hold;
};

/** Four looks a second at each stream for minutes: none of them is to mistake chance for an outage. */
const RARE = 1e-5;

/** A stream since it was last down. */
interface Stretch {
  since_ns: Nanoseconds | null;
  sent: number;
  bad: number;
  /** At the look before. */
  lastSent: number;
  lastBad: number;
}

/**
 * As `cleanness`, where the scenario allows a share of the probes to be lost at random: a stream is clean since it last lost
 * more than that explains, at one look or since it was clean.
 */
export class RandomLoss {
  readonly #allowed: number;
  readonly #stretches = new Map<string, Stretch>();
  #events = 0;

  /** @param allowed share of the probes, 0..1 */
  constructor(allowed: number) {
    this.#allowed = allowed;
  }

  /** @returns `bad`: how often a stream lost more than is allowed, not how many probes. */
  look(streams: readonly LiveStream[]): Cleanness {
    const looked = streams.map((stream) => ({ stream, stretch: this.#at(stream) }));
    const down = looked.filter(({ stretch }) => stretch.since_ns === null);
    const since = Math.max(0, ...looked.map(({ stretch }) => stretch.since_ns ?? 0));
    const newest = Math.min(...looked.map(({ stream }) => stream.last_good_ns ?? -Infinity));
    const none = streams.length === 0 || down.length > 0;
    return {
      since_ns: none ? null : ns(since),
      for_ns: none ? ns(0) : ns(Math.max(0, newest - since)),
      run: none ? 0 : Math.min(...looked.map(({ stream, stretch }) => stream.sent - stretch.sent)),
      bad: this.#events,
      downSince_ns: earliest(down.map(({ stream }) => stream.down_since_ns)),
    };
  }

  #at(stream: LiveStream): Stretch {
    const { name, sent, bad, last_good_ns, down_since_ns, refused_since_ns } = stream;
    const known = this.#stretches.get(name);
    if (known === undefined) {
      const began = { since_ns: last_good_ns, sent, bad, lastSent: sent, lastBad: bad };
      this.#stretches.set(name, began);
      return began;
    }
    const isChance = (losses: number, probes: number): boolean =>
      isExplained(losses, probes, this.#allowed, RARE);
    const chance =
      refused_since_ns === null &&
      isChance(bad - known.lastBad, sent - known.lastSent) &&
      isChance(bad - known.bad, sent - known.sent);
    known.lastSent = sent;
    known.lastBad = bad;
    if (!chance) {
      if (known.since_ns !== null) this.#events++;
      known.since_ns = null;
      known.sent = sent;
      known.bad = bad;
    } else if (known.since_ns === null && down_since_ns === null) known.since_ns = last_good_ns;
    return known;
  }
}
