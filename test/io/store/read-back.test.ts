import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FORMER_PROBE_COLUMNS, PROBE_COLUMNS } from '../../../src/model/probe.js';
import { openRun } from '../../../src/history/find-runs.js';
import { sampleRecord } from './sample-record.js';
import { scratch } from './scratch.js';

const HEADER = `${PROBE_COLUMNS.join(',')}\n`;
const ROW = 'ping,0,1,answered,100,110,120,500,62,,,,\n';

/** A run with one trial whose files are given. */
const damagedRun = async (files: Record<string, string>): Promise<string> => {
  const path = await scratch();
  await mkdir(join(path, 'trial-01'));
  await writeFile(join(path, 'run.json'), JSON.stringify(sampleRecord('r')));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, 'trial-01', name), text);
  return path;
};

const seqs = async (path: string): Promise<{ seqs: number[]; warning: string | null }> => {
  const seqs: number[] = [];
  const { warning } = await (await openRun(path)).eachProbe(1, (row) => seqs.push(row.seq));
  return { seqs, warning };
};

describe('raw logs', () => {
  test('a torn last line is left out and reported, even where it could pass for a whole one', async () => {
    for (const torn of ['ping,0,2,answ', 'ping,0,2,lost,100,110,120,,,', 'ping,0,2,lost,100,110,12']) {
      const path = await damagedRun({ 'probes.csv': HEADER + ROW + torn });
      const read = await seqs(path);
      expect(read.seqs).toEqual([1]);
      expect(read.warning).toMatch(/probes\.csv:3: the last line is cut off and was left out$/);
    }
  });

  test.each([
    ['ping,0,2,answered,100\n', 'fewer cells than columns'],
    ['ping,0,2,answered,100,1,2,3,4,,,,,\n', 'more cells than columns'],
    ['ping,0,2,vanished,100,1,2,3,4,\n', 'unknown outcome: vanished'],
    ['ping,0,2,answered,1x0,1,2,3,4,\n', 'not a number: 1x0'],
    ['ping,0,,answered,100,1,2,3,4,\n', 'empty stream, flow, seq or intended_ns'],
    ['\n', 'fewer cells than columns'],
  ])('a malformed row %j in the middle is an error with file and line', async (row, reason) => {
    const path = await damagedRun({ 'probes.csv': HEADER + ROW + row + ROW });
    await expect(seqs(path)).rejects.toMatchObject({
      name: 'KnownError',
      message: `${path}/trial-01/probes.csv:3: malformed row: ${reason}`,
    });
  });

  test('a file of an older version is read by its own header', async () => {
    const former = `${FORMER_PROBE_COLUMNS.join(',')}\n`;
    const row = 'ping,0,1,answered,100,110,120,500,62,\n';
    expect(await seqs(await damagedRun({ 'probes.csv': former + row }))).toEqual({
      seqs: [1],
      warning: null,
    });
    await expect(seqs(await damagedRun({ 'probes.csv': former + ROW }))).rejects.toThrow(
      'more cells than columns',
    );
  });

  test('another header is refused', async () => {
    const path = await damagedRun({ 'probes.csv': `stream,seq\n${ROW}` });
    await expect(seqs(path)).rejects.toThrow(
      /probes\.csv:1: the header row is "stream,seq" instead of "stream,flow/,
    );
  });

  test('a missing and an empty log are warnings', async () => {
    expect(await seqs(await damagedRun({}))).toMatchObject({
      seqs: [],
      warning: expect.stringMatching(/missing$/),
    });
    expect(await seqs(await damagedRun({ 'probes.csv': '' }))).toMatchObject({
      seqs: [],
      warning: expect.stringMatching(/is empty$/),
    });
  });

  test('an error of the callback is passed on as it is, not blamed on the file', async () => {
    const stored = await openRun(await damagedRun({ 'probes.csv': HEADER + ROW }));
    const bug = new TypeError('bug');
    await expect(
      stored.eachProbe(1, () => {
        throw bug;
      }),
    ).rejects.toBe(bug);
  });

  test('rows that straddle the read buffer come out whole', async () => {
    const count = 30_000;
    const rows = Array.from(
      { length: count },
      (_, seq) => `ping,0,${seq},lost,${seq * 1e7},${seq * 1e7},,,,no-reply,,,\n`,
    );
    const path = await damagedRun({ 'probes.csv': HEADER + rows.join('') });
    const read = await seqs(path);
    expect(read.warning).toBeNull();
    expect(read.seqs).toEqual(Array.from({ length: count }, (_, seq) => seq));
  });

  test('a line without end is refused, not swallowed', async () => {
    const path = await damagedRun({ 'probes.csv': HEADER + 'x'.repeat(1 << 19) });
    await expect(seqs(path)).rejects.toThrow(/probes\.csv:2: a line of more than 262144 octets/);
  });
});

describe('events', () => {
  const NOTE = '{"at_ns":5,"event":"note","text":"a"}\n';

  test('a torn last line is reported', async () => {
    const stored = await openRun(await damagedRun({ 'events.jsonl': `${NOTE}{"at_ns":6,"ev` }));
    const { events, warning } = await stored.events(1);
    expect(events).toEqual([{ at_ns: 5, event: 'note', text: 'a' }]);
    expect(warning).toMatch(/events\.jsonl:2: the last line is cut off/);
  });

  test.each([
    ['{"at_ns":5,"event":"note"}\n', /events\.jsonl:2: malformed row: text: /],
    ['{"at_ns":5,"event":"nonsense"}\n', /events\.jsonl:2: malformed row: event: /],
    ['not json\n', /events\.jsonl:2: malformed row: /],
  ])('a malformed event %j is an error with file and line', async (line, message) => {
    const stored = await openRun(await damagedRun({ 'events.jsonl': NOTE + line + NOTE }));
    await expect(stored.events(1)).rejects.toThrow(message);
  });
});

describe('run.json', () => {
  const withRecord = async (text: string): Promise<string> => {
    const path = await scratch();
    await writeFile(join(path, 'run.json'), text);
    return path;
  };

  test('another format is refused by name, with the version that wrote it', async () => {
    const record = { ...sampleRecord('r'), format: 2, tool: { name: 'seqgap', version: '3.0.0' } };
    const path = await withRecord(JSON.stringify(record));
    await expect(openRun(path)).rejects.toMatchObject({
      message: `${path}/run.json has format 2; this seqgap reads format 1`,
      remedy: 'use the version that wrote it (seqgap 3.0.0)',
      exitCode: 64,
    });
  });

  test('a file without a format is refused', async () => {
    await expect(openRun(await withRecord('{}'))).rejects.toThrow(/has format none/);
  });

  test('a damaged record names the field', async () => {
    const record = { ...sampleRecord('r'), trials_done: 'four' };
    await expect(openRun(await withRecord(JSON.stringify(record)))).rejects.toThrow(
      /run\.json is not a run record: trials_done: /,
    );
  });

  test('a cut-off record is not a bug', async () => {
    await expect(openRun(await withRecord('{"format": 1, "run'))).rejects.toMatchObject({
      name: 'KnownError',
    });
  });

  test('a field that a later version added is passed over', async () => {
    const path = await withRecord(JSON.stringify({ ...sampleRecord('r'), mood: 'good' }));
    expect((await openRun(path)).record).toEqual(sampleRecord('r'));
  });
});
