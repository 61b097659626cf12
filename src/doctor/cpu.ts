import { ok, warn, type Finding } from './finding.js';
import type { Sources } from './source.js';

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
