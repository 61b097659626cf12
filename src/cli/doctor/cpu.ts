import { execFile } from 'node:child_process';
import { ok, warn, type Finding, fail } from './finding.js';
import { type Sources, numberIn } from './host-sources.js';
import type { Needs } from './needs.js';

/** One reading of /proc/stat: ticks since boot, all CPUs together. */
export interface CpuTicks {
  readonly total: number;
  readonly steal: number;
}

/** Null where there is no /proc/stat. Columns as in proc_stat(5): the eighth is steal; guest is within user. */
export const cpuTicks = async (sources: Sources): Promise<CpuTicks | null> => {
  const line = /^cpu +(.*)$/m.exec((await sources.file('/proc/stat')) ?? '')?.[1];
  if (line === undefined) return null;
  const ticks = line.split(/\s+/).slice(0, 8).map(Number);
  return { total: ticks.reduce((sum, each) => sum + each, 0), steal: ticks[7] ?? 0 };
};

/**
 * The share of CPU time that the hypervisor gave to others between two readings, 0..1; null if no tick passed. A
 * tick is 10 ms: over 0.25 s on two CPUs one stolen tick is already 2 %.
 */
export const stealShare = (before: CpuTicks | null, after: CpuTicks | null): number | null => {
  if (before === null || after === null || after.total <= before.total) return null;
  return (after.steal - before.steal) / (after.total - before.total);
};

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const MUCH_STOLEN = 0.02;

export const stealFinding = (share: number | null): Finding => {
  const check = 'cpu-steal';
  if (share === null) return warn(check, 'unknown: no /proc/stat', 'judge by timer-lateness alone');
  if (share < MUCH_STOLEN) return ok(check, `${percent(share)} while timers were measured`);
  return warn(
    check,
    `${percent(share)} of the CPU time went to other virtual machines`,
    'reserve CPU for this machine, or measure from a host that is not overbooked',
  );
};

export const coresFinding = ({ cpus }: Sources): Finding =>
  cpus >= 2
    ? ok('cpu', `${cpus} CPUs`)
    : warn('cpu', '1 CPU: prober, runner and everything else share it', 'give this host a second CPU');

const MIB = 2 ** 20;
/** Runner and one agent take about 150 MiB together. */
const ENOUGH = 256 * MIB;

export const memoryFinding = async (sources: Sources): Promise<Finding> => {
  const check = 'memory';
  const kib = /^MemAvailable: +(\d+) kB$/m.exec((await sources.file('/proc/meminfo')) ?? '')?.[1];
  if (kib === undefined) return warn(check, 'unknown: no /proc/meminfo', 'leave 256 MiB free');
  const free = Number(kib) * 1024;
  const text = `${Math.floor(free / MIB)} MiB available`;
  return free >= ENOUGH
    ? ok(check, text)
    : warn(check, text, 'leave 256 MiB free: swapping stalls the prober');
};

/** What Node, its pipes and the log files take beside the probes. */
const SPARE_FILES = 64;

/** Node raises its soft limit to the hard one when it starts, so the hard one counts. */
export const openFilesFinding = async (sources: Sources, { sockets }: Needs): Promise<Finding> => {
  const check = 'open-files';
  const limits = await sources.file('/proc/self/limits');
  const found = /^Max open files +(\S+) +(\S+)/m.exec(limits ?? '');
  if (found === null)
    return warn(check, 'unknown: no /proc/self/limits', 'ulimit -n should say 4096 or more');
  const [, soft = '', hard = ''] = found;
  const text = `${soft} (hard ${hard}), ${sockets + SPARE_FILES} needed at most`;
  const enough = hard === 'unlimited' || Number(hard) >= sockets + SPARE_FILES;
  if (enough) return ok(check, text);
  return fail(
    check,
    text,
    'raise it: ulimit -Hn 65536 as root, or LimitNOFILE= of the service, or limits.conf',
  );
};

const RANGE = '/proc/sys/net/ipv4/ip_local_port_range';

/** TCP probes are closed by RST and leave no TIME_WAIT, so ports are taken only while a probe is in flight. */
export const portsFinding = async (sources: Sources, { sockets }: Needs): Promise<Finding> => {
  const check = 'ports';
  const [low, high] = ((await sources.file(RANGE)) ?? '').trim().split(/\s+/).map(Number);
  if (low === undefined || high === undefined)
    return warn(check, `unknown: no ${RANGE}`, 'keep some thousand ephemeral ports free');
  const reuse = await numberIn(sources, '/proc/sys/net/ipv4/tcp_tw_reuse');
  const text = `${low} to ${high}, ${sockets} needed at once; tcp_tw_reuse ${reuse ?? 'unknown'}`;
  if (high - low + 1 >= 2 * sockets) return ok(check, text);
  return warn(check, text, 'sysctl -w net.ipv4.ip_local_port_range="32768 60999"');
};

const CAP_NET_ADMIN = 12n;
/** The kernel's own default on 64 bit; less drops replies in bursts. */
const USUAL_RMEM = 212_992;

/** With CAP_NET_ADMIN the ICMP socket takes 4 MiB whatever the limit; without it gets the default. */
export const receiveBufferFinding = async (sources: Sources): Promise<Finding> => {
  const check = 'receive-buffer';
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec((await sources.file('/proc/self/status')) ?? '')?.[1];
  if (mask !== undefined && (BigInt(`0x${mask}`) >> CAP_NET_ADMIN) & 1n)
    return ok(check, '4 MiB for the raw socket (CAP_NET_ADMIN)');
  const size = await numberIn(sources, '/proc/sys/net/core/rmem_default');
  const max = await numberIn(sources, '/proc/sys/net/core/rmem_max');
  if (size === null)
    return warn(check, 'unknown: no net.core.rmem_default', 'look for socket drops in the reports');
  const text = `rmem_default ${size}, rmem_max ${max ?? 'unknown'} octets`;
  if (size >= USUAL_RMEM) return ok(check, text);
  return warn(
    check,
    `${text}: a burst of replies may be dropped here`,
    'sysctl -w net.core.rmem_default=4194304',
  );
};

const FULL = 0.8;

/** A full connection table drops what this host sends or gets: a local failure that looks like loss. */
export const conntrackFinding = async (sources: Sources): Promise<Finding> => {
  const check = 'conntrack';
  const max = await numberIn(sources, '/proc/sys/net/netfilter/nf_conntrack_max');
  if (max === null) return ok(check, 'nf_conntrack is not loaded here');
  const count = await numberIn(sources, '/proc/sys/net/netfilter/nf_conntrack_count');
  if (count === null || count === 0)
    return ok(check, 'nf_conntrack is loaded and tracks nothing of this host');
  const text = `nf_conntrack tracks this host: ${count} of ${max} entries`;
  if (count < FULL * max) return ok(check, text);
  return warn(
    check,
    `${text}: when it is full, probes are dropped here`,
    `sysctl -w net.netfilter.nf_conntrack_max=${max * 4}, or exempt the probes: nft … notrack`,
  );
};

/** Sets the policy of every thread of this process. @returns whether that was permitted. */
const chrt = (...policy: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    if (process.platform !== 'linux') resolve(false);
    else execFile('chrt', ['-a', ...policy, String(process.pid)], (error) => resolve(error === null));
  });

/**
 * Does `work` with the priority that an agent gives itself (src/probe/agent/priority.ts): round-robin real time, where that is
 * permitted (root, CAP_SYS_NICE); what is started meanwhile is not raised (`-R`). Otherwise a measurement here would
 * say less of the prober than of what else runs.
 */
export const withPriority = async <T>(work: () => Promise<T>): Promise<T> => {
  const raised = await chrt('-R', '-r', '-p', '1');
  try {
    return await work();
  } finally {
    if (raised) await chrt('-o', '-p', '0');
  }
};
