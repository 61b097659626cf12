import type { MeasuredPhase, RowPhase } from './event.js';
import type { StreamClass } from './plan.js';

/**
 * The records that become CSV rows and `--json`, under the same names. Units are in the names; a missing value
 * is null here and an empty cell in CSV.
 */

/** Status of a trial's phase or of a stream in it. Never a bare 0 (docs/method.md, "Status words"). */
export type TrialStatus =
  | 'ok'
  | 'no-failover-detected'
  | 'down-at-start'
  | 'degraded'
  | 'not-recovered'
  | 'void';
/** `unaffected`: the pair failed over and this stream lost nothing; the outage is shorter than `longest_hi_s`. */
export type StreamStatus = TrialStatus | 'unaffected';
export type Verdict = 'pass' | 'fail' | 'inconclusive';

export interface RowKey {
  /** Folder name of the run. */
  readonly run: string;
  readonly scenario: string;
  readonly version: string;
  /** 1-based; null for logs of other tools. */
  readonly trial: number | null;
  readonly phase: RowPhase | null;
}

export interface TrialRow extends RowKey {
  readonly phase: MeasuredPhase | null;
  /** The scenario's kind of trigger (switchover, reboot, stop, crash, exec, manual). */
  readonly trigger: string | null;
  /** The node that was acted on. */
  readonly node: string | null;
  /** What was done in this phase. */
  readonly action: string | null;
  readonly status: TrialStatus;
  /** The worst crossing stream. */
  readonly headline_stream: string | null;
  readonly outage_lo_s: number | null;
  readonly outage_s: number | null;
  readonly outage_hi_s: number | null;
  readonly sessions_total: number;
  readonly sessions_survived: number;
  readonly verdict: Verdict;
  readonly void_reason: string | null;
}

/** Of a STAMP stream each way has rows of its own beside those of the round trip. */
export type Direction = 'round-trip' | 'forward' | 'reverse';

export interface StreamRow extends RowKey {
  readonly trigger: string | null;
  readonly stream: string;
  readonly class: StreamClass;
  readonly direction: Direction;
  readonly family: 'ipv4' | 'ipv6' | null;
  readonly status: StreamStatus;
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  readonly late: number;
  readonly duplicate: number;
  readonly reordered: number;
  readonly unsent: number;
  readonly local_blocked: number;
  /** Number of loss periods (lost or late probes, RFC 3357). */
  readonly periods: number;
  readonly longest_lo_s: number | null;
  readonly longest_s: number | null;
  readonly longest_hi_s: number | null;
  readonly total_s: number | null;
  readonly span_s: number | null;
  readonly silence_s: number | null;
  readonly trigger_to_first_loss_s: number | null;
  readonly trigger_to_recovery_s: number | null;
  readonly rtt_before_ms: number | null;
  readonly rtt_after_ms: number | null;
  readonly ttl_before: number | null;
  readonly ttl_after: number | null;
  readonly interval_s: number;
  readonly lateness_p99_ms: number | null;
  readonly void_reason: string | null;
  /** Of `lost`: the neighbour (ARP/ND) could not be resolved. */
  readonly unresolved: number;
  /** Of `lost`: an ICMP error came back. */
  readonly unreachable: number;
  /** Of `received`: an RST answered, the path is up. */
  readonly refused: number;
  /** Holes in sends: two real sends farther apart than 2.5 intervals. */
  readonly holes: number;
  /** null: there was none. */
  readonly longest_hole_s: number | null;
  /** Why probes were unresolved, unreachable or blocked, with how many: `EHOSTUNREACH:12;host-unreachable:3`. */
  readonly causes: string | null;
  /** Flows that the stream is spread over; the figures above are those of the worst one. null: an older run. */
  readonly flows: number | null;
  /** Of these, such as were hit. */
  readonly flows_affected: number | null;
  /** Order statistics of the longest outage over the affected flows; null: none was, or longer than was seen. */
  readonly flow_min_s: number | null;
  readonly flow_median_s: number | null;
  readonly flow_max_s: number | null;
  /** Longest run of probes lost or answered later than the delay threshold; what was lost alone is `longest_s`. */
  readonly late_s: number | null;
  /** Span of the longest stretch without recovery in which at least a tenth of the probes was lost; null: none. */
  readonly disruption_s: number | null;
  /** Share of the probes lost in it, 0..1. */
  readonly disruption_loss: number | null;
  /** Share of probes lost at random, 0..1, and its exact 95 % interval; null: none to be named. */
  readonly background_loss: number | null;
  readonly background_lo: number | null;
  readonly background_hi: number | null;
  /** `degraded` only: share of the probes that were still lost at the end of the wait, 0..1. */
  readonly residual_loss: number | null;
  /** `degraded` only: how much slower than in the baseline the answers were then (median). */
  readonly residual_delay_ms: number | null;
}

/**
 * - `loss`       probes were lost
 * - `late`       none was lost, but all were held for a while and came at once: an outage too
 * - `silence`    nothing came for a while, though nothing was lost or late
 * - `slow`       answered later than the delay threshold, as slowly as it was sent: no outage
 * - `background` lost at random, no part of the outage
 * - `refused`    the path is up and the service says no, from the first refused probe to the next accepted one
 */
export const OUTAGE_KINDS = ['loss', 'late', 'silence', 'slow', 'background', 'refused'] as const;
export type OutageKind = (typeof OUTAGE_KINDS)[number];

export interface OutageRow extends RowKey {
  readonly stream: string;
  /** 1-based within stream and phase. */
  readonly period: number;
  readonly kind: OutageKind;
  readonly first_seq: number;
  readonly last_seq: number;
  readonly lost: number;
  readonly late: number;
  /** RFC 3339, from the clock anchor. */
  readonly start_utc: string | null;
  /** From the trial's origin. */
  readonly start_s: number;
  readonly lo_s: number;
  readonly outage_s: number | null;
  /** null: its beginning or its end was not seen, the upper bound is not known. */
  readonly hi_s: number | null;
  readonly silence_s: number | null;
  readonly censored: boolean;
  readonly direction: Direction;
  readonly flow: number;
}

export type SessionVerdict =
  | 'survived'
  | 'survived-late'
  | 'reset'
  | 'blackholed'
  | 'app-closed'
  | 'not-tested';

export interface SessionRow extends RowKey {
  readonly trigger: string | null;
  /** Scenario name and connection number, as in `echo#12`. */
  readonly session: string;
  readonly kind: string;
  /** Age at the trigger. */
  readonly age_s: number | null;
  readonly verdict: SessionVerdict;
  readonly stall_s: number | null;
  readonly stall_predicted_s: number | null;
  readonly excess_s: number | null;
  readonly bytes: number;
  readonly who_spoke_first: 'client' | 'server' | null;
  readonly error: string | null;
  /** As the scenario has it: `5m`, `200ms`, `during`; null: opened before the steady time. */
  readonly stratum: string | null;
  /** Retransmission timeout just before the trigger, read from the kernel; null: not known, the prediction assumes it. */
  readonly rto_ms: number | null;
}

/** How new sessions of one entry fared in one phase. */
export interface OpeningRow extends RowKey {
  readonly trigger: string | null;
  readonly session: string;
  readonly kind: string;
  /** Attempts begun after the trigger, in this phase. */
  readonly attempts: number;
  /** Those of them without a full exchange. */
  readonly failed: number;
  /** Of `failed`: the connection opened, but no data of the server's came: a proxy answers for it. */
  readonly no_data: number;
  /** A full exchange before the trigger, from the first SYN: the median. */
  readonly usual_ms: number | null;
  /** From the trigger to the beginning of the first attempt that failed or took far longer; null: none did. */
  readonly first_hit_s: number | null;
  /** From the trigger to the end of the first full exchange of an attempt begun then or later; null: none came. */
  readonly works_again_s: number | null;
  /** Why attempts failed, the most frequent first. */
  readonly error: string | null;
}

/** Where a milestone comes from. */
export const MILESTONE_KINDS = ['trigger', 'traffic', 'control-plane', 'session', 'pair'] as const;
export type MilestoneKind = (typeof MILESTONE_KINDS)[number];

/** One instant of a trial that explains its outage; all instants in seconds from the trial's origin. */
export interface TimelineRow extends RowKey {
  readonly kind: MilestoneKind;
  /** What happened: `trigger-issued`, `first-loss`, `vip = fw-b`, `role active`, `recovery`. */
  readonly milestone: string;
  /** Of what: a node, stream, session or observed subject. */
  readonly subject: string | null;
  /** Observer, or `device` for a time that the device itself gives; null: the instrument's own. */
  readonly source: string | null;
  /** It was not before; null: not known. */
  readonly at_lo_s: number | null;
  /** The middle, or the only end that is known. */
  readonly at_s: number;
  /** It was not after; null: not seen (censored). */
  readonly at_hi_s: number | null;
  /** From the trigger's issue to `at_s`; negative: before it. null: no trigger. */
  readonly after_trigger_s: number | null;
  /** RFC 3339, from the clock anchor. */
  readonly at_utc: string | null;
  readonly detail: string | null;
}

/** One phase of an outage; all phases of a trial's phase add up to its headline outage. */
export interface PhaseRow extends RowKey {
  /** 1-based, in order. */
  readonly step: number;
  readonly name: string;
  /** The milestone that ends it, in words. */
  readonly until: string;
  /** From the trial's origin. */
  readonly start_s: number;
  readonly lo_s: number;
  /** null: its milestone was not seen, or the outage did not end. */
  readonly length_s: number | null;
  readonly hi_s: number | null;
  /** Of the outage, 0..1. */
  readonly share: number | null;
  /** `ok`; `not-seen`: no milestone, its time is in the next phase; `before`: over before traffic stopped; `after`: only seen when traffic was back. */
  readonly status: 'ok' | 'not-seen' | 'before' | 'after';
}

export interface ResultTables {
  readonly trials: readonly TrialRow[];
  readonly streams: readonly StreamRow[];
  readonly outages: readonly OutageRow[];
  readonly sessions: readonly SessionRow[];
  /** Only where a scenario opens new sessions. */
  readonly openings?: readonly OpeningRow[];
  /** Left out by older versions. */
  readonly timeline?: readonly TimelineRow[];
  /** Only where an outage was explained. */
  readonly phases?: readonly PhaseRow[];
}

interface ThresholdFigures {
  /** null: derived from the baseline of each phase. */
  readonly delay_threshold_s: number | null;
  /** 0: nothing is merged. */
  readonly merge_gap_s: number;
}

/** The thresholds behind the figures, where they are not the scenario's. */
export interface AppliedThresholds extends ThresholdFigures {
  readonly scenario: ThresholdFigures;
}

/** What `--json` prints. */
export interface ResultDocument extends ResultTables {
  readonly format: 1;
  /** Only where a run was judged by other thresholds than its scenario's. */
  readonly thresholds?: AppliedThresholds;
}
