import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { privileged, type FilePair } from '../run/file-pair.js';
import { folderOf, isFailedOver, isRestored, makePair, recordOf, start, until } from './failed-over.js';

/** They mostly wait, so they wait side by side; each has a pair of its own. */
const scene = (name: string, body: (pair: FilePair) => Promise<void>): void =>
  test.concurrent(name, async () => {
    const pair = await makePair();
    try {
      await body(pair);
    } finally {
      await pair.remove();
    }
  });

/** Loaded into the runner, which the test then tells to hang. */
const hanging = async (pair: FilePair, how: string): Promise<NodeJS.ProcessEnv> => {
  await pair.write('hang.cjs', `process.on('SIGUSR2', () => { ${how} });`);
  return { NODE_OPTIONS: `--require ${join(pair.dir, 'hang.cjs')}` };
};

describe.runIf(privileged)('a run that hangs while the pair is failed over (needs root)', () => {
  scene('is stopped (SIGSTOP): it is ended after a while, and the pair restored', async (pair) => {
    const runner = start(pair);
    await until(() => isFailedOver(pair));
    runner.child.kill('SIGSTOP');
    expect((await runner.closed).signal).toBe('SIGKILL');
    expect(runner.said()).toContain('gave no sign of life for 10 s (stopped, or blocked): it is ended');
    expect(await isRestored(pair)).toBe(true);
    expect(recordOf(folderOf(pair))).toMatchObject({ status: 'failed', restored: true });
  });

  scene('turns in a circle, deaf to Ctrl-C: the pair is restored', async (pair) => {
    const runner = start(pair, await hanging(pair, 'for (;;);'));
    await until(() => isFailedOver(pair));
    runner.child.kill('SIGUSR2');
    runner.child.kill('SIGINT');
    expect((await runner.closed).signal).toBe('SIGKILL');
    expect(runner.said()).toContain('gave no sign of life');
    expect(await isRestored(pair)).toBe(true);
  });

  scene('waits for what never comes, with an event loop that turns: the pair is restored', async (pair) => {
    await pair.write(
      'scenario.yaml',
      (await pair.read('scenario.yaml'))
        .replace('give-up: 60s', 'give-up: 1s')
        .replace('recovered: 60s', 'recovered: 1s'),
    );
    // Intervals go on: it still says that it lives.
    const never =
      'globalThis.setTimeout = () => 0;' +
      "require('node:timers/promises').setTimeout = () => new Promise(() => {});" +
      "require('node:module').syncBuiltinESMExports();";
    const runner = start(pair, await hanging(pair, never));
    await until(() => isFailedOver(pair));
    runner.child.kill('SIGUSR2');
    expect((await runner.closed).signal).toBe('SIGKILL');
    expect(runner.said()).toMatch(/the run did not get on within \d+ s \(it hangs in: (outage|recovered)\)/);
    expect(await isRestored(pair)).toBe(true);
  });

  scene('the node cannot be put back: it says so, and what to do by hand', async (pair) => {
    await pair.write('undo.sh', 'exit 0\n');
    const runner = start(pair);
    await until(() => isFailedOver(pair));
    runner.child.kill('SIGKILL');
    await runner.closed;
    const folder = folderOf(pair);
    expect(runner.said()).toContain(`do by hand: on fw-a: this host: sh ${pair.dir}/undo.sh fw-a`);
    expect(runner.said()).toContain('seqgap watchdog: the pair is NOT restored');
    expect(recordOf(folder)).toMatchObject({
      status: 'failed',
      error: 'the run was killed; its watchdog could not restore the pair',
      restored: false,
    });
    expect(await readdir(join(pair.dir, 'seqgap', 'pending'))).not.toEqual([]);
  });

  scene('the node answers again only after a while: it is tried again', async (pair) => {
    const runner = start(pair);
    await until(() => isFailedOver(pair));
    await pair.write('undo.sh', 'exit 0\n');
    runner.child.kill('SIGKILL');
    await until(() => runner.said().includes('NOT undone'));
    await pair.write('undo.sh', `echo ready > ${pair.dir}/fw-a.ready\n`);
    await runner.closed;
    expect(runner.said()).toContain('the pair is restored');
    expect(recordOf(folderOf(pair))).toMatchObject({ restored: true });
  });
});
