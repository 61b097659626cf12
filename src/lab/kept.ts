import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { LabPlan } from '../model/lab-plan.js';
import { childrenOf } from './ground/machine.js';

/** A lab kept alive by `seqgap lab up`, as its record says. */
export interface KeptLab {
  /** The `unshare` that holds the lab; the lab dies with it. */
  readonly pid: number;
  /** Start time of that process (clock ticks since boot): a process id alone may have been given away again. */
  readonly startTicks: number;
  readonly plan: LabPlan;
  readonly witness: boolean;
  /** RFC 3339. */
  readonly since: string;
}

/** Field 22 of /proc/PID/stat, proc(5); null if there is no such process, or only its zombie. */
export const startTicks = (pid: number): number | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces; after it the fields count from 3 (the state).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : Number(fields[19]);
  } catch {
    return null;
  }
};

export const recordPath = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env['XDG_STATE_HOME'] || join(homedir(), '.local/state'), 'seqgap/labs/vrrp.json');

export const isAlive = (lab: Pick<KeptLab, 'pid' | 'startTicks'>): boolean =>
  startTicks(lab.pid) === lab.startTicks;

/** The lab that is kept now, or null. The record of one that died is removed. */
export const findKept = (path = recordPath()): KeptLab | null => {
  let kept: KeptLab;
  try {
    kept = JSON.parse(readFileSync(path, 'utf8')) as KeptLab;
  } catch {
    return null;
  }
  if (isAlive(kept)) return kept;
  forgetKept(path);
  return null;
};

export const recordKept = (lab: KeptLab, path = recordPath()): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(lab, null, 2)}\n`);
};

export const forgetKept = (path = recordPath()): void => rmSync(path, { force: true });

/** Process id, on this host, of the init of a kept lab: what nsenter aims at. */
export const initOf = (lab: KeptLab): number | null => childrenOf(lab.pid)[0] ?? null;
