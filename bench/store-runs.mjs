import { join } from 'node:path';
import { analyseRun } from '../build/evaluate/analyse.js';
import { csvFiles } from '../build/report/text/csv.js';
import { openRun } from '../build/history/find-runs.js';
import { folderStamp } from '../build/store/names.js';
import { createRun } from '../build/store/run-folder.js';
import { sumsOf, SUMS_FILE, writeTables } from '../build/store/table-file.js';

const TEMPLATE = join(import.meta.dirname, '../test/fixtures/run-v1');
export const SCENARIO = 'fixture';
const TRIALS = [1, 2, 3, 4];
const PHASES = ['failover', 'failback'];
const NIGHT_MS = 86_400e3;
const FIRST_NIGHT = Date.UTC(2024, 0, 1, 1);

/** mulberry32: the same runs on every machine. */
const seeded = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

const outage = (row, longest_s) => ({
  ...row,
  longest_lo_s: longest_s - row.interval_s,
  longest_s,
  longest_hi_s: longest_s + row.interval_s,
  total_s: longest_s,
  span_s: longest_s,
  silence_s: longest_s + row.interval_s,
  trigger_to_recovery_s: 0.1 + longest_s,
});

const rowsOf = (template, random, slower_s) => {
  const streams = [...template.streams, { ...template.streams[0], stream: 'far' }];
  const all = { trials: [], streams: [], outages: [], sessions: [] };
  for (const trial of TRIALS)
    for (const phase of PHASES) {
      const longest_s = 3 + slower_s + random();
      const key = { trial, phase };
      for (const row of streams)
        all.streams.push({ ...(row.stream === 'control' ? row : outage(row, longest_s)), ...key });
      for (const row of template.outages)
        all.outages.push({
          ...row,
          ...key,
          lo_s: longest_s - 0.05,
          outage_s: longest_s,
          hi_s: longest_s + 0.05,
        });
      for (const row of template.sessions) all.sessions.push({ ...row, ...key, stall_s: 2 * longest_s });
      const [trialRow] = template.trials;
      all.trials.push({
        ...trialRow,
        ...key,
        outage_lo_s: longest_s - 0.05,
        outage_s: longest_s,
        outage_hi_s: longest_s + 0.05,
      });
    }
  return all;
};

/**
 * Makes `count` runs of one scenario as `seqgap run` leaves them, but for their raw logs: one a night, 4 trials with 2
 * phases and 4 streams each, the second half of another version that is 0.2 s slower.
 */
export const makeRuns = async (out, count) => {
  const { record, tables } = await analyseRun(await openRun(TEMPLATE));
  const random = seeded(11);
  for (let night = 0; night < count; night++) {
    const version = night < count / 2 ? '9.0' : '9.1';
    const started_ms = FIRST_NIGHT + night * NIGHT_MS;
    const folder = await createRun({
      out,
      scenarioName: SCENARIO,
      version,
      stamp: folderStamp(started_ms),
    });
    await folder.writeRecord({
      ...record,
      run: folder.run,
      version,
      scenario: { ...record.scenario, version },
      started_utc: new Date(started_ms).toISOString(),
      ended_utc: new Date(started_ms + 600e3).toISOString(),
      trials_planned: TRIALS.length,
      trials_done: TRIALS.length,
    });
    const rows = rowsOf(tables, random, night < count / 2 ? 0 : 0.2);
    const named = Object.fromEntries(
      Object.entries(rows).map(([name, all]) => [
        name,
        all.map((row) => ({ ...row, run: folder.run, version })),
      ]),
    );
    const files = csvFiles(named);
    await writeTables(folder.path, { ...files, [SUMS_FILE]: sumsOf(files) });
  }
};
