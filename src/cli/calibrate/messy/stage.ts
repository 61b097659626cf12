import type { Cutter, SwitchInstant } from '../../../lab/cutter/cutter.js';
import { detourRules, randomRules, sessionRules, together, type Detour } from '../../../lab/cutter/mess.js';
import { cutRules, mendRules } from '../../../lab/cutter/topology.js';
import { fromMs, ns, toMs, type Clock, type Nanoseconds } from '../../../model/time.js';
import { sleep } from '../../../trial/interrupt.js';
import type { Recording } from '../recording.js';
import type { Change, Switched } from './raw.js';

export type Cut = Extract<Change['what'], 'cut' | 'cut-forward' | 'sessions'>;

const RULES: Readonly<Record<Cut, string>> = {
  cut: cutRules.drop,
  'cut-forward': cutRules['drop-forward'],
  sessions: sessionRules,
};

/** How the path is between outages. */
export interface Usual {
  /** Share of packets lost each way. */
  readonly loss: number;
  readonly detour: Detour | null;
}

/** What has not been ended yet. */
type Open = Omit<Change, 'ended'>;

/**
 * Where one trial is played: switches the cutter and the prober, and writes down when. Every wait ends with the signal; what
 * was begun is then undone by `clear`.
 */
export class Stage {
  readonly #cutter: Cutter;
  readonly #recording: Recording;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly random: () => number;
  readonly #usual: Usual;
  #changes: Change[] = [];

  constructor(
    cutter: Cutter,
    recording: Recording,
    options: {
      readonly clock: Clock;
      readonly signal: AbortSignal;
      readonly random: () => number;
      readonly usual: Usual;
    },
  ) {
    this.#cutter = cutter;
    this.#recording = recording;
    this.#clock = options.clock;
    this.#signal = options.signal;
    this.random = options.random;
    this.#usual = options.usual;
  }

  now(): Nanoseconds {
    return this.#recording.since(this.#clock.monotonic());
  }

  wait(ms: number): Promise<void> {
    return sleep(ms, this.#signal);
  }

  /** Uniform between the two. */
  between(least: number, most: number): number {
    return least + (most - least) * this.random();
  }

  /** Uniform in its logarithm: as many short ones as long ones. Milliseconds. */
  length(least = 200, most = 3000): number {
    return least * (most / least) ** this.random();
  }

  pick<const T>(choices: readonly T[]): T {
    return choices[Math.floor(this.random() * choices.length)] as T;
  }

  /** An outage of this length (milliseconds). @param rules what changes in the same transaction that ends it */
  async outage(what: Cut, length_ms: number, rules = ''): Promise<Change> {
    const open = await this.begin(what);
    await this.#until(ns(open.begun.before_ns + fromMs(length_ms)));
    return this.end(open, rules);
  }

  async begin(what: Cut): Promise<Open> {
    return { what, share: null, begun: await this.#switch(RULES[what]) };
  }

  async end(open: Open, rules = ''): Promise<Change> {
    const ended = await this.#switch(rules === '' ? mendRules : together(mendRules, rules));
    return this.note({ ...open, ended });
  }

  /** From now on each packet is lost with this probability, on each way, until the change that is given back is ended. */
  async lose(share: number): Promise<Open> {
    return { what: 'random', share, begun: await this.#switch(randomRules(share)) };
  }

  async loseNoMore(open: Open): Promise<Change> {
    return this.note({ ...open, ended: await this.#switch(randomRules(this.#usual.loss)) });
  }

  /** From here on probes take the slow way, until `clear`. It may begin within an outage. */
  async slow(): Promise<void> {
    this.note({ what: 'slow', share: null, begun: await this.#switch(detourRules('slow')), ended: null });
  }

  /** Stands the prober still while `meanwhile` lasts; with `whole` also the system's ping. */
  async stopped(whole: boolean, meanwhile: () => Promise<void>): Promise<void> {
    const begun = this.#signalled('SIGSTOP', whole);
    try {
      await meanwhile();
    } finally {
      const ended = this.#signalled('SIGCONT', whole);
      this.note({ what: whole ? 'stop-all' : 'stop', share: null, begun, ended });
    }
  }

  note(change: Change): Change {
    this.#changes.push(change);
    return change;
  }

  /** What was done since the last time, in the order in which it ended. */
  taken(): Change[] {
    const taken = this.#changes;
    this.#changes = [];
    return taken;
  }

  /** Good forwarding again, as it is between trials; also where the signal was given. */
  async clear(): Promise<void> {
    await this.#cutter.change(
      together(mendRules, randomRules(this.#usual.loss), detourRules(this.#usual.detour)),
    );
  }

  #signalled(signal: 'SIGSTOP' | 'SIGCONT', whole: boolean): Switched {
    const after_ns = this.now();
    this.#recording.signal(signal, whole);
    return { after_ns, before_ns: this.now() };
  }

  async #switch(rules: string): Promise<Switched> {
    const { after_ns, before_ns }: SwitchInstant = await this.#cutter.change(rules);
    return { after_ns: this.#recording.since(after_ns), before_ns: this.#recording.since(before_ns) };
  }

  #until(at: Nanoseconds): Promise<void> {
    return this.wait(Math.max(0, toMs(ns(at - this.now()))));
  }
}
