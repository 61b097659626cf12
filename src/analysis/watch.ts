import type { TrialEvent } from '../model/event.js';
import type { AnalysisPlan, Scenario, StreamPlan } from '../model/plan.js';
import type { ProbeRow } from '../model/probe.js';
import type { OutageRow, RowKey, StreamRow, StreamStatus } from '../model/record.js';
import { NS_PER_MS, NS_PER_S } from '../model/time.js';
import { utcClock } from './anchor.js';
import type { OutageFigures } from './figures.js';
import { clockNotes, phaseNotes, thresholdNotes } from './notes.js';
import type { Bounds, LossPeriod } from './gaps.js';
import { kindOf, lateBounds, listPeriod, listSilence, outageRow } from './outage-rows.js';
import { statusOf } from './status.js';
import { streamRow } from './stream-row.js';
import { type StreamPhase, together } from './stream.js';
import { stampErrorOf } from './trial.js';
import { type ClosedGap, WatchStream } from './watch-stream.js';

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
  private readonly key: RowKey;
  private readonly listener: GapListener;
  private readonly events: readonly TrialEvent[];
  private readonly analysis: AnalysisPlan;
  private readonly plans: ReadonlyMap<string, StreamPlan>;
  private readonly streams = new Map<string, WatchStream>();
  private clock: ((vantage: string, at_ns: number) => string | null) | null = null;

  /**
   * @param events may grow while rows come, if the anchor is in before the first row, and `resolved` before the first
   * row of its stream.
   */
  constructor(
    { streams, analysis }: Pick<Scenario, 'streams' | 'analysis'>,
    key: WatchKey,
    events: readonly TrialEvent[],
    listener: GapListener = QUIET,
  ) {
    this.key = { ...key, trial: null, phase: null };
    this.analysis = analysis;
    this.events = events;
    this.listener = listener;
    this.plans = new Map(streams.map((plan) => [plan.name, plan]));
  }

  /** Rows of streams that the scenario does not have are passed over. */
  push(row: ProbeRow): void {
    this.stream(row.stream)?.push(row);
  }

  /** Null if the scenario has no such stream. */
  stream(name: string): WatchStream | null {
    const known = this.streams.get(name);
    const plan = this.plans.get(name);
    if (known !== undefined || plan === undefined) return known ?? null;
    const stream: WatchStream = new WatchStream(
      plan,
      {
        threshold_ns: this.analysis.delayThreshold_ns,
        mergeGap_ns: this.analysis.mergeGap_ns,
        stampError_ns: stampErrorOf(name, this.events),
      },
      {
        closed: (gap) => this.listener.closed(stream, gap, this.periodRow(stream, gap)),
        silence: (silence) => {
          const { own } = stream;
          const listed = listSilence(own, silence, plan.every_ns);
          this.listener.silence(stream, outageRow(this.key, plan, listed, numberOf(stream), this.utc));
        },
        refusal: (run) => {
          const listed = listPeriod(run, 'refused', stream.refusalBounds(run));
          this.listener.refusal(stream, run, outageRow(this.key, plan, listed, numberOf(stream), this.utc));
        },
      },
    );
    this.streams.set(name, stream);
    return stream;
  }

  /** UTC (RFC 3339) of an instant since the origin; null without an anchor. */
  readonly utc = (vantage: string, at_ns: number): string | null => {
    this.clock ??= utcClock(this.events);
    return this.clock(vantage, at_ns);
  };

  /** Call once, after the last row and event. */
  finish(): WatchResult {
    const all = [...this.plans.keys()].map((name) => this.stream(name) as WatchStream);
    for (const stream of all) stream.finish();
    const phases = all.map((stream): StreamPhase => {
      const { own, plan } = stream;
      return { plan, window: own.window, ...together([own]) };
    });
    const outages = all.map((stream, index) => this.rows(stream, (phases[index] as StreamPhase).figures));
    return {
      streams: all.map((stream, index) => this.streamRow(stream, phases[index] as StreamPhase)),
      outages: outages.flat(),
      extras: all.map(extrasOf),
      notes: [
        ...thresholdNotes(phases),
        ...phaseNotes(phases, this.analysis.mergeGap_ns),
        ...clockNotes(this.events),
      ],
    };
  }

  private periodRow(stream: WatchStream, { period, random }: ClosedGap): OutageRow {
    // It is the newest: only the newest can be open, and so end.
    const listed = listPeriod(period, kindOf(period, random), stream.bounds(period));
    return outageRow(this.key, stream.plan, listed, numberOf(stream), this.utc);
  }

  private rows(stream: WatchStream, figures: OutageFigures): OutageRow[] {
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
      .map((each, index) => outageRow(this.key, plan, each, index + 1, this.utc));
  }

  /** The figures are those of the gaps as they were told, not of the delay since. */
  private streamRow(stream: WatchStream, phase: StreamPhase): StreamRow {
    const status = watchStatus(stream, phase.figures);
    const reason = null;
    const row = streamRow(this.key, null, phase, { status, reason }, this.events);
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
