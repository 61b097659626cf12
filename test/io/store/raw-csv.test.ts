import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compressRaw } from '../../../src/store/compress.js';
import { scratch } from './scratch.js';
import { seqgap } from './seqgap.js';

const FIXTURE = join(import.meta.dirname, '../../fixtures/run-v1');

describe('seqgap report RUN --probes-csv', () => {
  test.each([
    ['--probes-csv', 'probes.csv'],
    ['--heartbeats-csv', 'heartbeats.csv'],
  ])('%s prints the rows of either form', async (option, name) => {
    const run = join(await scratch(), 'run');
    await cp(FIXTURE, run, { recursive: true });
    const written = (await readFile(join(FIXTURE, 'trial-01', name), 'utf8')).trimEnd().split('\n');
    const plain = await seqgap('report', run, option);
    expect(plain).toMatchObject({ code: 0, stderr: '' });
    const rows = plain.stdout.split('\n');
    // The fixture is of a version that had fewer columns.
    expect(rows.map((row, index) => row.startsWith(written[index] ?? '-'))).toEqual(written.map(() => true));
    await compressRaw(run);
    const { code, stdout, stderr } = await seqgap('report', run, option, '--trial', '1');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const printed = stdout.split('\n');
    expect(printed[0]).toBe(rows[0]);
    expect(printed.toSorted()).toEqual(rows.toSorted());
  });

  test.each([
    [['--probes-csv', '--trial', '2'], 'has no trial 2'],
    [['--probes-csv', '--trial', '0.5'], 'has no trial 0.5'],
    [['--probes-csv', '--heartbeats-csv'], 'exclude each other'],
    [['--probes-csv', '--json'], '--json is of reports'],
    [['--trial', '1'], '--trial is of --probes-csv and --heartbeats-csv'],
  ])('%j is refused in one line', async (words, why) => {
    const { code, stdout, stderr } = await seqgap('report', FIXTURE, ...words);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toContain(why);
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
  });
});
