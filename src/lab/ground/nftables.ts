/** UDP port of the witness stream (see witness.ts). */
export const WITNESS_PORT = 8620;

/**
 * The nodes' policy: stateful, so that without state sync a connection's packets find no state after a takeover
 * and are invalid (with nf_conntrack_tcp_loose=0). Echo requests open a state of their own each way.
 *
 * The gate is closed while the node's keepalived is stopped: a firewall that left its pair passes nothing. A plain
 * Linux router would forward whatever neighbours still send it, and a graceful switchover would lose no packet.
 *
 * The witness is taken out of connection tracking and let through both ways: it is to tell when *forwarding* works,
 * whatever becomes of the states.
 */
export const firewallRules = `table inet raw {
    chain prerouting {
        type filter hook prerouting priority raw;
        udp dport ${WITNESS_PORT} notrack
    }
}
table inet firewall {
    chain gate {
    }
    chain forward {
        type filter hook forward priority filter; policy drop;
        jump gate
        udp dport ${WITNESS_PORT} accept
        ct state established,related accept
        ct state invalid drop
        icmp type echo-request accept
        icmpv6 type echo-request accept
        iifname "trust" oifname "untrust" ct state new accept
    }
}
`;

/** The end hosts: nobody listens for the witness, and an answer "port unreachable" per packet is not wanted. */
export const hostRules = `table inet witness {
    chain input {
        type filter hook input priority filter;
        udp dport ${WITNESS_PORT} drop
    }
}
`;

/** A node that publishes the server under an address of its own on the client's side, and asks it in its own name. */
export const publishedRules = (address: string, server: string): string => `table ip gateway {
    chain prerouting {
        type nat hook prerouting priority dstnat;
        iifname "trust" ip daddr ${address} dnat to ${server}
    }
    chain postrouting {
        type nat hook postrouting priority srcnat;
        oifname "untrust" masquerade
    }
}
`;
