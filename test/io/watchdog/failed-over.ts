import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROGRAM } from '../../../src/package-folder.js';
import type { RunRecord } from '../../../src/model/run.js';
import { makeFilePair, type FilePair } from '../run/file-pair.js';

/** No packet is touched: the roles move, and stay moved until they are put back. */
const SWITCH = `
cd "$(dirname "$0")"
echo down > "$1.ready"
echo standby > "$1.role"
for node in fw-a fw-b; do [ $node = "$1" ] || echo active > $node.role; done
echo "act $1" >> log
`;
const UNDO = `cd "$(dirname "$0")"; echo ready > "$1.ready"; echo "undo $1" >> log\n`;

/** A pair of files that stays failed over for a minute. */
export const makePair = async (): Promise<FilePair> => {
  const pair = await makeFilePair({});
  await pair.write('switch.sh', SWITCH);
  await pair.write('undo.sh', UNDO);
  await pair.write('log', '');
  const text = await pair.read('scenario.yaml');
  await pair.write(
    'scenario.yaml',
    text.replace('steady: 1s, recovered: 1s, give-up: 5s', 'steady: 300ms, recovered: 60s, give-up: 60s'),
  );
  // What is asked answers at once, so that a wait for it is short.
  const driver = await pair.read('drivers/file.yaml');
  const prompt = driver
    .replaceAll(/^( *)(?=extract:)/gm, '$1timeout: 1s\n$1')
    .replaceAll("'], extract:", "'], timeout: 1s, extract:");
  await pair.write('drivers/file.yaml', prompt);
  return pair;
};

export interface Runner {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What was said on stderr so far. */
  said(): string;
  /** Settles when it has ended and nobody holds its stderr any more. */
  readonly closed: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

export const runArguments = (pair: FilePair): string[] => [
  PROGRAM,
  'run',
  pair.scenario,
  '--yes',
  '--out',
  pair.out,
  '--drivers',
  join(pair.dir, 'drivers'),
];

export const environment = (pair: FilePair, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  XDG_STATE_HOME: pair.dir,
  ...more,
});

/** @param prefix what the program is started behind; it must become the program itself. */
export const start = (
  pair: FilePair,
  env: NodeJS.ProcessEnv = {},
  prefix: readonly string[] = [],
): Runner => {
  const [file = '', ...args] = [...prefix, process.execPath, ...runArguments(pair)];
  const child = spawn(file, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: environment(pair, env),
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const closed = once(child, 'close').then(([code, signal]) => ({ code, signal }) as const);
  return { child, pid: child.pid as number, said: () => said, closed };
};

/** Not a limit of speed: only what never comes true may fail by it. */
const NEVER_MS = 90_000;

export const until = async (test: () => boolean | Promise<boolean>): Promise<void> => {
  const never = AbortSignal.timeout(NEVER_MS);
  while (!(await test())) await sleep(20, undefined, { signal: never });
};

export const isFailedOver = async (pair: FilePair): Promise<boolean> =>
  (await pair.read('fw-a.ready')) === 'down\n' && (await pair.read('log')).includes('act');
export const isRestored = async (pair: FilePair): Promise<boolean> =>
  (await pair.read('fw-a.ready')) === 'ready\n';

/** Of a process that is there; a zombie is not. */
const statOf = (pid: number | string): { state: string; parent: number } | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return null;
  }
};
export const isThere = (pid: number): boolean => {
  const stat = statOf(pid);
  return stat !== null && stat.state !== 'Z';
};

/** Children of a process, and what each was started as. */
export const childrenOf = async (pid: number): Promise<{ pid: number; state: string; command: string }[]> =>
  (await readdir('/proc'))
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = statOf(name);
      if (stat?.parent !== pid) return [];
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return [{ pid: Number(name), state: stat.state, command }];
      } catch {
        return [];
      }
    });

export const watchdogOf = async (pid: number): Promise<number | null> =>
  (await childrenOf(pid)).find(({ command }) => command.includes('cli.js watchdog'))?.pid ?? null;

export const folderOf = (pair: FilePair): string => realpathSync(join(pair.out, 'file-pair', 'latest'));
export const recordOf = (folder: string): RunRecord =>
  JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as RunRecord;
export const logOf = (folder: string): string =>
  existsSync(join(folder, 'watchdog.log')) ? readFileSync(join(folder, 'watchdog.log'), 'utf8') : '';
