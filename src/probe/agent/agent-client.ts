import { spawn, type ChildProcess } from 'node:child_process';
import { whenAborted } from '../../deadline.js';
import { debug } from '../../debug.js';
import { EXIT, KnownError } from '../../model/error.js';
import type { PathLook } from '../../model/event.js';
import { brief } from '../../model/outside.js';
import type { SessionPlan, StreamPlan, VantagePlan } from '../../model/plan.js';
import { redact } from '../../model/secret.js';
import { ns, toMs, type Clock, type Nanoseconds } from '../../model/time.js';
import { PROGRAM } from '../../package-folder.js';
import { sshCause } from '../../ssh/system-error.js';
import { PROTOCOL, type FromAgent, type ToAgent } from '../protocol.js';
import { AgentBudget, Breach } from './agent-budget.js';
import { fromAgent } from './from-agent.js';
import { signalGroup } from '../../process-group.js';

/** The full command that starts a vantage's agent. */
export const agentCommand = (vantage: VantagePlan): [string, ...string[]] => {
  const behind = vantage.ping === true ? [] : vantage.prefix;
  const command = [...behind, ...(vantage.agent ?? [process.execPath, PROGRAM, 'agent'])];
  return command as [string, ...string[]];
};

export interface AgentEvents {
  /** Raw lines of probes.csv, each ended by "\n". */
  probes(chunk: string): void;
  /** Raw lines of heartbeats.csv, each ended by "\n". */
  heartbeats(chunk: string): void;
  message(message: FromAgent): void;
  /** The agent failed or ended before it was told to. */
  failed(error: KnownError): void;
}

/** How the agent's monotonic clock stands to ours: theirs = ours + offset, to within the uncertainty. */
export interface ClockOffset {
  readonly offset_ns: Nanoseconds;
  readonly uncertainty_ns: Nanoseconds;
  readonly wall_ms: number;
  /** Our monotonic clock at the reading. */
  readonly at_ns: Nanoseconds;
}

/** A message, or null for a line that is none of an agent. @throws Breach for one that has not its shape. */
const parseMessage = (line: string): FromAgent | null => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || !('say' in value)) return null;
  const message = fromAgent.safeParse(value);
  if (!message.success) {
    const [issue] = message.error.issues;
    throw new Breach(
      `it sent a message that is none (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''})`,
    );
  }
  return message.data;
};

/** How long an agent that has said its last word may take to end, for example behind an SSH connection that hangs. */
const EXIT_MS = 5000;
const CLOCK_TRIES = 8;
/** All of them together. */
const CLOCK_MS = 10_000;
/** An agent is done with it in less than a second. */
const LOOK_MS = 3000;
/** What it wrote before it ended is still read, but not for ever: something else may hold its output open. */
const LAST_WORDS_MS = 2000;
/** What a shell says before the agent is started, and what goes wrong there: more than that nobody reads. */
const MOST_WORDS = 1 << 20;
/** What of it comes late: a minute of warnings now and then is no flood. */
const WORDS_PER_MS = 64;

const LINE_END = 10;
const P = 112;
const H = 104;
const COMMA = 44;
/** Of a message. */
const BRACE = 123;

/** What is known of a vantage that broke its word. */
const REMEDY = 'check who answers at that vantage, and that its seqgap is the same version';

/** The runner's end of one agent: a child process behind the vantage's prefix. */
export class AgentClient {
  readonly vantage: VantagePlan;
  readonly #child: ChildProcess;
  readonly #events: AgentEvents;
  readonly #clock: Clock;
  readonly #stderr = new LastWords();
  /** Lines on standard output that are no messages: a login banner, printed by a remote shell before the agent starts. */
  readonly #banner = new LastWords();
  /** The beginning of a line whose end has not come, in pieces. */
  #rest: Buffer[] = [];
  #restLength = 0;
  /** Octets that are no rows and no messages. */
  #words = 0;
  #budget: AgentBudget;
  #offset = 0;
  #looks = 0;
  #waiting: {
    readonly test: (message: FromAgent) => boolean;
    readonly resolve: (message: FromAgent) => void;
  }[] = [];
  #broken: ((error: KnownError) => void)[] = [];
  #failure: KnownError | null = null;
  #closing = false;
  readonly #started: Nanoseconds;
  readonly #exited: Promise<void>;

  private constructor(vantage: VantagePlan, events: AgentEvents, clock: Clock) {
    this.vantage = vantage;
    this.#events = events;
    this.#clock = clock;
    // Until it is asked for something, it may only say who it is.
    this.#budget = new AgentBudget(clock, clock.monotonic(), [], []);
    this.#started = clock.monotonic();
    const [command, ...args] = agentCommand(vantage);
    debug(() => `vantage ${vantage.name} > ${redact(agentCommand(vantage).join(' '))}`);
    // A session of its own: a Ctrl-C on the terminal is for the runner, and must not end `ssh` or `kubectl exec`.
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#guarded(() => this.#read(chunk)));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr.add(text);
      this.#guarded(() => this.#countWords(text.length));
    });
    // A write to an agent that died is told by its exit.
    this.#child.stdin?.on('error', () => {});
    let late: NodeJS.Timeout | undefined;
    this.#exited = new Promise((resolve) => {
      this.#child.on('error', (error) => {
        this.#fail(`cannot run ${command}: ${error.message}`);
        resolve();
      });
      this.#child.on('exit', (code, signal) => {
        late = setTimeout(() => {
          this.#fail(`its agent ended ${signal === null ? `with code ${code}` : `by ${signal}`}`);
          this.kill();
        }, LAST_WORDS_MS);
      });
      this.#child.on('close', (code, signal) => {
        this.#fail(`its agent ended ${signal === null ? `with code ${code}` : `by ${signal}`}`);
        clearTimeout(late);
        resolve();
      });
    });
  }

  /**
   * Starts an agent and waits for its first word; the signal ends the waiting.
   * @throws KnownError when the vantage cannot start one, with what it said.
   */
  static async start(
    vantage: VantagePlan,
    events: AgentEvents,
    clock: Clock,
    timeout_ms = 15_000,
    signal?: AbortSignal,
  ): Promise<AgentClient> {
    const client = new AgentClient(vantage, events, clock);
    const forget = whenAborted(signal, () => client.kill());
    try {
      const hello = await client.#next((message) => message.say === 'hello', timeout_ms, 'it did not answer');
      if (hello.say === 'hello' && hello.protocol !== PROTOCOL)
        throw client.#error(
          `its seqgap ${hello.version} speaks protocol ${hello.protocol}, this one ${PROTOCOL}`,
        );
      return client;
    } catch (error) {
      client.kill();
      throw error;
    } finally {
      forget();
    }
  }

  /** Of the process that was started here, which leads a group of its own. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Compares the clocks: the exchange with the shortest round trip of a few, in the manner of NTP (RFC 5905 §8). */
  async clockOffset(): Promise<ClockOffset> {
    let best: ClockOffset | null = null;
    const end = this.#clock.monotonic() + CLOCK_MS * 1e6;
    for (let id = 0; id < CLOCK_TRIES; id++) {
      const before = this.#clock.monotonic();
      // A vantage that is far is compared fewer times.
      if (best !== null && before >= end) break;
      this.#send({ do: 'clock', id });
      const answer = await this.#next(
        (message) => message.say === 'clock' && message.id === id,
        Math.max(1, toMs(ns(end - before))),
        'no clock',
      );
      const after = this.#clock.monotonic();
      if (answer.say !== 'clock') continue;
      const uncertainty_ns = ns((after - before) / 2);
      const at_ns = ns((before + after) / 2);
      if (best === null || uncertainty_ns < best.uncertainty_ns)
        best = { offset_ns: ns(answer.monotonic_ns - at_ns), uncertainty_ns, wall_ms: answer.wall_ms, at_ns };
    }
    const reading = best as ClockOffset;
    this.#offset = reading.offset_ns;
    return reading;
  }

  /** @param origin the trial's origin on the agent's clock. */
  begin(origin: Nanoseconds, streams: readonly StreamPlan[], sessions: readonly SessionPlan[]): void {
    this.#budget = new AgentBudget(this.#clock, ns(origin - this.#offset), streams, sessions);
    const { ping, prefix } = this.vantage;
    const behind = ping === true ? { ping_behind: prefix } : {};
    this.#send({ do: 'start', origin_ns: origin, streams, sessions, ...behind });
  }

  /** What sessions and streams must know of the course of a trial. */
  tell(message: Extract<ToAgent, { do: 'expect' | 'outage' | 'speak' | 'pace' }>): void {
    this.#send(message);
  }

  /** The ways to the targets as they are now; rejects where it does not say in time. */
  async look(): Promise<readonly PathLook[]> {
    const id = this.#looks++;
    this.#send({ do: 'look', id });
    const seen = await this.#next(
      (message) => message.say === 'look' && message.id === id,
      LOOK_MS,
      'no look at the path',
    );
    return seen.say === 'look' ? seen.paths : [];
  }

  /** Ends the sending and waits for what is on its way. The agent goes on reflecting. */
  async quiet(wait: Nanoseconds): Promise<void> {
    this.#send({ do: 'quiet', wait_ns: wait });
    await this.#next((message) => message.say === 'quiet', toMs(wait) + 10_000, 'it did not finish');
  }

  /** Lets the agent end, whose sending has been ended. */
  async end(): Promise<void> {
    this.#send({ do: 'end' });
    await this.#next((message) => message.say === 'end', 10_000, 'it did not finish');
    this.#closing = true;
    this.#child.stdin?.end();
    const late = setTimeout(() => this.kill(), EXIT_MS);
    await this.#exited;
    clearTimeout(late);
  }

  /** Both, for an agent that reflects nothing of others. */
  async drain(wait: Nanoseconds): Promise<void> {
    await this.quiet(wait);
    await this.end();
  }

  /** Stands the agent still, or lets it go on; only of use where the prefix is replaced by the agent (`ip netns exec`). */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  /** Ends it at once, with whatever it has started, and every wait for it. */
  kill(): void {
    this.#closing = true;
    for (const pipe of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) pipe?.destroy();
    // It leads a process group: what a wrapper has put into the background goes with it.
    signalGroup(this.#child, 'SIGKILL');
    for (const broken of this.#broken) broken(this.#failure ?? this.#error('given up'));
  }

  #send(message: ToAgent): void {
    this.#child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  #next(test: (message: FromAgent) => boolean, limit_ms: number, otherwise: string): Promise<FromAgent> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#closing && this.#child.stdin?.destroyed === true)
      return Promise.reject(this.#error('given up'));
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiting = this.#waiting.filter((entry) => entry !== waiting);
        this.#broken = this.#broken.filter((entry) => entry !== broken);
      };
      const broken = (error: KnownError): void => {
        settle();
        reject(error);
      };
      const waiting = {
        test,
        resolve: (message: FromAgent): void => {
          settle();
          resolve(message);
        },
      };
      const timer = setTimeout(
        () => broken(this.#error(`${otherwise} within ${Math.round(limit_ms / 1000)} s`)),
        limit_ms,
      );
      this.#waiting.push(waiting);
      this.#broken.push(broken);
    });
  }

  /** Runs what reads the agent. A breach ends it at once: nothing of a flood is read after it. */
  #guarded(read: () => void): void {
    if (this.#closing) return;
    try {
      read();
    } catch (error) {
      if (!(error instanceof Breach)) throw error;
      this.#fail(`${error.message}, and is given up`, REMEDY);
      this.kill();
    }
  }

  #read(chunk: Buffer): void {
    const end = chunk.lastIndexOf(LINE_END) + 1;
    if (end === 0) return this.#keep(chunk);
    const data = this.#restLength === 0 ? chunk : Buffer.concat([...this.#rest, chunk]);
    const whole = this.#restLength + end;
    this.#rest = [];
    this.#restLength = 0;
    let probes = '';
    let heartbeats = '';
    try {
      for (let at = 0; at < whole && !this.#closing;) {
        const stop = data.indexOf(LINE_END, at);
        if (data[at + 1] === COMMA && data[at] === P) probes += `${this.#budget.probe(data, at + 2, stop)}\n`;
        else if (data[at + 1] === COMMA && data[at] === H)
          heartbeats += `${this.#budget.heartbeat(data, at + 2, stop)}\n`;
        else if (data[at] === BRACE) this.#message(data.toString('utf8', at, stop));
        else this.#bannerLine(data.toString('utf8', at, stop));
        at = stop + 1;
      }
    } finally {
      // What came before a breach was good.
      if (probes !== '') this.#events.probes(probes);
      if (heartbeats !== '') this.#events.heartbeats(heartbeats);
    }
    if (whole < data.length) this.#keep(data.subarray(whole));
  }

  #keep(piece: Buffer): void {
    this.#rest.push(piece);
    this.#restLength += piece.length;
    if (this.#restLength > this.#budget.longestLine) throw new Breach('it sent a line without an end');
  }

  #countWords(octets: number): void {
    this.#words += octets;
    const since_ms = toMs(ns(this.#clock.monotonic() - this.#started));
    if (this.#words > MOST_WORDS + WORDS_PER_MS * since_ms) throw new Breach('it spoke without end');
  }

  #bannerLine(line: string): void {
    this.#banner.add(`${line}\n`);
    this.#countWords(line.length + 1);
  }

  #message(line: string): void {
    const message = parseMessage(line);
    if (message === null) return this.#bannerLine(line);
    if (message.say === 'error') {
      this.#fail(message.message, message.remedy);
      return;
    }
    this.#budget.message(message);
    for (const { test, resolve } of this.#waiting) if (test(message)) resolve(message);
    this.#events.message(message);
  }

  #error(what: string, remedy: string | null = null): KnownError {
    // Of ssh's lines the last one says the least: that the connection is closed.
    const cause = this.vantage.kind === 'ssh' ? sshCause(`${what}\n${this.#stderr.all()}`) : null;
    const said = cause?.what ?? (this.#stderr.line() || this.#banner.line());
    const detail = said === '' ? '' : ` (${said})`;
    return new KnownError(`vantage ${this.vantage.name}: ${brief(what, 2000)}${detail}`, {
      remedy: remedy ?? cause?.remedy ?? `try it by hand: ${agentCommand(this.vantage).join(' ')}`,
      exitCode: EXIT.inconclusive,
    });
  }

  #fail(what: string, remedy: string | null = null): void {
    if (this.#closing || this.#failure !== null) return;
    this.#failure = this.#error(what, remedy);
    for (const broken of this.#broken) broken(this.#failure);
    this.#events.failed(this.#failure);
  }
}

/** Far more than is shown, so that a secret is whole when it is looked for. */
const KEPT = 1 << 16;
const SHOWN = 2000;

/** The end of what a program has said; of a flood only the last 64 Ki characters are kept. */
export class LastWords {
  #kept = '';
  /** Said since: put to the rest only when there is as much of it, so that a flood of short words costs what it is long. */
  #more: string[] = [];
  #moreLength = 0;
  #cut = false;

  add(text: string): void {
    this.#more.push(text);
    this.#moreLength += text.length;
    if (this.#moreLength > KEPT) this.#join();
  }

  #join(): void {
    const all = [this.#kept, ...this.#more].join('');
    this.#more = [];
    this.#moreLength = 0;
    this.#cut ||= all.length > KEPT;
    this.#kept = all.slice(-KEPT);
  }

  /** All that was kept, secrets redacted. */
  all(): string {
    this.#join();
    return redact(this.#kept);
  }

  /**
   * The last line that is not empty, at most its last 2000 characters; empty if nothing was said. Secrets are
   * redacted before anything is cut: part of one would not be known for it. For the same reason a line whose beginning
   * was not kept is not shown.
   */
  line(): string {
    const lines = this.all().trim().split('\n');
    if (this.#cut && lines.length === 1) return '';
    return lines.at(-1)?.slice(-SHOWN) ?? '';
  }
}
