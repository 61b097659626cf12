import type { CommandEnd, Sources } from '../../../src/cli/doctor/host-sources.js';

const CLOCKS = '/sys/devices/system/clocksource/clocksource0';
const IPV4 = '/proc/sys/net/ipv4';

/** Files as read on a Debian 12 host on which nothing is amiss (the long ones shortened to what matters). */
const FILES: Readonly<Record<string, string>> = {
  [`${CLOCKS}/current_clocksource`]: 'tsc\n',
  [`${CLOCKS}/available_clocksource`]: 'tsc hpet acpi_pm \n',
  '/proc/stat':
    'cpu  142648 0 48125 425201 2331 0 3514 348 0 0\ncpu0 69744 0 23714 215110 465 0 1795 139 0 0\nintr 1\n',
  '/proc/meminfo': 'MemTotal:       24684096 kB\nMemFree:        23533996 kB\nMemAvailable:   23757360 kB\n',
  '/proc/self/limits':
    'Limit                     Soft Limit           Hard Limit           Units     \nMax open files            20000                20000                files     \n',
  '/proc/self/status': 'Name:\tnode\nCapEff:\t000001fffeffffff\n',
  [`${IPV4}/ip_local_port_range`]: '32768\t60999\n',
  [`${IPV4}/tcp_tw_reuse`]: '2\n',
  '/proc/sys/net/core/rmem_default': '212992\n',
  '/proc/sys/net/core/rmem_max': '4194304\n',
  '/proc/sys/net/netfilter/nf_conntrack_max': '262144\n',
  '/proc/sys/net/netfilter/nf_conntrack_count': '0\n',
};

export const PATHS = { CLOCKS, IPV4 } as const;

const PING_REPLY =
  'PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.\n64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.029 ms\n';

export const ended = (code: number, stdout: string, stderr = ''): CommandEnd => ({ code, stdout, stderr });

/** Programs by their whole command line. */
const COMMANDS: Readonly<Record<string, CommandEnd>> = {
  'ping -V': ended(0, 'ping from iputils 20221126\nlibcap: yes, IDN: yes, NLS: no\n'),
  'ping -i 0.001 -n -c 1 127.0.0.1': ended(0, PING_REPLY),
  'ping -n -c 1 127.0.0.1': ended(0, PING_REPLY),
  'timedatectl show --property=NTPSynchronized': ended(0, 'NTPSynchronized=yes\n'),
  'ssh-add -l': ended(0, '256 SHA256:abc me@jump (ED25519)\n3072 SHA256:def old@jump (RSA)\n'),
};

export interface Changes extends Partial<Omit<Sources, 'file' | 'run'>> {
  /** null: not there. */
  readonly files?: Readonly<Record<string, string | null>>;
  readonly commands?: Readonly<Record<string, CommandEnd | null>>;
}

const NATIVE = { socket: 'raw', stamps: { sent: 'kernel', received: 'kernel' }, realTime: true } as const;

/** The sound host, but for what a test changes. */
export const recorded = ({ files = {}, commands = {}, ...rest }: Changes = {}): Sources => ({
  platform: 'linux',
  execPath: '/usr/bin/node',
  nodeVersion: '20.20.2',
  sshAgent: '/tmp/agent.sock',
  cpus: 2,
  file: (path) => Promise.resolve(path in files ? (files[path] ?? null) : (FILES[path] ?? null)),
  run: (program, args) => {
    const line = [program, ...args].join(' ');
    return Promise.resolve(line in commands ? (commands[line] ?? null) : (COMMANDS[line] ?? null));
  },
  nativeSocket: () => Promise.resolve(NATIVE),
  rawSocket: () => Promise.resolve(null),
  folder: () => Promise.resolve({ existing: '/srv/results', writable: true, free_bytes: 80 * 2 ** 30 }),
  missingPackages: () => [],
  lab: () => Promise.resolve(null),
  sshMethods: () => Promise.resolve(['agent', 'publickey']),
  ...rest,
});
