import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResultTables } from '../../../src/model/tables.js';
import type { RunRecord } from '../../../src/model/run.js';
import { csvFiles } from '../../../src/report/text/csv.js';
import { redactedJson } from '../../../src/model/json.js';
import { folderStamp, RUN_FILE } from '../../../src/store/names.js';
import { sumsOf, SUMS_FILE } from '../../../src/store/table-file.js';
import { fullInput } from '../../golden/report/input.js';
import { sampleRecord } from './sample-record.js';

export interface MadeRun {
  /** Days after the 1st of January 2026, 01:00 UTC. */
  readonly day?: number;
  readonly scenario?: string;
  readonly version?: string;
  readonly change?: Partial<RunRecord>;
  readonly tables?: ResultTables;
}

const FIRST = Date.UTC(2026, 0, 1, 1);
const DAY_MS = 86_400e3;

/** Writes a run as `seqgap run` leaves it, but for its raw logs, into `<out>/<scenario>/`. @returns its folder. */
export const makeRun = async (
  out: string,
  { day = 0, scenario = 'fw', version = '9.0', change = {}, tables = fullInput.tables }: MadeRun = {},
): Promise<string> => {
  const started_ms = FIRST + day * DAY_MS;
  const run = `${folderStamp(started_ms)}-${version}`;
  const path = join(out, scenario, run);
  await mkdir(path, { recursive: true });
  const record = sampleRecord(run);
  const written: RunRecord = {
    ...record,
    version,
    started_utc: new Date(started_ms).toISOString(),
    scenario: { ...record.scenario, name: scenario, version },
    ...change,
  };
  const named = <Row extends object>(rows: readonly Row[]): Row[] =>
    rows.map((row) => ({ ...row, run, scenario, version }));
  const files = csvFiles({
    trials: named(tables.trials),
    streams: named(tables.streams),
    outages: named(tables.outages),
    sessions: named(tables.sessions),
  });
  const all = { [RUN_FILE]: `${redactedJson(written, 2)}\n`, ...files, [SUMS_FILE]: sumsOf(files) };
  await Promise.all(Object.entries(all).map(([name, text]) => writeFile(join(path, name), text)));
  return path;
};
