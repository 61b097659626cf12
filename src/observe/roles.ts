import { KnownError } from '../model/error.js';
import type { NodePlan } from '../model/plan.js';
import type { NodeRole } from '../trigger/control.js';
import type { Asker } from './source.js';

/**
 * The role of each node by its own driver. `changed` is told of each change of role or word, also of that to
 * `unknown` when a node no longer answers.
 */
export const roleAskers = (
  nodes: readonly Pick<NodePlan, 'name'>[],
  ask: (node: string) => Promise<NodeRole>,
  changed: (role: NodeRole) => void,
): Asker[] =>
  nodes.map(({ name }): Asker => {
    let last: string | null = null;
    return {
      subject: name,
      ask: async (signal) => {
        const answer = await ask(name);
        const { role, raw, error } = answer;
        const word = `${role} ${raw}`;
        if (word !== last && !signal.aborted) changed(answer);
        if (!signal.aborted) last = word;
        if (error !== null) throw new KnownError(error);
        return [{ subject: name, value: role, ...(raw === '' ? {} : { detail: raw }) }];
      },
    };
  });
