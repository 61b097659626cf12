import type { StreamPlan } from '../model/plan.js';
import type { ProbeRow } from '../model/probe.js';
import { DirectionSplitter } from './direction.js';
import { type OutageFigures, outageFigures } from './figures.js';
import { FlowAnalyzer, type FlowSettings } from './flow.js';
import type { FlowWindow } from './flow-window.js';
import { Stalls } from './stalls.js';
import type { PhaseWindow } from './windows.js';

/** The flows of one stream in one measured phase, and the worst of them, which stands for them all. */
interface Flows {
  readonly flows: readonly FlowWindow[];
  readonly worst: FlowWindow;
  readonly figures: OutageFigures;
}

/** One way of a STAMP stream, seen by itself. */
export interface DirectionPhase extends Flows {
  readonly direction: 'forward' | 'reverse';
  /** Why nobody can say which way was lost; null: it is known. */
  readonly unknown: string | null;
  /** Losses on both ways whose order is not known. */
  readonly mixed: number;
}

/** One stream in one measured phase. */
export interface StreamPhase extends Flows {
  readonly plan: StreamPlan;
  readonly window: PhaseWindow;
  /** Only of a STAMP stream. */
  readonly directions?: readonly DirectionPhase[];
}

/** Not recovered is worse than any length; between equal lengths the less certain one is worse. */
export const isWorse = (a: OutageFigures, b: OutageFigures): boolean => {
  if (a.censored !== b.censored) return a.censored;
  const key = a.censored
    ? a.longest.lo_ns - b.longest.lo_ns
    : (a.longest.point_ns ?? 0) - (b.longest.point_ns ?? 0);
  return key === 0 ? (a.longest.hi_ns ?? 0) > (b.longest.hi_ns ?? 0) : key > 0;
};

type StreamSettings = Omit<FlowSettings, 'interval_ns'>;

interface Flow {
  readonly analyzer: FlowAnalyzer;
  readonly ways: Ways | null;
  readonly stalls: Stalls;
}

/** The two ways of a STAMP flow. */
interface Ways {
  readonly splitter: DirectionSplitter;
  readonly forward: FlowAnalyzer;
  readonly reverse: FlowAnalyzer;
}

/** @param all the windows of each flow */
const flowsIn = (all: readonly FlowAnalyzer[], index: number, interval_ns: number): Flows => {
  const flows = all.map(({ windows }) => windows[index] as FlowWindow);
  const figures = flows.map((each) => outageFigures(each, interval_ns));
  const worst = figures.reduce(
    (at, each, other) => (isWorse(each, figures[at] as OutageFigures) ? other : at),
    0,
  );
  return { flows, worst: flows[worst] as FlowWindow, figures: figures[worst] as OutageFigures };
};

/** All flows of one stream. */
export class StreamAnalyzer {
  readonly plan: StreamPlan;
  private readonly windows: readonly PhaseWindow[];
  private readonly settings: StreamSettings;
  private readonly flows = new Map<number, Flow>();
  private last: { readonly number: number; readonly flow: Flow } | null = null;

  constructor(plan: StreamPlan, windows: readonly PhaseWindow[], settings: StreamSettings) {
    this.plan = plan;
    this.windows = windows;
    this.settings = settings;
    // All of them, also one that never sent anything.
    for (let number = 0; number < plan.flows; number++) this.flow(number);
  }

  push(row: ProbeRow): void {
    if (this.last?.number !== row.flow) this.last = { number: row.flow, flow: this.flow(row.flow) };
    this.last.flow.stalls.push(row);
  }

  /**
   * One entry per window, in their order. Call once, after the last row.
   *
   * @param until_ns as for `FlowAnalyzer.finish`
   */
  finish(until_ns: number): readonly StreamPhase[] {
    const flows = [...this.flows.values()];
    for (const { analyzer, ways, stalls } of flows) {
      stalls.finish();
      analyzer.finish(until_ns);
      ways?.splitter.finish(until_ns);
    }
    const { plan } = this;
    const analyzers = flows.map(({ analyzer }) => analyzer);
    const ways = flows.flatMap(({ ways: each }) => each ?? []);
    return this.windows.map((window, index) => ({
      plan,
      window,
      ...flowsIn(analyzers, index, plan.every_ns),
      ...(ways.length === 0 ? {} : { directions: this.directions(ways, index) }),
    }));
  }

  private directions(ways: readonly Ways[], index: number): readonly DirectionPhase[] {
    const { every_ns } = this.plan;
    const window = this.windows[index] as PhaseWindow;
    return (['forward', 'reverse'] as const).map((direction) => {
      const flows = flowsIn(
        ways.map((each) => each[direction]),
        index,
        every_ns,
      );
      const reasons = ways.map(({ splitter }) => splitter.whyUnknown(flows.worst, every_ns));
      const mixed = ways.flatMap(({ splitter }) => splitter.mixed_ns);
      return {
        direction,
        ...flows,
        unknown: reasons.find((reason) => reason !== null) ?? null,
        mixed: mixed.filter((at_ns) => at_ns >= window.start_ns && at_ns < window.end_ns).length,
      };
    });
  }

  private analyzer(): FlowAnalyzer {
    return new FlowAnalyzer(this.windows, { ...this.settings, interval_ns: this.plan.every_ns });
  }

  private flow(number: number): Flow {
    let flow = this.flows.get(number);
    if (flow === undefined) {
      const analyzer = this.analyzer();
      const ways = this.plan.type === 'stamp' ? this.ways() : null;
      const stalls = new Stalls(this.plan.every_ns, (row, stalled_ns) => {
        analyzer.push(row, stalled_ns);
        ways?.splitter.push(row, stalled_ns);
      });
      flow = { analyzer, ways, stalls };
      this.flows.set(number, flow);
    }
    return flow;
  }

  private ways(): Ways {
    const [forward, reverse] = [this.analyzer(), this.analyzer()];
    return { splitter: new DirectionSplitter(forward, reverse), forward, reverse };
  }
}
