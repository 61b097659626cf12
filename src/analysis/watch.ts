import type { TrialEvent } from '../model/event.js';
import {
  PROBES,
  type AnalysisPlan,
  type Scenario,
  type SessionPlan,
  type StreamPlan,
} from '../model/plan.js';
import type { ProbeRow, Outcome } from '../model/probe.js';
import type { StreamStatus } from '../model/record.js';
import type { OutageRow, RowKey, StreamRow, TimelineRow } from '../model/tables.js';
import { NS_PER_MS, NS_PER_S } from '../model/time.js';
import {
  backgroundLoss,
  type BackgroundLoss,
  type GoodTime,
  isIsolated,
  LEAST_OF_LOG,
  longestByChance,
} from './flow/background.js';
import { PathSample, RARE, type FlowWindow, type Silence } from './flow/flow-window.js';
import { FlowAnalyzer, type FlowSettings } from './flow/flow.js';
import { type Bounds, type LossPeriod, boundsOf, lossesOf, type Uncertainty } from './flow/gaps.js';
import { Stalls } from './flow/stalls.js';
import { type OutageFigures, type StreamPhase, together, uncertaintyOf } from './flow/stream.js';
import { type PhaseWindow, UNTRIGGERED } from './flow/windows.js';
import { clockNotes, phaseNotes, thresholdNotes } from './notes.js';
import { kindOf, lateBounds, listPeriod, listSilence, outageRow, streamRow } from './rows.js';
import { WatchSessions } from './session/watch-sessions.js';
import { statusOf } from './status.js';
import { utcClock } from './timeline/anchor.js';
import { markMilestones } from './timeline/timeline-events.js';
import { timelineRow } from './timeline/timeline.js';
import { hasKernelStamps, stampErrorOf } from './trial.js';

/** Beside the row of a stream. Milliseconds; null: never answered. */
export interface WatchExtras {
  readonly stream: string;
  readonly rtt_min_ms: number | null;
  readonly rtt_median_ms: number | null;
  readonly rtt_max_ms: number | null;
  /** Times that the prober itself stood still, and the longest of them. */
  readonly holes: number;
  readonly longest_hole_s: number;
}

export interface WatchResult {
  readonly streams: readonly StreamRow[];
  readonly outages: readonly OutageRow[];
  readonly extras: readonly WatchExtras[];
  /** What people marked. */
  readonly timeline: readonly TimelineRow[];
  readonly notes: readonly string[];
}

export type WatchKey = Pick<RowKey, 'run' | 'scenario' | 'version'>;

/** What is told while the rows come. */
export interface GapListener {
  readonly closed: (stream: WatchStream, gap: ClosedGap, row: OutageRow) => void;
  readonly silence: (stream: WatchStream, row: OutageRow) => void;
  /** It began to refuse, or accepts after it: then the run has an end. */
  readonly refusal: (stream: WatchStream, run: LossPeriod, row: OutageRow) => void;
}

const QUIET: GapListener = { closed: () => {}, silence: () => {}, refusal: () => {} };

const watchStatus = ({ own }: WatchStream, figures: OutageFigures): StreamStatus =>
  own.received === 0 ? 'down-at-start' : statusOf(figures);

/**
 * The history of a watch, in one pass: streams without a trigger, every gap counts. The same rows give the same
 * figures while they come and when they are read back from a run folder.
 */
export class WatchAnalyzer {
  readonly #key: RowKey;
  readonly #listener: GapListener;
  readonly #events: readonly TrialEvent[];
  readonly #analysis: AnalysisPlan;
  readonly #plans: ReadonlyMap<string, StreamPlan>;
  readonly #streams = new Map<string, WatchStream>();
  #phases: readonly StreamPhase[] = [];
  readonly #sessions: readonly SessionPlan[];
  #clock: ((vantage: string, at_ns: number) => string | null) | null = null;

  /**
   * @param events may grow while rows come, if the anchor is in before the first row, and `resolved` before the first
   * row of its stream.
   */
  constructor(
    { streams, sessions, analysis }: Pick<Scenario, 'streams' | 'sessions' | 'analysis'>,
    key: WatchKey,
    events: readonly TrialEvent[],
    listener: GapListener = QUIET,
  ) {
    this.#key = { ...key, trial: null, phase: null };
    this.#analysis = analysis;
    this.#sessions = sessions;
    this.#events = events;
    this.#listener = listener;
    this.#plans = new Map(streams.map((plan) => [plan.name, plan]));
  }

  /** Rows of streams that the scenario does not have are passed over. */
  push(row: ProbeRow): void {
    this.stream(row.stream)?.push(row);
  }

  /** Null if the scenario has no such stream. */
  stream(name: string): WatchStream | null {
    const known = this.#streams.get(name);
    const plan = this.#plans.get(name);
    if (known !== undefined || plan === undefined) return known ?? null;
    const stream: WatchStream = new WatchStream(
      plan,
      {
        threshold_ns: this.#analysis.delayThreshold_ns,
        mergeGap_ns: this.#analysis.mergeGap_ns,
        stampError_ns: stampErrorOf(name, this.#events),
        kernelStamps: hasKernelStamps(name, this.#events),
      },
      {
        closed: (gap) => this.#listener.closed(stream, gap, this.#periodRow(stream, gap)),
        silence: (silence) => {
          const { own } = stream;
          const listed = listSilence(own, silence, plan.every_ns);
          this.#listener.silence(stream, outageRow(this.#key, plan, listed, numberOf(stream), this.utc));
        },
        refusal: (run) => {
          const listed = listPeriod(run, 'refused', stream.refusalBounds(run));
          this.#listener.refusal(stream, run, outageRow(this.#key, plan, listed, numberOf(stream), this.utc));
        },
      },
    );
    this.#streams.set(name, stream);
    return stream;
  }

  /** UTC (RFC 3339) of an instant since the origin; null without an anchor. */
  readonly utc = (vantage: string, at_ns: number): string | null => {
    this.#clock ??= utcClock(this.#events);
    return this.#clock(vantage, at_ns);
  };

  /** Call once, after the last row and event. */
  finish(): WatchResult {
    const all = [...this.#plans.keys()].map((name) => this.stream(name) as WatchStream);
    for (const stream of all) stream.finish();
    const phases = all.map((stream): StreamPhase => {
      const { own, plan } = stream;
      return { plan, window: own.window, ...together([own]) };
    });
    this.#phases = phases;
    const outages = all.map((stream, index) => this.#rows(stream, (phases[index] as StreamPhase).figures));
    return {
      streams: all.map((stream, index) => this.#streamRow(stream, phases[index] as StreamPhase)),
      outages: outages.flat(),
      extras: all.map(extrasOf),
      timeline: markMilestones(this.#events, { start_ns: -Infinity, end_ns: Infinity })
        .toSorted((a, b) => a.instant.at_ns - b.instant.at_ns)
        .map((each) => timelineRow(this.#key, each, null, this.utc)),
      notes: [
        ...thresholdNotes(phases),
        ...phaseNotes(phases, this.#analysis.mergeGap_ns),
        ...clockNotes(this.#events),
      ],
    };
  }

  /** Takes the heartbeats of its sessions. Call after `finish`: it goes by the outages. */
  sessions(): WatchSessions {
    return new WatchSessions(this.#sessions, this.#phases, this.#events, this.#key, this.utc);
  }

  #periodRow(stream: WatchStream, { period, random }: ClosedGap): OutageRow {
    // It is the newest: only the newest can be open, and so end.
    const listed = listPeriod(period, kindOf(period, random), stream.bounds(period));
    return outageRow(this.#key, stream.plan, listed, numberOf(stream), this.utc);
  }

  #rows(stream: WatchStream, figures: OutageFigures): OutageRow[] {
    const { own, plan } = stream;
    return [
      ...own.periods.map((period) =>
        listPeriod(period, kindOf(period, figures.random.has(period)), stream.bounds(period)),
      ),
      ...own.lateRuns.map((run) => listPeriod(run, 'slow', lateBounds(own, run))),
      ...own.refusals.map((run) => listPeriod(run, 'refused', stream.refusalBounds(run))),
      ...own.silences.map((silence) => listSilence(own, silence, plan.every_ns)),
    ]
      .toSorted((a, b) => a.start_ns - b.start_ns)
      .map((each, index) => outageRow(this.#key, plan, each, index + 1, this.utc));
  }

  /** The figures are those of the gaps as they were told, not of the delay since. */
  #streamRow(stream: WatchStream, phase: StreamPhase): StreamRow {
    const status = watchStatus(stream, phase.figures);
    const reason = null;
    const row = streamRow(this.#key, null, phase, { status, reason }, this.#events);
    const { rtt } = stream.answers;
    const median = rtt.median();
    return {
      ...row,
      ...longestOf(
        row,
        phase.figures.periods.map((period) => stream.bounds(period)),
      ),
      trigger_to_first_loss_s: null,
      trigger_to_recovery_s: null,
      rtt_before_ms: median === null ? null : median / NS_PER_MS,
      rtt_after_ms: null,
      ttl_before: stream.answers.ttl(),
      ttl_after: null,
    };
  }
}

/** Of the newest thing that was listed. */
const numberOf = ({ own }: WatchStream): number =>
  own.periods.length + own.lateRuns.length + own.refusals.length + own.silences.length;

type Longest = Pick<StreamRow, 'longest_lo_s' | 'longest_s' | 'longest_hi_s'>;

/** Each end is the largest over all gaps as they were told; where one has no end, neither has the longest. */
const longestOf = (row: StreamRow, gaps: readonly Bounds[]): Longest => {
  const { longest_lo_s, longest_s, longest_hi_s } = row;
  if (gaps.length === 0 || longest_lo_s === null) return { longest_lo_s, longest_s, longest_hi_s };
  const most = (pick: (gap: Bounds) => number | null): number | null => {
    const ends = gaps.map(pick);
    if (ends.includes(null)) return null;
    return ends.reduce<number>((longest, end) => Math.max(longest, end ?? 0), 0) / NS_PER_S;
  };
  return {
    longest_lo_s: most(({ lo_ns }) => lo_ns),
    longest_s: most(({ point_ns }) => point_ns),
    longest_hi_s: most(({ hi_ns }) => hi_ns),
  };
};

const extrasOf = ({ plan, own, answers }: WatchStream): WatchExtras => {
  const { rtt } = answers;
  const median = rtt.median();
  return {
    stream: plan.name,
    rtt_min_ms: rtt.count === 0 ? null : rtt.min_ns / NS_PER_MS,
    rtt_median_ms: median === null ? null : median / NS_PER_MS,
    rtt_max_ms: rtt.count === 0 ? null : rtt.max_ns / NS_PER_MS,
    holes: own.holes.count,
    longest_hole_s: own.holes.longest_ns / NS_PER_S,
  };
};

export type WatchSettings = Omit<FlowSettings, 'interval_ns'>;

/** Why the probes of a gap were not answered, and how many for each reason. Keys: `lost`, `unresolved:EHOSTUNREACH`. */
export type Causes = ReadonlyMap<string, number>;

/** A gap that has an end, told the moment its end is known. */
export interface ClosedGap {
  readonly period: LossPeriod;
  readonly bounds: Bounds;
  /** Random loss of the stream so far, and from how many isolated losses that is known. */
  readonly background: BackgroundLoss;
  readonly isolated: number;
  /** As short as random loss explains so far: none to be told as an outage. */
  readonly random: boolean;
  readonly causes: Causes;
  /** Extra copies of replies while it was open: a hint at two active nodes. */
  readonly duplicates: number;
}

export interface WatchListener {
  readonly closed: (gap: ClosedGap) => void;
  /** Nothing arrived for a while, though nothing was lost or late. */
  readonly silence: (silence: Silence) => void;
  /** The service began to refuse, or accepts after it (then it has an end; no beginning, if it had never accepted). */
  readonly refusal: (run: LossPeriod) => void;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** So many replies say enough about the delay to tell late ones. */
const ENOUGH = 5;
/** The delay variation of the bounds is that of the last one to two blocks: an hour-old spike says nothing. */
const BLOCK_NS = 30 * NS_PER_S;

const UNANSWERED: ReadonlySet<Outcome> = new Set(['lost', 'unreachable', 'unresolved']);

/**
 * One stream that is watched without a trigger: the periods of a run, each with its bounds as soon as it ends. What
 * was said of a gap stays: its bounds rest on the random loss and the delay *before* it, 30 to 60 s of this where there is as much. Rows
 * come in the order of `seq`; the same rows give the same figures. Flat memory but for the gaps.
 */
export class WatchStream {
  readonly plan: StreamPlan;
  readonly own: FlowWindow;
  /** Every answer, late ones too. */
  readonly answers = new PathSample();
  /** Causes of the newest gap. */
  causes = new Map<string, number>();
  /** The send instant of the newest row that counts. */
  newest_ns: number | null = null;
  readonly #window: Mutable<PhaseWindow> = { ...UNTRIGGERED, trigger_ns: Infinity };
  readonly #stalls: Stalls;
  readonly #flow: FlowAnalyzer;
  readonly #listener: WatchListener;
  readonly #told = new Map<LossPeriod, Uncertainty>();
  #isolated = 0;
  #isolatedLost = 0;
  #known: { readonly good: GoodTime; readonly background: BackgroundLoss } | null = null;
  #open = false;
  #duplicates = 0;
  #silences = 0;
  #refusing: LossPeriod | null = null;
  #blockFrom_ns = 0;
  #blockMin_ns = Infinity;
  #blockMax_ns = -Infinity;

  constructor(plan: StreamPlan, settings: WatchSettings, listener: WatchListener) {
    this.plan = plan;
    this.#listener = listener;
    this.#stalls = new Stalls(
      plan.every_ns,
      (row, stalled_ns) => this.#take(row, stalled_ns),
      settings.kernelStamps,
    );
    const manner = { interval_ns: plan.every_ns, sentAgain: PROBES[plan.type].connects };
    this.#flow = new FlowAnalyzer([this.#window], { ...settings, ...manner });
    this.own = this.#flow.windows[0] as FlowWindow;
  }

  push(row: ProbeRow): void {
    this.#stalls.push(row);
  }

  #take(row: ProbeRow, stalled_ns: number): void {
    // The first replies are the baseline of the delay threshold: from here on an answer can be late.
    if (this.own.baseline.rtt.count >= ENOUGH) this.#window.trigger_ns = -Infinity;
    if (row.outcome === 'duplicate') this.#duplicates++;
    this.#flow.push(row, stalled_ns);
    this.#follow(row);
    if (stalled_ns === 0 && (row.outcome === 'answered' || row.outcome === 'refused')) this.#sample(row);
    this.#followRefusals();
    for (; this.#silences < this.own.silences.length; this.#silences++)
      this.#listener.silence(this.own.silences[this.#silences] as Silence);
  }

  /** The period that has no end yet; null if the newest probe is good. */
  openPeriod(): LossPeriod | null {
    return this.#open ? (this.own.periods.at(-1) ?? null) : null;
  }

  /** A gap that has ended keeps the bounds that were told; an open one has a lower bound only. */
  bounds(period: LossPeriod): Bounds {
    return boundsOf(period, this.#told.get(period) ?? this.#uncertainty());
  }

  /** As `bounds`, of what is no loss. */
  refusalBounds(run: LossPeriod): Bounds {
    return lateBounds(this.own, run, this.#told.get(run)?.jitter_ns);
  }

  /** The change to refusing that has no end yet; null: it accepts, or never did. */
  openRefusal(): LossPeriod | null {
    return this.#refusing;
  }

  /** Call once, after the last row. */
  finish(): void {
    this.#stalls.finish();
    this.#window.trigger_ns = -Infinity;
    this.#flow.finish();
  }

  #followRefusals(): void {
    const newest = this.own.refusals.at(-1);
    if (newest === undefined || this.#told.has(newest)) return;
    if (newest.after_ns === null && newest === this.#refusing) return;
    this.#refusing = newest.after_ns === null ? newest : null;
    if (this.#refusing === null) this.#told.set(newest, this.#uncertainty());
    this.#listener.refusal(newest);
  }

  #follow(row: ProbeRow): void {
    if (row.outcome === 'duplicate' || row.outcome === 'stray') return;
    this.newest_ns = row.sent_ns ?? row.intended_ns;
    const period = this.own.periods.at(-1);
    const wasOpen = this.#open;
    this.#open = period !== undefined && period.after_ns === null;
    if (this.#open && !wasOpen) {
      this.causes = new Map();
      this.#duplicates = 0;
    }
    if (this.#open && UNANSWERED.has(row.outcome)) {
      const key = row.cause === null ? row.outcome : `${row.outcome}:${row.cause}`;
      this.causes.set(key, (this.causes.get(key) ?? 0) + 1);
    }
    // What was held shows as an outage only when it is over.
    if (period === undefined || this.#open || (!wasOpen && this.#told.has(period))) return;
    this.#told.set(period, this.#uncertainty());
    if (isIsolated(period)) {
      this.#isolated++;
      this.#isolatedLost += lossesOf(period);
    }
    const background = this.#background();
    this.#listener.closed({
      period,
      bounds: this.bounds(period),
      background,
      isolated: this.#isolated,
      random:
        lossesOf(period) <= longestByChance(this.own.sent, background.lo, RARE) && period.before_ns !== null,
      causes: this.causes,
      duplicates: this.#duplicates,
    });
  }

  /** So many losses in a row are no outage by themselves: random loss makes such runs, as it was so far. */
  explained(): number {
    return longestByChance(this.own.sent, this.#background().lo, RARE);
  }

  /** Random loss so far, from at least three isolated losses. */
  #background(): BackgroundLoss {
    const good = { probes: this.own.sent, lost: this.#isolatedLost, losses: this.#isolated };
    const known = this.#known;
    // Asked for several times at each gap, and the exact interval of its share takes milliseconds.
    if (
      known?.good.probes === good.probes &&
      known.good.lost === good.lost &&
      known.good.losses === good.losses
    )
      return known.background;
    const background = backgroundLoss(good, RARE, LEAST_OF_LOG);
    this.#known = { good, background };
    return background;
  }

  #uncertainty(): Uncertainty {
    return uncertaintyOf(this.own, this.#background(), 0);
  }

  #sample(row: ProbeRow): void {
    if (row.received_ns === null || row.sent_ns === null) return;
    const rtt_ns = row.received_ns - row.sent_ns;
    this.answers.add(rtt_ns, row.ttl);
    const { baseline, threshold_ns } = this.own;
    // Until the threshold is fixed the flow keeps the baseline by itself.
    if (threshold_ns === null || rtt_ns > threshold_ns) return;
    if (row.sent_ns - this.#blockFrom_ns >= BLOCK_NS) this.#nextBlock(row.sent_ns);
    baseline.add(rtt_ns, row.ttl);
    this.#blockMin_ns = Math.min(this.#blockMin_ns, rtt_ns);
    this.#blockMax_ns = Math.max(this.#blockMax_ns, rtt_ns);
  }

  /** Leaves of the past no more than the extremes of the block that has just ended. */
  #nextBlock(at_ns: number): void {
    const { baseline } = this.own;
    this.#blockFrom_ns = at_ns;
    if (this.#blockMin_ns === Infinity) return;
    baseline.clear();
    baseline.add(this.#blockMin_ns, null);
    baseline.add(this.#blockMax_ns, null);
    this.#blockMin_ns = Infinity;
    this.#blockMax_ns = -Infinity;
  }
}
