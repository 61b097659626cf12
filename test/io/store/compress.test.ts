import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { analyseRun, writeReports } from '../../../src/evaluate/analyse.js';
import { compressRaw } from '../../../src/store/compress.js';
import { KnownError } from '../../../src/model/error.js';
import type { HeartbeatRow, ProbeRow } from '../../../src/model/probe.js';
import { eachRow, HEARTBEATS, PROBES, type RawLog } from '../../../src/store/raw-log.js';
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

const linesOf = async (run: string, log: RawLog<ProbeRow> | RawLog<HeartbeatRow>): Promise<string[]> => {
  const lines = [log.lines.header ?? ''];
  const read = async <Row>(own: RawLog<Row>): Promise<void> => {
    await eachRow(join(run, 'trial-01'), own, (row) => lines.push(own.encode(row)));
  };
  await (log === PROBES ? read(PROBES) : read(HEARTBEATS));
  return lines;
};

describe('a run in columns', () => {
  test('holds the same rows, and gives the same reports', async () => {
    const run = await copyOfFixture();
    const before = await reportsOf(run);
    const plain = await Promise.all(RAW.map((name) => readFile(join(run, 'trial-01', name), 'utf8')));
    const [header, ...rows] = await linesOf(run, PROBES);
    const heartbeats = await linesOf(run, HEARTBEATS);
    const sizes = await compressRaw(run);
    expect(sizes.before).toBe(plain.reduce((sum, text) => sum + text.length, 0));
    expect(sizes.after).toBeLessThan(sizes.before / 2);
    expect((await readdir(join(run, 'trial-01'))).sort()).toEqual([
      'events.jsonl',
      'heartbeats.parquet',
      'probes.parquet',
    ]);
    const streamOf = (row: string): string => row.slice(0, row.indexOf(','));
    const together = [...new Set(rows.map(streamOf))].flatMap((stream) =>
      rows.filter((row) => streamOf(row) === stream),
    );
    expect(await linesOf(run, PROBES)).toEqual([header, ...together]);
    expect(await linesOf(run, HEARTBEATS)).toEqual(heartbeats);
    expect(await reportsOf(run)).toEqual(before);
  });

  test('is Parquet to a reader that is not ours', async () => {
    const run = await copyOfFixture();
    const [header = '', ...rows] = (await readFile(join(run, 'trial-01/heartbeats.csv'), 'utf8'))
      .trimEnd()
      .split('\n');
    await compressRaw(run);
    const file = await asyncBufferFromFile(join(run, 'trial-01/heartbeats.parquet'));
    const read = await parquetReadObjects({ file });
    expect(Object.keys(read[0] ?? {}).join(',')).toBe(header);
    expect(read.map((row) => Object.values(row).join(','))).toEqual(rows);
  });

  test('reads the gzip of older runs', async () => {
    const run = await copyOfFixture();
    const before = await reportsOf(run);
    for (const name of RAW) {
      const path = join(run, 'trial-01', name);
      await writeFile(`${path}.gz`, gzipSync(await readFile(path)));
      await rm(path);
    }
    expect(await reportsOf(run)).toEqual(before);
  });

  test('is compressed once: the second time there is nothing to do', async () => {
    const run = await copyOfFixture();
    await compressRaw(run);
    const first = await readFile(join(run, 'trial-01/probes.parquet'));
    expect(await compressRaw(run)).toEqual({ before: 0, after: 0 });
    expect(await readFile(join(run, 'trial-01/probes.parquet'))).toEqual(first);
  });

  test('a log whose last line is cut stays as it is, and is told of', async () => {
    const run = await copyOfFixture();
    const probes = join(run, 'trial-01/probes.csv');
    await writeFile(probes, (await readFile(probes)).subarray(0, -3));
    const { notes } = await analyseRun(await readRun(run));
    expect(notes.join('\n')).toMatch(/trial-01\/probes\.csv:\d+: the last line is cut off/);
    await compressRaw(run);
    expect((await readdir(join(run, 'trial-01'))).sort()).toEqual([
      'events.jsonl',
      'heartbeats.parquet',
      'probes.csv',
    ]);
    expect((await analyseRun(await readRun(run))).notes).toEqual(notes);
  });

  test('where a compression was cut off, the plain file counts', async () => {
    const run = await copyOfFixture();
    const before = await reportsOf(run);
    await writeFile(join(run, 'trial-01/probes.parquet'), 'no columns');
    await writeFile(join(run, 'trial-01/probes.parquet.tmp'), 'nor here');
    expect(await reportsOf(run)).toEqual(before);
    await compressRaw(run);
    expect(await reportsOf(run)).toEqual(before);
  });

  test('killed before the lines went, they count; and nothing is lost the next time', async () => {
    const run = await copyOfFixture();
    const before = await reportsOf(run);
    const path = join(run, 'trial-01/probes.csv');
    const lines = await readFile(path);
    await compressRaw(run);
    await writeFile(path, lines);
    expect(await reportsOf(run)).toEqual(before);
    await compressRaw(run);
    expect(await reportsOf(run)).toEqual(before);
  });

  test('where the columns cannot be written, the lines stay and nothing else does', async () => {
    const run = await copyOfFixture();
    await mkdir(join(run, 'trial-01/probes.parquet'));
    const files = await readdir(join(run, 'trial-01'));
    await expect(compressRaw(run)).rejects.toMatchObject({
      name: 'KnownError',
      message: expect.stringContaining(`cannot write ${join(run, 'trial-01/probes.parquet')}: `),
    });
    expect(await readdir(join(run, 'trial-01'))).toEqual(files);
  });

  const damagedBy = async (
    name: string,
    damage: (bytes: Buffer) => Uint8Array | string,
  ): Promise<unknown> => {
    const run = await copyOfFixture();
    await compressRaw(run);
    const path = join(run, 'trial-01', name);
    const plain = join(run, 'trial-01/probes.csv');
    if (name.endsWith('.gz')) {
      await writeFile(path, gzipSync((await linesOf(run, PROBES)).join('\n')));
      await rm(plain.replace(/csv$/, 'parquet'));
    }
    await writeFile(path, damage(await readFile(path)));
    const error: unknown = await analyseRun(await readRun(run)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'KnownError',
      message: expect.stringContaining(`${path} is damaged: `),
      remedy: 'restore the file from a copy',
    });
    return (error as Error).message;
  };

  test.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2), 'it has no end'],
    ['changed', (bytes: Buffer) => bytes.fill(0xff, 600, 630), 'a checksum does not match'],
    ['empty', () => '', 'it is too short'],
    ['no Parquet at all', () => 'stream,flow,seq,outcome', 'it has no end'],
    [
      'of a later format',
      (bytes: Buffer) =>
        Buffer.from(bytes.toString('latin1').replace(/(seqgap\.format..)1/s, '$12'), 'latin1'),
      /it has format .; this seqgap reads 1/,
    ],
  ])('columns that were %s are damaged: one line with the name', async (_, damage, why) => {
    expect(await damagedBy('probes.parquet', damage)).toMatch(why);
  });

  test.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2), 'unexpected end of file'],
    ['changed', (bytes: Buffer) => bytes.fill(0xff, 30, 60), /invalid|incorrect/],
    ['no gzip at all', () => Buffer.from('stream,flow'), 'incorrect header check'],
  ])('a gzip that was %s is damaged: one line with its name', async (_, damage, why) => {
    expect(await damagedBy('probes.csv.gz', damage)).toMatch(why);
  });

  test('a bit that turned is found, or changes no row', async () => {
    const run = await copyOfFixture();
    const rows = await linesOf(run, HEARTBEATS);
    await compressRaw(run);
    const path = join(run, 'trial-01/heartbeats.parquet');
    const whole = await readFile(path);
    let found = 0;
    for (let bit = 0; bit < whole.length * 8; bit += 61) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await writeFile(path, bytes);
      try {
        expect(await linesOf(run, HEARTBEATS)).toEqual(rows);
      } catch (error) {
        if (!(error instanceof KnownError)) throw error;
        found += 1;
      }
    }
    expect(found).toBeGreaterThan(whole.length / 16);
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
