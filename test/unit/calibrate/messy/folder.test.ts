import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { analyseFolder, madeIn } from '../../../../src/cli/calibrate/messy/folder.js';
import { MESSY_KINDS } from '../../../../src/cli/calibrate/messy/kinds.js';
import { readRecording, recordingFile, writeRecording } from '../../../../src/cli/calibrate/messy/raw.js';
import { messySchema } from '../../../../src/cli/calibrate/messy/result.js';
import { change, lostIn, recorded, trial } from './recorded.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-messy-'));
});
afterEach(() => rm(folder, { recursive: true }));

const context = {
  tool: { name: 'seqgap', version: '0.1.0', node: '20.20.2' },
  complete: true,
} as const;

const store = async (number: number, path = lostIn([2100, 2600])): Promise<string> => {
  const file = recordingFile(folder, 'clean', number);
  await writeRecording(file, recorded('clean', trial([change('cut', 2100, 2600)]), path));
  return file;
};

test('a recording comes back as it was written, and is counted', async () => {
  const file = await store(4);
  expect(await readRecording(file)).toEqual(
    recorded('clean', trial([change('cut', 2100, 2600)]), lostIn([2100, 2600])),
  );
  expect(await madeIn(folder)).toEqual(new Map([['clean', { trials: 1, next: 5 }]]));
});

test('a folder is analysed again: cells, and each miss with where it is from', async () => {
  await store(0);
  await store(1, lostIn([2100, 2300]));
  const result = await analyseFolder(folder, MESSY_KINDS, context);
  expect(messySchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
  expect(result.cells.map(({ engine, trials, covered }) => [engine, trials, covered])).toEqual([
    ['headline', 2, 1],
    ['icmp', 2, 1],
  ]);
  expect(result.misses.map(({ recording, trial: number }) => [recording, number])).toEqual([
    ['clean-0001.json.gz', 1],
    ['clean-0001.json.gz', 1],
  ]);
  expect(result.load).toEqual({ least: 1, median: 2, most: 2 });
});

test('what is no recording, no folder or none of these kinds is one line with its remedy', async () => {
  await store(0);
  await expect(analyseFolder(folder, ['slow'], context)).rejects.toMatchObject({ name: 'KnownError' });
  await writeFile(join(folder, 'slow-0000.json.gz'), 'not compressed');
  await expect(madeIn(folder)).rejects.toMatchObject({
    name: 'KnownError',
    message: expect.stringContaining('slow-0000.json.gz is no recording') as string,
  });
  await expect(madeIn(join(folder, 'none'))).rejects.toMatchObject({ name: 'KnownError' });
});
