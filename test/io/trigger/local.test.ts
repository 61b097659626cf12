import { execFileSync } from 'node:child_process';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { forgetSecrets, registerSecret } from '../../../src/model/secret.js';
import { fromMs } from '../../../src/model/time.js';
import { LocalTransport } from '../../../src/trigger/transport/local.js';
import { askRole, type NodeRole } from '../../../src/trigger/ask/role.js';
import { bind } from '../../../src/trigger/ask/bound.js';
import { drivers, makeBoxes } from './boxes.js';
import type { Driver } from '../../../src/trigger/driver/schema.js';

const local = new LocalTransport(systemClock);
const LONG = { timeout_ns: fromMs(60_000) };

let dir: string;
/** What a test has left running in the background. */
let left: number[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'seqgap-local-'));
});
afterEach(async () => {
  forgetSecrets();
  for (const pid of left) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  left = [];
  await rm(dir, { recursive: true, force: true });
});

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
/** The process id that a command has printed. */
const background = (stdout: string): number => {
  const pid = Number(stdout);
  left.push(pid);
  return pid;
};

describe('a local command', () => {
  test('ends with its process, not with its output: what it started in the background lives on', async () => {
    const stamps: string[] = [];
    const result = await local.exec('setsid sleep 600 & echo $!; exit 0', {
      ...LONG,
      onStamp: (kind, _, detail) => stamps.push(`${kind} ${detail}`),
    });
    const pid = background(result.stdout);
    expect(result).toMatchObject({ ended: 'exited', code: 0, signal: null });
    expect(stamps.slice(1)).toEqual(['accepted exit 0', 'closed exit 0']);
    expect(isAlive(pid)).toBe(true);
  });

  test('may leave something in the background that goes on writing', async () => {
    const [go, done] = [join(dir, 'go'), join(dir, 'done')];
    execFileSync('mkfifo', [go]);
    const wait = `read go < ${go}; echo more; echo more >&2; touch ${done}; sleep 600`;
    const { stdout, code } = await local.exec(`setsid sh -c '${wait}' & echo $!`, LONG);
    background(stdout);
    expect(code).toBe(0);
    await writeFile(go, 'go\n');
    await expect
      .poll(
        () =>
          access(done).then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true);
  });

  test('that takes too long is ended, and is not waited for where its output stays open', async () => {
    const stamps: string[] = [];
    const result = await local.exec('setsid sleep 600 & echo $!; sleep 600', {
      timeout_ns: fromMs(500),
      onStamp: (kind, _, detail) => stamps.push(`${kind} ${detail}`),
    });
    const pid = background(result.stdout);
    expect(result).toMatchObject({ ended: 'timeout', code: null });
    expect(stamps.slice(1)).toEqual(['closed timed out']);
    expect(isAlive(pid)).toBe(true);
  });

  test('that takes too long is ended with its whole group', async () => {
    const { stdout, ended } = await local.exec('sleep 600 & echo $!; wait', { timeout_ns: fromMs(500) });
    const pid = background(stdout);
    expect(ended).toBe('timeout');
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
  });

  test('gives all of its output', async () => {
    const { stdout, stderr } = await local.exec('head -c 300000 /dev/zero; echo bad >&2; exit 3', LONG);
    expect(stdout).toHaveLength(300_000);
    expect(stderr).toBe('bad\n');
  });

  test('tells the signal that ended it', async () =>
    expect(await local.exec('kill -TERM $$', LONG)).toMatchObject({
      ended: 'exited',
      code: null,
      signal: 'SIGTERM',
    }));

  test('that is not there gives 127 and says so', async () =>
    expect(await local.exec(['no-such-program-here'], LONG)).toMatchObject({
      ended: 'exited',
      code: 127,
      stderr: expect.stringContaining('ENOENT'),
    }));
});

/** What an answer is taken for, as the pair of files gives it. */
const roleOf = async (answer: string): Promise<NodeRole> => {
  const boxes = await makeBoxes();
  try {
    await writeFile(join(boxes.dir, 'fw-a.role'), answer);
    const node = boxes.node('fw-a');
    return await askRole(bind(drivers.get('box') as Driver, node, { peer: null, seqgap: [] }, () => local));
  } finally {
    await boxes.remove();
  }
};

describe('an answer that is not understood', () => {
  test.each([
    ['across the cut', `${'-'.repeat(75)}hunter2-hunter2`, 'hunter2-hunter2'],
    [
      'of several lines',
      `key: ${'-'.repeat(60)}\nBEGIN KEY\nabc def\nghi jkl\nEND KEY\n`,
      'BEGIN KEY\nabc def\nghi jkl\nEND KEY\n',
    ],
  ])('is shown without a secret %s', async (_, answer, secret) => {
    registerSecret(secret);
    const role = await roleOf(answer);
    expect(role.error).toMatch(/^the answer was not understood: ".*\*\*\*"$/);
    expect(role.error).not.toMatch(/hunter|BEGIN|abc/);
  });
});

test('a role’s own words are no lines of a secret', async () => {
  registerSecret('BEGIN\nabcdef\nEND');
  expect(await roleOf('UP\nBEGIN\nabcdef\nEND\n')).toMatchObject({ role: 'unknown', raw: 'UP' });
  registerSecret('DOWN');
  expect(await roleOf('DOWN\n')).toEqual({ node: 'fw-a', role: 'standby', raw: '', error: null });
});
