import type { MeasuredPhase, PathLook, TrialEventBody } from '../model/event.js';
import { KnownError } from '../model/error.js';
import { type Scenario, type StreamPlan, usedVantages } from '../model/plan.js';
import { oneLine } from '../model/outside.js';
import { ns, type Clock, type Nanoseconds } from '../model/time.js';
import { formatDuration } from '../model/duration.js';
import { whenAborted, within } from '../deadline.js';
import { AgentClient } from '../probe/agent/agent-client.js';
import type { FromAgent, LiveSessions, LiveStream } from '../probe/protocol.js';
import { sessionEvent } from '../probe/session/session-event.js';
import type { TrialWriter } from '../store/trial-writer.js';

/** Local agents share our clock: an offset within this is the exchange's own error. */
const SAME_CLOCK_NS = 2e6;

export interface SeenPath extends PathLook {
  readonly vantage: string;
}

/** For the last word of every vantage: the clock once more, what is on its way, the end of its process. */
const PATIENCE = ns(30e9);

/**
 * The agents of one trial: started, put on one clock, their rows written as they come, their live states at
 * hand. A failure of any of them ends the trial through `failed`.
 */
export class Probing {
  readonly #scenario: Scenario;
  readonly #writer: TrialWriter;
  readonly #clock: Clock;
  readonly #origin: Nanoseconds;
  readonly #agents: AgentClient[] = [];
  readonly #streams = new Map<string, LiveStream>();
  readonly #sessions = new Map<string, LiveSessions>();
  readonly #failing = new AbortController();
  #failure: KnownError | null = null;
  onLive: () => void = () => {};
  onNote: (text: string) => void = () => {};

  constructor(scenario: Scenario, writer: TrialWriter, clock: Clock, origin: Nanoseconds) {
    this.#scenario = scenario;
    this.#writer = writer;
    this.#clock = clock;
    this.#origin = origin;
  }

  /** Aborted when a vantage fails; `failure` says why. */
  get failed(): AbortSignal {
    return this.#failing.signal;
  }

  failure(): KnownError | null {
    return this.#failure;
  }

  /** Starts every vantage that is used and begins to probe; the signal ends the attempt. */
  async start(signal?: AbortSignal): Promise<void> {
    const started = await Promise.allSettled(
      usedVantages(this.#scenario).map(async (vantage) => {
        const agent = await AgentClient.start(
          vantage,
          {
            probes: (chunk) => void this.#writer.probes(chunk),
            heartbeats: (chunk) => void this.#writer.heartbeats(chunk),
            message: (message) => this.#message(vantage.name, message),
            failed: (error) => {
              this.#failure ??= error;
              this.#failing.abort();
            },
          },
          this.#clock,
          undefined,
          signal,
        );
        this.#agents.push(agent);
        return agent;
      }),
    );
    for (const result of started) if (result.status === 'rejected') throw result.reason;
    const forget = whenAborted(signal, () => this.kill());
    try {
      await this.#begin();
    } finally {
      forget();
    }
  }

  async #begin(): Promise<void> {
    const { streams, sessions } = this.#scenario;
    for (const agent of this.#agents) {
      const offset = await this.#anchor(agent);
      const mine = ({ from }: { readonly from: string }): boolean => from === agent.vantage.name;
      agent.begin(ns(this.#origin + offset), streams.filter(mine), sessions.filter(mine));
    }
  }

  /** Process ids of the agents on this host, or of what reaches them. */
  pids(): number[] {
    return this.#agents.flatMap(({ pid }) => pid ?? []);
  }

  /** Tells every vantage of the course of the trial. */
  tell(message: Parameters<AgentClient['tell']>[0]): void {
    for (const agent of this.#agents) agent.tell(message);
  }

  /** The way from every vantage to its targets, kept in the history; of one that does not say in time nothing is. */
  async look(of: MeasuredPhase, when: 'before' | 'after'): Promise<readonly SeenPath[]> {
    const seen = await Promise.allSettled(
      this.#agents.map(async (agent) => {
        const paths = await agent.look();
        return paths.map((path): SeenPath => ({ vantage: agent.vantage.name, ...path }));
      }),
    );
    const paths = seen.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    for (const path of paths) this.#event({ event: 'path', of, when, ...path });
    return paths;
  }

  /** Live states of the streams that cross the pair; empty until every one has begun. */
  crossing(): LiveStream[] {
    const wanted = this.#scenario.streams.filter(({ control }) => !control);
    const seen = wanted.flatMap(({ name }) => this.#streams.get(name) ?? []);
    return seen.length === wanted.length ? seen : [];
  }

  streams(): LiveStream[] {
    return this.#scenario.streams.flatMap(({ name }) => this.#streams.get(name) ?? []);
  }

  sessions(): LiveSessions[] {
    return [...this.#sessions.values()];
  }

  /**
   * Ends the probing: the clocks are read once more, then what is on its way is waited for. With `far-end` an agent is
   * another's reflector: none lets go before all are done, else the last probes of the other would look lost. Whoever
   * is not done within `patience` is given up, with an error.
   */
  drain(wait: Nanoseconds, patience = PATIENCE): Promise<void> {
    const late = (): KnownError =>
      new KnownError(`the vantages were not done ${formatDuration(patience)} after the last probe`);
    return within(patience, undefined, () => this.#drain(wait), late).finally(() => this.kill());
  }

  async #drain(wait: Nanoseconds): Promise<void> {
    const quiet = await Promise.allSettled(
      this.#agents.map(async (agent) => {
        await this.#anchor(agent);
        await agent.quiet(wait);
        return agent;
      }),
    );
    const ended = await Promise.allSettled(
      quiet.flatMap((result) => (result.status === 'fulfilled' ? [result.value.end()] : [])),
    );
    for (const result of [...quiet, ...ended]) if (result.status === 'rejected') throw result.reason;
  }

  kill(): void {
    for (const agent of this.#agents) agent.kill();
  }

  /** Reads the agent's clock into the history. @returns its offset against ours. */
  async #anchor(agent: AgentClient): Promise<Nanoseconds> {
    const { vantage } = agent;
    const reading = await agent.clockOffset();
    // With `ping` the agent is here, and knows the far host's clock by itself.
    const shared = vantage.kind === 'local' || vantage.kind === 'netns' || vantage.ping === true;
    const offset_ns = shared && Math.abs(reading.offset_ns) < SAME_CLOCK_NS ? ns(0) : reading.offset_ns;
    this.#event(
      {
        event: 'anchor',
        vantage: vantage.name,
        wall_ms: reading.wall_ms,
        offset_ns,
        uncertainty_ns: reading.uncertainty_ns,
      },
      reading.at_ns,
    );
    return offset_ns;
  }

  #message(vantage: string, message: FromAgent): void {
    switch (message.say) {
      case 'live':
        for (const stream of message.streams) this.#streams.set(stream.name, stream);
        for (const session of message.sessions) this.#sessions.set(session.name, session);
        this.onLive();
        return;
      case 'resolved': {
        const { say: _, stamps, ...resolved } = message;
        this.#event({ event: 'resolved', ...resolved, ...(stamps && { stamps }) });
        return;
      }
      case 'changed': {
        const { stream, subject, value, was, since_ns, ttl_s } = message;
        const detail = ttl_s === null ? {} : { detail: `TTL ${ttl_s} s` };
        this.#event(
          { event: 'observed', observer: stream, subject, value, was, since_ns, ...detail },
          ns(this.#origin + message.at_ns),
        );
        return;
      }
      case 'drops': {
        const { stream, drops, since_ns } = message;
        this.#event({ event: 'socket-drops', stream, drops, since_ns }, ns(this.#origin + message.at_ns));
        return;
      }
      case 'session':
        this.#event(sessionEvent(message), ns(this.#origin + message.at_ns));
        return;
      case 'note':
        this.#event({ event: 'note', text: message.text });
        this.onNote(oneLine(message.text));
        return;
      case 'end':
        for (const { stream, figures } of message.self)
          this.#event({ event: 'self-test', vantage, stream, figures });
        return;
      case 'hello':
      case 'look':
      case 'clock':
      case 'quiet':
      case 'error':
    }
  }

  #event(body: TrialEventBody, at: Nanoseconds = this.#clock.monotonic()): void {
    this.#writer.event({ at_ns: ns(Math.round(at - this.#origin)), ...body });
  }
}

/** How long the last probes of a trial may take to be answered. */
export const drainTime = (streams: readonly StreamPlan[]): Nanoseconds =>
  ns(Math.min(2e9, Math.max(0, ...streams.map(({ wait_ns }) => wait_ns))));
