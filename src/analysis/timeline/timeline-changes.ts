import type { TrialEvent, Role } from '../../model/event.js';
import type { ObservePlan } from '../../model/observe-plan.js';
import type { ProbeRow } from '../../model/probe.js';
import type { PhaseWindow } from '../flow/windows.js';
import { between, exactly, type Instant } from './timeline-milestone.js';

/** Something has another value than before: a role, the owner of an address, a route. */
export interface Change {
  /** null: the roles that the trial asked for itself. */
  readonly observer: string | null;
  /** Of what: a node, an address, a stream. */
  readonly subject: string;
  readonly isRole: boolean;
  readonly value: string;
  /** null: none was known. */
  readonly was: string | null;
  readonly instant: Instant;
  readonly detail: string | null;
}

type Observed = Extract<TrialEvent, { event: 'observed' }>;
export type DeviceTime = Extract<TrialEvent, { event: 'device-time' }>;

export const deviceInstant = ({ at_ns, uncertainty_ns }: DeviceTime): Instant => ({
  ...exactly(at_ns),
  lo_ns: at_ns - uncertainty_ns,
  hi_ns: at_ns + uncertainty_ns,
});

/** What the poll says, narrowed by the device's own time of the same change where the two overlap. */
const instantOf = (event: Observed, times: readonly DeviceTime[]): Instant => {
  const polled = between(event.since_ns ?? -Infinity, event.at_ns);
  const own = times
    .filter(
      ({ observer, subject, value }) =>
        observer === event.observer && subject === event.subject && value === event.value,
    )
    .map(deviceInstant)
    .find(({ lo_ns, hi_ns }) => lo_ns <= polled.hi_ns && hi_ns >= polled.lo_ns);
  return own === undefined
    ? polled
    : between(Math.max(own.lo_ns, polled.lo_ns), Math.min(own.hi_ns, polled.hi_ns));
};

/**
 * Roles as older versions told them: at a change, but not when the last poll had shown the old one. What was asked for
 * on purpose, before a trigger and after a recovery, says nothing of when it changed.
 */
const askedRoles = (events: readonly TrialEvent[]): Change[] => {
  const last = new Map<string, string>();
  const told = events.filter((event) => event.event === 'role').toSorted((a, b) => a.at_ns - b.at_ns);
  return told.flatMap((event) => {
    const was = last.get(event.node) ?? null;
    last.set(event.node, event.role);
    if (event.role === was || event.when !== 'observed') return [];
    return [
      {
        observer: null,
        subject: event.node,
        isRole: true,
        value: event.role,
        was,
        instant: between(-Infinity, event.at_ns),
        detail: event.raw === '' ? null : event.raw,
      },
    ];
  });
};

const ttlChangesOf = ({ name, source }: ObservePlan, ttls: readonly TtlChange[]): Change[] =>
  source.kind !== 'ttl'
    ? []
    : ttls
        .filter(({ stream }) => stream === source.stream)
        .map(({ stream, flow, was, ttl, since_ns, at_ns }) => ({
          observer: name,
          subject: stream,
          isRole: false,
          value: String(ttl),
          was: String(was),
          instant: between(since_ns, at_ns),
          detail: flow === 0 ? null : `flow ${flow}`,
        }));

/**
 * A first value was there before its answer came, nobody knows since when, and in any case before the next one of its subject, which
 * may lie between the question and that answer.
 */
const firstBeforeNext = (change: Change, index: number, all: readonly Change[]): Change => {
  const { instant, observer, subject } = change;
  if (instant.lo_ns !== -Infinity) return change;
  const next = all.slice(index + 1).find((each) => each.observer === observer && each.subject === subject);
  const at_ns = Math.min(instant.at_ns, next?.instant.at_ns ?? Infinity);
  return { ...change, instant: { ...instant, at_ns } };
};

/** Everything of a trial that changed on the control plane, first values included, in the order of the upper ends. */
export const changesOf = (
  events: readonly TrialEvent[],
  observe: readonly ObservePlan[],
  ttls: readonly TtlChange[],
): readonly Change[] => {
  const roles = new Set(observe.filter(({ source }) => source.kind === 'role').map(({ name }) => name));
  // The same value again: an observer that had failed answers again, and nothing changed.
  const observed = events
    .filter((event) => event.event === 'observed')
    .filter(({ value, was }) => value !== was);
  const times = events.filter((event) => event.event === 'device-time');
  const told = observed.map((event): Change => ({
    observer: event.observer,
    subject: event.subject,
    isRole: roles.has(event.observer),
    value: event.value,
    was: event.was,
    instant: instantOf(event, times),
    detail: event.detail ?? null,
  }));
  const seen = told.map(firstBeforeNext);
  const asked = seen.some(({ isRole }) => isRole) ? [] : askedRoles(events);
  return [...seen, ...asked, ...observe.flatMap((plan) => ttlChangesOf(plan, ttls))].toSorted(
    (a, b) => a.instant.hi_ns - b.instant.hi_ns,
  );
};

/** `unknown`: no nodes, or the roles were not asked on both sides of the trigger. */
export type RoleMove = 'moved' | 'unchanged' | 'unknown';

type Reading = {
  readonly at_ns: number;
  readonly node: string;
  readonly role: Role;
  readonly when: 'before' | 'after' | 'observed';
};

const readingsOf = (events: readonly TrialEvent[]): Reading[] =>
  events
    .flatMap((event) =>
      event.event === 'role'
        ? [{ at_ns: event.at_ns, node: event.node, role: event.role, when: event.when }]
        : [],
    )
    .toSorted((a, b) => a.at_ns - b.at_ns);

/**
 * Did the active role move to another node in this phase? The dead node need not answer: that another one says
 * `active` is the proof. Any such reading up to the next trigger counts, because a pair with preemption moves the
 * role back during the restore. So does one of an observer, while the wait lasts: the role may have moved and gone
 * back before the reading on purpose (`after`). That it did not move, only readings taken on purpose can say.
 *
 * Where several nodes were active (behind a load balancer) the role has left the node that was acted on if one reading
 * says that it is not active. That it has not, no reading can say: the node may be back in service by then.
 */
export const roleMove = (
  events: readonly TrialEvent[],
  window: PhaseWindow,
  nextTrigger_ns: number,
): RoleMove => {
  const readings = readingsOf(events);
  // Deleted and set again, so that the last entry is the newest reading: a dead node's word may be out of date.
  const before = new Map<string, Role>();
  for (const { at_ns, node, role, when } of readings) {
    if (when === 'observed' || at_ns > window.trigger_ns) continue;
    before.delete(node);
    before.set(node, role);
  }
  const actives = [...before].filter(([, role]) => role === 'active').map(([node]) => node);
  const active = actives.at(-1);
  if (active === undefined) return 'unknown';
  const since = readings.filter(({ at_ns }) => at_ns > window.trigger_ns && at_ns < nextTrigger_ns);
  const after = since.filter(({ when }) => when === 'after');
  const observed = since.filter(({ at_ns, when }) => when === 'observed' && at_ns < window.cut_ns);
  if (actives.length > 1) {
    const left = [...after, ...observed].some(({ node, role }) => node === window.node && role !== 'active');
    return left ? 'moved' : 'unknown';
  }
  if ([...after, ...observed].some(({ node, role }) => role === 'active' && node !== active)) return 'moved';
  // Nobody could be asked, or nobody says who is active: that proves nothing either way.
  return after.some((reading) => reading.role === 'active') ? 'unchanged' : 'unknown';
};

/** Replies of one stream and flow came with another TTL than before: another path, or another node that forwards. */
export interface TtlChange {
  readonly stream: string;
  readonly flow: number;
  readonly was: number;
  readonly ttl: number;
  /** The send instant of the last probe that was answered with the old TTL: the change was not before. */
  readonly since_ns: number;
  /** When the first answer with the new one was read: the change was not after. */
  readonly at_ns: number;
}

/** Paths that take turns with each packet would fill the timeline and explain nothing. */
const MOST_OF_FLOW = 32;

interface LastReply {
  ttl: number;
  sent_ns: number;
  changes: number;
}

/** The changes of TTL in the replies of a trial. One row at a time, flat memory; rows of a flow in the order of `seq`. */
export class TtlChanges {
  readonly #flows = new Map<string, LastReply>();
  readonly #changes: TtlChange[] = [];

  probe({ stream, flow, outcome, sent_ns, received_ns, ttl }: ProbeRow): void {
    // An ICMP error has the TTL of whoever sent it; a stray reply comes after younger ones.
    if (outcome !== 'answered' || ttl === null || sent_ns === null || received_ns === null) return;
    const key = `${stream} ${flow}`;
    const last = this.#flows.get(key);
    if (last === undefined) {
      this.#flows.set(key, { ttl, sent_ns, changes: 0 });
      return;
    }
    if (last.ttl !== ttl && last.changes++ < MOST_OF_FLOW)
      this.#changes.push({ stream, flow, was: last.ttl, ttl, since_ns: last.sent_ns, at_ns: received_ns });
    last.ttl = ttl;
    last.sent_ns = sent_ns;
  }

  /** In the order of the rows. */
  changes(): readonly TtlChange[] {
    return this.#changes;
  }
}
