import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { LbPlan } from '../../model/lab-plan.js';
import { WITNESS_PORT } from '../ground/nftables.js';
import type { NodeName } from '../ground/topology.js';
import { NODE_MARK } from './topology.js';

/** Hash buckets: as many as nodes, so that a dead node's bucket moves and the other one's flows stay. */
const BUCKETS: readonly NodeName[] = ['fw-a', 'fw-b'];
/** The witness is not hashed: its packets are fw-a's, so that they tell of that node's flows. */
const WITNESS_BUCKET = BUCKETS.length;

/** Which node a bucket's new flows go to. */
const element = (bucket: number, node: NodeName): string => `${bucket} : ${NODE_MARK[node]}`;

const ownerOf = (node: NodeName, inService: ReadonlySet<NodeName>): NodeName =>
  inService.has(node) ? node : (BUCKETS.find((other) => inService.has(other)) ?? node);

const elements = (existing: LbPlan['existing'], inService: ReadonlySet<NodeName>): string =>
  [
    ...BUCKETS.map((node, bucket) => element(bucket, ownerOf(node, inService))),
    // Where existing flows stick the witness does too.
    element(WITNESS_BUCKET, existing === 'stick' ? 'fw-a' : ownerOf('fw-a', inService)),
  ].join(', ');

/**
 * Where flows go from now on, in one transaction. Without any node in service every one gets its share: AWS's
 * balancers fail open like that, and it cannot get worse.
 */
export const bucketScript = (existing: LbPlan['existing'], inService: ReadonlySet<NodeName>): string => `
flush map ip balancer nodes
add element ip balancer nodes { ${elements(existing, inService)} }
`;

/**
 * The balancer's flow table and hash. A flow is hashed once, over both addresses and both ports (ICMP: the
 * identifier), always as seen from the client, and its node kept as the connection's mark: both directions go by
 * the same node. What comes back from a node is let through to its end host and not tracked a second time.
 */
export const balancerRules = (existing: LbPlan['existing']): string => `table ip balancer {
    map nodes {
        type mark : mark
        elements = { ${elements(existing, new Set(BUCKETS))} }
    }
    chain returned {
        type filter hook prerouting priority raw;
        iifname { "front", "back" } notrack
        udp dport ${WITNESS_PORT} notrack
    }
    chain balance {
        type filter hook prerouting priority mangle;
        iifname != { "trust", "untrust" } return
        fib daddr type local return
        udp dport ${WITNESS_PORT} meta mark set ${WITNESS_BUCKET} meta mark set meta mark map @nodes return
        ct mark != 0 meta mark set ct mark return
        iifname "trust" meta l4proto { tcp, udp } meta mark set jhash ip saddr . ip daddr . th sport . th dport mod ${BUCKETS.length} jump assign
        iifname "untrust" meta l4proto { tcp, udp } meta mark set jhash ip daddr . ip saddr . th dport . th sport mod ${BUCKETS.length} jump assign
        iifname "trust" meta l4proto icmp meta mark set jhash ip saddr . ip daddr . icmp id mod ${BUCKETS.length} jump assign
        iifname "untrust" meta l4proto icmp meta mark set jhash ip daddr . ip saddr . icmp id mod ${BUCKETS.length} jump assign
    }
    chain assign {
        meta mark set meta mark map @nodes
        ct mark set meta mark
    }
}
`;

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
