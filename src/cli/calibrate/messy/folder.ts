import { basename } from 'node:path';
import { KnownError } from '../../../model/error.js';
import type { MessyKind } from './kinds.js';
import { observeRecording } from './observe.js';
import type { Made } from './plan.js';
import { readRecording, recordingsIn, type RawHeader } from './raw.js';
import { messyResult, type MessyCalibration, type PlacedObservation } from './result.js';

const numberOf = (path: string): number => Number(/-(\d+)\.json\.gz$/.exec(path)?.[1] ?? 0);

/** What the folder has of each kind. @throws KnownError for what is no recording. */
export const madeIn = async (folder: string): Promise<ReadonlyMap<MessyKind, Made>> => {
  const made = new Map<MessyKind, Made>();
  for (const path of await recordingsIn(folder)) {
    const { kind, trials } = await readRecording(path);
    const { trials: before, next } = made.get(kind) ?? { trials: 0, next: 0 };
    made.set(kind, { trials: before + trials.length, next: Math.max(next, numberOf(path) + 1) });
  }
  return made;
};

/**
 * Analyses all recordings of a folder, one after the other, as this version does it.
 * @param kinds which of them; all others are passed over
 * @throws KnownError for what is no recording, or where there is none
 */
export const analyseFolder = async (
  folder: string,
  kinds: readonly MessyKind[],
  context: Pick<MessyCalibration, 'tool' | 'complete'>,
): Promise<MessyCalibration> => {
  const headers: RawHeader[] = [];
  const observations: PlacedObservation[] = [];
  for (const path of await recordingsIn(folder)) {
    const { probes, heartbeats, ...header } = await readRecording(path);
    if (!kinds.includes(header.kind)) continue;
    headers.push({ ...header, events: [] });
    const recording = basename(path);
    for (const { index, ...own } of observeRecording({ ...header, probes, heartbeats }))
      observations.push({ recording, trial: index + 1, ...own });
  }
  const [first, ...rest] = headers;
  if (first === undefined)
    throw new KnownError(`no recording in ${folder}`, { remedy: 'seqgap calibrate --messy --keep FOLDER' });
  return messyResult([first, ...rest], observations, context);
};
