import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createLogUpdate } from 'log-update';
import { writeResult } from './file.js';
import { analyseFolder, madeIn } from './messy/folder.js';
import type { MessyKind } from './messy/kinds.js';
import { planTakes } from './messy/plan.js';
import { makeFolder } from './messy/raw.js';
import type { MessyCalibration } from './messy/result.js';
import type { Take } from './messy/take.js';
import { messyShortfalls } from './messy/worth.js';
import type { CalibratedType } from './streams.js';
import { systemClock } from '../../clock.js';
import { requireLab } from '../../lab/enter.js';
import { EXIT, KnownError, type ExitCode } from '../../model/error.js';
import { redactedJson } from '../../model/json.js';
import { NS_PER_S } from '../../model/time.js';
import { hearStops } from '../../stop-signals.js';
import { stderr, stdout, type Terminal, hasColor, toolVersion } from '../../terminal.js';
import { messyText } from './messy-text.js';
import { startWorker } from './messy-worker.js';

export interface MessyArguments {
  readonly kinds: readonly MessyKind[];
  /** Of each kind. */
  readonly outages: number;
  readonly types: readonly CalibratedType[];
  readonly every: string;
  readonly parallel: number;
  /** Where recordings are kept; undefined: nowhere. */
  readonly keep: string | undefined;
  /** Only analyse the recordings of this folder. */
  readonly from: string | undefined;
  readonly detail: boolean;
  readonly json: boolean;
  readonly out: string | undefined;
}

const tool = (): MessyCalibration['tool'] => ({
  name: 'seqgap',
  version: toolVersion(),
  node: process.versions.node,
});

const minutes = (left_s: number): string =>
  `${Math.floor(left_s / 60)}:${String(Math.floor(left_s % 60)).padStart(2, '0')} left`;

/** One line that changes on a terminal, else a line for every twentieth of the way. */
const progressOn = (
  out: Terminal,
  of: number,
): { readonly show: (done: number) => void; readonly clear: () => void } => {
  const started = systemClock.monotonic();
  const text = (done: number): string => {
    const spent_s = (systemClock.monotonic() - started) / NS_PER_S;
    return `${done} of ${of} trials${done === 0 ? '' : ` · ${minutes((spent_s * (of - done)) / done)}`}`;
  };
  const screen = out.live(createLogUpdate);
  if (screen !== null) return { show: (done) => screen.draw(text(done)), clear: () => screen.clear() };
  let last = -1;
  return {
    show: (done) => {
      const mark = Math.floor((20 * done) / of);
      if (mark === last) return;
      last = mark;
      out.write(`${text(done)}\n`);
    },
    clear: () => {},
  };
};

/** Makes what the folder has not yet. @returns whether all was made. */
const record = async (args: MessyArguments, folder: string): Promise<boolean> => {
  const takes: Take[] = planTakes(args.kinds, args.outages, await madeIn(folder));
  const all = takes.reduce((sum, { trials }) => sum + trials, 0);
  if (all === 0) return true;
  const { show, clear } = progressOn(stderr, all);
  let [stopped, done] = [false, 0];
  const release = hearStops(() => (stopped = true));
  const workers = Math.min(args.parallel, takes.length);
  const next = (): Take | null => (stopped ? null : (takes.shift() ?? null));
  const played = (): void => show((done += 1));
  try {
    show(0);
    const ends = Array.from({ length: workers }, () =>
      startWorker({ ...args, parallel: workers, folder }, next, played),
    );
    const codes = await Promise.all(ends);
    if (!stopped && codes.some((code) => code !== 0))
      throw new KnownError('a lab ended before its recordings were made', {
        remedy: 'what it said is above; the recordings that were made are kept with --keep FOLDER',
      });
    return !stopped;
  } finally {
    clear();
    release();
  }
};

const print = async (
  args: MessyArguments,
  result: MessyCalibration,
  folder: string | null,
): Promise<void> => {
  const { out, json, detail } = args;
  if (out !== undefined) await writeResult(out, result);
  if (json) {
    stdout.writeDocument(`${redactedJson(result, 1)}\n`);
    return;
  }
  const kept = [
    ...(folder === null ? [] : [`Recordings: ${folder}`]),
    ...(out === undefined ? [] : [`Result: ${out}`]),
  ];
  const columns = Math.min(100, stdout.columns ?? 100);
  stdout.write(messyText(result, { columns, color: hasColor(stdout), detail, kept }));
};

const conclude = async (
  args: MessyArguments,
  folder: string,
  complete: boolean,
): Promise<MessyCalibration> => {
  const result = await analyseFolder(folder, args.kinds, { tool: tool(), complete });
  await print(args, result, args.keep === undefined && args.from === undefined ? null : folder);
  return result;
};

const exitCodeOf = ({ complete, cells }: MessyCalibration): ExitCode => {
  if (!complete) return EXIT.inconclusive;
  return messyShortfalls(cells).length === 0 ? EXIT.pass : EXIT.limit;
};

/**
 * `seqgap calibrate --messy`: makes what networks do besides failing cleanly, keeps the recordings, and says what was
 * measured of it.
 */
export const calibrateMessy = async (args: MessyArguments): Promise<ExitCode> => {
  if (args.from !== undefined) return exitCodeOf(await conclude(args, args.from, true));
  await requireLab();
  const folder =
    args.keep === undefined ? await mkdtemp(join(tmpdir(), 'seqgap-messy-')) : resolve(args.keep);
  try {
    await makeFolder(folder);
    return exitCodeOf(await conclude(args, folder, await record(args, folder)));
  } finally {
    if (args.keep === undefined) await rm(folder, { recursive: true, force: true });
  }
};
