import {
  appendFile,
  chmod,
  cp,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, test } from 'vitest';
import { asNobody } from '../nobody.js';
import { openCatalogue } from '../../../src/history/catalogue.js';
import { sealed, INDEX_FILE } from '../../../src/history/run-index.js';
import { selectRuns, type SelectedRuns } from '../../../src/history/select.js';
import { makeRun } from './make-run.js';
import { scratch } from './scratch.js';

const COUNT = 24;

let out = '';
let index = '';
let runs: string[] = [];

beforeEach(async () => {
  out = await scratch();
  index = join(out, INDEX_FILE);
  runs = await Promise.all(Array.from({ length: COUNT }, (_, day) => makeRun(out, { day })));
});

const all = (): Promise<SelectedRuns> => selectRuns({ out, order: 'oldest-first' });

/** Changes a figure in the index alone: so it is seen where figures come from. */
const mark = async (): Promise<void> => {
  const lines = (await readFile(index, 'utf8')).replaceAll('3.4204', '9.9999').split('\n');
  const resealed = lines.map((line) =>
    line.includes('\t') ? sealed(line.slice(line.indexOf('\t') + 1)) : line,
  );
  await writeFile(index, resealed.join('\n'));
};

const isFromIndex = ({ runs: found }: SelectedRuns, run: string): boolean =>
  found.find(({ summary }) => summary.path === run)?.trials[0]?.outage_s === 9.9999;

describe('the index', () => {
  test('gives the same figures as the files, and is written once', async () => {
    const cold = await all();
    expect(cold.runs).toHaveLength(COUNT);
    const written = await readFile(index, 'utf8');
    const warm = await all();
    expect(warm).toEqual(cold);
    expect(await readFile(index, 'utf8')).toBe(written);
    await rm(index);
    expect(await all()).toEqual(cold);
  });

  test('is what is read', async () => {
    await all();
    await mark();
    const found = await all();
    expect(runs.every((run) => isFromIndex(found, run))).toBe(true);
  });

  test('a run whose files were written is read again, the others are not', async () => {
    await all();
    await mark();
    const [changed, touched, ...others] = runs as [string, string, ...string[]];
    const sums = join(changed, 'tables.sha256');
    await writeFile(sums, await readFile(sums));
    await utimes(join(touched, 'trials.csv'), new Date(0), new Date(0));
    const found = await all();
    expect([changed, touched].map((run) => isFromIndex(found, run))).toEqual([false, false]);
    expect(others.every((run) => isFromIndex(found, run))).toBe(true);
    expect(isFromIndex(await all(), others[0] as string)).toBe(true);
  });

  test('an edit after indexing is noticed, and its repair', async () => {
    const before = await all();
    const trials = join(runs[3] as string, 'trials.csv');
    const text = await readFile(trials, 'utf8');
    await writeFile(trials, text.replace('3.4204', '3.4205'));
    const { leftOut } = await all();
    expect(leftOut).toEqual([
      { path: runs[3], why: expect.stringContaining('trials.csv was edited after the run') },
    ]);
    await writeFile(trials, text);
    expect(await all()).toEqual(before);
  });

  test('new, deleted, moved and copied runs just work, of other scenarios too', async () => {
    await all();
    await makeRun(out, { day: 40, scenario: 'dns' });
    await rm(runs[0] as string, { recursive: true });
    await rename(join(out, 'fw'), join(out, 'elsewhere'));
    const elsewhere = await scratch();
    await cp(await makeRun(elsewhere, { day: 50, version: '9.2' }), join(out, 'copied'), { recursive: true });
    const found = await all();
    expect(found.leftOut).toEqual([]);
    expect(found.runs).toHaveLength(COUNT - 1 + 2);
    expect(await all()).toEqual(found);
  });

  test('a look at one scenario keeps what is known of the others', async () => {
    for (let day = 0; day < 20; day += 1) await makeRun(out, { day, scenario: 'dns' });
    await all();
    const lines = (await readFile(index, 'utf8')).split('\n').length;
    await rm(join(out, 'dns', '20260101T010000Z-9.0'), { recursive: true });
    // 19 are too few for an index: the scenario of 24 is looked at.
    await rm(runs[0] as string, { recursive: true });
    const catalogue = await openCatalogue(join(out, 'fw'), out);
    await catalogue.close();
    expect((await readFile(index, 'utf8')).split('\n')).toHaveLength(lines - 1);
    await mark();
    expect((await all()).runs.every((run) => run.trials[0]?.outage_s === 9.9999)).toBe(true);
  });
});

describe('an index that is of no use costs time and nothing else', () => {
  test.each([
    ['empty', () => truncate(index, 0)],
    ['cut off', async () => truncate(index, (await readFile(index)).length - 100)],
    [
      'of another version',
      async () =>
        writeFile(index, (await readFile(index, 'utf8')).replace('"seqgap_index":2', '"seqgap_index":0')),
    ],
    ['binary', () => writeFile(index, Buffer.alloc(5000, 0xfe))],
    ['zeros, after a power cut', async () => writeFile(index, Buffer.alloc((await readFile(index)).length))],
    [
      'with another figure, which is JSON all the same',
      async () => writeFile(index, (await readFile(index, 'utf8')).replace('3.4204', '3.4205')),
    ],
    ['with a line that is none', () => appendFile(index, 'x\n')],
    [
      'with figures that are none',
      async () =>
        writeFile(index, (await readFile(index, 'utf8')).replaceAll('{"trials":[[', '{"trials":[{')),
    ],
    [
      'a folder',
      async () => {
        await rm(index);
        await cp(runs[0] as string, index, { recursive: true });
      },
    ],
  ])('%s', async (_, damage) => {
    const before = await all();
    await damage();
    expect(await all()).toEqual(before);
    expect(await all()).toEqual(before);
  });

  test.skipIf(process.getuid?.() !== 0)('a folder that cannot be written to (needs root)', async () => {
    await chmod(out, 0o755);
    const [program = '', ...prefix] = asNobody();
    const options = { reject: false, env: { NO_COLOR: '1' } } as const;
    const { stdout, stderr, exitCode } = await execa(
      program,
      [...prefix, process.execPath, 'dist/cli.js', 'list', out],
      options,
    );
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(stdout.split('\n')).toHaveLength(COUNT + 1);
    expect(await readdir(out)).toEqual(['fw']);
  });
});

describe('who else is at work', () => {
  test('many readers at once, all without an index', async () => {
    const found = await Promise.all(Array.from({ length: 6 }, all));
    for (const each of found) expect(each).toEqual(found[0]);
    expect((await readdir(out)).filter((name) => name.startsWith(INDEX_FILE))).toEqual([INDEX_FILE]);
  });

  test('what a killed writer left is taken away, once it is old', async () => {
    const [old, young] = [`${index}.1.tmp`, `${index}.2.tmp`];
    await writeFile(old, 'x');
    await writeFile(young, 'x');
    await utimes(old, 0, 0);
    await all();
    const names = await readdir(out);
    expect(names).toContain(`${INDEX_FILE}.2.tmp`);
    expect(names).not.toContain(`${INDEX_FILE}.1.tmp`);
  });
});

test('a few runs get no index: nothing is left in the folder of somebody else', async () => {
  const few = await scratch();
  await makeRun(few);
  await selectRuns({ out: few, order: 'oldest-first' });
  expect(await readdir(few)).toEqual(['fw']);
});
