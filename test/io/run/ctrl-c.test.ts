import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';

const CLI = join(import.meta.dirname, '../../../dist/cli.js');
const folder = mkdtempSync(join(tmpdir(), 'seqgap-stop-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Started {
  readonly child: ChildProcess;
  /** What it has written on standard error so far. */
  readonly said: () => string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

const start = (args: readonly string[]): Started => {
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, XDG_STATE_HOME: join(folder, 'state') },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => (text += String(chunk)));
  child.stdout.resume();
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
  }));
  return { child, said: () => text, ended };
};

const pipe = (name: string): string => {
  const path = join(folder, name);
  execFileSync('mkfifo', [path]);
  return path;
};

describe('a stop while the scenario is still being read from a pipe', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends it at once, touching nothing',
    async (signal) => {
      const path = pipe(`${signal}.yaml`);
      const out = join(folder, `out-${signal}`);
      const { child, said, ended } = start(['run', path, '--yes', '--out', out]);
      // Opened for writing as soon as the program has opened it to read.
      const writer = await open(path, 'w');
      child.kill(signal);
      expect(await ended).toEqual({ code: null, signal });
      await writer.close();
      expect(said()).toBe('stopped: nothing was touched\n');
      expect(existsSync(out)).toBe(false);
    },
  );
});

test.each([
  ['analyze', (path: string) => ['analyze', path]],
  ['check', (path: string) => ['check', path]],
])('a stop while %s reads a pipe ends it', async (name, args) => {
  const path = pipe(`${name}.pipe`);
  const { child, ended } = start(args(path));
  const writer = await open(path, 'w');
  child.kill('SIGINT');
  expect(await ended).toEqual({ code: null, signal: 'SIGINT' });
  await writer.close();
});

test('a stop before anything is loaded ends it', async () => {
  const { child, ended } = start(['run', join(folder, 'none.yaml')]);
  await once(child, 'spawn');
  child.kill('SIGINT');
  const { code, signal } = await ended;
  // It may have been quicker, and have found no scenario.
  expect(signal === 'SIGINT' || code === 64).toBe(true);
});
