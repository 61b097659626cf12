import type { StreamPlan } from '../model/plan.js';
import type { ProbeRow } from '../model/probe.js';
import { type OutageFigures, outageFigures } from './figures.js';
import { FlowAnalyzer, type FlowSettings } from './flow.js';
import type { FlowWindow } from './flow-window.js';
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

/** All flows of one stream. */
export class StreamAnalyzer {
  readonly plan: StreamPlan;
  private readonly windows: readonly PhaseWindow[];
  private readonly settings: StreamSettings;
  private readonly flows = new Map<number, FlowAnalyzer>();
  private last: { readonly flow: number; readonly analyzer: FlowAnalyzer } | null = null;

  constructor(plan: StreamPlan, windows: readonly PhaseWindow[], settings: StreamSettings) {
    this.plan = plan;
    this.windows = windows;
    this.settings = settings;
  }

  push(row: ProbeRow): void {
    if (this.last?.flow !== row.flow) this.last = { flow: row.flow, analyzer: this.flow(row.flow) };
    this.last.analyzer.push(row);
  }

  /** One entry per window, in their order. Call once, after the last row. */
  finish(): readonly StreamPhase[] {
    if (this.flows.size === 0) this.flow(0);
    const flows = [...this.flows.values()];
    for (const flow of flows) flow.finish();
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

  private flow(number: number): FlowAnalyzer {
    let analyzer = this.flows.get(number);
    if (analyzer === undefined) {
      analyzer = new FlowAnalyzer(this.windows, { ...this.settings, interval_ns: this.plan.every_ns });
      this.flows.set(number, analyzer);
    }
    return analyzer;
  }
}
