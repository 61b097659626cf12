import type { TrialEvent } from '../../model/event.js';
import type { Scenario, StreamPlan } from '../../model/plan.js';
import type { HeartbeatRow, ProbeRow } from '../../model/probe.js';
import { NS_PER_S } from '../../model/time.js';
import {
  eventChart,
  type EventChart,
  type FirstSends,
  ChartSessions,
  type ChartSession,
} from './chart-events.js';
import { RttBuckets, type RttSegment } from './chart-rtt.js';
import { phaseWindows } from '../flow/windows.js';

/** One stream, or some of its flows where they are many. */
export interface LaneChart {
  readonly stream: string;
  /** First and last flow in it. */
  readonly flows: readonly [number, number];
  /** One flow's interval. */
  readonly every_s: number;
  readonly control: boolean;
  /** Of each flow in it. */
  readonly firsts: readonly FirstSends[];
  /** In the order of time. */
  readonly rtt: readonly RttSegment[];
}

/** What a trial looks like: everything but its outages, which have rows of their own. Seconds from its origin. */
export interface TrialChart extends EventChart {
  readonly trial: number;
  readonly from_s: number;
  readonly to_s: number;
  readonly lanes: readonly LaneChart[];
  readonly sessions: readonly ChartSession[];
}

/** Of all trials of a run together: with two numbers of about five characters each they make most of a report. */
const MOST_BUCKETS = 60_000;
/** Of one lane: more than a screen has pixels, and never fewer than show a shape. */
const MOST_OF_LANE = 2_000;
const LEAST_OF_LANE = 60;
/** Where there are more flows in a trial, several share a lane. */
const MOST_LANES = 32;
/** Drawn finer than the rest: from a little before the trigger to the end of the wait for recovery. */
const LEAD_NS = 2e9;

interface Zone {
  readonly from_ns: number;
  readonly to_ns: number;
}

interface Lane {
  readonly plan: StreamPlan;
  readonly flows: readonly [number, number];
  readonly firsts: { answered_s: number | null; accepted_s: number | null }[];
  readonly whole: RttBuckets;
  readonly zones: readonly (Zone & { readonly buckets: RttBuckets })[];
}

/** Finer buckets where there are such, the others around them. */
const segmentsOf = ({ whole, zones }: Lane): RttSegment[] => {
  const finer = zones.filter(({ buckets }) => buckets.width_ns < whole.width_ns);
  const edges = finer.map(({ from_ns, to_ns, buckets }) => ({
    from_ns,
    to_ns,
    segment: buckets.segment(-Infinity, Infinity),
  }));
  const segments: (RttSegment | null)[] = [];
  let from_ns = -Infinity;
  for (const edge of edges) {
    segments.push(whole.segment(from_ns, edge.from_ns), edge.segment);
    from_ns = edge.to_ns;
  }
  return [...segments, whole.segment(from_ns, Infinity)].filter((segment) => segment !== null);
};

/**
 * Makes the chart of a trial while its history is analysed: one row at a time, flat memory. Events must be complete
 * before the first row, as for `TrialAnalyzer`.
 *
 * @param trials how many share the room of a report
 */
export class ChartMaker {
  readonly #events: readonly TrialEvent[];
  readonly #lanes = new Map<string, readonly Lane[]>();
  readonly #sessions: ChartSessions;
  readonly #perLane: number;
  #last: { readonly stream: string; readonly lanes: readonly Lane[] } | null = null;
  #from_ns = Infinity;
  #to_ns = 0;

  constructor(scenario: Scenario, events: readonly TrialEvent[], trials: number) {
    this.#events = events;
    this.#sessions = new ChartSessions(scenario.sessions);
    const span_ns = events.reduce((latest, { at_ns }) => Math.max(latest, at_ns), 0);
    const zones = phaseWindows(events, scenario.trial.recovered_ns, scenario.trial.steady_ns)
      .filter(({ trigger_ns }) => Number.isFinite(trigger_ns))
      .map(({ trigger_ns, cut_ns, start_ns }) => ({
        from_ns: Math.max(trigger_ns - LEAD_NS, start_ns, 0),
        to_ns: Math.min(cut_ns, Math.max(span_ns, trigger_ns + LEAD_NS)),
      }));
    const flows = scenario.streams.reduce((sum, plan) => sum + plan.flows, 0);
    const perLane = Math.max(1, Math.ceil(flows / MOST_LANES));
    const count = scenario.streams.reduce((sum, plan) => sum + Math.ceil(plan.flows / perLane), 0);
    const room = MOST_BUCKETS / Math.max(1, count * trials * (1 + zones.length));
    const most = Math.round(Math.min(MOST_OF_LANE, Math.max(LEAST_OF_LANE, room)));
    for (const plan of scenario.streams)
      this.#lanes.set(
        plan.name,
        Array.from({ length: Math.ceil(plan.flows / perLane) }, (_, index) => {
          const flows = [index * perLane, Math.min(plan.flows, (index + 1) * perLane) - 1] as const;
          const width = (ns: number): number => Math.max(plan.every_ns, ns / most);
          return {
            plan,
            flows,
            firsts: Array.from({ length: flows[1] - flows[0] + 1 }, () => ({
              answered_s: null,
              accepted_s: null,
            })),
            whole: new RttBuckets(0, width(span_ns), most, true),
            zones: zones.map((zone) => ({
              ...zone,
              buckets: new RttBuckets(zone.from_ns, width(zone.to_ns - zone.from_ns), most, false),
            })),
          };
        }),
      );
    this.#perLane = perLane;
  }

  probe(row: ProbeRow): void {
    const { sent_ns, received_ns } = row;
    if (sent_ns === null) return;
    if (sent_ns < this.#from_ns) this.#from_ns = sent_ns;
    if (sent_ns > this.#to_ns) this.#to_ns = sent_ns;
    if (received_ns === null || row.outcome === 'unreachable' || row.outcome === 'duplicate') return;
    if (this.#last?.stream !== row.stream)
      this.#last = { stream: row.stream, lanes: this.#lanes.get(row.stream) ?? [] };
    const lane = this.#last.lanes[Math.floor(row.flow / this.#perLane)];
    if (lane === undefined) return;
    const first = lane.firsts[row.flow - lane.flows[0]];
    if (first !== undefined && (row.outcome === 'answered' || row.outcome === 'refused')) {
      first.answered_s ??= sent_ns / NS_PER_S;
      if (row.outcome === 'answered') first.accepted_s ??= sent_ns / NS_PER_S;
    }
    const rtt_ns = received_ns - sent_ns;
    lane.whole.add(sent_ns, rtt_ns);
    for (const { from_ns, to_ns, buckets } of lane.zones)
      if (sent_ns >= from_ns && sent_ns < to_ns) buckets.add(sent_ns, rtt_ns);
  }

  heartbeat(row: HeartbeatRow): void {
    this.#sessions.push(row);
  }

  /** Call once, after the last row. */
  finish(trial: number): TrialChart {
    const known = eventChart(this.#events);
    const edges = [...known.phases, ...known.seen].map(({ from_s }) => from_s);
    const lanes = [...this.#lanes.values()].flat();
    return {
      trial,
      from_s: Math.min(this.#from_ns / NS_PER_S, ...edges.slice(0, 1), this.#to_ns / NS_PER_S),
      to_s: edges.reduce((latest, at_s) => Math.max(latest, at_s), this.#to_ns / NS_PER_S),
      ...known,
      lanes: lanes.map((lane) => ({
        stream: lane.plan.name,
        flows: lane.flows,
        every_s: lane.plan.every_ns / NS_PER_S,
        control: lane.plan.control,
        firsts: lane.firsts,
        rtt: segmentsOf(lane),
      })),
      sessions: this.#sessions.finish(),
    };
  }
}
