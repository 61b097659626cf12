import type { TrialEvent } from '../../model/event.js';
import type { Scenario } from '../../model/plan.js';
import type { HeartbeatRow, ProbeRow } from '../../model/probe.js';
import { NS_PER_S } from '../../model/time.js';
import { eventChart, type EventChart, ChartSessions, type ChartSession } from './chart-events.js';
import { ChartLane, type LaneChart } from './chart-lane.js';
import { RttBuckets } from './chart-rtt.js';
import { phaseWindows } from '../flow/windows.js';

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

/**
 * Makes the chart of a trial while its history is analysed: one row at a time, flat memory. Events must be complete
 * before the first row, as for `TrialAnalyzer`.
 *
 * @param trials how many share the room of a report
 */
export class ChartMaker {
  readonly #events: readonly TrialEvent[];
  readonly #lanes = new Map<string, readonly ChartLane[]>();
  readonly #sessions: ChartSessions;
  readonly #perLane: number;
  #last: { readonly stream: string; readonly lanes: readonly ChartLane[] } | null = null;
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
          return new ChartLane(
            plan,
            flows,
            new RttBuckets(0, width(span_ns), most, true),
            zones.map((zone) => ({
              ...zone,
              buckets: new RttBuckets(zone.from_ns, width(zone.to_ns - zone.from_ns), most, false),
            })),
          );
        }),
      );
    this.#perLane = perLane;
  }

  probe(row: ProbeRow): void {
    const { sent_ns } = row;
    if (sent_ns === null) return;
    if (sent_ns < this.#from_ns) this.#from_ns = sent_ns;
    if (sent_ns > this.#to_ns) this.#to_ns = sent_ns;
    if (row.received_ns === null) return;
    if (this.#last?.stream !== row.stream)
      this.#last = { stream: row.stream, lanes: this.#lanes.get(row.stream) ?? [] };
    this.#last.lanes[Math.floor(row.flow / this.#perLane)]?.push(row);
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
      lanes: lanes.map((lane) => lane.finish()),
      sessions: this.#sessions.finish(),
    };
  }
}
