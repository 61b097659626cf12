import type { DnsPlan } from '../../model/lab-plan.js';
import { NS_PER_S } from '../../model/time.js';
import { publishedRules } from '../ground/nftables.js';
import { END_HOSTS, type NodeName } from '../ground/topology.js';
import type { Transition } from '../ground/transitions.js';
import { SERVICE_ADDRESS } from './topology.js';

/** What the service of a node says of itself. */
export const STATE_FILE = '/run/gateway.state';

/**
 * A node before its service is started: it forwards nothing, and does not answer on the client's side either, as a
 * stopped instance does not.
 */
export const idleRules = `table inet firewall {
    chain gate {
    }
    chain input {
        type filter hook input priority filter;
        iifname "trust" ct state established,related accept
        iifname "trust" drop
    }
    chain forward {
        type filter hook forward priority filter; policy drop;
        jump gate
    }
}
`;

/** The service: what comes to the node's own address on the client's side goes to the server, in its own name. */
export const serviceRules = (
  node: NodeName,
): string => `${publishedRules(SERVICE_ADDRESS[node], END_HOSTS.server.v4)}add rule inet firewall gate ct state established,related accept
add rule inet firewall gate ct status dnat accept
`;

/**
 * The service's script: `start` takes the boot time, `start-now` does not. Each change of state is one line of output
 * with the instants before and after it (epoch seconds), for the lab's record of true transitions.
 */
export const gatewayScript = ({ boot_ns }: DnsPlan): string => `#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
state() { cat ${STATE_FILE} 2>/dev/null; }
now() { date +%s.%6N; }
# The word is there in whole or not at all, whoever reads meanwhile.
say() { echo "$1" >${STATE_FILE}.new && mv ${STATE_FILE}.new ${STATE_FILE}; }
become() {
    after=$(now)
    case "$1" in
    RUNNING) nft -f /run/machine/service.nft || exit 1 ;;
    STOPPED) nft 'flush chain inet firewall gate; delete table ip gateway' 2>/dev/null ;;
    esac
    say "$1"
    echo "$1 $after $(now)"
}
start() {
    [ "$(state)" = RUNNING ] && return
    become STARTING
    sleep "$1"
    become RUNNING
}
case "$1" in
start) start ${boot_ns / NS_PER_S} ;;
start-now) start 0 ;;
stop) [ "$(state)" = STOPPED ] || become STOPPED ;;
status) state; [ "$(state)" = RUNNING ] || exit 3 ;;
*) echo "Usage: $0 {start|start-now|stop|status}" >&2; exit 1 ;;
esac
`;

/** The service's words, as the roles that its driver reads from them. */
const ROLES: Readonly<Record<string, string>> = {
  STOPPED: 'standby',
  STARTING: 'transitioning',
  RUNNING: 'active',
};

/** What the service's script says it did: lines of a word and the instants before and after, in epoch seconds. */
export const stateChanges = (output: string): Pick<Transition, 'value' | 'after' | 'before'>[] =>
  output.split('\n').flatMap((line) => {
    const [word = '', after, before] = line.split(' ');
    const value = ROLES[word];
    return value === undefined ? [] : [{ value, after: Number(after), before: Number(before) }];
  });
