import type { LbPlan } from '../../model/lab-plan.js';
import { WITNESS_PORT } from '../nftables.js';
import type { NodeName } from '../topology.js';
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

/** A node's policy: that of the lab vrrp, between the balancer's two sides. */
export const gatewayRules = `table ip raw {
    chain prerouting {
        type filter hook prerouting priority raw;
        udp dport ${WITNESS_PORT} notrack
    }
}
table ip firewall {
    chain forward {
        type filter hook forward priority filter; policy drop;
        udp dport ${WITNESS_PORT} accept
        ct state established,related accept
        ct state invalid drop
        icmp type echo-request accept
        iifname "front" oifname "back" ct state new accept
    }
}
`;
