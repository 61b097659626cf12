import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeHeartbeat, encodeProbe } from '../../../src/model/probe.js';
import { csvFiles } from '../../../src/report/text/csv.js';
import { fromMs } from '../../../src/model/time.js';
import { analyseRun, writeReports } from '../../../src/evaluate/analyse.js';
import { analyseAgain, againFolder, prepareFolder } from '../../../src/evaluate/rethreshold.js';
import { createRun } from '../../../src/store/run-folder.js';
import { readRun } from '../../../src/store/stored-run.js';
import {
  analyse,
  heartbeat,
  issued,
  moved,
  probesOf,
  scenarioOf,
  sessionPlan,
} from '../../unit/analysis/fixture.js';
import { sampleRecord } from './sample-record.js';

const TABLES = ['trials.csv', 'streams.csv', 'outages.csv', 'sessions.csv', 'timeline.csv'];
const REPORTS = [...TABLES, 'summary.md', 'junit.xml'];

const letters = fc.array(fc.constantFrom('.', '.', '.', 's', 'l', 'x', 'x', 'u', 'n', 'r', 'b', '-'), {
  minLength: 1,
  maxLength: 120,
});
const echoes = fc.array(fc.option(fc.integer({ min: 1, max: 900 }), { nil: null }), { maxLength: 60 });

const scenario = scenarioOf({ sessions: [sessionPlan('echo')] });
const events = [issued(550), ...moved(900)];

const reportsOf = (folder: string): Promise<string[]> =>
  Promise.all(REPORTS.map((name) => readFile(join(folder, name), 'utf8')));

test('a stored history gives the figures of the one in memory, and the same bytes each time', async () => {
  const out = await mkdtemp(join(tmpdir(), 'seqgap-again-'));
  try {
    await fc.assert(
      fc.asyncProperty(letters, echoes, async (tail, replies) => {
        const probes = probesOf(`......${tail.join('')}`);
        const heartbeats = replies.map((rtt, seq) => heartbeat(seq, seq * 100, rtt && seq * 100 + rtt));
        const run = await createRun({ out, scenarioName: 'again', version: '1', stamp: 'T' });
        const record = { ...sampleRecord(run.run), scenario, trials_planned: 1, trials_done: 1 };
        await run.writeRecord(record);
        const writer = await run.openTrial(1);
        for (const event of events) writer.event(event);
        await writer.probes(probes.map((row) => `${encodeProbe(row)}\n`).join(''));
        await writer.heartbeats(heartbeats.map((row) => `${encodeHeartbeat(row)}\n`).join(''));
        await writer.close();

        const stored = await readRun(run.path);
        const first = await analyseRun(stored);
        await writeReports(run.path, first);
        const files = await reportsOf(run.path);
        const inMemory = analyse(scenario, events, probes, heartbeats);
        const named = <Row extends object>(rows: readonly Row[]) =>
          rows.map((row) => Object.assign({}, row, { run: run.run, version: record.version }));
        const { trials, streams, outages, sessions, timeline = [] } = inMemory;
        expect(csvFiles(first.tables)).toEqual(
          csvFiles({
            trials: named(trials),
            streams: named(streams),
            outages: named(outages),
            sessions: named(sessions),
            timeline: named(timeline),
          }),
        );

        const other = { delayThreshold_ns: fromMs(30), mergeGap_ns: fromMs(400) };
        await prepareFolder(stored, againFolder(stored, other));
        await writeReports(againFolder(stored, other), await analyseAgain(stored, other));
        expect(await reportsOf(run.path)).toEqual(files);
        await writeReports(run.path, await analyseRun(await readRun(run.path)));
        expect(await reportsOf(run.path)).toEqual(files);
        // By the thresholds that it had, the figures are the same again.
        const same = { delayThreshold_ns: null, mergeGap_ns: fromMs(0) };
        expect((await analyseAgain(stored, same)).tables).toEqual(first.tables);
      }),
      { numRuns: 40 },
    );
  } finally {
    await rm(out, { recursive: true, force: true });
  }
});
