import { systemClock } from '../../../src/clock.js';
import type { KnownError } from '../../../src/model/error.js';
import type { SessionPlan, StreamPlan, VantagePlan } from '../../../src/model/plan.js';
import { decodeHeartbeat, decodeProbe, type HeartbeatRow, type ProbeRow } from '../../../src/model/probe.js';
import { PLAIN_SESSION } from '../../../src/model/session.js';
import { fromMs } from '../../../src/model/time.js';
import { AgentClient } from '../../../src/probe/agent/agent-client.js';
import type { FromAgent } from '../../../src/probe/protocol.js';

export const vantage = (
  prefix: readonly string[] = [],
  agent: readonly string[] | null = null,
): VantagePlan => ({
  name: 'here',
  kind: prefix.length === 0 ? 'local' : 'exec',
  prefix,
  agent,
});

/** An ICMP stream to 127.0.0.1 every 10 ms, but for what is given. */
export const stream = (given: Partial<StreamPlan> = {}): StreamPlan => {
  const icmp: StreamPlan = {
    name: 'ping',
    type: 'icmp',
    from: 'here',
    host: '127.0.0.1',
    port: null,
    family: null,
    every_ns: fromMs(10),
    wait_ns: fromMs(900),
    size: 56,
    control: false,
    engine: 'auto',
    flows: 1,
    stamp: null,
  };
  // What belongs to a type is given together.
  return { ...icmp, ...given } as StreamPlan;
};

/** One TCP echo session on 127.0.0.1, but for what is given. */
export const session = (given: Partial<SessionPlan> & { readonly port: number }): SessionPlan =>
  ({
    name: 'echo',
    type: 'tcp',
    from: 'here',
    host: '127.0.0.1',
    family: null,
    count: 1,
    heartbeat_ns: fromMs(20),
    login: null,
    control: false,
    ...PLAIN_SESSION,
    ...given,
  }) as SessionPlan;

/** An agent at work: what it has said so far, and a way to wait for more. */
export class AgentRun {
  readonly rows: ProbeRow[] = [];
  readonly heartbeats: HeartbeatRow[] = [];
  readonly messages: FromAgent[] = [];
  readonly failures: KnownError[] = [];
  #client: AgentClient | null = null;
  #waiting: (() => void)[] = [];

  /** @throws what `AgentClient.start` throws. */
  static async start(at: VantagePlan, timeout_ms?: number): Promise<AgentRun> {
    const run = new AgentRun();
    const each = (chunk: string, take: (line: string) => void): void => {
      for (const line of chunk.trimEnd().split('\n')) take(line);
      run.#look();
    };
    run.#client = await AgentClient.start(
      at,
      {
        probes: (chunk) => each(chunk, (line) => run.rows.push(decodeProbe(line))),
        heartbeats: (chunk) => each(chunk, (line) => run.heartbeats.push(decodeHeartbeat(line))),
        message: (message) => {
          run.messages.push(message);
          run.#look();
        },
        failed: (error) => {
          run.failures.push(error);
          run.#look();
        },
      },
      systemClock,
      timeout_ms,
    );
    return run;
  }

  get client(): AgentClient {
    return this.#client as AgentClient;
  }

  begin(streams: readonly StreamPlan[], sessions: readonly SessionPlan[] = []): void {
    this.client.begin(systemClock.monotonic(), streams, sessions);
  }

  /** Waits until `test` holds; it is asked again whenever the agent says something (at least every 100 ms). */
  async until(test: () => boolean): Promise<void> {
    while (!test()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Rows of a stream, extras left out. */
  of(name: string): ProbeRow[] {
    return this.rows.filter(
      ({ stream: of, outcome }) => of === name && !['duplicate', 'stray'].includes(outcome),
    );
  }

  count(name: string, outcome: string): number {
    return this.rows.filter((row) => row.stream === name && row.outcome === outcome).length;
  }

  said<Kind extends FromAgent['say']>(kind: Kind): Extract<FromAgent, { say: Kind }>[] {
    return this.messages.filter(
      (message): message is Extract<FromAgent, { say: Kind }> => message.say === kind,
    );
  }

  async drain(wait_ms = 1000): Promise<void> {
    await this.client.drain(fromMs(wait_ms));
  }

  #look(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
