import type { MeasuredPhase, RowPhase } from '../model/event.js';
import type { StreamClass } from '../model/plan.js';
import type {
  RowKey,
  SessionRow,
  SessionVerdict,
  StreamRow,
  StreamStatus,
  TrialRow,
  TrialStatus,
  Verdict,
} from '../model/record.js';
import { count, number, oneOf, orEmpty, text, type CellKind } from './table-cells.js';

/** What each column of a table holds. A column that is new in the model must be added here: the compiler says so. */
export type TableKinds<Row> = { readonly [Column in keyof Row]-?: CellKind<Row[Column]> };

const MEASURED: Readonly<Record<MeasuredPhase, true>> = { failover: true, failback: true, 'no-sync': true };

const KEY: TableKinds<RowKey> = {
  run: text,
  scenario: text,
  version: text,
  trial: orEmpty(count),
  phase: orEmpty(oneOf<RowPhase>({ ...MEASURED, aftercare: true, 'failback-aftercare': true })),
};

const TRIAL_STATUS: Readonly<Record<TrialStatus, true>> = {
  ok: true,
  'no-failover-detected': true,
  'down-at-start': true,
  degraded: true,
  'not-recovered': true,
  void: true,
};

export const TRIAL_KINDS: TableKinds<TrialRow> = {
  ...KEY,
  phase: orEmpty(oneOf(MEASURED)),
  trigger: orEmpty(text),
  node: orEmpty(text),
  action: orEmpty(text),
  status: oneOf(TRIAL_STATUS),
  headline_stream: orEmpty(text),
  outage_lo_s: orEmpty(number),
  outage_s: orEmpty(number),
  outage_hi_s: orEmpty(number),
  sessions_total: count,
  sessions_survived: count,
  verdict: oneOf<Verdict>({ pass: true, fail: true, inconclusive: true }),
  void_reason: orEmpty(text),
};

export const STREAM_KINDS: TableKinds<StreamRow> = {
  ...KEY,
  trigger: orEmpty(text),
  stream: text,
  class: oneOf<StreamClass>({
    stateless: true,
    'new-tcp': true,
    'name-resolution': true,
    application: true,
  }),
  direction: oneOf<StreamRow['direction']>({ 'round-trip': true, forward: true, reverse: true }),
  family: orEmpty(oneOf({ ipv4: true, ipv6: true })),
  status: oneOf<StreamStatus>({ ...TRIAL_STATUS, unaffected: true }),
  sent: count,
  received: count,
  lost: count,
  late: count,
  duplicate: count,
  reordered: count,
  unsent: count,
  local_blocked: count,
  periods: count,
  longest_lo_s: orEmpty(number),
  longest_s: orEmpty(number),
  longest_hi_s: orEmpty(number),
  total_s: orEmpty(number),
  span_s: orEmpty(number),
  silence_s: orEmpty(number),
  trigger_to_first_loss_s: orEmpty(number),
  trigger_to_recovery_s: orEmpty(number),
  rtt_before_ms: orEmpty(number),
  rtt_after_ms: orEmpty(number),
  ttl_before: orEmpty(count),
  ttl_after: orEmpty(count),
  interval_s: number,
  lateness_p99_ms: orEmpty(number),
  void_reason: orEmpty(text),
  unresolved: count,
  unreachable: count,
  refused: count,
  holes: count,
  longest_hole_s: orEmpty(number),
  causes: orEmpty(text),
  flows: orEmpty(count),
  flows_affected: orEmpty(count),
  flow_min_s: orEmpty(number),
  flow_median_s: orEmpty(number),
  flow_max_s: orEmpty(number),
  late_s: orEmpty(number),
  disruption_s: orEmpty(number),
  disruption_loss: orEmpty(number),
  background_loss: orEmpty(number),
  background_lo: orEmpty(number),
  background_hi: orEmpty(number),
  residual_loss: orEmpty(number),
  residual_delay_ms: orEmpty(number),
};

export const SESSION_KINDS: TableKinds<SessionRow> = {
  ...KEY,
  trigger: orEmpty(text),
  session: text,
  kind: text,
  age_s: orEmpty(number),
  verdict: oneOf<SessionVerdict>({
    survived: true,
    'survived-late': true,
    reset: true,
    blackholed: true,
    'app-closed': true,
    'not-tested': true,
  }),
  stall_s: orEmpty(number),
  stall_predicted_s: orEmpty(number),
  excess_s: orEmpty(number),
  bytes: count,
  who_spoke_first: orEmpty(oneOf({ client: true, server: true })),
  error: orEmpty(text),
  stratum: orEmpty(text),
  rto_ms: orEmpty(number),
};
