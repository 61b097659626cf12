import { longestByChance } from './background.js';
import type { FlowWindow } from './flow-window.js';
import { type LossPeriod, lossesOf } from './gaps.js';
import { disruptionsOf } from './period-run.js';

/**
 * How the wait for recovery ended.
 *
 * - `held`      good forwarding lasted for as long as the scenario asks
 * - `slow`      so it did, but most answers at the end were later than the delay threshold
 * - `refused`   so it did, but the service, which had accepted before, still refused at the end
 * - `unsteady`  it never did, yet probes came through at the end
 * - `none`      nothing came through at the end
 */
export type Recovery = 'held' | 'slow' | 'refused' | 'unsteady' | 'none';

/** What is still impaired at the end of the wait. */
export interface Residual {
  /** Share of the probes lost, 0..1. */
  readonly loss: number;
  /** Share of them answered late. */
  readonly late: number;
}

/** The end of the wait is looked at over at least so many probes. */
const LAST_PROBES = 10;
/** What the live state of the runner cannot know yet when it ends the wait: the newest probes are not overdue. */
const UNSEEN_NS = 1e9;

const lastOf = (own: FlowWindow): number => own.lastWaited?.sent_ns ?? -Infinity;

/** Good forwarding from the end of this period to the next one, or to the last send of the wait. */
const goodAfter = (own: FlowWindow, period: LossPeriod, next: LossPeriod | undefined): number =>
  period.after_ns === null ? 0 : Math.min(next?.first_ns ?? Infinity, lastOf(own)) - period.after_ns;

/** Good forwarding held after this period. */
export const hasHeldAfter = (own: FlowWindow, period: LossPeriod, next: LossPeriod | undefined): boolean =>
  goodAfter(own, period, next) >= own.hold_ns;

export const isStraddling = (own: FlowWindow, period: LossPeriod): boolean =>
  period.first_ns < own.window.cut_ns && (period.after_ns ?? Infinity) >= own.window.cut_ns;

/**
 * A loss that lies across the end of the wait is a new event if good forwarding had already held before it. The runner ends
 * its wait when it saw that, but not for a loss of the last moments: so where it did not give up, that much may be missing.
 * An aftercare is not a wait: whatever begins in it belongs to it.
 */
export const isNewEvent = (own: FlowWindow, last: LossPeriod, previous: LossPeriod | undefined): boolean => {
  if (own.window.part === 'aftercare') return false;
  if (own.window.cut_ns === Infinity || previous?.after_ns == null || !isStraddling(own, last)) return false;
  const unseen_ns = own.window.gaveUp ? 0 : Math.min(UNSEEN_NS, own.hold_ns / 4);
  return last.first_ns - previous.after_ns >= own.hold_ns - unseen_ns;
};

/** Share of the probes from `fromSeq` to the last of the wait that are in these runs. */
const shareSince = (own: FlowWindow, runs: readonly LossPeriod[], fromSeq: number): number => {
  const lastSeq = own.lastWaited?.seq ?? fromSeq;
  const hit = runs.reduce(
    (sum, { firstSeq, lastSeq: end }) =>
      sum + Math.max(0, Math.min(end, lastSeq) - Math.max(firstSeq, fromSeq) + 1),
    0,
  );
  return Math.min(1, hit / (lastSeq - fromSeq + 1));
};

/** At the end of the wait: over the time that a recovery has to hold, and ten probes at least. */
export const residualOf = (own: FlowWindow): Residual => {
  if (own.lastWaited === null) return { loss: 0, late: 0 };
  const probes = Math.max(LAST_PROBES, Math.ceil(own.hold_ns / own.manner.interval_ns));
  const fromSeq = Math.max(0, own.lastWaited.seq - probes + 1);
  return { loss: shareSince(own, own.periods, fromSeq), late: shareSince(own, own.lateRuns, fromSeq) };
};

/**
 * Whether probes came through at the end although the last one was lost. Much loss makes long runs: so it is not the last
 * probe that decides, but whether the run at the end is longer than what the losses before it explain, and than any of them
 * (the first is the outage that the rest follows).
 */
const comesThrough = (own: FlowWindow, periods: readonly LossPeriod[]): boolean => {
  const open = periods.at(-1) as LossPeriod;
  const [first, ...others] = periods.slice(0, -1);
  if (first === undefined || own.lastWaited === null) return false;
  const probes = open.firstSeq - first.firstSeq;
  const lost = periods.slice(0, -1).reduce((sum, each) => sum + lossesOf(each), 0);
  const longest = others.reduce((most, each) => Math.max(most, lossesOf(each)), 0);
  const length = Math.min(open.lastSeq, own.lastWaited.seq) - open.firstSeq + 1;
  return length <= Math.max(longest, longestByChance(probes, lost / probes, own.rare));
};

/** Two periods are not enough to tell how long good forwarding lasts between them. */
const SEVERAL = 3;

/**
 * A log has no wait: it ends unsteady where it ends in a stretch of much loss, within good forwarding that lasts no longer
 * than it did between the losses before.
 */
const endsDisrupted = (own: FlowWindow, periods: readonly LossPeriod[]): boolean => {
  const last = periods.at(-1);
  const run = disruptionsOf(periods, own.hold_ns).at(-1)?.periods ?? [];
  if (last === undefined || run.at(-1) !== last || run.length < SEVERAL) return false;
  const between = run
    .slice(0, -1)
    .reduce((most, each, index) => Math.max(most, goodAfter(own, each, run[index + 1])), 0);
  return goodAfter(own, last, undefined) <= between;
};

/** A service that accepted before the trigger refuses, and did until the wait ended. */
const isRefusing = (own: FlowWindow): boolean => {
  const last = own.refusals.at(-1);
  return (
    own.window.trigger_ns !== -Infinity &&
    last !== undefined &&
    last.before_ns !== null &&
    last.first_ns < own.window.cut_ns &&
    (last.after_ns === null || last.after_ns >= own.window.cut_ns)
  );
};

/**
 * @param periods of the outage, without random loss and without what is a new event
 */
export const recoveryOf = (own: FlowWindow, periods: readonly LossPeriod[]): Recovery => {
  const last = periods.at(-1);
  const isOpen = last !== undefined && (last.after_ns === null || isStraddling(own, last));
  if (isOpen) return comesThrough(own, periods) ? 'unsteady' : 'none';
  const held = (period: LossPeriod, index: number): boolean => hasHeldAfter(own, period, periods[index + 1]);
  if (own.window.gaveUp && periods.length > 0 && !periods.some(held)) return 'unsteady';
  if (own.window.trigger_ns === -Infinity && endsDisrupted(own, periods)) return 'unsteady';
  if (isRefusing(own)) return 'refused';
  return residualOf(own).late >= 0.5 ? 'slow' : 'held';
};
