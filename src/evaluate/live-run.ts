import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type LiveLook, LiveTrial } from '../analysis/live-trial.js';
import { messageOf, usage } from '../model/error.js';
import type { TrialEvent } from '../model/event.js';
import type { RunRecord } from '../model/run.js';
import { type Clock, NS_PER_S } from '../model/time.js';
import { EVENTS_FILE, PROBES_FILE, trialFolder, trialOf } from '../store/names.js';
import { PROBES } from '../store/raw-log.js';
import { EVENT_FORMAT } from '../store/stored-run.js';
import { Tail } from '../store/tail.js';

const MOST_EVENTS = 20;

/** Beyond the wait of its slowest stream, a vantage may be away for this long. */
const HASTE_S = 5;

/** The trial that a folder is of: what was read of it, and by which clock. */
class Followed {
  readonly trial: number;
  readonly state: LiveTrial;
  readonly events: TrialEvent[] = [];
  readonly #tails: readonly Tail[];
  readonly #files: readonly string[];
  #isHeader = true;
  #decodeProbe = PROBES.lines.decode;
  /** Of the trial by our own clock: it began then, at the latest. */
  #origin_ns = Infinity;

  constructor(run: string, { scenario }: RunRecord, trial: number) {
    this.trial = trial;
    this.state = new LiveTrial(scenario);
    const [events, probes] = [EVENTS_FILE, PROBES_FILE].map((name) =>
      join(run, trialFolder(trial), name),
    ) as [string, string];
    this.#files = [events, probes];
    this.#tails = [
      new Tail(events, (bytes, from, to) => this.#event(EVENT_FORMAT.decode(bytes, from, to))),
      new Tail(probes, (bytes, from, to) => this.#probe(bytes, from, to)),
    ];
  }

  async read(clock: Clock): Promise<number> {
    for (const [index, tail] of this.#tails.entries())
      try {
        await tail.read();
      } catch (error) {
        throw usage(`${this.#files[index]}: ${messageOf(error)}`, 'the file was changed or damaged', error);
      }
    // What is in a file had happened by now.
    this.#origin_ns = Math.min(this.#origin_ns, clock.monotonic() - this.state.newest_ns);
    return clock.monotonic() - this.#origin_ns;
  }

  /** Milliseconds since 1970; null: there is no file. */
  written_ms(): number | null {
    const found = this.#files.flatMap((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? []);
    return found.length === 0 ? null : Math.max(...found);
  }

  #event(event: TrialEvent): void {
    this.state.event(event);
    this.events.unshift(event);
    this.events.splice(MOST_EVENTS);
  }

  #probe(bytes: Buffer, from: number, to: number): void {
    if (!this.#isHeader) return this.state.probe(this.#decodeProbe(bytes, from, to));
    this.#isHeader = false;
    const { former } = PROBES.lines;
    if (bytes.toString('utf8', from, to) === former?.header) this.#decodeProbe = former.decode;
  }
}

const newestTrial = (run: string): number | null =>
  readdirSync(run).reduce<number | null>((newest, name) => {
    const trial = trialOf(name);
    return trial === null ? newest : Math.max(newest ?? 0, trial);
  }, null);

/** A run that is going on, by the files that it writes; nothing is asked of the process that writes them. */
export class LiveRun {
  readonly #path: string;
  readonly #clock: Clock;
  #followed: Followed | null = null;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** Reads on from where it was read last. Throws KnownError for a damaged file. */
  look(record: RunRecord): Promise<LiveLook> {
    const look = this.#reading.catch(() => undefined).then(() => this.#look(record));
    this.#reading = look;
    return look;
  }

  async #look(record: RunRecord): Promise<LiveLook> {
    const trial = newestTrial(this.#path);
    if (trial !== null && trial !== this.#followed?.trial)
      this.#followed = new Followed(this.#path, record, trial);
    if (this.#followed === null) {
      const seen = new LiveTrial(record.scenario).seen(0);
      return { trial, seen, now_s: 0, quiet_s: null, isStale: false, events: [] };
    }
    const { state, events } = this.#followed;
    const now_ns = await this.#followed.read(this.#clock);
    const written_ms = this.#followed.written_ms();
    const quiet_s = written_ms === null ? null : Math.max(0, this.#clock.wall() - written_ms) / 1000;
    const patience_s =
      HASTE_S + Math.max(0, ...record.scenario.streams.map(({ wait_ns }) => wait_ns)) / NS_PER_S;
    const isStale = quiet_s !== null && quiet_s > patience_s;
    return { trial, seen: state.seen(now_ns), now_s: now_ns / NS_PER_S, quiet_s, isStale, events };
  }
}
