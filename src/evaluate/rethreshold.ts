import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { usage } from '../model/error.js';
import type { Nanoseconds } from '../model/time.js';
import type { AnalysedRun } from '../report/run/analysed-run.js';
import { formatDuration } from '../model/duration.js';
import { analyseRun } from './analyse.js';
import type { StoredRun } from '../store/stored-run.js';
import { writeError } from '../store/write-error.js';

/** The thresholds that were asked for; null: that of the scenario holds. Not both are null. */
export interface AskedThresholds {
  readonly delayThreshold_ns: Nanoseconds | null;
  readonly mergeGap_ns: Nanoseconds | null;
}

/**
 * Analyses a stored run by other thresholds than its scenario's. Throws KnownError for a damaged history.
 *
 * @param analyse how it is by its own
 */
export const analyseAgain = async (
  stored: StoredRun,
  asked: AskedThresholds,
  analyse: (stored: StoredRun) => Promise<AnalysedRun> = analyseRun,
): Promise<AnalysedRun> => {
  const { record } = stored;
  const { analysis } = record.scenario;
  const changed = {
    delayThreshold_ns: asked.delayThreshold_ns ?? analysis.delayThreshold_ns,
    mergeGap_ns: asked.mergeGap_ns ?? analysis.mergeGap_ns,
  };
  const scenario = { ...record.scenario, analysis: changed };
  const input = await analyse({ ...stored, record: { ...record, scenario } });
  return { ...input, rethreshold: { ...asked, scenario: analysis } };
};

/** `<run>/report-delay-200ms-merge-1s`: beside the run's own reports, one folder for each pair of thresholds. */
export const againFolder = (stored: StoredRun, { delayThreshold_ns, mergeGap_ns }: AskedThresholds): string =>
  join(
    stored.path,
    [
      'report',
      ...(delayThreshold_ns === null ? [] : ['delay', formatDuration(delayThreshold_ns)]),
      ...(mergeGap_ns === null ? [] : ['merge', formatDuration(mergeGap_ns)]),
    ].join('-'),
  );

/** Makes the folder where it is missing. Throws KnownError; also for the run's own folder, whose reports must stay. */
export const prepareFolder = async (stored: StoredRun, folder: string): Promise<void> => {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw writeError(folder, error);
  }
  if ((await realpath(folder)) === (await realpath(stored.path)))
    throw usage(
      `${folder} holds the reports by the scenario's own thresholds`,
      'choose another folder with --out, or leave it out',
    );
};
