import type { TrialEvent } from '../model/event.js';
import type { ObservePlan } from '../model/observe-plan.js';
import { between, exactly, type Instant } from './timeline-instant.js';
import type { TtlChange } from './ttl-changes.js';

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
  const seen = observed.map((event): Change => ({
    observer: event.observer,
    subject: event.subject,
    isRole: roles.has(event.observer),
    value: event.value,
    was: event.was,
    instant: instantOf(event, times),
    detail: event.detail ?? null,
  }));
  const asked = seen.some(({ isRole }) => isRole) ? [] : askedRoles(events);
  return [...seen, ...asked, ...observe.flatMap((plan) => ttlChangesOf(plan, ttls))].toSorted(
    (a, b) => a.instant.hi_ns - b.instant.hi_ns,
  );
};
