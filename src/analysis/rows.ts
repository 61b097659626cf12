import { addCauses, encodeCauses } from './causes.js';
import type { TrialEvent } from '../model/event.js';
import { PROBES, type StreamPlan } from '../model/plan.js';
import type { StreamStatus, Direction, OutageKind } from '../model/record.js';
import type { RowKey, StreamRow, OutageRow } from '../model/tables.js';
import { inSeconds, NS_PER_MS, NS_PER_S } from '../model/time.js';
import type { FlowWindow, Silence } from './flow/flow-window.js';
import { spanOf, type Bounds, boundsOf, type LossPeriod } from './flow/gaps.js';
import { medianOf } from './statistics/quantile.js';
import { residualOf } from './flow/recovery.js';
import { type StreamPhase, type DirectionPhase, type OutageFigures, periodBounds } from './flow/stream.js';
import { type Judgement, statusOf } from './status.js';

const inMs = (value_ns: number | null): number | null => (value_ns === null ? null : value_ns / NS_PER_MS);

type OutageColumns = Pick<
  StreamRow,
  | 'longest_lo_s'
  | 'longest_s'
  | 'longest_hi_s'
  | 'total_s'
  | 'span_s'
  | 'silence_s'
  | 'trigger_to_first_loss_s'
  | 'trigger_to_recovery_s'
>;

const isKnown = ({ window }: StreamPhase, status: StreamStatus): boolean =>
  window.trigger_ns !== Infinity && status !== 'down-at-start';

/** Without a period only a stream that lost nothing may say 0: every other status is a word instead of a figure. */
const isShown = (stream: StreamPhase, status: StreamStatus): boolean =>
  isKnown(stream, status) &&
  (stream.figures.periods.length > 0 || status === 'unaffected' || status === 'degraded');

const outageColumns = (stream: StreamPhase, status: StreamStatus): OutageColumns => {
  const { figures } = stream;
  const [known, shown] = [isKnown(stream, status), isShown(stream, status)];
  const pick = (value_ns: number | null): number | null => (shown ? inSeconds(value_ns) : null);
  return {
    longest_lo_s: pick(figures.longest.lo_ns),
    longest_s: pick(figures.longest.point_ns),
    longest_hi_s: pick(figures.longest.hi_ns),
    total_s: pick(figures.total_ns),
    span_s: pick(figures.span_ns),
    silence_s: known ? inSeconds(figures.silence_ns) : null,
    trigger_to_first_loss_s: pick(figures.toFirstLoss_ns),
    trigger_to_recovery_s: pick(figures.toRecovery_ns),
  };
};

type DetailColumns = Pick<
  StreamRow,
  'unresolved' | 'unreachable' | 'refused' | 'holes' | 'longest_hole_s' | 'causes'
>;

/** What stands behind the counts of lost and received probes, and behind the sends. */
const detailColumns = (flows: readonly FlowWindow[]): DetailColumns => {
  const count = (figure: (flow: FlowWindow) => number): number =>
    flows.reduce((total, flow) => total + figure(flow), 0);
  const causes = new Map<string, number>();
  for (const flow of flows) addCauses(causes, flow.causes);
  const holes = count((flow) => flow.holes.count);
  return {
    unresolved: count((flow) => flow.unresolved),
    unreachable: count((flow) => flow.unreachable),
    refused: count((flow) => flow.refused),
    holes,
    longest_hole_s: holes === 0 ? null : inSeconds(Math.max(...flows.map((flow) => flow.holes.longest_ns))),
    causes: encodeCauses(causes),
  };
};

type FlowColumns = Pick<
  StreamRow,
  'flows' | 'flows_affected' | 'flow_min_s' | 'flow_median_s' | 'flow_max_s'
>;

/** Statistics are taken over the flows that were hit: those that hash to a healthy node would only dilute them. */
const flowColumns = ({ flows, all }: StreamPhase): FlowColumns => {
  const hit = all
    .filter(({ periods }) => periods.length > 0)
    // Not recovered is longer than any.
    .map(({ longest }) => (longest.point_ns === null ? Infinity : longest.point_ns / NS_PER_S))
    .toSorted((a, b) => a - b);
  const known = (value_s: number | null | undefined): number | null =>
    value_s === null || value_s === undefined || !Number.isFinite(value_s) ? null : value_s;
  return {
    flows: flows.length,
    flows_affected: hit.length,
    flow_min_s: known(hit[0]),
    flow_median_s: known(medianOf(hit)),
    flow_max_s: known(hit.at(-1)),
  };
};

/** Lost and late together; as the other figures a 0 only where nothing was lost. */
const lateColumn = (stream: StreamPhase, status: StreamStatus): number | null =>
  isShown(stream, status) ? inSeconds(stream.worst.impaired_ns) : null;

/** One whose last probe was lost is known up to there. */
const disruptionColumns = ({
  figures: { disruption, uncertainty },
}: StreamPhase): Pick<StreamRow, 'disruption_s' | 'disruption_loss'> => {
  const last = disruption?.periods.at(-1);
  if (disruption === null || last === undefined) return { disruption_s: null, disruption_loss: null };
  const closed = { ...last, after_ns: last.after_ns ?? last.last_ns };
  return {
    disruption_s: inSeconds(spanOf([...disruption.periods.slice(0, -1), closed], uncertainty)),
    disruption_loss: disruption.lost / disruption.probes,
  };
};

const backgroundColumns = ({
  figures: { background },
}: StreamPhase): Pick<StreamRow, 'background_loss' | 'background_lo' | 'background_hi'> => {
  const pick = (share: number): number | null => (background.share === 0 ? null : share);
  return {
    background_loss: pick(background.share),
    background_lo: pick(background.lo),
    background_hi: pick(background.hi),
  };
};

const residualColumns = (
  { worst }: StreamPhase,
  status: StreamStatus,
): Pick<StreamRow, 'residual_loss' | 'residual_delay_ms'> => {
  if (status !== 'degraded') return { residual_loss: null, residual_delay_ms: null };
  const [before, after] = [worst.baseline.rtt.median(), worst.after.rtt.median()];
  return {
    residual_loss: residualOf(worst).loss,
    residual_delay_ms: before === null || after === null ? null : inMs(Math.max(0, after - before)),
  };
};

/** One row of streams.csv. Counts are sums over the flows, figures those of the worst flow. */
export const streamRow = (
  key: RowKey,
  trigger: string | null,
  stream: StreamPhase,
  { status, reason }: Judgement<StreamStatus>,
  events: readonly TrialEvent[],
): StreamRow => {
  const { plan, worst, flows, figures } = stream;
  const count = (figure: (flow: FlowWindow) => number): number =>
    flows.reduce((total, flow) => total + figure(flow), 0);
  const resolved = events.findLast((event) => event.event === 'resolved' && event.stream === plan.name);
  const selfTest = events.findLast((event) => event.event === 'self-test' && event.stream === plan.name);
  return {
    ...key,
    trigger,
    stream: plan.name,
    class: PROBES[plan.type].class,
    direction: 'round-trip',
    family: resolved?.event === 'resolved' ? `ipv${resolved.family}` : null,
    status,
    sent: count((flow) => flow.sent),
    received: count((flow) => flow.received),
    lost: count((flow) => flow.lost),
    late: count((flow) => flow.late),
    duplicate: count((flow) => flow.duplicate),
    reordered: count((flow) => flow.reordered),
    unsent: count((flow) => flow.unsent),
    local_blocked: count((flow) => flow.localBlocked),
    periods: figures.periods.length,
    ...outageColumns(stream, status),
    rtt_before_ms: inMs(worst.baseline.rtt.median()),
    rtt_after_ms: inMs(worst.after.rtt.median()),
    ttl_before: worst.baseline.ttl(),
    ttl_after: worst.after.ttl(),
    interval_s: plan.every_ns / NS_PER_S,
    lateness_p99_ms: selfTest?.event === 'self-test' ? selfTest.figures.lateness_p99_ms : null,
    void_reason: reason,
    ...detailColumns(flows),
    ...flowColumns(stream),
    late_s: lateColumn(stream, status),
    ...disruptionColumns(stream),
    ...backgroundColumns(stream),
    ...residualColumns(stream, status),
  };
};

/** A direction goes with its round trip where that says nothing of the pair; else its own losses decide. */
const judge = (
  { unknown, figures }: DirectionPhase,
  roundTrip: Judgement<StreamStatus>,
): Judgement<StreamStatus> => {
  const { status } = roundTrip;
  if (status === 'void' || status === 'down-at-start' || status === 'no-failover-detected') return roundTrip;
  if (unknown !== null) return { status: 'void', reason: `direction not known: ${unknown}` };
  return { status: statusOf(figures), reason: null };
};

/**
 * Rows of streams.csv for the two ways of a STAMP stream. Delay, TTL and causes are those of the round trip, and stand
 * in its row only.
 */
export const directionRows = (
  key: RowKey,
  trigger: string | null,
  stream: StreamPhase,
  roundTrip: Judgement<StreamStatus>,
  events: readonly TrialEvent[],
): StreamRow[] =>
  (stream.directions ?? []).map((way) => ({
    ...streamRow(key, trigger, { ...stream, ...way }, judge(way, roundTrip), events),
    direction: way.direction,
    rtt_before_ms: null,
    rtt_after_ms: null,
    ttl_before: null,
    ttl_after: null,
    causes: null,
  }));

/** What a row says of the outage itself; the rest is the same for every kind. */
export interface Listed extends Pick<
  OutageRow,
  | 'kind'
  | 'first_seq'
  | 'last_seq'
  | 'lost'
  | 'late'
  | 'lo_s'
  | 'outage_s'
  | 'hi_s'
  | 'silence_s'
  | 'censored'
  | 'flow'
> {
  readonly start_ns: number;
}

/** @param bounds of this period. */
export const listPeriod = (period: LossPeriod, kind: OutageKind, bounds: Bounds, flow = 0): Listed => ({
  start_ns: period.first_ns,
  kind,
  first_seq: period.firstSeq,
  last_seq: period.lastSeq,
  lost: period.lost,
  late: period.late,
  lo_s: bounds.lo_ns / NS_PER_S,
  outage_s: inSeconds(bounds.point_ns),
  hi_s: inSeconds(bounds.hi_ns),
  silence_s: bounds.point_ns === null ? null : inSeconds(period.silence_ns),
  censored: bounds.point_ns === null,
  flow,
});

/**
 * A silence that no loss explains (L = 0). Arrival to arrival is biased by +T; what paused may have begun anywhere
 * between two sends, which are up to 2.5 T apart before they count as a hole.
 */
export const listSilence = (own: FlowWindow, silence: Silence, interval_ns: number, flow = 0): Listed => {
  const jitter_ns = own.baseline.jitter_ns();
  const whole = silence.to_ns - silence.from_ns;
  const length = whole - silence.hole_ns;
  return {
    start_ns: silence.from_ns,
    kind: 'silence',
    first_seq: silence.firstSeq,
    last_seq: silence.lastSeq,
    lost: 0,
    late: 0,
    lo_s: Math.max(0, length - 2.5 * interval_ns - jitter_ns) / NS_PER_S,
    outage_s: (length - interval_ns) / NS_PER_S,
    hi_s: (whole + jitter_ns) / NS_PER_S,
    silence_s: length / NS_PER_S,
    censored: false,
    flow,
  };
};

/** Of answers that came late or were refusals: random loss and distance have no part in it. */
export const lateBounds = (
  { baseline }: FlowWindow,
  run: LossPeriod,
  jitter_ns = baseline.jitter_ns(),
): Bounds => boundsOf(run, { jitter_ns, distance_ns: 0, chance_ns: 0, expected_ns: 0 });

/** Random loss is none of the outage, and what was held is late. */
export const kindOf = ({ lost }: LossPeriod, isRandom: boolean): OutageKind =>
  isRandom ? 'background' : lost === 0 ? 'late' : 'loss';

const listed = ({ flows, all }: Pick<StreamPhase, 'flows' | 'all'>, every_ns: number): Listed[] =>
  flows
    .flatMap((own, flow) => {
      const { periods, random, uncertainty } = all[flow] as OutageFigures;
      const outages = new Set(periods);
      const bounds = (period: LossPeriod): Bounds =>
        outages.has(period) ? periodBounds(own, period, uncertainty) : boundsOf(period, uncertainty);
      return [
        ...own.periods.map((each) => listPeriod(each, kindOf(each, random.has(each)), bounds(each), flow)),
        ...own.lateRuns.map((run) => listPeriod(run, 'slow', lateBounds(own, run), flow)),
        ...own.refusals.map((run) => listPeriod(run, 'refused', lateBounds(own, run), flow)),
        ...own.silences.map((silence) => listSilence(own, silence, every_ns, flow)),
      ];
    })
    .toSorted((a, b) => a.start_ns - b.start_ns);

/** The row of one outage; `period` counts from 1 within stream, direction and phase. */
export const outageRow = (
  key: RowKey,
  { name, from }: StreamPlan,
  each: Listed,
  period: number,
  utc: (vantage: string, at_ns: number) => string | null,
  direction: Direction = 'round-trip',
): OutageRow => ({
  run: key.run,
  scenario: key.scenario,
  version: key.version,
  trial: key.trial,
  phase: key.phase,
  stream: name,
  period,
  kind: each.kind,
  first_seq: each.first_seq,
  last_seq: each.last_seq,
  lost: each.lost,
  late: each.late,
  start_utc: utc(from, each.start_ns),
  start_s: each.start_ns / NS_PER_S,
  lo_s: each.lo_s,
  outage_s: each.outage_s,
  hi_s: each.hi_s,
  silence_s: each.silence_s,
  censored: each.censored,
  direction,
  flow: each.flow,
});

/**
 * All rows of outages.csv of one stream and phase: also periods before the trigger and after the recovery.
 *
 * @param rest the same stream after an aftercare, whose own rows are apart
 */
export const outageRows = (
  key: RowKey,
  stream: StreamPhase,
  utc: (vantage: string, at_ns: number) => string | null,
  rest?: StreamPhase,
): OutageRow[] => {
  const { plan, directions = [] } = stream;
  const of = (flows: Pick<StreamPhase, 'flows' | 'all'> | undefined): Listed[] =>
    flows === undefined ? [] : listed(flows, plan.every_ns);
  const rows = (all: readonly Listed[], direction: Direction): OutageRow[] =>
    all.map((each, index) => outageRow(key, plan, each, index + 1, utc, direction));
  return [
    ...rows([...of(stream), ...of(rest)], 'round-trip'),
    ...directions.flatMap((each, at) => rows([...of(each), ...of(rest?.directions?.[at])], each.direction)),
  ];
};
