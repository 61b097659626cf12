import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, usage } from '../model/error.js';
import { type TrialEvent, trialEventSchema } from '../model/event.js';
import type { HeartbeatRow, ProbeRow } from '../model/probe.js';
import { type RunRecord, runRecordSchema } from '../model/run.js';
import { eachLine, type LogReading } from './lines.js';
import { EVENTS_FILE, RUN_FILE, trialFolder, trialOf } from './names.js';
import { eachRow, HEARTBEATS, PROBES } from './raw-log.js';
import { readText } from './replace-file.js';

/** A run read back from disk. */
export interface StoredRun {
  readonly path: string;
  readonly record: RunRecord;
  /** Where a trial's raw history is. */
  folderOf(trial: number): string;
  /** The trials that have a folder, in order. */
  trials(): readonly number[];
  /** A trial's events, whole: they are few. Throws KnownError with `file:line`. */
  events(trial: number): Promise<LogReading & { readonly events: readonly TrialEvent[] }>;
  /** Streams the probes with flat memory. Throws KnownError with the place, and what the callback throws. */
  eachProbe(trial: number, onRow: (row: ProbeRow) => void): Promise<LogReading>;
  /** The same for heartbeats. */
  eachHeartbeat(trial: number, onRow: (row: HeartbeatRow) => void): Promise<LogReading>;
}

export const EVENT_FORMAT = {
  header: null,
  decode: (bytes: Buffer, from: number, to: number): TrialEvent => {
    const parsed = trialEventSchema.safeParse(JSON.parse(bytes.toString('utf8', from, to)));
    if (!parsed.success) throw new Error(firstIssue(parsed.error.issues));
    return parsed.data;
  },
};

const firstIssue = (
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): string => {
  const issue = issues[0];
  return issue === undefined
    ? 'not as expected'
    : `${issue.path.map(String).join('.') || '.'}: ${issue.message}`;
};

const parseJson = (path: string, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usage(`${path} is not JSON: ${messageOf(error)}`, 'restore the file from a copy', error);
  }
};

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

/** Checks the format before anything else, so that a newer file is refused by name and not by its details. */
const readRecord = (path: string): RunRecord => {
  const text = readText(path);
  if (text === null)
    throw usage(`${path} is missing`, 'the run broke off before its first trial, or the file was removed');
  const json = parseJson(path, text);
  const format = field(json, 'format');
  if (format !== 1) {
    const writer = field(field(json, 'tool'), 'version');
    throw usage(
      `${path} has format ${JSON.stringify(format) ?? 'none'}; this seqgap reads format 1`,
      `use the version that wrote it${typeof writer === 'string' ? ` (seqgap ${writer})` : ''}`,
    );
  }
  const parsed = runRecordSchema.safeParse(json);
  if (!parsed.success)
    throw usage(
      `${path} is not a run record: ${firstIssue(parsed.error.issues)}`,
      'the file was changed after the run: restore it from a copy',
    );
  return parsed.data;
};

/** Reads the run in this very folder. Throws KnownError. */
export const readRun = async (path: string): Promise<StoredRun> => {
  const record = readRecord(join(path, RUN_FILE));
  const trials = readdirSync(path)
    .map(trialOf)
    .filter((trial) => trial !== null)
    .sort((a, b) => a - b);
  const folderOf = (trial: number): string => join(path, trialFolder(trial));
  return {
    path,
    record,
    folderOf,
    trials: () => trials,
    events: async (trial) => {
      const events: TrialEvent[] = [];
      const reading = await eachLine(join(folderOf(trial), EVENTS_FILE), EVENT_FORMAT, (event) =>
        events.push(event),
      );
      return { ...reading, events };
    },
    eachProbe: (trial, onRow) => eachRow(folderOf(trial), PROBES, onRow),
    eachHeartbeat: (trial, onRow) => eachRow(folderOf(trial), HEARTBEATS, onRow),
  };
};
