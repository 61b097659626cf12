import type { VrrpPlan } from '../model/lab-plan.js';
import { conntrackdConfig } from './conntrackd.js';
import { keepalivedConfig, notifyScript } from './keepalived.js';
import { hostRules, nodeRules } from './nftables.js';
import { MACHINE_INIT } from './machine-init.js';
import { sshdConfig } from './sshd.js';
import { isNode, machineDownLines, machineLines, type MachineName } from './topology.js';

export interface MachineFile {
  /** Path below the machine's folder; `etc/x` is mounted over /etc/x. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

export const machineFile = (path: string, text: string, mode = 0o644): MachineFile => ({ path, text, mode });

/** What every machine has: the `ip -batch` lines of its links, up and down, its init and its sshd's settings. */
export const commonFiles = (links: {
  readonly up: readonly string[];
  readonly down: readonly string[];
}): MachineFile[] => [
  machineFile('up.batch', `${links.up.join('\n')}\n`),
  machineFile('down.batch', `${links.down.join('\n')}\n`),
  machineFile('init.sh', MACHINE_INIT),
  machineFile('sshd_config', sshdConfig),
];

/** Kernel settings of every machine, before it has interfaces: no waiting for duplicate address detection. */
export const commonSettings: readonly string[] = [
  'net/ipv6/conf/default/accept_dad=0',
  'net/ipv6/conf/default/dad_transmits=0',
  'net/ipv6/conf/default/accept_ra=0',
  'net/ipv4/conf/default/send_redirects=0',
  'net/ipv4/conf/all/send_redirects=0',
  'net/ipv4/conf/default/rp_filter=0',
  'net/ipv4/conf/all/rp_filter=0',
];

const nodeSettings = (plan: VrrpPlan): readonly string[] => [
  'net/ipv4/ip_forward=1',
  'net/ipv6/conf/all/forwarding=1',
  `net/netfilter/nf_conntrack_tcp_loose=${plan.tcpLoose ? 1 : 0}`,
];

/** One shell line per setting; /proc/sys/net is that of the shell's own network namespace. */
export const settingLines = (settings: readonly string[]): string =>
  settings.map((setting) => setting.replace(/^(.*)=(.*)$/, 'echo $2 >/proc/sys/$1')).join('\n');

const daemonScript = (name: string, start: string, stop: string, status: string): string => `#!/bin/sh
# Stands in for the distribution's script: the same verbs, but logs to the machine's own /var/log.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
running() { ${status}; }
wait_running() { tries=0; until running; do [ $((tries += 1)) -lt 100 ] || exit 1; sleep 0.02; done; }
start() { running || { ${start}; }; }
stop() { ${stop}; }
case "$1" in
start) start ;;
stop) stop ;;
restart|force-reload) stop; start ;;
status) if running; then echo "${name} is running"; else echo "${name} is not running"; exit 3; fi ;;
*) echo "Usage: $0 {start|stop|restart|force-reload|status}" >&2; exit 1 ;;
esac
`;

const keepalivedService = daemonScript(
  'keepalived',
  // In the foreground, because Debian's build has no log file option, and /dev/log is the host's.
  'setsid /usr/sbin/keepalived --dont-fork --no-syslog --log-console >>/var/log/keepalived.log 2>&1 </dev/null & wait_running',
  'start-stop-daemon --stop --oknodo --quiet --retry TERM/10/KILL/5 --pidfile /run/keepalived.pid --exec /usr/sbin/keepalived',
  'start-stop-daemon --status --pidfile /run/keepalived.pid --exec /usr/sbin/keepalived',
);

const conntrackdService = daemonScript(
  'conntrackd',
  '/usr/sbin/conntrackd -d >>/var/log/notify.log 2>&1',
  '/usr/sbin/conntrackd -k >>/var/log/notify.log 2>&1',
  'start-stop-daemon --status --exec /usr/sbin/conntrackd',
);

/** The state sync of a node. */
export const conntrackdFiles = (config: string): MachineFile[] => [
  machineFile('etc/conntrackd/conntrackd.conf', config),
  machineFile('etc/init.d/conntrackd', conntrackdService, 0o755),
];

/** Asks the machine's init (process 1) to go down in order, as systemd's commands of these names do. */
const powerScript = `#!/bin/sh
case "\${0##*/} $*" in
reboot*|*" -r"*) kill -TERM 1 ;;
*) kill -USR1 1 ;;
esac
`;

export const powerFiles = (): MachineFile[] =>
  ['reboot', 'poweroff', 'halt', 'shutdown'].map((name) => ({
    path: `sbin/${name}`,
    text: powerScript,
    mode: 0o755,
  }));

/** What a machine finds on its tmpfs when it starts. Keys are added by keys.ts. */
export const machineFiles = (machine: MachineName, plan: VrrpPlan): MachineFile[] => {
  const common = commonFiles({ up: machineLines(machine), down: machineDownLines(machine) });
  if (!isNode(machine))
    return [...common, machineFile('rules.nft', hostRules), machineFile('settings.sh', '')];
  return [
    ...common,
    machineFile('rules.nft', nodeRules(plan)),
    machineFile('settings.sh', `${settingLines(nodeSettings(plan))}\n`),
    machineFile('etc/keepalived/keepalived.conf', keepalivedConfig(machine, plan)),
    machineFile('etc/keepalived/notify.sh', notifyScript(plan), 0o755),
    machineFile('etc/init.d/keepalived', keepalivedService, 0o755),
    ...(plan.sync === 'conntrackd'
      ? conntrackdFiles(conntrackdConfig(machine))
      : // The host's own configuration is not to be seen: a node that has one is expected to run it.
        [machineFile('etc/conntrackd/none', '')]),
    ...powerFiles(),
  ];
};
