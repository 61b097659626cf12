import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { childrenOf } from '../../src/lab/ground/machine.js';
import { trialFolder, trialOf } from '../../src/store/names.js';

/*
 * Runs that are killed: who of them, in which phase, and what `seqgap restore` may say then. For the tests of every
 * phase in a lab, and for the harness of many kills (bench/kills.ts).
 */

export const NOTHING = 'nothing to undo: (the run changed nothing|everything was taken back)';

export const LAB_UP = ['lab', 'up', '--advert', '500ms', '--boot', '1s'] as const;

/** A pair whose power is cut for good, in a kept lab of `LAB_UP`. */
export const labScenario = (failback: 'measure' | 'none'): string => `
name: kill
lab: { design: vrrp, advert: 500ms, boot: 1s }
nodes:
  fw-a: { driver: keepalived, ssh: { host: 10.4.0.11, user: root }, power: { driver: lab } }
  fw-b: { driver: keepalived, ssh: { host: 10.4.0.12, user: root }, power: { driver: lab } }
vantages: { client: { netns: client } }
streams:
  - { name: ping, type: icmp, from: client, to: 10.4.4.4, every: 20ms, timeout: 1s }
trigger: { node: active, action: stop, timeout: 20s }
trial: { repeat: 2, steady: 500ms, recovered: 500ms, restore: 60s, cool-down: 30s, failback: ${failback} }
`;

/** Is anything left to be undone of a run whose every process was killed in this phase? */
export type Left = 'nothing' | 'change' | 'either';

export const LEFT: Readonly<Record<string, Left>> = {
  preflight: 'nothing',
  steady: 'nothing',
  // The undo is on disk a moment after the phase has begun.
  trigger: 'either',
  outage: 'change',
  recovered: 'change',
  drain: 'change',
  // Given back already, but not healthy yet.
  restore: 'either',
  'cool-down': 'nothing',
  failback: 'nothing',
  'failback trigger': 'either',
  'failback outage': 'change',
  'failback recovered': 'change',
  'failback drain': 'change',
  'failback restore': 'either',
};
export const PHASES = Object.keys(LEFT);

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** The one run in a folder that holds no other; null: it has not begun. */
export const runIn = (folder: string): string | null => {
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  const run = entries.find((entry) => entry.isDirectory());
  return run === undefined ? null : join(folder, run.name);
};

/** Every phase of a trial that was entered, as LEFT names them. @param run the run's folder. */
export const phasesOf = (run: string, trial = 1): string[] => {
  const entered = read(join(run, trialFolder(trial), 'events.jsonl'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { event: string; phase?: string; of?: string })
    .filter(({ event }) => event === 'phase')
    .map(({ of, phase = '' }) => (of === 'failback' && phase !== 'failback' ? `failback ${phase}` : phase));
  const done = new RegExp(`"trials_done": ${trial}\\b`).test(read(join(run, 'run.json')));
  return done ? [...entered, 'cool-down'] : entered;
};

/** Where a run has got to; null: before its first phase. */
export const phaseNow = (run: string): string | null => {
  const trials = existsSync(run) ? readdirSync(run).flatMap((name) => trialOf(name) ?? []) : [];
  const newest = trials.toSorted((a, b) => b - a).flatMap((trial) => phasesOf(run, trial).slice(-1));
  return newest[0] ?? null;
};

const family = (pid: number): number[] => childrenOf(pid).flatMap((child) => [child, ...family(child)]);

const signal = (pid: number, name: 'SIGSTOP' | 'SIGKILL'): void => {
  try {
    process.kill(pid, name);
  } catch {
    // It ended at this very moment.
  }
};

/** Processes of seqgap at and below one: the run, its watchdog, its agents; not a command that is under way. */
const oursOf = (pid: number): number[] =>
  [pid, ...family(pid)].filter((each) =>
    /cli\.js (run|watchdog|agent) /.test(`${read(`/proc/${each}/cmdline`).replaceAll('\0', ' ')} `),
  );

/** `run`: as by the kernel that is out of memory; its watchdog lives. `all`: as by a crash of the host. */
export type Victim = 'run' | 'all';

/** @returns processes that live on for a while: commands under way, and what ends because of the kill. */
export const killRun = (pid: number, victim: Victim): number[] => {
  const all = [pid, ...family(pid)];
  const victims = victim === 'all' ? oursOf(pid) : [pid];
  // At once: none of them must see another one go.
  for (const each of victims) signal(each, 'SIGSTOP');
  for (const each of victims) signal(each, 'SIGKILL');
  return all.filter((each) => !victims.includes(each));
};
