import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { KnownError } from '../model/error.js';
import { PROGRAM } from '../package-folder.js';
import { ALIVE, BEAT_MS, READY, type Word } from './word.js';

/** A host under load may take seconds to start a program. */
const START_MS = 20_000;
/** One that answers no beat for so long is stopped, or hangs. */
const DEAF_BEATS = 20;
/** So often another one takes its place; what ends all of them would end the next one too. */
const MOST_STARTS = 4;
/** Who ends a whole tree of processes has ended this one, too, by then: nothing is started that outlives it. */
const RESTART_MS = 250;
const END_MS = 5000;

/** What the trials tell their watchdog. */
export interface Vigilance {
  /**
   * A stage begins. The next one does so within `within_ms`, after a stop signal within `stopped_ms`; null: a person
   * is waited for.
   */
  stage(name: string, within_ms: number | null, stopped_ms: number | null): void;
  /** Process ids of agents that are not to outlive the runner. */
  agents(pids: readonly number[]): void;
  /** No stage: what is left to be undone, if anything, has been told. */
  rest(): void;
  /** The run was told to stop. */
  stopping(): void;
}

/** For a run that leaves nothing behind. */
export const UNWATCHED: Vigilance = { stage: () => {}, agents: () => {}, rest: () => {}, stopping: () => {} };

export interface Watched {
  /** The run's folder, in which the undo journal exists. */
  readonly folder: string;
  /** As given to `--drivers`. */
  readonly drivers: readonly string[];
  /** Something for the person who watches. */
  readonly line: (text: string) => void;
}

/**
 * The runner's end of its watchdog: a process of its own that holds the undo journal, and carries it out when the
 * runner dies, hangs or is stopped (src/watchdog/guard.ts). It gets a session of its own, so that nothing typed at
 * the terminal reaches it. One that is killed is replaced; where that fails too, `failed` ends the run in order.
 */
export class Watchdog implements Vigilance {
  readonly #watched: Watched;
  readonly #beat: NodeJS.Timeout;
  #child: ChildProcess | null = null;
  #starting: Promise<void>;
  #starts = 0;
  #missed = 0;
  #stage: Word = { do: 'rest' };
  #agents: readonly number[] = [];
  #stopping = false;
  #ending = false;
  #fail: (error: KnownError) => void = () => {};
  #failure: KnownError | null = null;
  /** Resolves where no watchdog can be kept alive; never rejects. */
  readonly failed: Promise<KnownError>;

  constructor(watched: Watched) {
    this.#watched = watched;
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
    this.#starting = this.#start();
    this.#beat = setInterval(() => this.#beats(), BEAT_MS);
    this.#beat.unref();
  }

  /** Resolves when a watchdog holds the journal. Throws KnownError where none does: then nothing must be changed. */
  async ready(): Promise<void> {
    while (this.#child === null) {
      await this.#starting;
      if (this.#failure !== null) throw this.#failure;
    }
  }

  /** What broke the watch off; null: nothing did. */
  failure(): KnownError | null {
    return this.#failure;
  }

  stage(name: string, within_ms: number | null, stopped_ms: number | null): void {
    const whole = (ms: number | null): number | null => (ms === null ? null : Math.max(0, Math.round(ms)));
    this.#stage = { do: 'stage', name, within_ms: whole(within_ms), stopped_ms: whole(stopped_ms) };
    this.#say(this.#stage);
  }

  agents(pids: readonly number[]): void {
    this.#agents = pids;
    this.#say({ do: 'agents', pids: [...pids] });
  }

  rest(): void {
    this.#stage = { do: 'rest' };
    this.#say(this.#stage);
  }

  stopping(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#say({ do: 'stop' });
  }

  /** Hands over: the watchdog ends, and is gone when this resolves. */
  async end(): Promise<void> {
    this.#ending = true;
    clearInterval(this.#beat);
    await this.#starting;
    const child = this.#child;
    if (child === null) return;
    const gone = once(child, 'exit');
    this.#say({ do: 'end' });
    child.stdin?.end();
    const late = setTimeout(() => child.kill('SIGKILL'), END_MS);
    await gone;
    clearTimeout(late);
  }

  async #start(): Promise<void> {
    const { folder, drivers } = this.#watched;
    this.#starts += 1;
    this.#missed = 0;
    const runner = ['--runner', String(process.pid)];
    const args = [PROGRAM, 'watchdog', folder, ...runner, ...drivers.flatMap((each) => ['--drivers', each])];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    // A write to one that died is told by its exit.
    child.stdin?.on('error', () => {});
    let why = '';
    const started = new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => {
        why ||= `it did not answer within ${START_MS / 1000} s`;
        child.kill('SIGKILL');
        resolve(false);
      }, START_MS);
      const settle = (ready: boolean): void => {
        clearTimeout(timer);
        resolve(ready);
      };
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line === ALIVE) this.#missed = 0;
        if (line === READY) settle(true);
      });
      child.once('error', (error) => {
        why ||= error.message;
        settle(false);
      });
      child.once('exit', (code, signal) => {
        why ||= `it ended ${signal === null ? `with code ${code}` : `by ${signal}`}`;
        settle(false);
        if (child === this.#child) this.#lost(why);
      });
    });
    if (await started) {
      this.#child = child;
      // It may be gone again already: its exit came before anybody counted on it.
      if (child.exitCode !== null || child.signalCode !== null) {
        this.#lost(why);
        return;
      }
      this.#say(this.#stage);
      if (this.#agents.length > 0) this.agents(this.#agents);
      if (this.#stopping) this.#say({ do: 'stop' });
      return;
    }
    this.#lost(why);
  }

  /** There is none any more. */
  #lost(why: string): void {
    this.#child = null;
    if (this.#ending || this.#failure !== null) return;
    if (this.#starts < MOST_STARTS) {
      this.#watched.line(`the watchdog is gone (${why}): another one takes its place`);
      this.#starting = sleep(RESTART_MS).then(() => (this.#ending ? undefined : this.#start()));
      return;
    }
    this.#failure = new KnownError(`no watchdog can be kept alive: ${why}`, {
      remedy: 'see what ends it: without it nothing would restore the pair if this run were killed',
    });
    this.#fail(this.#failure);
  }

  #beats(): void {
    const child = this.#child;
    if (child === null) return;
    this.#missed += 1;
    // SIGKILL ends a stopped process, too; its exit is then heard.
    if (this.#missed > DEAF_BEATS) child.kill('SIGKILL');
    else this.#say({ do: 'beat' });
  }

  #say(word: Word): void {
    this.#child?.stdin?.write(`${JSON.stringify(word)}\n`);
  }
}
