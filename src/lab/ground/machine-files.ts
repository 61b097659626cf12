import { isNode, type Wiring } from './topology.js';

export interface MachineFile {
  /** Path below the machine's folder; `etc/x` is mounted over /etc/x. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

export const machineFile = (path: string, text: string, mode = 0o644): MachineFile => ({ path, text, mode });

/** What a design gives to one of its machines. */
export interface Outfit {
  /** `ip` lines behind those of its addresses. */
  readonly routes?: readonly string[];
  /** For nft. */
  readonly rules?: string;
  /** Of its kernel, when it has its interfaces. */
  readonly settings?: readonly string[];
  readonly files?: readonly MachineFile[];
}

/** What a machine finds on its tmpfs when it starts. Keys are added by site.ts. */
export const machineFiles = <Name extends string>(
  wiring: Wiring<Name>,
  machine: Name,
  { routes = [], rules = '', settings = [], files = [] }: Outfit,
): MachineFile[] => [
  machineFile('up.batch', `${[...wiring.upLines(machine), ...routes].join('\n')}\n`),
  machineFile('down.batch', `${wiring.downLines(machine).join('\n')}\n`),
  machineFile('init.sh', MACHINE_INIT),
  machineFile('sshd_config', sshdConfig),
  machineFile('rules.nft', rules),
  machineFile('settings.sh', `${settingLines(settings)}\n`),
  ...(isNode(machine) ? POWER_COMMANDS.map((name) => machineFile(`sbin/${name}`, powerScript, 0o755)) : []),
  ...files,
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

/** One shell line per setting; /proc/sys/net is that of the shell's own network namespace. */
export const settingLines = (settings: readonly string[]): string =>
  settings.map((setting) => setting.replace(/^(.*)=(.*)$/, 'echo $2 >/proc/sys/$1')).join('\n');

/** /etc/init.d/NAME of a daemon, of what starts and stops it, and the question whether it runs. */
export const daemonScript = (name: string, start: string, stop: string, status: string): string => `#!/bin/sh
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

/** Asks the machine's init (process 1) to go down in order, as systemd's commands of these names do. */
const powerScript = `#!/bin/sh
case "\${0##*/} $*" in
reboot*|*" -r"*) kill -TERM 1 ;;
*) kill -USR1 1 ;;
esac
`;

const POWER_COMMANDS = ['reboot', 'poweroff', 'halt', 'shutdown'];

/**
 * Process 1 of a machine, in sh: `sh init.sh NAME DIR`. Reads one line from stdin (power is there) before
 * it starts anything; says `assembled` and `up`; ends with 3 for a reboot and 0 for power-off.
 *
 * The machine has /run, /tmp, /root, /var/log of its own, so that its daemons write nothing on the host's disk. The
 * old /run goes away with every mount below it: a copy of another machine's /run/netns entry would keep that
 * machine's network namespace, and with it its state table, alive after a power cut.
 *
 * A design that runs a program of this package in its machines has a file `program`: the package's folder and Node.js, which
 * may be below /tmp or /root, where a machine has its own. Opened before they are covered, they are /run/program, /run/node.
 * What a design starts beside conntrackd is in start.sh and stop.sh, which a machine need not have.
 *
 * A root account that is locked (`!`) may not log in by key without PAM, hence the private /etc/shadow.
 */
const MACHINE_INIT = `#!/bin/sh
name=$1 files=$2
cd /
exec 3<&0 </dev/null
hostname "$name"
if [ -f "$files/program" ]; then
    { read -r package; read -r node; } <"$files/program"
    exec 4<"$package" 5<"$node"
fi
mount -t tmpfs -o mode=1777 tmpfs /tmp
cp -a "$files/." /tmp/
umount -l /run
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/machine /run/lock /run/sshd
cp -a /tmp/. /run/machine/
umount /tmp
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=700 tmpfs /root
mount -t tmpfs -o mode=755 tmpfs /var/log
mount -t sysfs sysfs /sys
if [ -f /run/machine/program ]; then
    mkdir /run/program
    : >/run/node
    mount -c --bind /proc/self/fd/4 /run/program
    mount -c --bind /proc/self/fd/5 /run/node
    exec 4<&- 5<&-
fi
for dir in /run/machine/etc/*; do
    [ -d "$dir" ] && mount --bind "$dir" "/etc/\${dir##*/}"
done
[ -d /run/machine/sbin ] && mount --bind /run/machine/sbin /usr/local/sbin
sed 's/^root:[^:]*:/root:*:/' /etc/shadow >/run/machine/shadow
chmod 600 /run/machine/shadow
mount --bind /run/machine/shadow /etc/shadow
goal=
trap 'goal=reboot' TERM
trap 'goal=poweroff' USR1
echo assembled
read -r power <&3 || exit 1

ip -force -batch /run/machine/up.batch
nft -f /run/machine/rules.nft
. /run/machine/settings.sh
[ -f /run/machine/host_key ] && /usr/sbin/sshd -f /run/machine/sshd_config -E /var/log/sshd.log
[ -x /etc/init.d/conntrackd ] && [ -f /run/machine/etc/conntrackd/conntrackd.conf ] && /etc/init.d/conntrackd start
[ -f /run/machine/start.sh ] && . /run/machine/start.sh
echo up

while [ -z "$goal" ]; do
    sleep 1 &
    sleep=$!
    wait $sleep
    kill $sleep 2>/dev/null
done
[ -f /run/machine/stop.sh ] && . /run/machine/stop.sh
[ -f /run/machine/etc/conntrackd/conntrackd.conf ] && /etc/init.d/conntrackd stop
# Sessions are closed while there is still a network to say so.
pkill -TERM -x sshd
while pgrep -x sshd >/dev/null && [ "\${tries:=0}" -lt 20 ]; do tries=$((tries + 1)); sleep 0.05; done
ip -force -batch /run/machine/down.batch
[ "$goal" = reboot ] && exit 3
exit 0
`;

/**
 * sshd_config of a machine: root by key only. No PAM (it would want the host's), room for many sessions opened at
 * once, and a fixed PATH, so that the lab's own `reboot` and `poweroff` are found first.
 */
const sshdConfig = `Port 22
HostKey /run/machine/host_key
AuthorizedKeysFile /run/machine/authorized_keys
PidFile /run/sshd.pid
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
UseDNS no
PrintMotd no
MaxStartups 300:30:600
MaxSessions 300
SetEnv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
Subsystem sftp internal-sftp
`;
