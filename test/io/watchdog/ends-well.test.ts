import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PROGRAM } from '../../../src/package-folder.js';
import { privileged, type FilePair } from '../run/file-pair.js';
import {
  childrenOf,
  environment,
  folderOf,
  isFailedOver,
  isRestored,
  isThere,
  makePair,
  recordOf,
  runArguments,
  start,
  until,
  watchdogOf,
} from './failed-over.js';

let pair: FilePair;
beforeEach(async () => {
  pair = await makePair();
});
afterEach(() => pair.remove());

const quick = async (): Promise<void> =>
  pair.write(
    'scenario.yaml',
    (await pair.read('scenario.yaml'))
      .replaceAll('60s', '1s')
      .replace('restore: 3s', 'restore: 3s, repeat: 2'),
  );

describe.runIf(privileged)('a run that restores its pair itself (needs root)', () => {
  test('ends well: its watchdog is gone before it, without a word', async () => {
    await quick();
    const runner = start(pair);
    await until(() => isFailedOver(pair));
    const watchdog = (await watchdogOf(runner.pid)) as number;
    // Stopped runs of a terminal's group do not reach it: it leads a session of its own, and listens to nobody.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(watchdog, signal);
    expect((await runner.closed).code, runner.said()).toBe(0);
    expect(isThere(watchdog)).toBe(false);
    expect(runner.said()).not.toMatch(/(seqgap|the) watchdog/);
    expect(recordOf(folderOf(pair))).toMatchObject({ status: 'complete', restored: true, trials_done: 2 });
    expect(await readdir(folderOf(pair))).not.toContain('watchdog.log');
    expect((await pair.read('log')).match(/undo/g)).toHaveLength(2);
  });

  test('is told to stop: it does so itself', async () => {
    const runner = start(pair);
    await until(() => isFailedOver(pair));
    const children = await childrenOf(runner.pid);
    runner.child.kill('SIGINT');
    expect((await runner.closed).code).toBe(2);
    expect(await isRestored(pair)).toBe(true);
    expect(recordOf(folderOf(pair))).toMatchObject({ status: 'interrupted', restored: true });
    expect(runner.said()).not.toMatch(/(seqgap|the) watchdog/);
    await until(() => children.every(({ pid }) => !isThere(pid)));
  });

  test('needs no watchdog where nothing would have to be undone', async () => {
    await quick();
    const driver = await pair.read('drivers/file.yaml');
    const from = driver.indexOf('    undo:');
    await pair.write(
      'drivers/file.yaml',
      `${driver.slice(0, from)}    undo: none\n${driver.slice(driver.indexOf('samples:'))}`,
    );
    await pair.write('switch.sh', (await pair.read('switch.sh')).replace('echo down', 'echo ready'));
    const runner = start(pair);
    await until(async () => (await pair.read('log')).includes('act'));
    expect(await watchdogOf(runner.pid)).toBeNull();
    expect((await runner.closed).code, runner.said()).toBe(0);
  });
});

const PROMPT = /bash-[\d.]+[#$] /;

/** A person at a terminal, with a shell that has job control. */
const typed = (): {
  readonly type: (text: string) => void;
  seen(): string;
  readonly ended: Promise<unknown>;
} => {
  const shell = spawn('script', ['-qec', 'exec bash --norc --noprofile -i', '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: environment(pair, { TERM: 'xterm', HISTFILE: '' }),
  });
  let seen = '';
  shell.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
  return { type: (text) => void shell.stdin.write(text), seen: () => seen, ended: once(shell, 'exit') };
};

describe.runIf(privileged)('at a terminal (needs root)', () => {
  const command = (): string => `${[process.execPath, ...runArguments(pair)].join(' ')}\n`;

  test('Ctrl-Z stops the run and not its watchdog, which restores the pair', async () => {
    const person = typed();
    await until(() => PROMPT.test(person.seen()));
    person.type(command());
    await until(() => isFailedOver(pair));
    person.type('\u001A');
    await until(() => person.seen().includes('Stopped'));
    await until(() => isRestored(pair));
    await until(() => person.seen().includes('the pair is restored'));
    expect(person.seen()).toContain('gave no sign of life for 10 s (stopped, or blocked)');
    person.type('exit\n');
    person.type('exit\n');
    await person.ended;
  });

  test('Ctrl-Z and fg before its patience ends: the run goes on', async () => {
    await quick();
    const person = typed();
    await until(() => PROMPT.test(person.seen()));
    person.type(command());
    await until(() => isFailedOver(pair));
    person.type('\u001A');
    await until(() => person.seen().includes('Stopped'));
    person.type('fg\n');
    await until(() => person.seen().includes('Verdict'));
    expect(person.seen()).not.toMatch(/(seqgap|the) watchdog/);
    person.type('exit\n');
    await person.ended;
  });
});

/** What a runner says is said here by the test: the watchdog has to be its child. */
describe('the words of a runner', () => {
  const begin = async (runner = process.pid) => {
    const folder = join(pair.dir, 'run');
    await mkdir(folder);
    await pair.write('run/run.json', '{"status":"running"}');
    await pair.write('run/undo.jsonl', '');
    const child = spawn(process.execPath, [PROGRAM, 'watchdog', folder, '--runner', String(runner)], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let heard = '';
    child.stdout.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    await until(() => heard.includes('ready\n'));
    return {
      child,
      say: (word: object) => child.stdin.write(`${JSON.stringify(word)}\n`),
      heard: () => heard,
    };
  };

  test('each beat is answered, what is no word is not, and the end ends it', async () => {
    const { child, say, heard } = await begin();
    say({ do: 'beat' });
    child.stdin.write('no word\n');
    say({ do: 'beat' });
    await until(() => heard() === 'ready\nalive\nalive\n');
    say({ do: 'end' });
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('a runner that is not its parent any more is left alone: its id may be that of another process', async () => {
    const other = spawn('sleep', ['60']);
    const { child } = await begin(other.pid);
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(isThere(other.pid as number)).toBe(true);
    other.kill();
  });
});
