import type { Scenario, StreamPlan } from '../model/plan.js';
import type { MeasuredPhase, StageName, TrialEvent } from '../model/event.js';
import type { ProbeRow } from '../model/probe.js';
import { NS_PER_MS, NS_PER_S } from '../model/time.js';

/** A stream as the rows that are written show it. Instants in nanoseconds of the trial. */
export interface SeenStream {
  readonly name: string;
  readonly isControl: boolean;
  /** Probes whose end is known: of the others there are no rows yet. */
  readonly known: number;
  readonly answered: number;
  /** Lost, or refused their way. */
  readonly bad: number;
  /** Of the newest answer; null: none came. */
  readonly rtt_ms: number | null;
  /**
   * When the first probe was due that was not answered, and none after it; null: the newest probes were answered. With
   * several flows the first of them.
   */
  readonly down_since_ns: number | null;
  /** So many of its flows are down. */
  readonly flowsDown: number;
  readonly flows: number;
}

/** Sessions of one entry of the scenario, by their events. */
export interface SeenSessions {
  readonly name: string;
  readonly opened: number;
  readonly broken: number;
}

export interface SeenTrigger {
  readonly at_ns: number;
  readonly text: string;
}

/** A trial that is going on, as far as its files tell. */
export interface SeenTrial {
  /** The stage; null: none has begun, or there are none, as in a watch. */
  readonly stage: { readonly of: MeasuredPhase; readonly name: StageName; readonly since_ns: number } | null;
  /** No probe is sent any more: that none is answered says nothing. */
  readonly hasEnded: boolean;
  /** The newest action; null: none yet. */
  readonly trigger: SeenTrigger | null;
  readonly streams: readonly SeenStream[];
  readonly sessions: readonly SeenSessions[];
  /** Since when traffic that crosses the pair is down, and by which stream; null: by no stream. */
  readonly outage: { readonly since_ns: number; readonly stream: string } | null;
}

/** What the files of a run that is going on show at this moment. */
export interface LiveLook {
  /** null: none has begun. */
  readonly trial: number | null;
  readonly seen: SeenTrial;
  /** Into the trial, at least. */
  readonly now_s: number;
  /** Since anything of the trial was written; null: nothing was yet. */
  readonly quiet_s: number | null;
  /** For longer than a run that probes can be: it was killed, or hangs, or is between two trials. */
  readonly isStale: boolean;
  /** The newest events, the newest first. */
  readonly events: readonly TrialEvent[];
}

/** An answer is written at most this much later than it came: what the agent and the reader wait. */
const ON_ITS_WAY_NS = 0.5 * NS_PER_S;

class Flow {
  /** When the next probe is due whose end is not written yet. */
  next_ns: number | null = null;
  badSince_ns: number | null = null;

  /** When the first probe of those without an answer was due; null: the newest was answered, or is not overdue. */
  downSince(now_ns: number, patience_ns: number): number | null {
    if (this.badSince_ns !== null) return this.badSince_ns;
    if (this.next_ns === null || now_ns - this.next_ns <= patience_ns) return null;
    return this.next_ns;
  }
}

class Stream {
  readonly plan: StreamPlan;
  readonly #every_ns: number;
  readonly #flows = new Map<number, Flow>();
  known = 0;
  answered = 0;
  bad = 0;
  rtt_ms: number | null = null;

  constructor(plan: StreamPlan) {
    this.plan = plan;
    this.#every_ns = plan.every_ns;
  }

  row({ flow: number, outcome, intended_ns, sent_ns, received_ns }: ProbeRow): void {
    if (outcome === 'duplicate' || outcome === 'stray') return;
    const flow = this.#flows.get(number) ?? new Flow();
    this.#flows.set(number, flow);
    flow.next_ns = intended_ns + this.#every_ns;
    this.known += 1;
    switch (outcome) {
      case 'answered':
      case 'refused':
        this.answered += 1;
        flow.badSince_ns = null;
        if (sent_ns !== null && received_ns !== null) this.rtt_ms = (received_ns - sent_ns) / NS_PER_MS;
        return;
      case 'lost':
      case 'unreachable':
      case 'unresolved':
        this.bad += 1;
        flow.badSince_ns ??= intended_ns;
        return;
      // The path was not asked.
      case 'local-blocked':
      case 'unsent':
    }
  }

  seen(now_ns: number, pace_ns: number): SeenStream {
    const patience_ns =
      ON_ITS_WAY_NS + 2 * Math.max(this.#every_ns, pace_ns) + (this.rtt_ms ?? 0) * NS_PER_MS;
    const down = [...this.#flows.values()].flatMap((flow) => flow.downSince(now_ns, patience_ns) ?? []);
    const { known, answered, bad, rtt_ms } = this;
    return {
      name: this.plan.name,
      isControl: this.plan.control,
      ...{ known, answered, bad, rtt_ms },
      down_since_ns: down.length === 0 ? null : Math.min(...down),
      flowsDown: down.length,
      flows: this.plan.flows,
    };
  }
}

const count = (counts: Map<string, number>, name: string): void =>
  void counts.set(name, (counts.get(name) ?? 0) + 1);

/**
 * Follows a trial by what is written of it, row by row, as it is written. A probe has its row when it is answered, and those
 * of a flow come in their order: while the next one is missing it was not answered. When it counts as lost is up to its
 * stream's `wait`, which may be long; that it is overdue is known sooner.
 */
export class LiveTrial {
  readonly #scenario: Scenario;
  readonly #streams: ReadonlyMap<string, Stream>;
  readonly #opened = new Map<string, number>();
  readonly #broken = new Map<string, number>();
  #stage: SeenTrial['stage'] = null;
  #trigger: SeenTrigger | null = null;
  #hasEnded = false;
  /** The newest instant that anything was written of. */
  newest_ns = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#streams = new Map(scenario.streams.map((plan) => [plan.name, new Stream(plan)]));
  }

  event(event: TrialEvent): void {
    this.newest_ns = Math.max(this.newest_ns, event.at_ns);
    if (event.event === 'phase') {
      this.#stage = { of: event.of, name: event.phase, since_ns: event.at_ns };
      this.#hasEnded ||= event.phase === 'drain';
    } else if (event.event === 'trigger-issued')
      this.#trigger = { at_ns: event.at_ns, text: `${event.action} of ${event.node}` };
    else if (event.event === 'session-open') count(this.#opened, event.session);
    else if (event.event === 'session-error') count(this.#broken, event.session);
  }

  probe(row: ProbeRow): void {
    this.newest_ns = Math.max(this.newest_ns, row.received_ns ?? row.sent_ns ?? row.intended_ns);
    this.#streams.get(row.stream)?.row(row);
  }

  /** @param now_ns of the trial: never later than it is. */
  seen(now_ns: number): SeenTrial {
    const pace_ns = this.#stage?.name === 'aftercare' ? (this.#scenario.trial.aftercare?.every_ns ?? 0) : 0;
    const streams = [...this.#streams.values()].map((stream) => stream.seen(now_ns, pace_ns));
    const down = streams
      .flatMap(({ name, isControl, down_since_ns }) =>
        isControl || down_since_ns === null ? [] : [{ since_ns: down_since_ns, stream: name }],
      )
      .sort((a, b) => a.since_ns - b.since_ns);
    return {
      stage: this.#stage,
      hasEnded: this.#hasEnded,
      trigger: this.#trigger,
      streams,
      sessions: this.#scenario.sessions.map(({ name }) => ({
        name,
        opened: this.#opened.get(name) ?? 0,
        broken: this.#broken.get(name) ?? 0,
      })),
      outage: this.#hasEnded ? null : (down[0] ?? null),
    };
  }
}
