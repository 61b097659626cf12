import type { StreamPlan } from '../model/plan.js';
import type { Outcome, ProbeRow } from '../model/probe.js';
import { NS_PER_S } from '../model/time.js';
import { PathSample } from './baseline.js';
import {
  backgroundLoss,
  type BackgroundLoss,
  expectedRun,
  isIsolated,
  LEAST_OF_LOG,
  longestByChance,
  RARE,
} from './background.js';
import { FlowAnalyzer, type FlowSettings } from './flow.js';
import { type FlowWindow, opensConnections, type Silence } from './flow-window.js';
import { type Bounds, boundsOf, type LossPeriod, lossesOf, type Uncertainty } from './gaps.js';
import { Stalls } from './stalls.js';
import { type PhaseWindow, UNTRIGGERED } from './windows.js';

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
  private readonly window: Mutable<PhaseWindow> = { ...UNTRIGGERED, trigger_ns: Infinity };
  private readonly stalls: Stalls;
  private readonly flow: FlowAnalyzer;
  private readonly listener: WatchListener;
  private readonly told = new Map<LossPeriod, Uncertainty>();
  private isolated = 0;
  private isolatedLost = 0;
  private open = false;
  private duplicates = 0;
  private silences = 0;
  private refusing: LossPeriod | null = null;
  private blockFrom_ns = 0;
  private blockMin_ns = Infinity;
  private blockMax_ns = -Infinity;

  constructor(plan: StreamPlan, settings: WatchSettings, listener: WatchListener) {
    this.plan = plan;
    this.listener = listener;
    this.stalls = new Stalls(plan.every_ns, (row, stalled_ns) => this.take(row, stalled_ns));
    const manner = { interval_ns: plan.every_ns, sentAgain: opensConnections(plan) };
    this.flow = new FlowAnalyzer([this.window], { ...settings, ...manner });
    this.own = this.flow.windows[0] as FlowWindow;
  }

  push(row: ProbeRow): void {
    this.stalls.push(row);
  }

  private take(row: ProbeRow, stalled_ns: number): void {
    // The first replies are the baseline of the delay threshold: from here on an answer can be late.
    if (this.own.baseline.rtt.count >= ENOUGH) this.window.trigger_ns = -Infinity;
    if (row.outcome === 'duplicate') this.duplicates++;
    this.flow.push(row, stalled_ns);
    this.follow(row);
    if (stalled_ns === 0 && (row.outcome === 'answered' || row.outcome === 'refused')) this.sample(row);
    this.followRefusals();
    for (; this.silences < this.own.silences.length; this.silences++)
      this.listener.silence(this.own.silences[this.silences] as Silence);
  }

  /** The period that has no end yet; null if the newest probe is good. */
  openPeriod(): LossPeriod | null {
    return this.open ? (this.own.periods.at(-1) ?? null) : null;
  }

  /** A gap that has ended keeps the bounds that were told; an open one has a lower bound only. */
  bounds(period: LossPeriod): Bounds {
    return boundsOf(period, this.told.get(period) ?? this.uncertainty());
  }

  /** As `bounds`; what refuses is behind the distance, and no loss: neither has a part in it. */
  refusalBounds(run: LossPeriod): Bounds {
    const { jitter_ns } = this.told.get(run) ?? this.uncertainty();
    return boundsOf(run, { jitter_ns, distance_ns: 0, chance_ns: 0, expected_ns: 0 });
  }

  /** The change to refusing that has no end yet; null: it accepts, or never did. */
  openRefusal(): LossPeriod | null {
    return this.refusing;
  }

  /** Call once, after the last row. */
  finish(): void {
    this.stalls.finish();
    this.window.trigger_ns = -Infinity;
    this.flow.finish();
  }

  private followRefusals(): void {
    const newest = this.own.refusals.at(-1);
    if (newest === undefined || this.told.has(newest)) return;
    if (newest.after_ns === null && newest === this.refusing) return;
    this.refusing = newest.after_ns === null ? newest : null;
    if (this.refusing === null) this.told.set(newest, this.uncertainty());
    this.listener.refusal(newest);
  }

  private follow(row: ProbeRow): void {
    if (row.outcome === 'duplicate' || row.outcome === 'stray') return;
    this.newest_ns = row.sent_ns ?? row.intended_ns;
    const period = this.own.periods.at(-1);
    const wasOpen = this.open;
    this.open = period !== undefined && period.after_ns === null;
    if (this.open && !wasOpen) {
      this.causes = new Map();
      this.duplicates = 0;
    }
    if (this.open && UNANSWERED.has(row.outcome)) {
      const key = row.cause === null ? row.outcome : `${row.outcome}:${row.cause}`;
      this.causes.set(key, (this.causes.get(key) ?? 0) + 1);
    }
    // What was held shows as an outage only when it is over.
    if (period === undefined || this.open || (!wasOpen && this.told.has(period))) return;
    this.told.set(period, this.uncertainty());
    if (isIsolated(period)) {
      this.isolated++;
      this.isolatedLost += lossesOf(period);
    }
    const background = this.background();
    this.listener.closed({
      period,
      bounds: this.bounds(period),
      background,
      isolated: this.isolated,
      random:
        lossesOf(period) <= longestByChance(this.own.sent, background.lo, RARE) && period.before_ns !== null,
      causes: this.causes,
      duplicates: this.duplicates,
    });
  }

  /** So many losses in a row are no outage by themselves: random loss makes such runs, as it was so far. */
  explained(): number {
    return longestByChance(this.own.sent, this.background().lo, RARE);
  }

  /** Random loss so far, from at least three isolated losses. */
  private background(): BackgroundLoss {
    const good = { probes: this.own.sent, lost: this.isolatedLost, losses: this.isolated };
    return backgroundLoss(good, RARE, LEAST_OF_LOG);
  }

  private uncertainty(): Uncertainty {
    const { baseline, distance_ns, manner } = this.own;
    const { share, atEdge } = this.background();
    return {
      jitter_ns: baseline.jitter_ns(),
      distance_ns,
      chance_ns: atEdge * manner.interval_ns,
      expected_ns: expectedRun(share) * manner.interval_ns,
    };
  }

  private sample(row: ProbeRow): void {
    if (row.received_ns === null || row.sent_ns === null) return;
    const rtt_ns = row.received_ns - row.sent_ns;
    this.answers.add(rtt_ns, row.ttl);
    const { baseline, threshold_ns } = this.own;
    // Until the threshold is fixed the flow keeps the baseline by itself.
    if (threshold_ns === null || rtt_ns > threshold_ns) return;
    if (row.sent_ns - this.blockFrom_ns >= BLOCK_NS) this.nextBlock(row.sent_ns);
    baseline.add(rtt_ns, row.ttl);
    this.blockMin_ns = Math.min(this.blockMin_ns, rtt_ns);
    this.blockMax_ns = Math.max(this.blockMax_ns, rtt_ns);
  }

  /** Leaves of the past no more than the extremes of the block that has just ended. */
  private nextBlock(at_ns: number): void {
    const { baseline } = this.own;
    this.blockFrom_ns = at_ns;
    if (this.blockMin_ns === Infinity) return;
    baseline.clear();
    baseline.add(this.blockMin_ns, null);
    baseline.add(this.blockMax_ns, null);
    this.blockMin_ns = Infinity;
    this.blockMax_ns = -Infinity;
  }
}
