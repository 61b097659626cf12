import { NS_PER_S, toMs, ns } from '../model/time.js';
import type { StreamStatus, TrialStatus } from '../model/record.js';
import { unsteadyLoss } from './flow/background.js';
import { type OutageFigures, type StreamPhase, hidingHole, isCovered } from './flow/stream.js';
import type { FlowWindow } from './flow/flow-window.js';
import { lossesOf } from './flow/gaps.js';
import { spellProbes } from './words/format.js';
import type { RoleMove } from './timeline/timeline-changes.js';
import type { PhaseWindow } from './flow/windows.js';

export interface Judgement<Status> {
  readonly status: Status;
  /** Only with `void`. */
  readonly reason: string | null;
}

export interface PhaseJudgement extends Judgement<TrialStatus> {
  /** One per stream, in the order given. */
  readonly streams: readonly Judgement<StreamStatus>[];
}

const voided = (reason: string): Judgement<'void'> => ({ status: 'void', reason });
const plain = <Status>(status: Status): Judgement<Status> => ({ status, reason: null });

const sum = (stream: StreamPhase, figure: (flow: StreamPhase['worst']) => number): number =>
  stream.flows.reduce((total, flow) => total + figure(flow), 0);

/** Fewer unanswered probes than this say nothing about the target: the trial was ended before it began. */
const NEVER_ANSWERED_PROBES = 5;

const NOT_ISSUED = 'the trigger was not issued';

/**
 * A hole in sends after the trigger in which a longer outage may be than the stream saw; null: there was none, or another
 * stream saw that time. It does not matter whether some other probe was lost.
 */
const hidingStall = (stream: StreamPhase, others: readonly StreamPhase[]): number | null => {
  const { figures, flows } = stream;
  const longest = flows.reduce((most, own) => Math.max(most, hidingHole(own)), 0);
  const isSeen = figures.periods.length > 0 && (figures.censored || longest <= (figures.seenHi_ns ?? 0));
  return longest === 0 || isSeen || isCovered(stream, others) ? null : longest;
};

/**
 * Why a stream proves nothing of the end of the wait: it fell silent after the trigger, before a recovery had held; null:
 * it did not.
 */
const fallenSilent = ({ figures, flows, all }: StreamPhase): string | null => {
  const silent = flows.filter(({ holes }, at) => holes.atEnd_ns > 0 && all[at]?.provenRecovery !== true);
  const silent_ns = Math.max(0, ...silent.map(({ holes }) => holes.atEnd_ns));
  if (figures.censored || silent_ns === 0) return null;
  return `no probe was sent for ${Number((silent_ns / NS_PER_S).toFixed(2))} s after the trigger`;
};

/** By its own losses: not how good the instrument was. */
export const statusOf = ({
  recovery,
  periods,
}: OutageFigures): 'ok' | 'unaffected' | 'degraded' | 'not-recovered' => {
  if (recovery === 'none') return 'not-recovered';
  if (recovery !== 'held') return 'degraded';
  return periods.length === 0 ? 'unaffected' : 'ok';
};

/** What was lost or late before the trigger, beyond what the scenario allows; null: nothing. */
const unsteady = ({ flows }: StreamPhase): string | null => {
  const late = flows.reduce((count, { steadyLate }) => count + steadyLate, 0);
  if (late > 0) return `${spellProbes(late)} answered late before the trigger`;
  return unsteadyLoss(flows, flows[0]?.manner.backgroundLoss ?? 0);
};

/** What one stream says by itself, before the trial as a whole is looked at. */
export const ownStatus = (stream: StreamPhase, others: readonly StreamPhase[]): Judgement<StreamStatus> => {
  const { plan, figures } = stream;
  if (sum(stream, (flow) => flow.sentBefore) === 0) return voided('sent no probe before the trigger');
  if (sum(stream, (flow) => flow.goodBefore) === 0) return plain('down-at-start');
  const loss = unsteady(stream);
  if (loss !== null) return voided(loss);
  const silent = fallenSilent(stream);
  if (silent !== null) return voided(silent);
  const stall = plan.control ? null : hidingStall(stream, others);
  if (stall !== null) return voided(`prober stalled ${Math.round(toMs(ns(stall)))} ms after the trigger`);
  return plain(statusOf(figures));
};

/** Loss on a stream that does not cross the pair, at the time of the outage: the instrument failed, not the pair. */
export const controlFault = (control: StreamPhase, crossing: readonly StreamPhase[]): string | null => {
  const { name, every_ns } = control.plan;
  if (sum(control, (flow) => flow.sentBefore) === 0)
    return `control stream ${name} sent no probe before the trigger`;
  if (sum(control, (flow) => flow.goodBefore) === 0) return `control stream ${name} never answered`;
  const silent = fallenSilent(control);
  if (silent !== null) return `control stream ${name}: ${silent}`;
  const outages = crossing.flatMap(({ figures }) => figures.periods);
  const hit = control.flows
    .flatMap((flow) => flow.periods)
    .filter((period) =>
      outages.some(
        (outage) =>
          period.first_ns - every_ns <= (outage.after_ns === null ? Infinity : outage.last_ns) &&
          period.last_ns + every_ns >= outage.first_ns,
      ),
    );
  if (hit.length === 0) return null;
  const lost = hit.reduce((count, period) => count + lossesOf(period), 0);
  return `control stream ${name} lost ${spellProbes(lost)} during the outage`;
};

/** Answers came late or were refusals after the trigger, before the wait for recovery ended. */
const isHeldUp = (flow: FlowWindow): boolean =>
  [...flow.lateRuns, ...flow.refusals].some(
    ({ first_ns }) => first_ns >= flow.onset_ns() && first_ns < flow.window.cut_ns,
  );

/** Rules fixed beforehand, in order: void, down-at-start, no-failover-detected, not-recovered, degraded, ok. */
const phaseStatus = (
  window: PhaseWindow,
  own: ReadonlyMap<StreamPhase, Judgement<StreamStatus>>,
  move: RoleMove,
  sessionsHit: boolean,
): Judgement<TrialStatus> => {
  if (window.failure !== null) return voided(`the trigger failed: ${window.failure}`);
  if (window.brokenOff !== null) return voided(`broken off: ${window.brokenOff}`);
  const crossing = [...own].filter(([stream]) => !stream.plan.control);
  if (window.trigger_ns === Infinity) {
    // A target that never answers keeps the trigger from being issued: the cause is the status, not its effect.
    const down = crossing.some(
      ([stream, { status }]) =>
        status === 'down-at-start' && sum(stream, (flow) => flow.sentBefore) >= NEVER_ANSWERED_PROBES,
    );
    return down ? plain('down-at-start') : voided(NOT_ISSUED);
  }
  for (const [stream, { status, reason }] of crossing)
    if (status === 'void') return voided(`${stream.plan.name}: ${reason}`);
  for (const [stream] of own) {
    if (!stream.plan.control) continue;
    const fault = controlFault(
      stream,
      crossing.map(([each]) => each),
    );
    if (fault !== null) return voided(fault);
  }
  const has = (wanted: StreamStatus): boolean => crossing.some(([, { status }]) => status === wanted);
  if (has('down-at-start')) return plain('down-at-start');
  const streamsHit = crossing.some(
    ([{ figures, flows }]) =>
      figures.periods.length > 0 || flows.some((flow) => flow.silences.length > 0 || isHeldUp(flow)),
  );
  const hit = streamsHit || sessionsHit;
  if (move === 'unchanged' || (move === 'unknown' && !hit)) return plain('no-failover-detected');
  if (has('not-recovered')) return plain('not-recovered');
  return plain(has('degraded') ? 'degraded' : 'ok');
};

/**
 * Status of a phase and of its streams. A void phase and one without a failover take their crossing streams with
 * them, so that streams.csv can be read by itself; control streams keep their own word.
 *
 * @param sessionsHit sessions fell silent or broke after the trigger, or new ones brought no data: a failover shows in
 *   them even where every packet of the streams went through
 */
export const judgePhase = (
  window: PhaseWindow,
  streams: readonly StreamPhase[],
  move: RoleMove,
  sessionsHit = false,
): PhaseJudgement => {
  const own = new Map(streams.map((stream) => [stream, ownStatus(stream, streams)]));
  const phase = phaseStatus(window, own, move, sessionsHit);
  const inherits = phase.status === 'void' || phase.status === 'no-failover-detected';
  // What was clean where nothing was triggered was not put to the test.
  const tested = (judgement: Judgement<StreamStatus>): Judgement<StreamStatus> =>
    window.trigger_ns === Infinity && judgement.status === 'unaffected' ? voided(NOT_ISSUED) : judgement;
  const words = [...own].map(([{ plan }, judgement]) =>
    plan.control || judgement.status === 'void' || !inherits ? tested(judgement) : phase,
  );
  return { ...phase, streams: words };
};
