import { TrialAnalyzer, type TrialResult } from '../../analysis/trial.js';
import type { KnownError } from '../../model/error.js';
import type { SendFigures, TrialEvent, TrialEventBody } from '../../model/event.js';
import type { Scenario, VantagePlan } from '../../model/plan.js';
import { decodeProbe, type ProbeRow } from '../../model/probe.js';
import { fromMs, NS_PER_MS, NS_PER_S, ns, type Clock, type Nanoseconds } from '../../model/time.js';
import { AgentClient } from '../../probe/agent/agent-client.js';
import type { FromAgent } from '../../probe/protocol.js';
import { sessionEvent } from '../../probe/session/session-event.js';

const DRAIN = fromMs(2000);

/** What a recording came to: the rows of a run, and what is only of interest here. */
export interface RecordingResult extends TrialResult {
  /** From the trigger to the end of the sending. */
  readonly measured_s: number;
  readonly figures: ReadonlyMap<string, SendFigures>;
  /** Slowest answer by stream, of any probe; null: none was answered. */
  readonly slowest_ms: ReadonlyMap<string, number | null>;
  /** Mean spacing of the sends by stream; null for fewer than two. */
  readonly spacing_s: ReadonlyMap<string, number | null>;
}

/** One agent at work on the streams of a scenario, from its start to the analysis of all that it said. */
export class Recording {
  readonly #scenario: Scenario;
  readonly #clock: Clock;
  readonly origin: Nanoseconds;
  readonly #events: TrialEvent[] = [];
  readonly #chunks: string[] = [];
  readonly #beats: string[] = [];
  readonly #figures = new Map<string, SendFigures>();
  #agent: AgentClient | null = null;
  #triggered: Nanoseconds | null = null;
  #ended: Nanoseconds | null = null;
  /** Rejects when the agent fails. */
  readonly failure: Promise<never>;
  #fail: (error: KnownError) => void = () => {};

  private constructor(scenario: Scenario, clock: Clock) {
    this.#scenario = scenario;
    this.#clock = clock;
    this.origin = clock.monotonic();
    this.failure = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    // Whoever waits races against it; if nobody does at that moment, it is no crash.
    this.failure.catch(() => {});
  }

  /** Starts the agent and its streams. @throws KnownError if it cannot be started. */
  static async start(scenario: Scenario, clock: Clock): Promise<Recording> {
    const recording = new Recording(scenario, clock);
    const agent = await AgentClient.start(
      scenario.vantages[0] as VantagePlan,
      {
        probes: (chunk) => void recording.#chunks.push(chunk),
        heartbeats: (chunk) => void recording.#beats.push(chunk),
        message: (message) => recording.#message(message),
        failed: (error) => recording.#fail(error),
      },
      clock,
    );
    recording.#agent = agent;
    agent.begin(recording.origin, scenario.streams, scenario.sessions);
    return recording;
  }

  /**
   * The steady time is over: what happens from here on counts. The roles say that something failed over, so that a
   * stream that saw nothing states what it may have missed, as in a run.
   */
  trigger(): void {
    this.#triggered = this.#clock.monotonic();
    this.#active('gate', 'before');
    this.#event({ event: 'trigger-issued', of: 'failover', node: 'gate', action: 'exec' });
    this.#active('peer', 'after');
  }

  /** An instant of ours, as the recording counts. */
  since(at: Nanoseconds): Nanoseconds {
    return ns(at - this.origin);
  }

  /**
   * Stands the agent still, as a busy host would, or lets it go on; with `whole` also what it has started (the system's
   * ping), as a suspended host would.
   */
  signal(signal: 'SIGSTOP' | 'SIGCONT', whole = false): void {
    const pid = this.#agent?.pid;
    if (whole && pid !== undefined) process.kill(-pid, signal);
    else this.#agent?.signal(signal);
  }

  /** All that was said, raw: lines of probes.csv and heartbeats.csv, and the events. Complete after `drain`. */
  raw(): {
    readonly events: readonly TrialEvent[];
    readonly probes: string;
    readonly heartbeats: string;
  } {
    return { events: this.#events, probes: this.#chunks.join(''), heartbeats: this.#beats.join('') };
  }

  async drain(): Promise<void> {
    this.#ended = this.#clock.monotonic();
    await this.#agent?.drain(DRAIN);
  }

  kill(): void {
    this.#agent?.kill();
  }

  /** Analyses it as a trial of a run is analysed. Call once, after `drain`. */
  analyse(): RecordingResult {
    const analyzer = new TrialAnalyzer(
      this.#scenario,
      { run: 'calibrate', scenario: this.#scenario.name, version: '', trial: 1 },
      this.#events,
    );
    const sends = new Map(this.#scenario.streams.map(({ name }) => [name, new Sends()]));
    for (const chunk of this.#chunks)
      for (const line of chunk.trimEnd().split('\n')) {
        const row = decodeProbe(line);
        analyzer.probe(row);
        sends.get(row.stream)?.add(row);
      }
    const each = <T>(pick: (own: Sends) => T): Map<string, T> =>
      new Map([...sends].map(([name, own]) => [name, pick(own)]));
    return {
      ...analyzer.finish(),
      measured_s:
        this.#triggered === null ? 0 : ((this.#ended ?? this.#triggered) - this.#triggered) / NS_PER_S,
      figures: this.#figures,
      slowest_ms: each((own) => own.slowest_ms),
      spacing_s: each((own) => own.spacing_s),
    };
  }

  #message(message: FromAgent): void {
    if (message.say === 'resolved') {
      const { stream, address, family, engine, stamps } = message;
      this.#event({ event: 'resolved', stream, address, family, engine, ...(stamps && { stamps }) });
    } else if (message.say === 'end') {
      for (const { stream, figures } of message.self) {
        this.#figures.set(stream, figures);
        this.#event({ event: 'self-test', vantage: 'client', stream, figures });
      }
    } else if (message.say === 'session')
      this.#events.push({ at_ns: ns(message.at_ns), ...sessionEvent(message) });
  }

  #active(node: string, when: 'before' | 'after'): void {
    this.#event({ event: 'role', node, role: 'active', raw: 'active', when });
  }

  #event(body: TrialEventBody): void {
    this.#events.push({ at_ns: this.since(this.#clock.monotonic()), ...body });
  }
}

/** What the sends of one stream were like, apart from what became of them. */
class Sends {
  slowest_ms: number | null = null;
  #count = 0;
  #first_ns = 0;
  #last_ns = 0;

  get spacing_s(): number | null {
    return this.#count < 2 ? null : (this.#last_ns - this.#first_ns) / (this.#count - 1) / NS_PER_S;
  }

  add({ outcome, sent_ns, received_ns }: ProbeRow): void {
    if (sent_ns === null || outcome === 'duplicate' || outcome === 'stray') return;
    if (this.#count === 0) this.#first_ns = sent_ns;
    this.#last_ns = sent_ns;
    this.#count += 1;
    if ((outcome !== 'answered' && outcome !== 'refused') || received_ns === null) return;
    this.slowest_ms = Math.max(this.slowest_ms ?? 0, (received_ns - sent_ns) / NS_PER_MS);
  }
}
