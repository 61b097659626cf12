import { hostname } from 'node:os';
import type { CalibrationQuote } from '../model/run.js';
import { calibrationPath, readCalibration } from './file.js';

/**
 * What a run's record says of the calibration of this host: null if there is none, if nothing was injected, or if it
 * was made on another host (a home directory may be shared).
 */
export const quoteCalibration = async (
  path = calibrationPath(),
  host = hostname(),
): Promise<CalibrationQuote | null> => {
  const calibration = await readCalibration(path);
  if (calibration === null || calibration.host.name !== host) return null;
  const streams = calibration.streams
    .filter(({ total }) => total.n > 0)
    .map(({ type, interval_s, total: { n, covered } }) => ({ type, interval_s, n, covered }));
  return streams.length === 0 ? null : { file: path, date_utc: calibration.date_utc, streams };
};
