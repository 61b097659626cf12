import type { TrialEvent } from '../model/event.js';
import { deviceInstant, type Change } from './timeline-changes.js';
import { between, exactly } from './timeline-instant.js';
import { type Milestone, milestone } from './timeline-milestone.js';
import type { PhaseWindow } from './windows.js';

/** What an observer or a device says of something: `role active`, `vip = fw-b`. */
const sayValue = (observer: string | null, value: string, isRole: boolean): string =>
  isRole ? `role ${value}` : `${observer ?? ''} = ${value}`;

/** The trigger's own steps. */
const triggerMilestone = (event: TrialEvent): Milestone | null => {
  if (event.event === 'trigger-confirmed')
    return milestone(
      'trigger',
      event.ok ? event.event : 'trigger-not-confirmed',
      between(-Infinity, event.at_ns),
      { subject: event.node, detail: event.detail },
    );
  const isStep =
    event.event === 'trigger-issued' ||
    event.event === 'trigger-accepted' ||
    event.event === 'trigger-closed' ||
    event.event === 'trigger-failed';
  return isStep
    ? milestone('trigger', event.event, exactly(event.at_ns), {
        subject: event.node,
        detail: event.detail ?? null,
      })
    : null;
};

/** What became of the pair: its restore, step by step, and the move back. */
const pairMilestone = (event: TrialEvent): Milestone | null => {
  if (event.event === 'undo')
    return milestone('pair', event.ok ? 'undone' : 'not-undone', exactly(event.at_ns), {
      subject: event.node,
      detail: event.detail,
    });
  if (event.event === 'restored') return milestone('pair', 'restored', between(-Infinity, event.at_ns));
  if (event.event === 'phase' && (event.phase === 'restore' || event.phase === 'failback'))
    return milestone('pair', event.phase, exactly(event.at_ns));
  return null;
};

/** A device's own time of a change, and an observer that has no answer any more. */
const otherMilestone = (event: TrialEvent, roles: ReadonlySet<string>): Milestone | null => {
  if (event.event === 'observer-failed')
    return milestone('control-plane', 'no answer', exactly(event.at_ns), {
      subject: event.subject,
      source: event.observer,
      detail: event.detail,
    });
  if (event.event !== 'device-time') return null;
  const words = sayValue(event.observer, event.value, roles.has(event.observer));
  return milestone('control-plane', words, deviceInstant(event), {
    subject: event.subject,
    source: 'device',
  });
};

export const changeMilestone = (change: Change): Milestone =>
  milestone('control-plane', sayValue(change.observer, change.value, change.isRole), change.instant, {
    subject: change.subject,
    source: change.observer,
    detail:
      change.was === null ? change.detail : [`was ${change.was}`, change.detail].filter(Boolean).join(', '),
  });

/**
 * The milestones of one phase that events tell, from its trigger to the next phase. First values that were known before
 * the trigger are none: nothing changed.
 */
export const eventMilestones = (
  events: readonly TrialEvent[],
  changes: readonly Change[],
  { trigger_ns, start_ns, end_ns, phase }: PhaseWindow,
): readonly Milestone[] => {
  const roles = new Set(
    changes.flatMap(({ isRole, observer }) => (isRole && observer !== null ? [observer] : [])),
  );
  // The move back begins with the restored pair: its window does, not its trigger.
  const from_ns = phase === 'failback' ? start_ns : trigger_ns;
  const isWithin = (at_ns: number): boolean => at_ns >= from_ns && at_ns < end_ns;
  const told = events
    .filter(({ at_ns }) => isWithin(at_ns))
    .flatMap(
      (event) => triggerMilestone(event) ?? pairMilestone(event) ?? otherMilestone(event, roles) ?? [],
    );
  return [...told, ...changes.filter(({ instant }) => isWithin(instant.hi_ns)).map(changeMilestone)];
};
