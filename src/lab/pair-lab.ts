import type { LabPlan } from '../model/lab-plan.js';
import type { PowerAction, PowerAnswer } from './control.js';
import type { RunningLab } from './design.js';
import type { PowerSupply } from './power.js';
import { NODES, type NodeName } from './topology.js';
import { epochSeconds, recordTransition } from './transitions.js';
import type { Witness } from './witness.js';

export interface PairLabParts {
  readonly plan: LabPlan;
  readonly power: Readonly<Record<NodeName, PowerSupply>>;
  readonly witness: Witness | null;
  /** A node's HA state; without this, what the node's own state file says. */
  readonly haOf?: (node: NodeName) => string | null;
  /** Are cuts of the power and its return written to transitions.jsonl? */
  readonly recordsPower: boolean;
}

/** A lab of any design, once its two nodes are up: their power, and what they say. */
export const pairLab = ({ plan, power, witness, haOf, recordsPower }: PairLabParts): RunningLab => ({
  power: async (node: NodeName, action: PowerAction): Promise<PowerAnswer> => {
    const supply = power[node];
    if (action === 'status') return { node, power: supply.state };
    const after = epochSeconds();
    await supply.act(action);
    const value = action === 'on' ? 'on' : 'cut';
    if (recordsPower)
      recordTransition({ what: 'power', subject: node, value, after, before: epochSeconds() });
    return { node, power: supply.state };
  },
  sendWitness: (on) => witness?.send(on),
  status: () => ({
    plan,
    witness: witness !== null,
    nodes: NODES.map((node) => ({
      node,
      power: power[node].state,
      ha: haOf === undefined ? power[node].ha : haOf(node),
    })),
  }),
});
