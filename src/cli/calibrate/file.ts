import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus, homedir, hostname, release } from 'node:os';
import { dirname, join } from 'node:path';
import { KnownError, messageOf } from '../../model/error.js';
import type { CalibrationQuote } from '../../model/run.js';
import { NativeEngine } from '../../probe/stream/native-engine.js';
import { writeAtomic } from '../../store/replace-file.js';
import { calibrationSchema, type Calibration } from './result.js';

/** Where the calibration of this host is kept (XDG Base Directory Specification: state). */
export const calibrationPath = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env['XDG_STATE_HOME'] || join(homedir(), '.local/state'), 'seqgap/calibration.json');

/** Any result of a calibration, as JSON. @throws KnownError when it cannot be written. */
export const writeResult = async (path: string, result: object): Promise<void> => {
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw new KnownError(`cannot make ${dirname(path)}: ${messageOf(error)}`, {
      remedy: 'name another file with --out',
      cause: error,
    });
  }
  await writeAtomic(path, `${JSON.stringify(result, null, 1)}\n`);
};

/** @throws KnownError when it cannot be written. */
export const writeCalibration = (path: string, calibration: Calibration): Promise<void> =>
  writeResult(path, calibration);

/** null if there is none, or none that this version understands. */
export const readCalibration = async (path: string): Promise<Calibration | null> => {
  try {
    const parsed = calibrationSchema.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
};

const printed = (program: string, args: readonly string[]): Promise<string | null> =>
  new Promise((resolve) => {
    execFile(program, args, (error, stdout) => resolve(error === null ? stdout.trim() : null));
  });

const netPingVersion = async (): Promise<string | null> => {
  try {
    const file = createRequire(import.meta.url).resolve('net-ping/package.json');
    return (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version;
  } catch {
    return null;
  }
};

const hasNative = (): boolean => {
  try {
    NativeEngine.open().close();
    return true;
  } catch {
    return false;
  }
};

/** With what, and on which host. */
export const circumstances = async (
  toolVersion: string,
): Promise<Pick<Calibration, 'tool' | 'host' | 'engines'>> => ({
  tool: { name: 'seqgap', version: toolVersion, node: process.versions.node },
  host: { name: hostname(), kernel: release(), cpus: cpus().length },
  engines: {
    native: hasNative() ? toolVersion : null,
    'net-ping': await netPingVersion(),
    ping: await printed('ping', ['-V']),
    nft: await printed('nft', ['--version']),
  },
});

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
