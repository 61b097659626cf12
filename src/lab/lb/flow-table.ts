import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { LbPlan } from '../../model/lab-plan.js';
import type { NodeName } from '../ground/topology.js';
import { bucketScript } from './lb-lab.js';
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

/** Each time there is less to delete. */
const MOST_ROUNDS = 50;

/**
 * Forgets which flows are a node's: their next packets are hashed anew. `conntrack` may break off while entries come and
 * go (seen on a busy host: not one was deleted, and every flow stayed with its dead node), and fails as well where there
 * is nothing to delete: so again, until it says that there was nothing.
 */
export const forgetFlows = async (node: NodeName): Promise<void> => {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const child = spawn('conntrack', ['-D', '--mark', String(NODE_MARK[node])], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    await once(child, 'close');
    if (/\b0 flow entries have been deleted/.test(said)) return;
  }
  throw new Error(`the flows of ${node} could not be deleted`);
};
