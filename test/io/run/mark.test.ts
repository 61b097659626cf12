import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { makeFilePair, privileged, seqgap, startRun, type FilePair } from './file-pair.js';

let pair: FilePair;
afterEach(() => pair.remove());

describe.runIf(privileged)('seqgap mark beside a run (needs root)', () => {
  it('is on the timeline of its trial, with the outage after it; afterwards there is none to mark', async () => {
    // Long enough for a command to be loaded on a busy host.
    pair = await makeFilePair({ trial: ', aftercare: 8s' });
    const { finished } = startRun(pair);
    const latest = join(pair.out, 'file-pair', 'latest');
    // From its first action on there is a newest run.
    while ((await readFile(join(latest, 'run.json'), 'utf8').catch(() => '')) === '') await sleep(20);
    const mark = await seqgap(pair, ['mark', 'the fan is loud']);
    expect(mark).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('marked in the run of file-pair'),
    });
    const { code, stderr } = await finished;
    expect(code).toBe(0);
    expect(stderr).toContain('mark: the fan is loud');
    expect(await readFile(join(latest, 'timeline.csv'), 'utf8')).toMatch(/,mark,the fan is loud,,command,/);
    expect(await readFile(join(latest, 'summary.md'), 'utf8')).toMatch(
      /- trial 1: the fan is loud \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/,
    );
    expect((await seqgap(pair, ['mark', 'too late'])).code).toBe(64);
  });
});
