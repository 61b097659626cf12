import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../src/model/run.js';
import { makeFilePair, privileged, runPair, type FilePair } from './file-pair.js';

let pair: FilePair;
afterEach(() => pair.remove());

const latest = (name: string): Promise<string> =>
  readFile(join(pair.out, 'file-pair', 'latest', name), 'utf8');
const record = async (): Promise<RunRecord> => JSON.parse(await latest('run.json')) as RunRecord;
const condition = (every: string): string =>
  `, repeat: 3, stop-when: { name: red, file: stop, every: ${every} }`;

describe.runIf(privileged)('a condition from outside (needs root)', () => {
  it('breaks a trial off in the outage, and the pair is restored', async () => {
    pair = await makeFilePair({ trial: condition('100ms') });
    // Traffic would stay away: only the condition ends the wait before `give-up`.
    const script = (await pair.read('switch.sh')).replace('nft delete table inet cut', 'touch stop');
    await pair.write('switch.sh', script);
    const { code, stdout, stderr } = await runPair(pair);
    expect(code).toBe(2);
    const reason = `stopped by the condition red: ${join(pair.dir, 'stop')} is there`;
    expect(stderr).toContain(`${reason}: the pair is restored`);
    expect(await pair.read('fw-a.ready')).toBe('ready\n');
    expect(await record()).toMatchObject({ status: 'interrupted', error: reason, restored: true });
    expect(await latest('trial-01/events.jsonl')).toContain(`"event":"broken-off"`);
    expect(await latest('trial-01/events.jsonl')).toContain(reason);
    expect(await latest('trials.csv')).toContain(`broken off: ${reason}`);
    expect(await latest('junit.xml')).toContain(reason);
    expect(stdout).toContain('void');
  });

  it('that holds already touches nothing', async () => {
    pair = await makeFilePair({ trial: condition('1s') });
    await pair.write('stop', '');
    const { code, stderr } = await runPair(pair);
    expect(code).toBe(2);
    expect(stderr).toContain('stopped by the condition red');
    expect(await pair.read('fw-a.role')).toBe('active\n');
    // Nor does it become `latest`.
    const [run = '', ...others] = await readdir(join(pair.out, 'file-pair'));
    expect(others).toEqual([]);
    const of = (name: string): Promise<string> => readFile(join(pair.out, 'file-pair', run, name), 'utf8');
    expect(await of('trial-01/events.jsonl')).not.toContain('trigger-issued');
    // Its header alone.
    expect((await of('undo.jsonl')).trim().split('\n')).toHaveLength(1);
  });

  it('that cannot be asked counts, and with on-error: ignore it does not', async () => {
    const trial = (more: string): string => `, repeat: 1, stop-when: { name: red, command: 'exit 4'${more} }`;
    pair = await makeFilePair({ trial: trial('') });
    const stopped = await runPair(pair);
    expect(stopped.code).toBe(2);
    expect(stopped.stderr).toContain('stopped by the condition red: it cannot be asked: exit 4');
    expect(await pair.read('fw-a.role')).toBe('active\n');
    await pair.remove();
    pair = await makeFilePair({ trial: trial(', on-error: ignore') });
    const done = await runPair(pair);
    expect(done.code).toBe(0);
    expect(done.stderr).toContain('stop condition red: it cannot be asked: exit 4; it does not count');
  });
});
