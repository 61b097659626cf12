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
 * What a design starts beside the services named here is in start.sh and stop.sh, which a machine need not have.
 *
 * A root account that is locked (`!`) may not log in by key without PAM, hence the private /etc/shadow.
 */
export const MACHINE_INIT = `#!/bin/sh
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
[ -d /run/machine/etc/keepalived ] && /etc/init.d/keepalived start
[ -f /run/machine/start.sh ] && . /run/machine/start.sh
echo up

while [ -z "$goal" ]; do
    sleep 1 &
    sleep=$!
    wait $sleep
    kill $sleep 2>/dev/null
done
[ -f /run/machine/stop.sh ] && . /run/machine/stop.sh
[ -d /run/machine/etc/keepalived ] && /etc/init.d/keepalived stop
[ -f /run/machine/etc/conntrackd/conntrackd.conf ] && /etc/init.d/conntrackd stop
# Sessions are closed while there is still a network to say so.
pkill -TERM -x sshd
while pgrep -x sshd >/dev/null && [ "\${tries:=0}" -lt 20 ]; do tries=$((tries + 1)); sleep 0.05; done
ip -force -batch /run/machine/down.batch
[ "$goal" = reboot ] && exit 3
exit 0
`;
