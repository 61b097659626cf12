import type { StreamPlan } from '../model/plan.js';
import type { ProbeRow } from '../model/probe.js';
import { ns } from '../model/time.js';
import { DirectionSplitter } from './direction.js';
import { type OutageFigures, outageFigures } from './figures.js';
import { FlowAnalyzer, type FlowSettings } from './flow.js';
import { type FlowWindow, opensConnections } from './flow-window.js';
import { provenLongest } from './proven-longest.js';
import type { Recovery } from './recovery.js';
import { Stalls } from './stalls.js';
import type { PhaseWindow } from './windows.js';

/** The flows of one stream in one measured phase, and the worst of them, which stands for them all. */
interface Flows {
  readonly flows: readonly FlowWindow[];
  readonly worst: FlowWindow;
  readonly figures: OutageFigures;
  /** Of each flow, in their order. */
  readonly all: readonly OutageFigures[];
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

const RANK: Readonly<Record<Recovery, number>> = {
  held: 0,
  slow: 1,
  refused: 1,
  unsteady: 2,
  none: 3,
};

/** Index of the worst of several outages; no recovery is worse than any length (`provenLongest`). */
export const worstOf = (all: readonly OutageFigures[]): number =>
  provenLongest(
    all.map(({ recovery, longest }) => ({
      rank: RANK[recovery],
      lo: longest.lo_ns,
      hi: longest.hi_ns,
      kind: '',
    })),
  );

/** What flows of one stream make together. */
export const together = (flows: readonly FlowWindow[]): Flows => {
  const all = flows.map(outageFigures);
  const worst = worstOf(all);
  return { flows, all, worst: flows[worst] as FlowWindow, figures: all[worst] as OutageFigures };
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
    return this.windows.map((window, index) => {
      const every_ns = ns(Math.max(plan.every_ns, window.paced_ns));
      return {
        plan: every_ns === plan.every_ns ? plan : { ...plan, every_ns },
        window,
        ...together(analyzers.map(({ windows }) => windows[index] as FlowWindow)),
        ...(ways.length === 0 ? {} : { directions: this.directions(ways, index) }),
      };
    });
  }

  private directions(ways: readonly Ways[], index: number): readonly DirectionPhase[] {
    const { every_ns } = this.plan;
    const window = this.windows[index] as PhaseWindow;
    return (['forward', 'reverse'] as const).map((direction) => {
      const flows = together(ways.map((each) => each[direction].windows[index] as FlowWindow));
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

  private analyzer(oneWay = false): FlowAnalyzer {
    const manner = { interval_ns: this.plan.every_ns, oneWay, sentAgain: opensConnections(this.plan) };
    return new FlowAnalyzer(this.windows, { ...this.settings, ...manner });
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
    const [forward, reverse] = [this.analyzer(true), this.analyzer(true)];
    return { splitter: new DirectionSplitter(forward, reverse), forward, reverse };
  }
}
