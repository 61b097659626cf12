import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeFilePair, privileged, seqgap, startRun, type FilePair, type Finished } from './file-pair.js';

/* Two containers that have the state folder in common: a process of one is no process of the other. */

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

/** The built program in a PID namespace of its own. */
const inContainer = (
  pair: FilePair,
  args: readonly string[],
): { pid: number; finished: Promise<Finished> } => {
  let end: (finished: Finished) => void;
  const finished = new Promise<Finished>((resolve) => {
    end = resolve;
  });
  const child = execFile(
    'unshare',
    [
      '--net',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      'sh',
      '-c',
      'ip link set lo up && exec "$@"',
      'sh',
      process.execPath,
      CLI,
      ...args,
    ],
    { encoding: 'utf8', env: { ...process.env, XDG_STATE_HOME: pair.dir } },
    (_error, stdout, stderr) => end({ code: child.exitCode, stdout, stderr }),
  );
  return { pid: child.pid as number, finished };
};

describe.runIf(privileged)('two PID namespaces (needs root)', () => {
  let pair: FilePair;
  let run: readonly string[];
  beforeEach(async () => {
    pair = await makeFilePair({});
    run = ['run', pair.scenario, '--yes', '--out', pair.out, '--drivers', join(pair.dir, 'drivers')];
  });
  afterEach(() => pair.remove());

  const isDown = async (): Promise<void> => {
    while ((await pair.read('fw-a.ready')) !== 'down\n') await sleep(20);
  };
  const HELD = / run holds the pair fw-a, fw-b \(pid \d+( of another container)?, since /;

  test('a run is refused while another one goes on outside; so is a restore, which does nothing', async () => {
    // Longer than anything here takes.
    const first = startRun(pair, ['--repeat', '50']);
    await isDown();
    const [second, inside, outside] = await Promise.all([
      inContainer(pair, run).finished,
      inContainer(pair, ['restore', 'latest', '--out', pair.out]).finished,
      seqgap(pair, ['restore']),
    ]);
    expect(second.code).toBe(2);
    expect(second.stderr).toMatch(HELD);
    for (const restored of [inside, outside]) {
      expect(restored.code).toBe(2);
      expect(restored.stderr).toMatch(HELD);
      expect(restored.stderr).toContain('nothing was done');
      expect(restored.stdout).not.toContain('undone');
    }
    process.kill(first.pid, 'SIGINT');
    expect((await first.finished).stderr).toContain('interrupted: the pair is restored');
    expect(await pair.read('fw-a.ready')).toBe('ready\n');
  });

  test('a run in a container is seen from outside, and its end too', async () => {
    const first = inContainer(pair, [...run, '--repeat', '50']);
    await isDown();
    const refused = await seqgap(pair, run);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /another run holds the pair fw-a, fw-b \(pid \d+ of another container, since /,
    );
    process.kill(first.pid, 'SIGKILL');
    await first.finished;
    await pair.write('fw-a.role', 'standby\n');
    await pair.write('fw-b.role', 'active\n');
    const restored = await seqgap(pair, ['restore']);
    expect(restored.stdout).toContain('undone: fw-a: put the node back\nthe pair is healthy\n');
    expect(restored.code).toBe(0);
  });
});
