import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { makeDebian } from './debian.js';

/*
 * Hosts without Node: each a network namespace and a chroot into one root of Debian's smallest kind, read only, with an sshd and folders of
 * its own. All but the jump host are reached by way of the bastion alone.
 *
 *   jump 10.9.0.1 ── 10.9.0.2 bastion ─┬─ 10.9.1.2 inside  10.4.3.4 ──┐
 *                                      ├─ 10.9.2.2 outside 10.4.4.4 ─┐│
 *                                      └─ 10.9.3.2 fw ───────────────┴┘
 */

export const HOSTS = ['jump', 'bastion', 'inside', 'outside', 'fw'] as const;
export type Host = (typeof HOSTS)[number];

/** Where whatever came to a host can have been put; all else is read only. */
const WRITABLE = ['/tmp', '/var/tmp', '/var/cache', '/dev/shm', '/root', '/run'];

const WORLD = `
root=$1 keys=$2
mount -t tmpfs run /run; mkdir /run/netns
for host in ${HOSTS.join(' ')}; do ip netns add $host; ip -n $host link set lo up; done
cable() {
  ip link add $2 netns $1 type veth peer name $5 netns $4
  ip -n $1 addr add $3/24 dev $2; ip -n $1 link set $2 up
  ip -n $4 addr add $6/24 dev $5; ip -n $4 link set $5 up
}
cable jump eth0 10.9.0.1 bastion near 10.9.0.2
cable bastion to-inside 10.9.1.1 inside mgmt 10.9.1.2
cable bastion to-outside 10.9.2.1 outside mgmt 10.9.2.2
cable bastion to-fw 10.9.3.1 fw mgmt 10.9.3.2
cable inside lan 10.4.3.4 fw trust 10.4.3.1
cable outside lan 10.4.4.4 fw untrust 10.4.4.1
ip -n inside route add 10.4.4.0/24 via 10.4.3.1
ip -n outside route add 10.4.3.0/24 via 10.4.4.1
ip netns exec fw sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
for host in ${HOSTS.join(' ')}; do
  setpriv --pdeathsig KILL ip netns exec $host unshare --mount --uts --pid --fork --kill-child sh -ec "$HOST" sh $host "$root" "$keys" &
done
wait
`;

const HOST = `
hostname $1
mount --bind "$2" /mnt; mount -o remount,bind,ro /mnt
mount -t proc proc /mnt/proc
mount -t tmpfs dev /mnt/dev; mkdir /mnt/dev/shm /mnt/dev/pts
for each in null zero random urandom tty; do touch /mnt/dev/$each; mount --bind /dev/$each /mnt/dev/$each; done
mount -t devpts -o newinstance,ptmxmode=666 devpts /mnt/dev/pts
ln -s pts/ptmx /mnt/dev/ptmx; ln -s /proc/self/fd /mnt/dev/fd
for each in ${WRITABLE.join(' ')}; do mount -t tmpfs -o mode=755 own /mnt$each; done
chmod 1777 /mnt/tmp /mnt/var/tmp /mnt/dev/shm
mkdir /mnt/run/sshd /mnt/root/.ssh; cp "$3"/* /mnt/root/.ssh; chmod 600 /mnt/root/.ssh/*
exec chroot /mnt /usr/sbin/sshd -D -e -h /root/.ssh/host -o UsePAM=no -o PermitRootLogin=yes -o PidFile=none
`;

export interface FarHosts {
  /** A command on the jump host, by ssh, as somebody there would type it. */
  jump(command: string, input?: string): Promise<string>;
  /** On another one, by way of it and the bastion. */
  at(host: Host, command: string): Promise<string>;
  /** A file onto the jump host. */
  put(file: string, path: string): Promise<void>;
  stop(): Promise<void>;
}

/** The address by which the jump host reaches one, and by way of whom. */
const WAY: Readonly<Record<Host, string>> = {
  jump: '127.0.0.1',
  bastion: '10.9.0.2',
  inside: '-J 10.9.0.2 10.9.1.2',
  outside: '-J 10.9.0.2 10.9.2.2',
  fw: '-J 10.9.0.2 10.9.3.2',
};

/** A command that runs as a word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const makeKeys = async (folder: string): Promise<void> => {
  await mkdir(folder);
  for (const name of ['host', 'id_ed25519'])
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  await cp(join(folder, 'id_ed25519.pub'), join(folder, 'authorized_keys'));
  await writeFile(join(folder, 'known_hosts'), `* ${await readFile(join(folder, 'host.pub'), 'utf8')}`);
};

/** @param root made by `makeFarRoot` */
export const startFarHosts = async (root: string): Promise<FarHosts> => {
  const folder = await mkdtemp(join(tmpdir(), 'seqgap-far-'));
  const keys = join(folder, 'keys');
  await makeKeys(keys);
  const world = ['unshare', '--net', '--mount', 'sh', '-ec', WORLD, 'sh', root, keys];
  const child = execa('setpriv', ['--pdeathsig', 'KILL', ...world], {
    env: { HOST },
    reject: false,
    stdin: 'ignore',
  });
  const inside = ['--target', String(child.pid), '--mount', '--net', 'ip', 'netns', 'exec', 'jump'];
  const login = [
    '-F',
    'none',
    '-i',
    join(keys, 'id_ed25519'),
    '-o',
    `UserKnownHostsFile=${join(keys, 'known_hosts')}`,
  ];
  const ssh = ['ssh', ...login, '-o', 'BatchMode=yes', 'root@127.0.0.1'];
  const jump = async (command: string, input = ''): Promise<string> =>
    (await execa('nsenter', [...inside, ...ssh, command], { input })).stdout;
  const at = (host: Host, command: string): Promise<string> =>
    jump(host === 'jump' ? command : `ssh ${WAY[host]} ${quoted(command)}`);
  let left = 200;
  for (const host of HOSTS)
    while ((await at(host, 'true').catch(() => null)) === null) {
      if (left-- === 0 || child.exitCode !== null)
        throw new Error(`${host} does not answer: ${(await child).stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  return {
    jump,
    at,
    put: async (file, path) => {
      await execa('nsenter', [...inside, ...ssh, `cat >${path} && chmod 755 ${path}`], { inputFile: file });
    },
    stop: async () => {
      child.kill('SIGKILL');
      await child;
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** What is enough for a jump host and a far one: an sshd. */
export const makeFarRoot = (folder: string): Promise<void> => makeDebian(folder, ['openssh-server']);

/** Files and programs of a host. */
export const listed = (hosts: FarHosts, host: Host): Promise<string> =>
  hosts.at(host, `find ${WRITABLE.join(' ')} | sort; cat /proc/[0-9]*/comm | sort -u`);

/** Half a second without a way from one side to the other, while the roles change places. */
const SWITCH = `
echo 0 >/proc/sys/net/ipv4/ip_forward
echo standby >/root/$1.role; touch /root/$1.left
sleep 0.5
echo active >/root/$2.role
echo 1 >/proc/sys/net/ipv4/ip_forward
`;

const login = (address: string): string => `ssh: { host: ${address}, user: root, jump: root@10.9.0.2 }`;
const node = (name: string, other: string): string => `${name}:
    driver: generic-ssh
    ${login('10.9.3.2')}
    params:
      role: cat /root/${name}.role
      switchover: sh /root/switch ${name} ${other}
      undone: test -e /root/${name}.left || echo ok
      undo: rm /root/${name}.left`;

export const SCENARIO = `
name: far
nodes:
  ${node('fw-a', 'fw-b')}
  ${node('fw-b', 'fw-a')}
vantages:
  inside: { ${login('10.9.1.2')}, push: true, reflect: { bind: 10.4.3.4 } }
  outside: { ${login('10.9.2.2')}, push: true, reflect: { bind: 10.4.4.4 } }
streams:
  - { name: ping, type: icmp, from: inside, to: 10.4.4.4, every: 20ms }
  - { name: back, type: tcp, from: outside, to: '10.4.3.4:7', every: 50ms }
  - { name: way, type: stamp, from: inside, to: 10.4.4.4, every: 20ms }
sessions:
  - { name: echo, type: tcp, from: outside, to: '10.4.3.4:7', heartbeat: 100ms }
trigger: { node: active, action: switchover }
trial: { repeat: 2, steady: 2s, recovered: 2s, give-up: 20s, restore: 5s, cool-down: 100ms }
`;

/** The pair of the scenario on `fw`, and the scenario on the jump host. */
export const lay = async (hosts: FarHosts): Promise<void> => {
  await hosts.jump(`cat >/root/far.yaml`, SCENARIO);
  await hosts.at(
    'fw',
    `cd /root; echo active >fw-a.role; echo standby >fw-b.role; echo ${quoted(SWITCH)} >switch`,
  );
};
