import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { LbPlan } from '../../model/lab-plan.js';
import { feed } from '../ground/command.js';
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
    // Where existing flows stick the witness does too: it is no TCP.
    element(WITNESS_BUCKET, existing === 'rebalance' ? ownerOf('fw-a', inService) : 'fw-a'),
  ].join(', ');

/** The dead ones whose TCP flows are reset; without any node in service none is: it cannot get better. */
const resetNodes = (inService: ReadonlySet<NodeName>, dead: readonly NodeName[]): string =>
  inService.size === 0 || dead.length === 0
    ? ''
    : `add element ip balancer dead { ${dead.map((node) => NODE_MARK[node]).join(', ')} }\n`;

/**
 * Where flows go from now on, in one transaction. Without any node in service every one gets its share: AWS's
 * balancers fail open like that, and it cannot get worse.
 */
export const bucketScript = (
  existing: LbPlan['existing'],
  inService: ReadonlySet<NodeName>,
  dead: readonly NodeName[] = [],
): string => `
flush map ip balancer nodes
add element ip balancer nodes { ${elements(existing, inService)} }
${existing === 'reset' ? `flush set ip balancer dead\n${resetNodes(inService, dead)}` : ''}`;

/** The buckets of all nodes, as the balancer begins. */
export const nodesMap = (existing: LbPlan['existing']): string => `map nodes {
        type mark : mark
        elements = { ${elements(existing, new Set(BUCKETS))} }
    }`;

/**
 * As AWS's gateway load balancer does it where it is told to: it sends no RST by itself, but answers whoever sends on a TCP
 * flow of a dead target by one, the client as well as the server.
 */
export const resetRules = (existing: LbPlan['existing']): string =>
  existing === 'reset'
    ? `set dead {
        type mark
    }
    chain refuse {
        type filter hook forward priority filter;
        meta l4proto tcp ct mark @dead reject with tcp reset
    }`
    : '';

const hashed = (side: 'trust' | 'untrust', addresses: string, ports: string): string =>
  `iifname "${side}" meta l4proto { tcp, udp } meta mark set jhash ${addresses} . ${ports} mod ${BUCKETS.length} jump assign
        iifname "${side}" meta l4proto icmp meta mark set jhash ${addresses} . icmp id mod ${BUCKETS.length} jump assign`;

/** A flow is hashed over both addresses and both ports (ICMP: the identifier), always as seen from the client. */
export const HASHED = {
  fromClient: hashed('trust', 'ip saddr . ip daddr', 'th sport . th dport'),
  fromServer: hashed('untrust', 'ip daddr . ip saddr', 'th dport . th sport'),
};

/** And its node kept as the connection's mark. */
export const ASSIGN = `chain assign {
        meta mark set meta mark map @nodes
        ct mark set meta mark
    }`;

/**
 * The balancer's flow table and hash. A flow is hashed once: both directions go by the same node. What comes back from a
 * node is let through to its end host and not tracked a second time.
 */
export const balancerRules = (existing: LbPlan['existing']): string => `table ip balancer {
    ${nodesMap(existing)}
    ${resetRules(existing)}
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
        ${HASHED.fromClient}
        ${HASHED.fromServer}
    }
    ${ASSIGN}
}
`;

/** From now on new flows go to these nodes; those that are known stay where they are, or are reset. */
export const steer = (...where: Parameters<typeof bucketScript>): Promise<void> =>
  feed('nft', ['-f', '-'], bucketScript(...where));

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
