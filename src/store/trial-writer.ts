import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { KnownError } from '../model/error.js';
import type { TrialEvent } from '../model/event.js';
import { HEARTBEAT_COLUMNS, PROBE_COLUMNS } from '../model/probe.js';
import { AppendLog } from './append-log.js';
import { redactedJson } from '../model/json.js';
import { EVENTS_FILE, HEARTBEATS_FILE, PROBES_FILE } from './names.js';
import { writeError } from './write-error.js';

/** The raw logs of one trial. None of its methods rejects: write errors go to the run's `failure`. */
export interface TrialWriter {
  readonly path: string;
  /** Whole encoded lines, each with its line end. Wait for it before handing in more: that bounds the memory. */
  probes(chunk: string): Promise<void>;
  /** As `probes`. */
  heartbeats(chunk: string): Promise<void>;
  /** Written with secrets redacted. */
  event(event: TrialEvent): void;
  /** Flushes and syncs all three files. */
  close(): Promise<void>;
}

/** Makes the trial's folder and its files with their header rows. Throws KnownError. */
export const openTrialWriter = async (
  path: string,
  onError: (error: KnownError) => void,
): Promise<TrialWriter> => {
  await mkdir(path).catch((error: unknown) => {
    throw writeError(path, error);
  });
  const probes = await AppendLog.create(join(path, PROBES_FILE), PROBE_COLUMNS.join(','), onError);
  const heartbeats = await AppendLog.create(
    join(path, HEARTBEATS_FILE),
    HEARTBEAT_COLUMNS.join(','),
    onError,
  );
  const events = await AppendLog.create(join(path, EVENTS_FILE), '', onError);
  return {
    path,
    probes: (chunk) => probes.write(chunk),
    heartbeats: (chunk) => heartbeats.write(chunk),
    event: (event) => void events.write(`${redactedJson(event)}\n`),
    close: async () => {
      await Promise.all([probes.close(), heartbeats.close(), events.close()]);
    },
  };
};
