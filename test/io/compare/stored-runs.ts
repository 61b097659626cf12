import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRecord } from '../../../src/model/run.js';
import { columnsOf, SESSIONS, STREAMS, TRIALS } from '../../../src/model/tables.js';
import { csvText } from '../../../src/report/text/csv.js';
import { runOf, type RunSpec } from '../../unit/comparison/sides.js';
import { sampleRecord, sampleScenario } from '../store/sample-record.js';

export interface StoredSpec extends RunSpec {
  /** As in a folder's name: `20260131T235959Z`. */
  readonly stamp: string;
  readonly record?: Partial<RunRecord>;
}

const startOf = (stamp: string): string =>
  stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');

/** Writes run.json and the tables that comparisons read, as a finished run has them. @returns its folder */
export const storeRun = async (out: string, { stamp, record, ...spec }: StoredSpec): Promise<string> => {
  const run = `${stamp}-${spec.version}`;
  const { trials, streams, summary } = runOf({ ...spec, run });
  const folder = join(out, summary.scenario, run);
  await mkdir(folder, { recursive: true });
  const stored: RunRecord = {
    ...sampleRecord(run),
    version: spec.version,
    labels: { site: 'lab' },
    started_utc: startOf(stamp),
    ended_utc: startOf(stamp),
    scenario: { ...sampleScenario, name: summary.scenario, version: spec.version },
    trials_planned: summary.trials_planned,
    trials_done: summary.trials_done,
    ...record,
  };
  await writeFile(join(folder, 'run.json'), JSON.stringify(stored));
  await writeFile(join(folder, 'trials.csv'), csvText(columnsOf(TRIALS), trials));
  await writeFile(join(folder, 'streams.csv'), csvText(columnsOf(STREAMS), streams));
  await writeFile(join(folder, 'sessions.csv'), csvText(columnsOf(SESSIONS), []));
  return folder;
};

/** Failovers of one stream, as long as that; null: not recovered. */
export const failovers = (...values: readonly (number | null)[]): RunSpec['trials'] =>
  values.map((value_s) => ({ streams: [{ value_s }] }));
