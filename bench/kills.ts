import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seededRandom } from '../src/analysis/statistics/random.js';
import { PACKAGE, PROGRAM } from '../src/package-folder.js';
import {
  killRun,
  LAB_UP,
  labScenario,
  NOTHING,
  phaseNow,
  PHASES,
  phasesOf,
  runIn,
  type Victim,
} from '../test/lab/killed-run.js';
import { openTool, processExists, type Tool } from '../test/lab/lab-kit.js';
import { killsTable, type Kill, type Kills } from './kills-table.js';

/*
 * `npm run kills -- --exec 100 --lab 10 --seed 1`: runs are killed (SIGKILL) at random instants, half of them alone and
 * half with their watchdog, and the pair is looked at afterwards. Half of the kills come at any instant of a run, half
 * at a random one of the phase that was hit least. They are added to bench/kills.json; without any, the table is
 * printed. An exec pair is two nodes in files whose commands take their time; a lab is kept (`seqgap lab up`).
 */

const RESULT = join(PACKAGE, 'bench', 'kills.json');

/** About as long as a run on each place takes, and a phase of it. */
const RUN_MS = { exec: 8000, lab: 25_000 } as const;
const PHASE_MS = 400;
/** A drain lasts for as long as the last probe may take to be answered, or less. */
const DRAIN_MS = 60;

const DRIVER = `
name: slow-files
title: A pair whose roles are files
about: each node's role is a word in a file, and every command takes its time
transport: exec
params: { dir: { about: folder of the files } }
role:
  run: cat {{dir}}/{{node}}.role
  timeout: 5s
  extract: { regex: '^(\\w+)$' }
  words: { active: active, standby: standby }
ready:
  - about: the node says that it is well
    run: cat {{dir}}/{{node}}.ready
    timeout: 5s
    extract: { regex: '^(\\w+)$' }
    good: [ready]
actions:
  switchover:
    about: makes the other node active, and this one unfit
    settles: 1s
    run: ['sleep 0.15; echo down > {{dir}}/{{node}}.ready; sleep 0.15; echo standby > {{dir}}/{{node}}.role; echo active > {{dir}}/{{peer.node}}.role; sleep 0.15']
    confirm: { node: [standby], peer: [active], within: 5s }
    undo:
      about: makes the node fit again
      done: { run: 'cat {{dir}}/{{node}}.ready', timeout: 5s, extract: { regex: '^(\\w+)$' }, good: [ready] }
      run: ['sleep 0.2; echo ready > {{dir}}/{{node}}.ready; sleep 0.2']
      within: 10s
samples:
  - { of: role, output: "active\\n", expect: { role: active, raw: active } }
  - { of: undo.switchover, output: "ready\\n", expect: { passes: true } }
`;

type Failback = 'measure' | 'none';

const execScenario = (dir: string, port: number, failback: Failback): string => `
name: kill
nodes:
  fw-a: { driver: slow-files, params: { dir: ${dir} } }
  fw-b: { driver: slow-files, params: { dir: ${dir} } }
streams:
  - { name: web, type: tcp, to: '127.0.0.1:${port}', every: 20ms, timeout: 400ms }
trigger: { node: active, action: switchover, timeout: 5s }
trial: { repeat: 2, steady: 300ms, recovered: 400ms, give-up: 20s, restore: 20s, cool-down: 600ms, failback: ${failback} }
`;

/** Where runs are killed. */
interface Place {
  readonly kind: Kill['place'];
  readonly env: NodeJS.ProcessEnv;
  readonly drivers: readonly string[];
  /** Writes a scenario that stands for a new run. */
  scenario(folder: string, failback: Failback): Promise<string>;
  /** What is not as it was before the run; null: nothing. */
  wrong(): Promise<string | null>;
  close(): Promise<void>;
}

const openExec = async (): Promise<Place> => {
  const dir = mkdtempSync(join(tmpdir(), 'seqgap-kills-'));
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const drivers = join(dir, 'drivers');
  await mkdir(drivers);
  await writeFile(join(drivers, 'slow-files.yaml'), DRIVER);
  const say = (name: string, word: string): Promise<void> => writeFile(join(dir, name), `${word}\n`);
  await Promise.all([
    say('fw-a.role', 'active'),
    say('fw-b.role', 'standby'),
    say('fw-a.ready', 'ready'),
    say('fw-b.ready', 'ready'),
  ]);
  const is = async (name: string): Promise<string> => (await readFile(join(dir, name), 'utf8')).trim();
  return {
    kind: 'exec',
    env: { ...process.env, XDG_STATE_HOME: dir },
    drivers: ['--drivers', drivers],
    scenario: async (folder, failback) => {
      const file = join(folder, 'scenario.yaml');
      await writeFile(file, execScenario(dir, (server.address() as AddressInfo).port, failback));
      return file;
    },
    wrong: async () => {
      const pending = join(dir, 'seqgap', 'pending');
      // Half a mark, whose writer was killed, is none to anybody.
      const marks = existsSync(pending) ? readdirSync(pending).filter((name) => name.endsWith('.json')) : [];
      if (marks.length > 0) return `left in the state folder: ${marks.join(', ')}`;
      const ready = await Promise.all([is('fw-a.ready'), is('fw-b.ready')]);
      const roles = await Promise.all([is('fw-a.role'), is('fw-b.role')]);
      const state = `${ready.join('/')} ${roles.toSorted().join('/')}`;
      return state === 'ready/ready active/standby' ? null : state;
    },
    close: async () => {
      server.close();
      rmSync(dir, { recursive: true });
    },
  };
};

const openLab = async (): Promise<Place> => {
  const tool: Tool = openTool();
  await tool.run(...LAB_UP);
  return {
    kind: 'lab',
    env: tool.env,
    drivers: [],
    scenario: async (folder, failback) => {
      const file = join(folder, 'scenario.yaml');
      await writeFile(file, labScenario(failback));
      return file;
    },
    wrong: async () => {
      const { nodes } = await tool.status();
      const state = `${nodes.map(({ power }) => power).join('/')} ${nodes
        .map(({ ha }) => ha ?? '')
        .toSorted()
        .join('/')}`;
      return state === 'on/on BACKUP/MASTER' ? null : state;
    },
    close: () => tool.dispose(),
  };
};

const commandIn = (
  place: Place,
  ...args: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [PROGRAM, ...args],
      { env: place.env },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });

const isGone = (pid: number): boolean => !processExists(pid);

/** What of the pair, of the run or of its restore is not as it should be; null: nothing. */
const judge = async (
  place: Place,
  run: string | null,
  victim: Victim,
  living: readonly number[],
): Promise<string | null> => {
  // Before run.json is there nothing was asked of a node.
  if (run === null || !existsSync(join(run, 'run.json'))) return place.wrong();
  const restore = (): ReturnType<typeof commandIn> => commandIn(place, 'restore', run, ...place.drivers);
  // Only what is left behind needs a hand: what was killed alone has restored itself, and says so.
  if (victim === 'all') {
    const first = await restore();
    if (first.code !== 0) return `restore ended with ${first.code}: ${first.stderr.slice(0, 200)}`;
  }
  const second = await restore();
  if (second.code !== 0 || !new RegExp(`^${NOTHING}\\n$`).test(second.stdout))
    return `not restored: ${second.code} ${(second.stdout + second.stderr).slice(0, 200)}`;
  // A command that was under way ends by itself; that it was must not be seen afterwards.
  while (!living.every(isGone)) await sleep(20);
  return place.wrong();
};

/** Which instant of a run: of the whole, or of a phase. */
interface Aim {
  readonly phase: string | null;
  readonly after_ms: number;
}

/** null: the run had ended before its instant came. */
const killOne = async (place: Place, aim: Aim, victim: Victim): Promise<Kill | null> => {
  const folder = mkdtempSync(join(tmpdir(), 'seqgap-kill-'));
  try {
    // The drain of a trial that has a failback is that of the failback.
    const without = aim.phase !== null && ['drain', 'restore', 'cool-down'].includes(aim.phase);
    const file = await place.scenario(folder, without ? 'none' : 'measure');
    const args = [PROGRAM, 'run', file, '--yes', '--out', folder, ...place.drivers];
    const child = spawn(process.execPath, args, { env: place.env, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.resume();
    const closed = once(child, 'close');
    const run = (): string | null => runIn(join(folder, 'kill'));
    const entered = (): string[] => phasesOf(run() ?? '');
    while (aim.phase !== null && !entered().includes(aim.phase) && child.exitCode === null) await sleep(5);
    await sleep(aim.after_ms);
    if (child.exitCode !== null) return null;
    const living = killRun(child.pid ?? 0, victim);
    const phase = phaseNow(run() ?? '');
    await closed;
    const wrong = await judge(place, run(), victim, living);
    return { place: place.kind, victim, phase, wrong };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const load = (): Kills =>
  existsSync(RESULT) ? (JSON.parse(readFileSync(RESULT, 'utf8')) as Kills) : { seeds: [], kills: [] };

const { values } = parseArgs({
  options: {
    exec: { type: 'string', default: '0' },
    lab: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    /** Exec pairs side by side. */
    beside: { type: 'string', default: '3' },
    /** No kill is begun after so many minutes. */
    minutes: { type: 'string', default: '60' },
  },
});

const former = load();
const kills: Kill[] = [...former.kills];
const seed = Number(values.seed);
const random = seededRandom(seed);
const end = performance.now() + Number(values.minutes) * 60_000;

const aimFor = (kind: Kill['place']): Aim => {
  // How long a program takes to start depends on the host: instants count from the first phase, but for some.
  if (random() < 0.05) return { phase: null, after_ms: random() * 2000 };
  if (random() < 0.4) return { phase: 'preflight', after_ms: random() * RUN_MS[kind] };
  const hits = (phase: string): number => kills.filter((kill) => kill.phase === phase).length;
  const least = Math.min(...PHASES.map(hits));
  const rare = PHASES.filter((phase) => hits(phase) <= least + 2);
  const phase = rare[Math.floor(random() * rare.length)] ?? 'outage';
  return { phase, after_ms: random() * (phase.endsWith('drain') ? DRAIN_MS : PHASE_MS) };
};

const save = (): void => {
  const seeds = [...new Set([...former.seeds, seed])];
  const lines = kills.map((kill) => `    ${JSON.stringify(kill)}`).join(',\n');
  writeFileSync(RESULT, `{\n  "seeds": ${JSON.stringify(seeds)},\n  "kills": [\n${lines}\n  ]\n}\n`);
};

/** Kills runs on a place until there are enough of them in all. */
const work = async (open: () => Promise<Place>, next: () => boolean): Promise<void> => {
  const place = await open();
  try {
    while (performance.now() < end && next()) {
      const kill = await killOne(place, aimFor(place.kind), random() < 0.5 ? 'run' : 'all');
      if (kill === null) continue;
      kills.push(kill);
      if (kill.wrong !== null) console.log(JSON.stringify(kill));
      save();
      // What is not as it was would be blamed on the next one, too.
      if (kill.wrong !== null) return;
    }
  } finally {
    await place.close();
  }
};

const countdown = (count: number): (() => boolean) => {
  let left = count;
  return () => left-- > 0;
};
const execs = countdown(Number(values.exec));
const labs = countdown(Number(values.lab));
const workers = [
  ...(Number(values.exec) === 0
    ? []
    : Array.from({ length: Number(values.beside) }, () => work(openExec, execs))),
  ...(Number(values.lab) === 0 ? [] : [work(openLab, labs)]),
];
await Promise.all(workers);
console.log(
  `${kills.length - former.kills.length} kills of seed ${seed}, ${kills.length} in all\n\n${killsTable({ kills })}`,
);
process.exit(kills.some(({ wrong }) => wrong !== null) ? 1 : 0);
