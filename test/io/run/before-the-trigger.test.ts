import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, type TestContext } from 'vitest';
import { CLI, makeFilePair, privileged, runPair, startRun, type FilePair } from './file-pair.js';

/* Runs that end before anything is sent to the pair, and leave nothing behind. */

const makePair = async ({ onTestFinished }: TestContext, from = 'local'): Promise<FilePair> => {
  const pair = await makeFilePair({ from });
  onTestFinished(() => pair.remove());
  return pair;
};

/** A run that touched nothing is not `latest`: it is the only one. */
const inRun = async (pair: FilePair, name: string): Promise<string> => {
  const [run = '', ...others] = await readdir(join(pair.out, 'file-pair'));
  expect(others).toEqual([]);
  return readFile(join(pair.out, 'file-pair', run, name), 'utf8');
};

const expectUntouched = async (pair: FilePair): Promise<void> => {
  expect(await pair.read('fw-a.role')).toBe('active\n');
  expect(await inRun(pair, 'undo.jsonl')).toMatch(/^{"done":0,"journal":{.*}}\n$/);
  expect(await inRun(pair, 'trial-01/events.jsonl')).not.toContain('trigger-issued');
};

/** Nothing in it can be written or made. */
const readOnly = (folder: string): string =>
  `mkdir -p ${folder} && mount -t tmpfs -o ro,size=4k tmpfs ${folder}`;

describe.runIf(privileged)('before the trigger (needs root)', { concurrent: true }, () => {
  test('a failover that cannot be counted is not made, and its undo is not recorded', async (context) => {
    const pair = await makePair(context);
    const scenario = await pair.read('scenario.yaml');
    await pair.write('scenario.yaml', scenario.replace('timeout: 3s', 'timeout: 3s, guard: { flaps: 9 }'));
    const { code, stderr } = await runPair(pair, [], readOnly(join(pair.dir, 'seqgap', 'pairs')));
    expect(code).toBe(2);
    expect(stderr).toContain('cannot count the failovers of the pair');
    await expectUntouched(pair);
  });

  test('a pair that cannot be marked as changed is not changed', async (context) => {
    const pair = await makePair(context);
    const { code, stderr } = await runPair(pair, [], readOnly(join(pair.dir, 'seqgap', 'pending')));
    expect(code).toBe(2);
    expect(stderr).toContain('cannot mark the pair as changed');
    await expectUntouched(pair);
  });

  test('a pair that is not healthy any more is left alone', async (context) => {
    const pair = await makePair(context);
    // Well in the preflight, which asks once; not any more afterwards.
    const counting = `[sh, -c, 'echo asked >>"$0.count"; [ "$(wc -l <"$0.count")" = 1 ] && cat "$0" || echo ill', '{{dir}}/{{node}}.ready']`;
    const driver = await pair.read('drivers/file.yaml');
    await pair.write('drivers/file.yaml', driver.replace("[cat, '{{dir}}/{{node}}.ready']", counting));
    const { code, stderr } = await runPair(pair);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /the pair is not healthy any more just before the trigger: fw-[ab]: not so: the node says that it is well/,
    );
    // One look of the preflight, three of the recheck.
    expect(await pair.read('fw-a.ready.count')).toBe('asked\n'.repeat(4));
    await expectUntouched(pair);
    expect(await inRun(pair, 'trial-01/events.jsonl')).toMatch(/"event":"broken-off".*"phase":"steady"/);
  });

  test('Ctrl-C while a device is asked ends it at once, and nothing is called restored', async (context) => {
    const pair = await makePair(context);
    const asked = "[sh, -c, 'echo asked >\"$0.asked\"; sleep 60', '{{dir}}/{{node}}.role']";
    const driver = await pair.read('drivers/file.yaml');
    await pair.write('drivers/file.yaml', driver.replace("[cat, '{{dir}}/{{node}}.role']", asked));
    const { pid, finished } = startRun(pair);
    while (!existsSync(join(pair.dir, 'fw-a.role.asked'))) await sleep(20);
    process.kill(pid, 'SIGINT');
    const { code, stderr } = await finished;
    expect(code).toBe(2);
    expect(stderr).toContain('interrupted: the pair was not touched, the results cover what was measured');
    expect(stderr).not.toContain('restored');
    await expectUntouched(pair);
  });

  test('a vantage that fails while the pair is read again says why', async (context) => {
    const pair = await makePair(context, 'script');
    // The preflight asks once; the second time no answer comes in time.
    const hanging = `[sh, -c, 'echo asked >>"$0.count"; [ "$(wc -l <"$0.count")" = 1 ] || sleep 60; cat "$0"', '{{dir}}/{{node}}.ready']`;
    const driver = await pair.read('drivers/file.yaml');
    await pair.write('drivers/file.yaml', driver.replace("[cat, '{{dir}}/{{node}}.ready']", hanging));
    // By then the steady time of 1 s has passed, and nothing but the pair is waited for.
    await pair.write(
      'vantage.sh',
      `cd "$(dirname "$0")"
(until [ "$(wc -l <fw-a.ready.count)" = 2 ]; do sleep 0.05; done; sleep 2.5; echo p,garbage,1,2,3) &
exec ${process.execPath} ${CLI} agent
`,
    );
    const { code, stderr } = await runPair(pair);
    expect(stderr).toContain('vantage script: it sent a row that is none, and is given up');
    expect(code).toBe(2);
    await expectUntouched(pair);
    expect(await inRun(pair, 'trial-01/events.jsonl')).toMatch(
      /"event":"broken-off".*"phase":"steady".*it sent a row that is none/,
    );
  });
});
