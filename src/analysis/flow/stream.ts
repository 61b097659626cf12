import { PROBES, type StreamPlan } from '../../model/plan.js';
import type { ProbeRow } from '../../model/probe.js';
import { ns, type Nanoseconds, fromMs } from '../../model/time.js';
import { isExplained } from '../statistics/share-interval.js';
import {
  backgroundLoss,
  type BackgroundLoss,
  expectedRun,
  explainedBy,
  goodTime,
  isIsolated,
  LEAST_OF_LOG,
  longestAtEdge,
  longestByChance,
  NO_BACKGROUND,
} from './background.js';
import { DirectionSplitter } from './direction.js';
import type { FlowWindow } from './flow-window.js';
import { FlowAnalyzer, type FlowSettings } from './flow.js';
import { type Bounds, boundsOf, type LossPeriod, lossesOf, spanOf, type Uncertainty } from './gaps.js';
import { type Disruption, disruptionsOf, LEAST_PROBES, LEAST_SHARE } from './period-run.js';
import { provenLongest } from './proven-longest.js';
import { type Recovery, hasHeldAfter, isNewEvent, isStraddling, recoveryOf, residualOf } from './recovery.js';
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
  readonly #windows: readonly PhaseWindow[];
  readonly #settings: StreamSettings;
  readonly #flows = new Map<number, Flow>();
  #last: { readonly number: number; readonly flow: Flow } | null = null;

  constructor(plan: StreamPlan, windows: readonly PhaseWindow[], settings: StreamSettings) {
    this.plan = plan;
    this.#windows = windows;
    this.#settings = settings;
    // All of them, also one that never sent anything.
    for (let number = 0; number < plan.flows; number++) this.#flow(number);
  }

  push(row: ProbeRow): void {
    if (this.#last?.number !== row.flow) this.#last = { number: row.flow, flow: this.#flow(row.flow) };
    this.#last.flow.stalls.push(row);
  }

  /**
   * One entry per window, in their order. Call once, after the last row.
   *
   * @param until_ns as for `FlowAnalyzer.finish`
   */
  finish(until_ns: number): readonly StreamPhase[] {
    const flows = [...this.#flows.values()];
    for (const { analyzer, ways, stalls } of flows) {
      stalls.finish();
      analyzer.finish(until_ns);
      ways?.splitter.finish(until_ns);
    }
    const { plan } = this;
    const analyzers = flows.map(({ analyzer }) => analyzer);
    const ways = flows.flatMap(({ ways: each }) => each ?? []);
    return this.#windows.map((window, index) => {
      const every_ns = ns(Math.max(plan.every_ns, window.paced_ns));
      return {
        plan: every_ns === plan.every_ns ? plan : { ...plan, every_ns },
        window,
        ...together(analyzers.map(({ windows }) => windows[index] as FlowWindow)),
        ...(ways.length === 0 ? {} : { directions: this.#directions(ways, index) }),
      };
    });
  }

  #directions(ways: readonly Ways[], index: number): readonly DirectionPhase[] {
    const { every_ns } = this.plan;
    const window = this.#windows[index] as PhaseWindow;
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

  #analyzer(oneWay = false): FlowAnalyzer {
    const manner = { interval_ns: this.plan.every_ns, oneWay, sentAgain: PROBES[this.plan.type].connects };
    return new FlowAnalyzer(this.#windows, { ...this.#settings, ...manner });
  }

  #flow(number: number): Flow {
    let flow = this.#flows.get(number);
    if (flow === undefined) {
      const analyzer = this.#analyzer();
      const ways = this.plan.type === 'stamp' ? this.#ways() : null;
      const stalls = new Stalls(
        this.plan.every_ns,
        (row, stalled_ns) => {
          analyzer.push(row, stalled_ns);
          ways?.splitter.push(row, stalled_ns);
        },
        this.#settings.kernelStamps,
      );
      flow = { analyzer, ways, stalls };
      this.#flows.set(number, flow);
    }
    return flow;
  }

  #ways(): Ways {
    const [forward, reverse] = [this.#analyzer(true), this.#analyzer(true)];
    return { splitter: new DirectionSplitter(forward, reverse), forward, reverse };
  }
}

/** The outage figures of one flow in one phase, of lost probes. Nanoseconds; null where not known. */
export interface OutageFigures {
  /** The periods that belong to the outage: begun after the trigger and before the wait for recovery ended. */
  readonly periods: readonly LossPeriod[];
  /** With them the runs of late answers of that time, in order: a session stalls for either. */
  readonly impaired: readonly LossPeriod[];
  /** Those of the same time that random loss explains. */
  readonly random: ReadonlySet<LossPeriod>;
  readonly background: BackgroundLoss;
  readonly uncertainty: Uncertainty;
  readonly recovery: Recovery;
  /** Good forwarding was seen for as long as it has to hold, after a loss. */
  readonly provenRecovery: boolean;
  /** The end of the outage was not seen. */
  readonly censored: boolean;
  readonly longest: Bounds;
  /** Its upper bound from the losses alone, without what a hole in sends or a slow answer leaves open. */
  readonly seenHi_ns: Nanoseconds | null;
  readonly total_ns: Nanoseconds | null;
  /** From the first loss to the beginning of the recovery; null: there was none. */
  readonly span_ns: Nanoseconds | null;
  readonly silence_ns: Nanoseconds | null;
  readonly toFirstLoss_ns: Nanoseconds | null;
  readonly toRecovery_ns: Nanoseconds | null;
  /** The longest one; null: there was none. */
  readonly disruption: Disruption | null;
}

/** What of a flow's losses is random, and what is left. */
interface Sorted {
  readonly background: BackgroundLoss;
  readonly random: ReadonlySet<LossPeriod>;
}

const without = (periods: readonly LossPeriod[], some: ReadonlySet<LossPeriod>): LossPeriod[] =>
  periods.filter((period) => !some.has(period));

/**
 * In a log nobody says which time was good: it is all but the stretches in which more was lost than isolated losses
 * explain. How much is random is known from few losses only, so runs are held against the least that it may be.
 */
const sortLog = (own: FlowWindow, begun: readonly LossPeriod[]): Sorted => {
  const whole = backgroundLoss(goodTime(own.sent, begun), own.rare, LEAST_OF_LOG);
  // What may be a tenth and more is no background but a disruption.
  if (whole.share === 0 || whole.hi >= LEAST_SHARE) return { background: NO_BACKGROUND, random: new Set() };
  // What is too long for chance is an outage anyway, and drags no random loss beside it with it.
  const longest = longestByChance(own.sent, whole.share, own.rare);
  const short = begun.filter((period) => lossesOf(period) <= longest);
  // It is the worst of as many stretches as there are, and begins and ends with a loss because it was chosen so.
  const rare = Math.min(own.rare, (own.rare * LEAST_PROBES) / own.sent);
  const disrupted = disruptionsOf(short, own.hold_ns).filter(
    ({ lost, probes }) => !isExplained(lost - 2, probes, whole.share, rare),
  );
  const rest = without(begun, new Set(disrupted.flatMap(({ periods }) => periods)));
  const long = rest.filter((period) => !isIsolated(period));
  const bad =
    disrupted.reduce((sum, { probes }) => sum + probes, 0) +
    long.reduce((sum, period) => sum + lossesOf(period), 0);
  const background = backgroundLoss(goodTime(Math.max(0, own.sent - bad), rest), own.rare, LEAST_OF_LOG);
  const least = { ...background, share: background.lo };
  return { background, random: explainedBy(rest, least, { probes: own.sent, most: 1, rare: own.rare }) };
};

/** Good time of a trial's phase is its steady time, and what comes after the first recovery that held. */
const sortPhase = (own: FlowWindow, begun: readonly LossPeriod[]): Sorted => {
  const { rare } = own;
  const lastSeq = own.lastWaited?.seq ?? 0;
  const allowed = own.manner.backgroundLoss ?? 0;
  const steady = own.steadyPeriods();
  const before = backgroundLoss(goodTime(own.sentBefore, steady), rare);
  const waited_ns = Math.max(0, (own.lastWaited?.sent_ns ?? 0) - own.onset_ns());
  const during = { probes: Math.ceil(waited_ns / own.manner.interval_ns), rare };
  const plain = explainedBy(begun, before, { ...during, most: Math.max(before.hi, allowed) });
  const held = heldAfter(own, without(begun, plain));
  const later = begun.filter(({ firstSeq: seq }) => seq > held);
  const after = { probes: Math.max(0, lastSeq - held), rare };
  const background = backgroundLoss(goodTime(own.sentBefore + after.probes, [...steady, ...later]), rare);
  const most = Math.max(background.hi, allowed);
  const random = explainedBy(begun, background, { ...during, most });
  return {
    background,
    random: random.size > 0 ? random : explainedBy(later, background, { ...after, most }),
  };
};

/** Number of the last probe before the first recovery that held; Infinity: none did. */
const heldAfter = (own: FlowWindow, periods: readonly LossPeriod[]): number => {
  if (periods.length === 0) return own.lastWaited?.seq ?? Infinity;
  const at = periods.findIndex((period, index) => hasHeldAfter(own, period, periods[index + 1]));
  return periods[at]?.lastSeq ?? Infinity;
};

/** Those that began from the trigger on, before the wait for recovery ended. */
const begunIn = (own: FlowWindow, periods: readonly LossPeriod[]): LossPeriod[] => {
  const onset_ns = own.onset_ns();
  return periods.filter(({ first_ns }) => first_ns >= onset_ns && first_ns < own.window.cut_ns);
};

/**
 * Right-censored: no good probe came after, or only after the runner had ended its wait. What ended the period
 * then is the restore, not the failover.
 */
export const isCensored = (own: FlowWindow, period: LossPeriod): boolean =>
  period.before_ns === null ||
  period.after_ns === null ||
  (own.window.cut_ns !== Infinity && isStraddling(own, period));

/** @param period of the outage */
export const periodBounds = (own: FlowWindow, period: LossPeriod, uncertainty: Uncertainty): Bounds => {
  const bounds = boundsOf(period, uncertainty);
  return isCensored(own, period) ? { lo_ns: bounds.lo_ns, point_ns: null, hi_ns: null } : bounds;
};

/** Where probes came through at the end, a loss that reaches to the end of the wait counts up to there. */
const closed = (own: FlowWindow, period: LossPeriod): LossPeriod =>
  isCensored(own, period)
    ? { ...period, after_ns: Math.min(period.after_ns ?? period.last_ns, own.window.cut_ns) }
    : period;

const most = (values: readonly (Nanoseconds | null)[]): number =>
  values.reduce<number>((largest, value) => Math.max(largest, value ?? 0), 0);

/**
 * Bounds of the longest outage. Each end is the largest over all periods: the longest by its point need not have
 * the largest upper end. Without a period an outage shorter than the widest spacing of good probes may have
 * hidden, so the upper end is never 0; nor is it then smaller than what a slow answer or a random loss leaves open.
 */
const longestOf = (
  own: FlowWindow,
  bounds: readonly Bounds[],
  hidden: readonly Bounds[],
  { jitter_ns }: Uncertainty,
): Bounds => {
  const spacing_ns = bounds.length === 0 ? own.widestGood_ns : own.widestSlow_ns;
  const hi_ns = Math.max(
    most([...bounds, ...hidden].map((each) => each.hi_ns)),
    spacing_ns === 0 ? 0 : spacing_ns + jitter_ns,
  );
  return {
    lo_ns: ns(most(bounds.map((each) => each.lo_ns))),
    point_ns: ns(most(bounds.map((each) => each.point_ns))),
    hi_ns: hi_ns === 0 ? null : ns(hi_ns),
  };
};

/** In a hole in sends a longer outage may hide than was seen. */
const withHole = (
  own: FlowWindow,
  { lo_ns, point_ns, hi_ns }: Bounds,
  { jitter_ns }: Uncertainty,
): Bounds => {
  const hole_ns = hidingHole(own);
  return hole_ns <= (hi_ns ?? 0)
    ? { lo_ns, point_ns, hi_ns }
    : { lo_ns, point_ns, hi_ns: ns(hole_ns + jitter_ns) };
};

/**
 * Random loss shortens what is sure of an outage, and is a part of what was seen of it. Where no recovery held, it is the loss
 * that was left that may have made the end of the outage longer.
 *
 * @param left share of the probes that were still lost at the end of the wait; 0: a recovery held
 */
export const uncertaintyOf = (
  own: FlowWindow,
  { share, atEdge }: BackgroundLoss,
  left: number,
): Uncertainty => {
  const { interval_ns } = own.manner;
  const atEnd = Math.max(atEdge, left === 0 ? 0 : longestAtEdge(left, own.rare));
  const expected = (expectedRun(share) + expectedRun(Math.max(share, left))) / 2;
  return {
    jitter_ns: own.baseline.jitter_ns(),
    distance_ns: own.distance_ns,
    chance_ns: ((atEdge + atEnd) / 2) * interval_ns,
    expected_ns: expected * interval_ns,
  };
};

const longestDisruption = (own: FlowWindow, periods: readonly LossPeriod[]): Disruption | null =>
  disruptionsOf(periods, own.hold_ns).reduce<Disruption | null>(
    (longest, each) => (longest === null || each.probes > longest.probes ? each : longest),
    null,
  );

export const outageFigures = (own: FlowWindow): OutageFigures => {
  const begun = begunIn(own, own.periods);
  const { background, random } =
    own.window.trigger_ns === -Infinity ? sortLog(own, begun) : sortPhase(own, begun);
  const all = without(begun, random);
  const [newest, previous] = [all.at(-1), all.at(-2)];
  const periods = newest !== undefined && isNewEvent(own, newest, previous) ? all.slice(0, -1) : all;
  const recovery = recoveryOf(own, periods);
  const uncertainty = uncertaintyOf(
    own,
    background,
    own.window.gaveUp && recovery === 'unsteady' ? residualOf(own).loss : 0,
  );
  const censored = recovery === 'none' || periods.some(({ before_ns }) => before_ns === null);
  const bounds = periods.map((period) => boundsOf(closed(own, period), uncertainty));
  const hidden = [...random].map((period) => boundsOf(period, uncertainty));
  const seen = longestOf(own, bounds, hidden, uncertainty);
  const longest = withHole(own, seen, uncertainty);
  const { trigger_ns } = own.window;
  const [first, last] = [periods[0], periods.at(-1)];
  const isBack = !censored && recovery !== 'unsteady';
  return {
    periods,
    impaired: [...periods, ...begunIn(own, own.lateRuns)].toSorted((a, b) => a.first_ns - b.first_ns),
    random,
    background,
    uncertainty,
    recovery,
    provenRecovery: periods.some((period, index) => hasHeldAfter(own, period, periods[index + 1])),
    censored,
    longest: censored ? { lo_ns: longest.lo_ns, point_ns: null, hi_ns: null } : longest,
    seenHi_ns: censored ? null : ns(most(bounds.map(({ hi_ns }) => hi_ns))),
    total_ns: censored ? null : ns(bounds.reduce((sum, { point_ns }) => sum + (point_ns ?? 0), 0)),
    span_ns: isBack ? (spanOf(periods, uncertainty) ?? ns(0)) : null,
    silence_ns: censored ? null : ns(own.silence_ns),
    toFirstLoss_ns: first === undefined ? null : ns(first.first_ns - trigger_ns),
    toRecovery_ns: !isBack || last?.after_ns == null ? null : ns(last.after_ns - trigger_ns),
    disruption: longestDisruption(own, periods),
  };
};

/** In a hole in sends longer than this a whole outage may hide. */
const leastOf = ({ manner }: FlowWindow): number => Math.max(5 * manner.interval_ns, fromMs(50));

/** The longest hole in sends between the trigger and the end of the wait in which an outage may hide; 0: none. */
export const hidingHole = (own: FlowWindow): number => {
  const { longestAfterTrigger_ns } = own.holes;
  // Without a trigger nobody waits for an outage: what a log does not tell of is no part of it.
  if (own.window.trigger_ns === -Infinity) return 0;
  return longestAfterTrigger_ns > leastOf(own) ? longestAfterTrigger_ns : 0;
};

/** It sent all the while: what it lost, or did not lose, is known. */
const hasSeenAll = ({ flows }: StreamPhase): boolean =>
  flows.every((own) => hidingHole(own) === 0 && own.holes.atEnd_ns === 0);

/** Another stream of the same kind to the same host saw the time in which this one sent nothing, and decides. */
export const isCovered = (stream: StreamPhase, others: readonly StreamPhase[]): boolean =>
  others.some(
    (other) =>
      other !== stream &&
      !other.plan.control &&
      other.plan.type === stream.plan.type &&
      other.plan.host === stream.plan.host &&
      hasSeenAll(other),
  );
