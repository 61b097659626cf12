import type { Role, TrialEvent } from '../model/event.js';
import type { PhaseWindow } from './windows.js';

/** `unknown`: no nodes, or the roles were not asked on both sides of the trigger. */
export type RoleMove = 'moved' | 'unchanged' | 'unknown';

type Reading = {
  readonly at_ns: number;
  readonly node: string;
  readonly role: Role;
  readonly after: boolean;
};

const readingsOf = (events: readonly TrialEvent[]): Reading[] =>
  events
    .flatMap((event) =>
      event.event === 'role' && event.when !== 'observed'
        ? [{ at_ns: event.at_ns, node: event.node, role: event.role, after: event.when === 'after' }]
        : [],
    )
    .toSorted((a, b) => a.at_ns - b.at_ns);

/**
 * Did the active role move to another node in this phase? Only readings taken on purpose count (`before`,
 * `after`). The dead node need not answer: that another one says `active` is the proof. Any such reading up to
 * the next trigger counts, because a pair with preemption moves the role back during the restore.
 */
export const roleMove = (
  events: readonly TrialEvent[],
  window: PhaseWindow,
  nextTrigger_ns: number,
): RoleMove => {
  const readings = readingsOf(events);
  // Deleted and set again, so that the last entry is the newest reading: a dead node's word may be out of date.
  const before = new Map<string, Role>();
  for (const { at_ns, node, role } of readings) {
    if (at_ns > window.trigger_ns) continue;
    before.delete(node);
    before.set(node, role);
  }
  const active = [...before].findLast(([, role]) => role === 'active')?.[0];
  const after = readings.filter(
    (reading) => reading.after && reading.at_ns > window.trigger_ns && reading.at_ns < nextTrigger_ns,
  );
  if (active === undefined || after.length === 0) return 'unknown';
  if (after.some((reading) => reading.role === 'active' && reading.node !== active)) return 'moved';
  // Nobody could be asked, or nobody says who is active: that proves nothing either way.
  return after.some((reading) => reading.role === 'active') ? 'unchanged' : 'unknown';
};
