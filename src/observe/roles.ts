import { KnownError } from '../model/error.js';
import type { Role } from '../model/event.js';
import type { NodePlan } from '../model/plan.js';
import type { NodeRole } from '../trigger/ask/role.js';
import { tellDeviceTime, type DeviceTimeOptions } from './device-time.js';
import type { Asker } from './source.js';

export interface RoleOptions extends DeviceTimeOptions {
  readonly role: (node: string, signal: AbortSignal) => Promise<NodeRole>;
  /** A node has another role or word than when it was asked before; `unknown` where it does not answer. */
  readonly roleChanged: (role: NodeRole) => void;
}

/** Notices when a node has changed its role and says since when: the two may come in different answers. */
class Changes {
  #role: Role | null = null;
  #wall_ms: number | null = null;
  #wanted = false;

  /** The stamp of a change that has none yet; null: nothing changed, or the stamp is still that of the last change. */
  stampOf({ role, since }: NodeRole): NonNullable<NodeRole['since']> | null {
    this.#wanted ||= this.#role !== null && this.#role !== role;
    this.#role = role;
    if (since === undefined) return null;
    const isNew = since.form === 'age' || since.wall_ms !== this.#wall_ms;
    if (since.form === 'time') this.#wall_ms = since.wall_ms;
    if (!this.#wanted || !isNew) return null;
    this.#wanted = false;
    return since;
  }
}

const roleAsker = (observer: string, node: string, options: RoleOptions): Asker => {
  const { role: ask, roleChanged, now } = options;
  const changes = new Changes();
  let last: string | null = null;
  return {
    subject: node,
    ask: async (signal) => {
      const sent_ns = now();
      const answer = await ask(node, signal);
      const { role, raw, error } = answer;
      if (signal.aborted) return [];
      const word = `${role} ${raw}`;
      if (word !== last) roleChanged(answer);
      last = word;
      if (error !== null) throw new KnownError(error);
      const stamp = changes.stampOf(answer);
      if (stamp !== null) void tellDeviceTime(observer, answer, stamp, { sent_ns, came_ns: now() }, options);
      return [{ subject: node, value: role, ...(raw === '' ? {} : { detail: raw }) }];
    },
  };
};

/** The role of each node by its own driver, with the node's own time of the change where the driver reads one. */
export const roleAskers = (
  observer: string,
  nodes: readonly Pick<NodePlan, 'name'>[],
  options: RoleOptions,
): Asker[] => nodes.map(({ name }) => roleAsker(observer, name, options));
