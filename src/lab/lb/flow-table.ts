import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { LbPlan } from '../../model/plan.js';
import type { NodeName } from '../topology.js';
import { bucketScript } from './rules.js';
import { NODE_MARK } from './topology.js';

/** Runs a program in this network with a text as its input. Its complaints go to the lab's log. */
const feed = async (program: string, args: readonly string[], input: string): Promise<void> => {
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(input);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code ?? 'a signal'}`);
};

/** From now on new flows go to these nodes; those that are known stay where they are. */
export const steer = (existing: LbPlan['existing'], nodes: ReadonlySet<NodeName>): Promise<void> =>
  feed('nft', ['-f', '-'], bucketScript(existing, nodes));

/** Forgets which flows are a node's: their next packets are hashed anew. */
export const forgetFlows = async (node: NodeName): Promise<void> => {
  // Says on stderr how many it deleted, and fails where there were none.
  const child = spawn('conntrack', ['-D', '--mark', String(NODE_MARK[node])], { stdio: 'ignore' });
  await once(child, 'exit');
};
