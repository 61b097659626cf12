import type { StreamPlan } from '../model/plan.js';
import type { ProbeRow } from '../model/probe.js';
import { type OutageFigures, outageFigures } from './figures.js';
import { FlowAnalyzer, type FlowSettings } from './flow.js';
import type { FlowWindow } from './flow-window.js';
import { Stalls } from './stalls.js';
import type { PhaseWindow } from './windows.js';

/** One stream in one measured phase: its flows, and the worst of them, which stands for the stream. */
export interface StreamPhase {
  readonly plan: StreamPlan;
  readonly window: PhaseWindow;
  readonly flows: readonly FlowWindow[];
  readonly worst: FlowWindow;
  readonly figures: OutageFigures;
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
  readonly stalls: Stalls;
}

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
    if (this.flows.size === 0) this.flow(0);
    const flows = [...this.flows.values()].map(({ analyzer, stalls }) => {
      stalls.finish();
      analyzer.finish(until_ns);
      return analyzer;
    });
    return this.windows.map((window, index) => {
      const own = flows.map((flow) => flow.windows[index] as FlowWindow);
      const figures = own.map((each) => outageFigures(each, this.plan.every_ns));
      const worst = figures.reduce(
        (at, each, other) => (isWorse(each, figures[at] as OutageFigures) ? other : at),
        0,
      );
      return {
        plan: this.plan,
        window,
        flows: own,
        worst: own[worst] as FlowWindow,
        figures: figures[worst] as OutageFigures,
      };
    });
  }

  private flow(number: number): Flow {
    let flow = this.flows.get(number);
    if (flow === undefined) {
      const interval_ns = this.plan.every_ns;
      const analyzer = new FlowAnalyzer(this.windows, { ...this.settings, interval_ns });
      const stalls = new Stalls(interval_ns, (row, stalled_ns) => analyzer.push(row, stalled_ns));
      flow = { analyzer, stalls };
      this.flows.set(number, flow);
    }
    return flow;
  }
}
