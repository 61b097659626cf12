import type { NodePlan, ObservePlan } from '../model/plan.js';
import { toMs } from '../model/time.js';
import type { NodeRole } from '../trigger/control.js';

/**
 * Polls the role of every node at the observer's own rate and reports each change, also that to `unknown` when a
 * node no longer answers. Nodes are polled independently: a dead one does not delay the other. Returns how to end it.
 */
export const observeRoles = (
  { every_ns }: ObservePlan,
  nodes: readonly NodePlan[],
  ask: (node: string) => Promise<NodeRole>,
  changed: (role: NodeRole) => void,
): (() => void) => {
  let stopped = false;
  const timers = new Set<NodeJS.Timeout>();

  const poll = async (node: string, last: string | null): Promise<void> => {
    const answer = await ask(node);
    if (stopped) return;
    const word = `${answer.role} ${answer.raw}`;
    if (word !== last) changed(answer);
    const timer = setTimeout(() => {
      timers.delete(timer);
      void poll(node, word);
    }, toMs(every_ns));
    timers.add(timer);
  };

  for (const { name } of nodes) void poll(name, null);
  return () => {
    stopped = true;
    for (const timer of timers) clearTimeout(timer);
  };
};
