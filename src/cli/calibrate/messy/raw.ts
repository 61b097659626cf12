import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import * as z from 'zod';
import { KnownError, messageOf, readErrorWords } from '../../../model/error.js';
import { type TrialEvent, trialEventSchema } from '../../../model/event.js';
import { ns } from '../../../model/time.js';
import { writeAtomic } from '../../../store/replace-file.js';
import { STREAM_TYPES } from '../streams.js';
import { MESSY_KINDS } from './kinds.js';

const instant = z.number().transform(ns);

/** When something was switched: between the two, counted from the recording's origin. */
const switched = z.object({ after_ns: instant, before_ns: instant });

/**
 * What was done to packets, or to the prober, and when. `share`: of packets lost each way (`random`).
 *
 * - `cut` both ways, `cut-forward` one way, `sessions` those of TCP sessions only
 * - `stop` the prober, `stop-all` with all that it has started
 */
const change = z.object({
  what: z.enum(['cut', 'cut-forward', 'sessions', 'random', 'slow', 'stop', 'stop-all']),
  share: z.number().nullable(),
  begun: switched,
  /** null: not before the end of the trial. */
  ended: switched.nullable(),
});

const trial = z.object({
  /** Of the kind: `2 %`, `for ever`. */
  variant: z.string(),
  /** Good from here to the trigger. */
  from_ns: instant,
  trigger_ns: instant,
  /** Where the wait for recovery ended. */
  cut_ns: instant,
  /** The wait went on for as long as it may. */
  gave_up: z.boolean(),
  /** End of the aftercare; null: there was none. */
  aftercare_ns: instant.nullable(),
  recovered_ns: instant,
  changes: z.array(change),
});

const header = z.object({
  format: z.literal(1),
  kind: z.enum(MESSY_KINDS),
  date_utc: z.string(),
  tool: z.string(),
  host: z.object({ name: z.string(), kernel: z.string(), cpus: z.number() }),
  /** Load average of one minute, at the beginning and at the end. */
  load: z.tuple([z.number(), z.number()]),
  /** Labs at work at the same time. */
  parallel: z.number(),
  streams: z.array(z.enum(STREAM_TYPES)),
  every_ns: instant,
  /** Share of packets lost each way throughout. */
  loss: z.number(),
  /** Round trip from the point of the outages to the reflector. */
  distance_ns: instant,
  trials: z.array(trial),
  events: z.array(trialEventSchema),
});

export type Switched = Readonly<z.output<typeof switched>>;
export type Change = Readonly<z.output<typeof change>>;
export type RawTrial = Readonly<z.output<typeof trial>>;
export type RawHeader = Readonly<Omit<z.output<typeof header>, 'events'>> & {
  readonly events: readonly TrialEvent[];
};

/** One recording: what was made, and all that the prober said meanwhile. */
export interface RawRecording extends RawHeader {
  /** Lines of probes.csv. */
  readonly probes: string;
  /** Lines of heartbeats.csv. */
  readonly heartbeats: string;
}

const SUFFIX = '.json.gz';
const compress = promisify(gzip);
const decompress = promisify(gunzip);
const body = header.extend({ probes: z.string(), heartbeats: z.string() });

export const recordingFile = (folder: string, kind: string, number: number): string =>
  join(folder, `${kind}-${String(number).padStart(4, '0')}${SUFFIX}`);

/** @throws KnownError when it cannot be written. */
export const writeRecording = async (path: string, recording: RawRecording): Promise<void> =>
  writeAtomic(path, await compress(JSON.stringify(recording)));

/** @throws KnownError for what is no recording. */
export const readRecording = async (path: string): Promise<RawRecording> => {
  try {
    return body.parse(JSON.parse((await decompress(await readFile(path))).toString()));
  } catch (error) {
    throw new KnownError(`${path} is no recording: ${messageOf(error).split('\n')[0] ?? ''}`, {
      remedy: 'delete it, or make it again with --messy --keep',
      cause: error,
    });
  }
};

/** Files of recordings, sorted. @throws KnownError where there is no such folder. */
export const recordingsIn = async (folder: string): Promise<string[]> => {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => name.endsWith(SUFFIX))
      .toSorted()
      .map((name) => join(folder, name));
  } catch (error) {
    throw new KnownError(`cannot read ${folder}: ${readErrorWords(error)}`, {
      remedy: 'name the folder that --keep was given',
      cause: error,
    });
  }
};

/** @throws KnownError when it cannot be made. */
export const makeFolder = async (folder: string): Promise<void> => {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new KnownError(`cannot make ${folder}: ${messageOf(error)}`, {
      remedy: 'name another folder with --keep',
      cause: error,
    });
  }
};
