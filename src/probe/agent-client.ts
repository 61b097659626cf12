import { spawn, type ChildProcess } from 'node:child_process';
import { EXIT, KnownError } from '../model/error.js';
import type { SessionPlan, StreamPlan, VantagePlan } from '../model/plan.js';
import { brief } from '../model/outside.js';
import { ns, toMs, type Clock, type Nanoseconds } from '../model/time.js';
import { LastWords } from './last-words.js';
import { PROTOCOL, type FromAgent, type ToAgent } from './protocol.js';
import { PROGRAM } from '../package-folder.js';

/** The full command that starts a vantage's agent. */
export const agentCommand = (vantage: VantagePlan): [string, ...string[]] => {
  const command = [...vantage.prefix, ...(vantage.agent ?? [process.execPath, PROGRAM, 'agent'])];
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

const parseMessage = (line: string): FromAgent | null => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'say' in value ? (value as FromAgent) : null;
  } catch {
    return null;
  }
};

/** How long an agent that has said its last word may take to end, for example behind an SSH connection that hangs. */
const EXIT_MS = 5000;
const CLOCK_TRIES = 8;

/** The runner's end of one agent: a child process behind the vantage's prefix. */
export class AgentClient {
  readonly vantage: VantagePlan;
  readonly #child: ChildProcess;
  readonly #events: AgentEvents;
  readonly #clock: Clock;
  readonly #stderr = new LastWords();
  /** Lines on standard output that are no messages: a login banner, printed by a remote shell before the agent starts. */
  readonly #banner = new LastWords();
  #rest = '';
  #waiting: {
    readonly test: (message: FromAgent) => boolean;
    readonly resolve: (message: FromAgent) => void;
  }[] = [];
  #broken: ((error: KnownError) => void)[] = [];
  #failure: KnownError | null = null;
  #closing = false;
  readonly #exited: Promise<void>;

  private constructor(vantage: VantagePlan, events: AgentEvents, clock: Clock) {
    this.vantage = vantage;
    this.#events = events;
    this.#clock = clock;
    const [command, ...args] = agentCommand(vantage);
    // A session of its own: a Ctrl-C on the terminal is for the runner, and must not end `ssh` or `kubectl exec`.
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#stderr.add(text));
    // A write to an agent that died is told by its exit.
    this.#child.stdin?.on('error', () => {});
    this.#exited = new Promise((resolve) => {
      this.#child.on('error', (error) => {
        this.#fail(`cannot run ${command}: ${error.message}`);
        resolve();
      });
      this.#child.on('close', (code, signal) => {
        this.#fail(`its agent ended ${signal === null ? `with code ${code}` : `by ${signal}`}`);
        resolve();
      });
    });
  }

  /**
   * Starts an agent and waits for its first word.
   * @throws KnownError when the vantage cannot start one, with what it said.
   */
  static async start(
    vantage: VantagePlan,
    events: AgentEvents,
    clock: Clock,
    timeout_ms = 15_000,
  ): Promise<AgentClient> {
    const client = new AgentClient(vantage, events, clock);
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
    }
  }

  /** Of the process that was started here, which leads a group of its own. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Compares the clocks: the exchange with the shortest round trip of a few, in the manner of NTP (RFC 5905 §8). */
  async clockOffset(): Promise<ClockOffset> {
    let best: ClockOffset | null = null;
    for (let id = 0; id < CLOCK_TRIES; id++) {
      const before = this.#clock.monotonic();
      this.#send({ do: 'clock', id });
      const answer = await this.#next(
        (message) => message.say === 'clock' && message.id === id,
        10_000,
        'no clock',
      );
      const after = this.#clock.monotonic();
      if (answer.say !== 'clock') continue;
      const uncertainty_ns = ns((after - before) / 2);
      const at_ns = ns((before + after) / 2);
      if (best === null || uncertainty_ns < best.uncertainty_ns)
        best = { offset_ns: ns(answer.monotonic_ns - at_ns), uncertainty_ns, wall_ms: answer.wall_ms, at_ns };
    }
    return best as ClockOffset;
  }

  /** @param origin the trial's origin on the agent's clock. */
  begin(origin: Nanoseconds, streams: readonly StreamPlan[], sessions: readonly SessionPlan[]): void {
    this.#send({ do: 'start', origin_ns: origin, streams, sessions });
  }

  /** What sessions must know of the course of a trial. */
  tell(message: Extract<ToAgent, { do: 'expect' | 'outage' | 'speak' }>): void {
    this.#send(message);
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

  kill(): void {
    this.#closing = true;
    this.#child.stdin?.destroy();
    this.#child.kill('SIGKILL');
  }

  #send(message: ToAgent): void {
    this.#child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  #next(test: (message: FromAgent) => boolean, limit_ms: number, otherwise: string): Promise<FromAgent> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
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

  #read(text: string): void {
    const data = this.#rest + text;
    const end = data.lastIndexOf('\n') + 1;
    this.#rest = data.slice(end);
    let probes = '';
    let heartbeats = '';
    for (let at = 0; at < end;) {
      const stop = data.indexOf('\n', at) + 1;
      if (data.startsWith('p,', at)) probes += data.slice(at + 2, stop);
      else if (data.startsWith('h,', at)) heartbeats += data.slice(at + 2, stop);
      else this.#message(data.slice(at, stop - 1));
      at = stop;
    }
    if (probes !== '') this.#events.probes(probes);
    if (heartbeats !== '') this.#events.heartbeats(heartbeats);
  }

  #message(line: string): void {
    const message = parseMessage(line);
    if (message === null) {
      this.#banner.add(`${line}\n`);
      return;
    }
    if (message.say === 'error') {
      this.#fail(message.message, message.remedy);
      return;
    }
    for (const { test, resolve } of this.#waiting) if (test(message)) resolve(message);
    this.#events.message(message);
  }

  #error(what: string, remedy: string | null = null): KnownError {
    const said = this.#stderr.line() || this.#banner.line();
    const detail = said === '' ? '' : ` (${said})`;
    return new KnownError(`vantage ${this.vantage.name}: ${brief(what, 2000)}${detail}`, {
      remedy: remedy ?? `try it by hand: ${agentCommand(this.vantage).join(' ')}`,
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
