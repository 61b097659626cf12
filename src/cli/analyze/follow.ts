import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { LiveLog, type LiveFacts } from './live-log.js';
import { logPipe } from '../../foreign/open-log.js';
import { readLog, type ForeignLog, type ReadOptions } from '../../foreign/read-log.js';
import { formatDuration } from '../../model/duration.js';
import { NS_PER_MS, NS_PER_S, ns, type Clock } from '../../model/time.js';
import { saySeconds } from '../../analysis/words/format.js';
import { textWidth } from '../../report/text/table.js';
import { STDIN_FILE, type Terminal } from '../../terminal.js';
import { watchEnding, watchScreen, type Ending, type WatchScreen } from '../watch/screen.js';
import { sayTimeOfDay } from '../../analysis/words/when.js';
import { growingFile } from './growing-file.js';
import { LiveTargets, silentAfter } from './live-targets.js';

export interface FollowOptions {
  /** A file, or `STDIN_FILE`. */
  readonly path: string;
  /** How the log is called. */
  readonly name: string;
  readonly read: ReadOptions;
  readonly clock: Clock;
  /** Where the lines go: stdout, or stderr where records are the result. */
  readonly lines: Terminal;
  /** Where the live view goes, if it is a terminal. */
  readonly view: Terminal;
}

const TICK_MS = 100;
/** Ctrl-C goes to the ping before the pipe, too: so long its summary is waited for. */
const PATIENCE_MS = 1000;
/** So far off the lines may come from what lengths assume, by so many probes in so much time at least. */
const PACE_OFF = 0.2;
const ENOUGH_PROBES = 10;
const ENOUGH_TIME_NS = 3e9;
/** Where most of so much time was spent in waiting for lines, they are read as they are written. */
const LIVE_AFTER_NS = 1e9;
/** More than a gap that is still told is long. */
const MOST_READINGS = 20_000;

/** What comes through a pipe. After the first stop its end is waited for, for a moment. */
async function* followedPipe(input: Readable, { signal, hurry }: Ending): AsyncGenerator<Buffer> {
  const iterator = input[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const stopped = new Promise<null>((resolve) => {
    const give = (): void => resolve(null);
    hurry.addEventListener('abort', give, { once: true });
    signal.addEventListener('abort', () => void sleep(PATIENCE_MS, undefined, { ref: false }).then(give), {
      once: true,
    });
  });
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), stopped]);
      if (next === null || next.done === true) return;
      yield next.value;
    }
  } finally {
    input.destroy();
  }
}

/** null: it is a file, or what cannot be read. */
const pipeAt = async (path: string): Promise<Readable | null> => {
  if (path === STDIN_FILE) return process.stdin;
  const found = await stat(path).catch(() => null);
  return found === null || found.isFile() || found.isDirectory() ? null : createReadStream(path);
};

const sayTimes = (facts: LiveFacts): string => {
  if (facts.stamped) return 'times of the log';
  if (facts.format === 'windows')
    return 'no times in the log: an answered probe is taken to last 1 s, an unanswered one as long as --timeout';
  const every = formatDuration(ns(facts.pace.assumed_ns));
  return `no times in the log (ping -D writes them): lengths assume a probe every ${every}${facts.pace.source === 'option' ? '' : '; --interval says otherwise'}`;
};

/**
 * Follows one log while it is written, from its beginning: every outage is told as it begins and as it ends, as by a
 * watch. At its end, or at the first stop, it is analysed as any log: what is returned is what `readLog` finds in the
 * same bytes.
 */
class Follower {
  readonly #options: FollowOptions;
  readonly #ending: Ending;
  readonly #screen: WatchScreen;
  readonly #log: LiveLog;
  readonly #targets: LiveTargets;
  #facts: LiveFacts | null = null;
  /** When the last line came, and the first that was not there already. */
  #read_ns: number;
  #isCaughtUp = false;
  #silentTold = false;
  #paced: { readonly at_ns: number; readonly log_ns: number } | null = null;
  #stretch = 1;
  /** Of a log without times: how far it was when. */
  #readings: { readonly log_ns: number; readonly wall_ms: number }[] = [];

  constructor(options: FollowOptions) {
    const { name, read, clock, lines, view } = options;
    this.#options = options;
    this.#ending = watchEnding(process, options.clock, { mark: null, hearsHangUp: true });
    this.#read_ns = clock.monotonic();
    this.#screen = watchScreen({
      width: () => Math.max(0, ...this.#targets.names.map(textWidth)),
      zone: 'utc',
      lines,
      view,
      hint: () => this.#hint(),
      typing: () => null,
      told: () => undefined,
    });
    this.#log = new LiveLog(name, read, {
      known: (facts) => this.#known(facts),
      unknown: (why) => this.#screen.tell(`${why}: so far nothing is told`),
      row: (target, row) => this.#targets.row(target, row),
    });
    this.#targets = new LiveTargets(this.#log, {
      threshold_ns: read.threshold_ns === null ? null : ns(read.threshold_ns),
      tell: (notice) => this.#screen.notice(notice),
      readTime: (at_ns) => this.#readTime(at_ns),
      stretch: () => this.#stretch,
    });
  }

  async run(): Promise<ForeignLog> {
    const { name, read, path } = this.#options;
    this.#screen.tell(`Following ${name} from its beginning. ${this.#hint()}.`);
    const timer = setInterval(() => this.#tick(), TICK_MS);
    const pipe = await pipeAt(path);
    const bytes =
      pipe === null
        ? growingFile(path, name, { signal: this.#ending.signal, say: (text) => this.#screen.tell(text) })
        : followedPipe(pipe, this.#ending);
    // There is no looking at the end of what still grows.
    const source = logPipe(bytes, name);
    try {
      const found = await readLog({ ...source, chunks: this.#observed(source.chunks) }, read);
      this.#log.end();
      this.#tick();
      const retold = this.#targets.finish();
      this.#screen.done();
      for (const text of retold) this.#screen.note(text);
      this.#screen.tell('');
      return found;
    } finally {
      clearInterval(timer);
      this.#screen.done();
      this.#ending.release();
    }
  }

  async *#observed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const { clock } = this.#options;
    let asked_ns = clock.monotonic();
    let [since_ns, waited_ns] = [asked_ns, 0];
    for await (const chunk of chunks) {
      const now_ns = clock.monotonic();
      waited_ns += now_ns - asked_ns;
      if (now_ns - since_ns > LIVE_AFTER_NS) {
        // Lines may come ten times a second and more, so that there is no long pause.
        if (waited_ns > (now_ns - since_ns) / 2) this.#isCaughtUp = true;
        [since_ns, waited_ns] = [now_ns, 0];
      }
      this.#heard();
      this.#log.push(chunk);
      this.#noteReading();
      yield chunk;
      asked_ns = clock.monotonic();
    }
  }

  #heard(): void {
    const now_ns = this.#options.clock.monotonic();
    if (this.#silentTold)
      this.#screen.tell(
        `${this.#timeOfDay()}  lines again, after ${saySeconds((now_ns - this.#read_ns) / NS_PER_S)}`,
      );
    this.#silentTold = false;
    this.#read_ns = now_ns;
  }

  #hint(): string {
    if (this.#ending.signal.aborted) return 'waiting for the end of the log (again: at once)';
    const isKeyed = process.stdin.isTTY && this.#options.path !== STDIN_FILE;
    return `${isKeyed ? 'q or ' : ''}Ctrl-C for the table`;
  }

  #known(facts: LiveFacts): void {
    const { name } = this.#options;
    this.#facts = facts;
    this.#screen.tell(
      facts.isLive
        ? `${name}: ${facts.format}; ${sayTimes(facts)}.`
        : `${name}: ${facts.format}, of which nothing is known before its end: the table tells all of it.`,
    );
  }

  #tick(): void {
    const now_ns = this.#options.clock.monotonic();
    const quiet_ns = now_ns - this.#read_ns;
    const isSilent = quiet_ns > silentAfter(this.#log);
    // What was there was read without a pause.
    if (quiet_ns > TICK_MS * NS_PER_MS) this.#isCaughtUp = true;
    if (isSilent && !this.#silentTold && !this.#ending.signal.aborted) {
      this.#silentTold = true;
      this.#screen.tell(
        `${this.#timeOfDay()}  ? no line for ${saySeconds(quiet_ns / NS_PER_S)}: nothing is known of what is since then`,
      );
    }
    const newest_ns = this.#log.newest_ns;
    if (this.#facts?.isLive !== true || newest_ns === null) return;
    if (this.#isCaughtUp && !this.#facts.stamped) this.#comparePace(newest_ns);
    const at_ns = newest_ns + quiet_ns;
    this.#targets.tick(at_ns);
    this.#screen.views(this.#targets.views(at_ns, isSilent ? newest_ns : null), []);
  }

  /** Lengths of a log without times rest on an assumption that the lines themselves may contradict. */
  #comparePace(log_ns: number): void {
    const { pace } = this.#facts as LiveFacts;
    if (pace.source === 'option') return;
    this.#paced ??= { at_ns: this.#read_ns, log_ns };
    const read_ns = this.#read_ns - this.#paced.at_ns;
    const probes = (log_ns - this.#paced.log_ns) / pace.assumed_ns;
    const stretch = read_ns / (log_ns - this.#paced.log_ns);
    if (read_ns < ENOUGH_TIME_NS || probes < ENOUGH_PROBES || Math.abs(stretch - 1) < PACE_OFF) return;
    if (this.#stretch === 1)
      this.#screen.tell(
        `note: by its lines a probe leaves every ${saySeconds((stretch * pace.assumed_ns) / NS_PER_S)}, not every ` +
          `${saySeconds(pace.assumed_ns / NS_PER_S)}: lengths are told by that from here on, those above were not; ` +
          '--interval, or the log of ping -D, is surer',
      );
    this.#stretch = stretch;
  }

  #noteReading(): void {
    const log_ns = this.#log.newest_ns;
    if (this.#facts?.stamped !== false || log_ns === null || !this.#isCaughtUp) return;
    this.#readings.push({ log_ns, wall_ms: this.#options.clock.wall() });
    if (this.#readings.length > MOST_READINGS) this.#readings = this.#readings.slice(-MOST_READINGS / 2);
  }

  /** By the last line that was read before that. */
  #readTime(at_ns: number): string | null {
    const last = this.#readings.findLast(({ log_ns }) => log_ns <= at_ns);
    if (last === undefined) return null;
    const wall_ms = last.wall_ms + ((at_ns - last.log_ns) * this.#stretch) / NS_PER_MS;
    return sayTimeOfDay(new Date(wall_ms).toISOString(), 'utc');
  }

  #timeOfDay(): string {
    return sayTimeOfDay(new Date(this.#options.clock.wall()).toISOString(), 'utc');
  }
}

export const followLog = (options: FollowOptions): Promise<ForeignLog> => new Follower(options).run();
