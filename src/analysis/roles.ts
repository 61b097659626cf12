import type { Role, TrialEvent } from '../model/event.js';
import type { PhaseWindow } from './windows.js';

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
