import type { TrialEvent } from '../model/event.js';
import { addCauses, encodeCauses } from '../model/causes.js';
import type { StreamClass, StreamPlan } from '../model/plan.js';
import type { RowKey, StreamRow, StreamStatus } from '../model/record.js';
import { inSeconds, NS_PER_MS, NS_PER_S } from '../model/time.js';
import type { FlowWindow } from './flow-window.js';
import { spanOf } from './gaps.js';
import { medianOf } from './quantile.js';
import { residualOf } from './recovery.js';
import type { Judgement } from './status.js';
import type { StreamPhase } from './stream.js';

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

const CLASSES = {
  icmp: 'stateless',
  stamp: 'stateless',
  tcp: 'new-tcp',
  dns: 'name-resolution',
  http: 'application',
} as const satisfies Record<StreamPlan['type'], StreamClass>;

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
    class: CLASSES[plan.type],
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
