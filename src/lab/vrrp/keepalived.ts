import { VRRP_PRIORITY, type VrrpPlan } from '../../model/lab-plan.js';
import { daemonScript, machineFile, type MachineFile } from '../ground/machine-files.js';
import type { NodeName } from '../ground/topology.js';
import { virtualAddresses } from './topology.js';

/** RFC 5798 §5.2.7 counts in centiseconds; keepalived takes seconds with two digits. */
const advertSeconds = (plan: VrrpPlan): string => (plan.advert_ns / 1e9).toFixed(2);

/** The pair's side of a segment: an instance per family. */
const instances = (
  node: NodeName,
  plan: VrrpPlan,
  segment: 'trust' | 'untrust',
  ids: readonly [number, number],
): string => {
  const { v4, v6 } = virtualAddresses(segment);
  const instance = (family: 4 | 6, id: number, addresses: readonly string[]): string => `
vrrp_instance ${segment.toUpperCase()}${family} {
    state BACKUP
    interface ${segment}
    virtual_router_id ${id}
    priority ${VRRP_PRIORITY[node]}
    advert_int ${advertSeconds(plan)}
    ${plan.preempt ? '' : 'nopreempt'}
    virtual_ipaddress {
        ${addresses.join('\n        ')}
    }
}
`;
  return instance(4, ids[0], [`${v4}/32`]) + instance(6, ids[1], [`fe80::5e00:2${ids[1]}/64`, `${v6}/128`]);
};

/**
 * keepalived.conf of a node: VRRPv3, one instance per segment and family, on the segment itself as RFC 5798 has
 * it, all in one sync group so that both sides move together. RFC 5798 §5.2.9 wants a link-local address first in
 * an IPv6 instance.
 *
 * The virtual addresses are moved by gratuitous ARP and unsolicited neighbour advertisements, keepalived's default,
 * not by a virtual MAC. Measured with use_vmac (keepalived 2.2.7): its macvlan stays up on the backup, and a
 * switch that lost the port of a crashed master floods, so the backup forwarded at once and 200 pings at 20 ms
 * lost none: RFC 5798 §6.4.2 (a backup discards frames to the virtual MAC) is not kept, and the failover not seen.
 *
 * Everything that only delays the start keeps its default of 0 (vrrp_startup_delay); the second round of
 * gratuitous ARPs stays at 5 s (garp_master_delay), after the first at once. Real-time priority, because a
 * node late by three advertisements on a busy host is a failover nobody asked for.
 */
const keepalivedConfig = (node: NodeName, plan: VrrpPlan): string => `global_defs {
    router_id ${node}
    vrrp_version 3
    vrrp_rt_priority 20
    enable_script_security
    script_user root
}

vrrp_sync_group PAIR {
    group {
        TRUST4
        TRUST6
        UNTRUST4
        UNTRUST6
    }
    notify_master "/etc/keepalived/notify.sh primary MASTER"
    notify_backup "/etc/keepalived/notify.sh backup BACKUP"
    notify_fault "/etc/keepalived/notify.sh fault FAULT"
    notify_stop "/etc/keepalived/notify.sh fault STOP"
}
${instances(node, plan, 'trust', [34, 36])}${instances(node, plan, 'untrust', [44, 46])}`;

/**
 * The notify script: keeps the group's state in /run/vrrp.state and drives conntrackd as `primary-backup.sh`
 * of conntrack-tools (doc/sync) does: commit the peer's states, flush the caches, resync from the kernel, send a
 * bulk update; as backup shorten the timers and ask for a resync.
 *
 * A node whose keepalived is stopped or at fault closes its gate (nftables.ts).
 */
const notifyScript = (plan: VrrpPlan): string => `#!/bin/sh
${
  plan.sync === 'conntrackd'
    ? `case "$1" in
primary) for step in -c -f -R -B; do /usr/sbin/conntrackd $step; done ;;
backup)
    /usr/sbin/conntrackd -s || /usr/sbin/conntrackd -d
    for step in -t -n; do /usr/sbin/conntrackd $step; done ;;
esac >>/var/log/notify.log 2>&1
`
    : ''
}case "$1" in
fault) nft add rule inet firewall gate drop ;;
*) nft flush chain inet firewall gate ;;
esac
echo "$2" >/run/vrrp.state.new && mv /run/vrrp.state.new /run/vrrp.state
`;

const keepalivedService = daemonScript(
  'keepalived',
  // In the foreground, because Debian's build has no log file option, and /dev/log is the host's.
  'setsid /usr/sbin/keepalived --dont-fork --no-syslog --log-console >>/var/log/keepalived.log 2>&1 </dev/null & wait_running',
  'start-stop-daemon --stop --oknodo --quiet --retry TERM/10/KILL/5 --pidfile /run/keepalived.pid --exec /usr/sbin/keepalived',
  'start-stop-daemon --status --pidfile /run/keepalived.pid --exec /usr/sbin/keepalived',
);

export const keepalivedFiles = (node: NodeName, plan: VrrpPlan): MachineFile[] => [
  machineFile('etc/keepalived/keepalived.conf', keepalivedConfig(node, plan)),
  machineFile('etc/keepalived/notify.sh', notifyScript(plan), 0o755),
  machineFile('etc/init.d/keepalived', keepalivedService, 0o755),
  machineFile('start.sh', '/etc/init.d/keepalived start\n'),
  machineFile('stop.sh', '/etc/init.d/keepalived stop\n'),
];
