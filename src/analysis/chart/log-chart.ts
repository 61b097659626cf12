import type { ProbeRow } from '../../model/probe.js';
import { NS_PER_S, ns } from '../../model/time.js';
import { ChartLane, type LaneChart } from './chart-lane.js';
import { RttBuckets } from './chart-rtt.js';
import type { TrialChart } from './trial-chart.js';

/** What one stream of a log looks like, and the time that it covers. Seconds from the log's origin. */
export interface LogLane {
  readonly lane: LaneChart;
  readonly from_s: number;
  readonly to_s: number;
  /** The origin in RFC 3339; null: the log does not tell. */
  readonly origin_utc: string | null;
}

/** Of all lanes of a log together. */
const MOST_BUCKETS = 60_000;
/** More than a screen has pixels, and never fewer than show a shape. */
const MOST_OF_LANE = 2_000;
const LEAST_OF_LANE = 60;
/** The streams of a log come one after the other: each leaves room for those behind it. */
const SHARE = 1 / 8;

/** No step is shorter. */
const LEAST_STEP_NS = 1e3;

/** What is left for the lanes of a log. */
export interface ChartRoom {
  buckets: number;
}

export const chartRoom = (): ChartRoom => ({ buckets: MOST_BUCKETS });

/** Makes the lane of a stream of which nobody knows beforehand how long it is: its steps grow with it. Flat memory. */
export class LogLaneMaker {
  readonly #name: string;
  readonly #every_ns: number;
  readonly #most: number;
  #lane: ChartLane | null = null;
  #from_ns = 0;
  #to_ns = -Infinity;

  constructor(name: string, every_ns: number, room: ChartRoom) {
    this.#name = name;
    this.#every_ns = every_ns;
    this.#most = Math.round(Math.min(MOST_OF_LANE, Math.max(LEAST_OF_LANE, room.buckets * SHARE)));
    room.buckets = Math.max(0, room.buckets - this.#most);
  }

  push(row: ProbeRow): void {
    const sent_ns = row.sent_ns ?? row.intended_ns;
    this.#lane ??= this.#begin(sent_ns);
    if (sent_ns > this.#to_ns) this.#to_ns = sent_ns;
    this.#lane.push(row);
  }

  /** null: no row came. */
  finish(utc: (at_ns: number) => string | null): LogLane | null {
    if (this.#lane === null) return null;
    return {
      lane: this.#lane.finish(),
      from_s: this.#from_ns / NS_PER_S,
      to_s: this.#to_ns / NS_PER_S,
      origin_utc: utc(0),
    };
  }

  #begin(sent_ns: number): ChartLane {
    this.#from_ns = sent_ns;
    const plan = { name: this.#name, every_ns: ns(this.#every_ns), control: false };
    const step_ns = Math.max(LEAST_STEP_NS, this.#every_ns);
    return new ChartLane(plan, [0, 0], new RttBuckets(sent_ns, step_ns, this.#most, true), []);
  }
}

/** The streams of a log on one axis; null: there is nothing to draw. */
export const logChart = (all: readonly (LogLane | null)[]): TrialChart | null => {
  const lanes = all.filter((lane) => lane !== null);
  if (lanes.length === 0) return null;
  const from_s = lanes.reduce((least, lane) => Math.min(least, lane.from_s), Infinity);
  return {
    trial: 1,
    // The first probe left its round trip before the first time in the log: no axis begins at -0.000 s.
    from_s: Math.round(from_s * 1e3) / 1e3 + 0,
    to_s: lanes.reduce((most, { to_s }) => Math.max(most, to_s), -Infinity),
    phases: [],
    seen: [],
    triggers: [],
    lanes: lanes.map(({ lane }) => lane),
    sessions: [],
  };
};
