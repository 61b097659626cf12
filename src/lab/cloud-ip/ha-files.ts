import type { CloudIpPlan, DelayPlan } from '../../model/lab-plan.js';
import type { Nanoseconds } from '../../model/time.js';
import { PACKAGE } from '../../package-folder.js';
import { machineFile, type MachineFile } from '../ground/machine-files.js';
import { type NodeName, HA_ADDRESS, peerOf } from '../ground/topology.js';
import { LEASE_FILES, LEASING, serverConfig } from './lease.js';
import { SIDES, virtualAddress } from './topology.js';

/** UDP, as PAN-OS has its heartbeat backup on (28771 on its HA1 link): any free port would do. */
export const HA_PORT = 28771;

/** In the node. */
export const HA_FILES = {
  settings: '/run/machine/ha.json',
  forward: '/run/machine/forward.sh',
  /** What `ha-status` prints. */
  status: '/run/ha/status.json',
  /** The role alone, for `seqgap lab status`. */
  role: '/run/ha/role',
  pid: '/run/ha/pid',
} as const;

const addresses = (verb: 'add' | 'del'): string =>
  SIDES.map((side) => `ip addr ${verb} ${virtualAddress(side)}/32 dev ${side}`).join('\n    ');

const leases = (node: NodeName, { lease_ns }: CloudIpPlan): boolean => lease_ns > 0 && node === LEASING;

const conntrackd = (steps: string): string => `for step in ${steps}; do /usr/sbin/conntrackd $step; done`;

/**
 * The promoted node has both addresses and an open gate (nftables.ts); any other has neither, so that it passes nothing
 * whatever the network sends it. States are committed before the gate opens, in the order of `primary-backup.sh` of
 * conntrack-tools (doc/sync).
 */
const forwardScript = (node: NodeName, plan: CloudIpPlan): string => {
  const { sync } = plan;
  const isLeasing = leases(node, plan);
  return `#!/bin/sh
exec >>/var/log/ha.log 2>&1
case "$1" in
on)
    ${addresses('add')}
    ${sync === 'conntrackd' ? conntrackd('-c -f -R -B') : ':'}
    ${isLeasing ? `dnsmasq --conf-file=${LEASE_FILES.settings}` : ':'}
    nft flush chain inet firewall gate ;;
off)
    nft add rule inet firewall gate drop
    ${addresses('del')}
    ${isLeasing ? `kill "$(cat ${LEASE_FILES.pid})"` : ':'}
    ${sync === 'conntrackd' ? conntrackd('-t -n') : ':'} ;;
esac
exit 0
`;
};

/** One JSON object: role, step, since, peer, sync. A daemon that is gone says nothing itself. */
const statusScript = `#!/bin/sh
running() { [ -f ${HA_FILES.pid} ] && kill -0 "$(cat ${HA_FILES.pid})" 2>/dev/null; }
if running && state=$(cat ${HA_FILES.status}); then :; else state='{"node":"'$(hostname)'","role":"stopped"}'; fi
if pgrep -x conntrackd >/dev/null; then sync=running; else sync=stopped; fi
printf '%s,"sync":"%s"}\\n' "\${state%\\}}" "$sync"
`;

const signalScript = (signal: string): string => `#!/bin/sh
exec kill -${signal} "$(cat ${HA_FILES.pid})"
`;

const startScript = `mkdir -p /run/ha
setsid /run/node /run/program/dist/lab/cloud-ip/ha-daemon.program.js >>/var/log/ha.log 2>&1 </dev/null &
`;

const stopScript = `if pid=$(cat ${HA_FILES.pid}); then
    kill -TERM "$pid"
    tries=0
    while kill -0 "$pid" 2>/dev/null && [ "$((tries += 1))" -lt 100 ]; do sleep 0.02; done
fi
`;

/** The HA software of a node: its settings, its scripts, and what starts and stops it. */
export const haFiles = (node: NodeName, plan: CloudIpPlan): MachineFile[] => [
  machineFile('ha.json', JSON.stringify(haSettings(node, plan))),
  machineFile('forward.sh', forwardScript(node, plan)),
  ...(leases(node, plan) ? [machineFile('dhcp.conf', serverConfig(plan))] : []),
  machineFile('program', `${PACKAGE}\n${process.execPath}\n`),
  machineFile('start.sh', startScript),
  machineFile('stop.sh', stopScript),
  machineFile('sbin/ha-status', statusScript, 0o755),
  machineFile('sbin/ha-suspend', signalScript('USR2'), 0o755),
  machineFile('sbin/ha-resume', signalScript('HUP'), 0o755),
];

/** What the HA software of a node is told: /run/machine/ha.json. */
export interface HaSettings {
  readonly node: NodeName;
  readonly peer: NodeName;
  /** Addresses on the HA link. */
  readonly own: string;
  readonly far: string;
  readonly heartbeat_ns: Nanoseconds;
  readonly missed: number;
  readonly poll_ns: Nanoseconds;
  readonly promotion: DelayPlan;
}

export const haSettings = (node: NodeName, plan: CloudIpPlan): HaSettings => {
  const peer = peerOf(node);
  const { heartbeat_ns, missed, poll_ns, promotion } = plan;
  const [own, far] = [HA_ADDRESS[node], HA_ADDRESS[peer]];
  return { node, peer, own, far, heartbeat_ns, missed, poll_ns, promotion };
};
