import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { within } from '../../deadline.js';
import { formatDuration } from '../../model/duration.js';
import { KnownError } from '../../model/error.js';
import { brief } from '../../model/outside.js';
import type { StreamOf } from '../../model/plan.js';
import { fromMs, NS_PER_S, ns, toMs, type Nanoseconds } from '../../model/time.js';
import { ANSWER } from '../push/far-scripts.js';
import { shellBehind, wordIn } from '../push/far-shell.js';
import type { FarPing, RunningStream, StreamContext } from '../send/stream.js';
import { FarClock, type Exchange } from './far-clock.js';
import { pingArguments, startPing, type PingProgram } from './ping-command.js';

/**
 * What is asked of the far host: its ping, its addresses, then the time whenever we ask, and to begin. It ends with its
 * input, and ping with it. In braces, so that the shell has read all of it before the first answer.
 */
const scriptOf = (args: readonly string[]): string => `{
LC_ALL=C; export LC_ALL
say() { echo "${ANSWER} $*"; }
ping=
say version "$(ping -V 2>&1 | head -n 1)"
say addresses "$(hostname -I 2>/dev/null)"
while read -r word id; do
  case $word in
  clock)
    say clock "$id" "$(date +%s.%N)"
    [ -z "$ping" ] || kill -0 "$ping" 2>/dev/null || { wait "$ping"; say ended $?; ping=; } ;;
  ping) ping ${args.join(' ')} </dev/null 2>&1 & ping=$! ;;
  esac
done
[ -z "$ping" ] || kill -9 "$ping"
exit
}
`;

/** To log in, and for the first words. */
const PATIENCE = ns(20e9);
const FIRST_READINGS = 8;
const READING_EVERY_MS = 1000;
/** As with the ping of this host: a reading of its print cannot tell less. */
const DRIFT = fromMs(3);
/** A line of ping's is far shorter; more without an end is none. */
const LONGEST = 4096;
/** After the end of its input, or its own. */
const END_MS = 2000;

/** The shell at the far host, line by line. */
class FarShell {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #words = new Map<string, (rest: string) => void>();
  readonly #ended: Promise<never>;
  #said = '';
  line: (text: string) => void = () => {};

  constructor(prefix: readonly string[], script: string) {
    const [command, args] = shellBehind(prefix);
    // In the agent's own process group: it goes with it.
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stdin.on('error', () => undefined);
    this.#ended = new Promise((_, reject) => {
      this.#child.once('error', (error) => reject(new KnownError(`cannot run ${command}: ${error.message}`)));
      const end = (code: number | null): void =>
        reject(new KnownError(`the connection to its ping ended (${brief(this.#said) || `code ${code}`})`));
      // Something else may hold its output open.
      this.#child.once('exit', (code) => setTimeout(() => end(code), END_MS).unref());
      this.#child.once('close', end);
    });
    // Whoever waits for it is told; nobody may.
    this.#ended.catch(() => undefined);
    this.#read();
    this.say(script);
  }

  /** Rejects when it has ended. */
  get ended(): Promise<never> {
    return this.#ended;
  }

  say(text: string): void {
    this.#child.stdin.write(text);
  }

  /** The rest of the next line that begins with the word. Rejects when the shell has ended. */
  word(word: string): Promise<string> {
    const said = new Promise<string>((resolve) => this.#words.set(word, resolve));
    return Promise.race([said, this.#ended]);
  }

  close(): void {
    this.#child.stdin.end();
    this.line = () => {};
    const late = setTimeout(() => this.#child.kill('SIGKILL'), END_MS);
    this.#child.once('close', () => clearTimeout(late));
  }

  #read(): void {
    let rest = '';
    const take = (line: string): void => {
      const found = wordIn(line);
      if (found === null) this.line(line);
      else this.#words.get(found[0])?.(found[1]);
    };
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split(/\r?\n/);
      rest = (lines.pop() ?? '').slice(0, LONGEST);
      for (const line of lines) take(line);
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-LONGEST);
    });
  }
}

/** The ping of a far host, whose stamps are that host's. */
class PingThere implements PingProgram {
  readonly #far: FarPing;
  readonly #context: StreamContext<StreamOf<'icmp'>>;
  readonly #shell: FarShell;
  readonly #clock = new FarClock();
  readonly #addresses = new Set<string>();
  #asked = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** What ping said last that is about no probe. */
  #last = '';
  #isTold = false;

  constructor(context: StreamContext<StreamOf<'icmp'>>, far: FarPing) {
    const { plan, destination } = context;
    this.#context = context;
    this.#far = far;
    const args = pingArguments({ ...destination, every_ns: plan.every_ns, size: plan.size });
    this.#shell = new FarShell(far.prefix, scriptOf(args));
  }

  /** @throws KnownError where it is not iputils', or does not answer. */
  async open(): Promise<void> {
    const version = this.#shell.word('version');
    const addresses = this.#shell.word('addresses');
    const said = await version;
    if (!said.includes('iputils'))
      throw new KnownError(`it has no ping of iputils (${brief(said)})`, {
        remedy: 'install iputils-ping there, or seqgap, or push: true instead of ping: true',
      });
    for (const each of (await addresses).split(' ')) this.#addresses.add(each);
    const exchanges: Exchange[] = [];
    while (exchanges.length < FIRST_READINGS) exchanges.push(await this.#exchange());
    this.#clock.place(exchanges);
    const context = this.#context;
    const half = formatDuration(ns(Math.ceil(this.#clock.uncertainty_ns / 1e4) * 1e4));
    context.note(
      `stream ${context.plan.name}: sent by the ping of that host, whose clock is known to ±${half} (half of a round trip)`,
    );
  }

  start(line: (text: string) => void, ended: (words: string) => void): void {
    this.#shell.line = (text) => {
      if (text.startsWith('ping: ')) this.#last = text;
      line(text);
    };
    void this.#shell.word('ended').then(
      (code) => ended(this.#last || `code ${code}`),
      () => undefined,
    );
    this.#shell.ended.catch((error: KnownError) => {
      if (!this.#isClosed) this.#far.failed(error);
    });
    this.#shell.say('ping\n');
    this.#timer = setInterval(() => void this.#follow(), READING_EVERY_MS);
  }

  monotonicAt(at_s: number): Nanoseconds {
    return this.#clock.monotonicAt(at_s * NS_PER_S);
  }

  isLocal(address: string): boolean {
    return this.#addresses.has(address);
  }

  broken(words: string): void {
    this.#far.failed(
      new KnownError(`the ping there ended by itself: ${brief(words)}`, {
        remedy: `try it by hand: ${[...this.#far.prefix, 'ping', this.#context.destination.address].join(' ')}`,
      }),
    );
  }

  kill(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#shell.close();
  }

  async #exchange(): Promise<Exchange> {
    const { clock } = this.#context;
    const id = String(this.#asked++);
    const answer = this.#shell.word('clock');
    const asked_ns = clock.monotonic();
    this.#shell.say(`clock ${id}\n`);
    const [, answered, far_s] = /^(\d+) (\d{9,11}\.\d{9})$/.exec(await answer) ?? [];
    if (answered !== id || far_s === undefined)
      throw new KnownError('its `date +%s.%N` says no time', {
        remedy: 'install coreutils there, or seqgap, or push: true instead of ping: true',
      });
    return { asked_ns, came_ns: clock.monotonic(), far_ns: Number(far_s) * NS_PER_S };
  }

  async #follow(): Promise<void> {
    try {
      this.#clock.follow(await this.#exchange());
    } catch {
      // One that is late is passed over; that the connection ended is told by its end.
      return;
    }
    const { moved_ns } = this.#clock;
    if (moved_ns <= DRIFT || this.#isTold) return;
    this.#isTold = true;
    const context = this.#context;
    context.note(
      `stream ${context.plan.name}: the clock of that host was set, or runs otherwise than ours: its instants were moved by ${toMs(moved_ns).toFixed(1)} ms or more`,
    );
  }
}

/** ICMP by the ping of a far host. Throws KnownError where it has none that can be read, or does not answer in time. */
export const startFarPing = async (
  context: StreamContext<StreamOf<'icmp'>>,
  far: FarPing,
): Promise<RunningStream> => {
  const program = new PingThere(context, far);
  try {
    await within(PATIENCE, undefined, () => program.open());
    return startPing(context, program);
  } catch (error) {
    program.kill();
    throw error;
  }
};
