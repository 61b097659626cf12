import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { analyseRun, writeReports } from '../../../src/evaluate/analyse.js';
import { compressRaw } from '../../../src/store/compress.js';
import { eachLine } from '../../../src/store/lines.js';
import { readRun } from '../../../src/store/stored-run.js';
import { scratch } from './scratch.js';

const FIXTURE = join(import.meta.dirname, '../../fixtures/run-v1');
const RAW = ['probes.csv', 'heartbeats.csv'];

const copyOfFixture = async (): Promise<string> => {
  const run = join(await scratch(), 'run');
  await cp(FIXTURE, run, { recursive: true });
  return run;
};

const reportsOf = async (run: string): Promise<Record<string, string>> => {
  await writeReports(run, await analyseRun(await readRun(run)));
  const files = (await readdir(run, { withFileTypes: true })).filter((entry) => entry.isFile());
  return Object.fromEntries(
    await Promise.all(
      files.map(async ({ name }) => [name, await readFile(join(run, name), 'utf8')] as const),
    ),
  );
};

describe('a compressed run', () => {
  test('holds the same bytes, and gives the same reports', async () => {
    const run = await copyOfFixture();
    const before = await reportsOf(run);
    const plain = await Promise.all(RAW.map((name) => readFile(join(run, 'trial-01', name))));
    const sizes = await compressRaw(run);
    expect(sizes.before).toBe(plain.reduce((sum, bytes) => sum + bytes.length, 0));
    expect(sizes.after).toBeLessThan(sizes.before / 2);
    expect((await readdir(join(run, 'trial-01'))).sort()).toEqual([
      'events.jsonl',
      'heartbeats.csv.gz',
      'probes.csv.gz',
    ]);
    for (const [index, name] of RAW.entries())
      expect(gunzipSync(await readFile(join(run, 'trial-01', `${name}.gz`)))).toEqual(plain[index]);
    expect(await reportsOf(run)).toEqual(before);
  });

  test('is compressed once: the second time there is nothing to do', async () => {
    const run = await copyOfFixture();
    await compressRaw(run);
    const first = await readFile(join(run, 'trial-01/probes.csv.gz'));
    expect(await compressRaw(run)).toEqual({ before: 0, after: 0 });
    expect(await readFile(join(run, 'trial-01/probes.csv.gz'))).toEqual(first);
  });

  test('a cut last line is told of in the same words', async () => {
    const run = await copyOfFixture();
    const probes = join(run, 'trial-01/probes.csv');
    await writeFile(probes, (await readFile(probes)).subarray(0, -3));
    const { notes } = await analyseRun(await readRun(run));
    expect(notes.join('\n')).toMatch(/trial-01\/probes\.csv:\d+: the last line is cut off/);
    await compressRaw(run);
    expect((await analyseRun(await readRun(run))).notes).toEqual(notes);
  });

  test('where a compression was cut off, the plain file counts', async () => {
    const run = await copyOfFixture();
    const before = await reportsOf(run);
    await writeFile(join(run, 'trial-01/probes.csv.gz'), 'no gzip');
    expect(await reportsOf(run)).toEqual(before);
    await compressRaw(run);
    expect(await reportsOf(run)).toEqual(before);
  });

  test.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2), 'unexpected end of file'],
    ['changed', (bytes: Buffer) => bytes.fill(0xff, 30, 60), /invalid|incorrect/],
    ['no gzip at all', () => Buffer.from('stream,flow'), 'incorrect header check'],
  ])('a file that was %s is damaged: one line with its name', async (_, damage, why) => {
    const run = await copyOfFixture();
    await compressRaw(run);
    const path = join(run, 'trial-01/probes.csv.gz');
    await writeFile(path, damage(await readFile(path)));
    const error: unknown = await analyseRun(await readRun(run)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'KnownError',
      message: expect.stringContaining(`${path} is damaged: `),
      remedy: 'restore the file from a copy',
    });
    expect((error as Error).message).toMatch(why);
  });
});

describe('eachLine', () => {
  test('reads a compressed log in pieces, whatever they are', async () => {
    const folder = join(await scratch(), 'trial-01');
    await mkdir(folder);
    const lines = Array.from({ length: 60_000 }, (_, index) => `line ${index} ${'x'.repeat(index % 41)}`);
    await writeFile(join(folder, 'log.gz'), gzipSync(`${lines.join('\n')}\n`));
    const seen: string[] = [];
    const decode = (bytes: Buffer, from: number, to: number): string => bytes.toString('utf8', from, to);
    const reading = await eachLine(join(folder, 'log'), { header: null, decode }, (line) => seen.push(line));
    expect(reading).toEqual({ rows: lines.length, warning: null });
    expect(seen).toEqual(lines);
  });

  test('stops reading when a row is malformed, with the name of the compressed file', async () => {
    const folder = await scratch();
    await writeFile(join(folder, 'log.gz'), gzipSync('a\nb\n'.repeat(100_000)));
    const decode = (): never => {
      throw new Error('no');
    };
    await expect(eachLine(join(folder, 'log'), { header: 'a', decode }, () => {})).rejects.toThrow(
      `${join(folder, 'log.gz')}:2: malformed row: no`,
    );
  });
});
