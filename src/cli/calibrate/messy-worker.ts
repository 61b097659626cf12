import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { makeTake, type Take, type TakeOptions } from './messy/take.js';
import { recordingFile, writeRecording } from './messy/raw.js';
import { MESSY_KINDS } from './messy/kinds.js';
import { SCRIPTS } from './messy/scripts.js';
import { systemClock } from '../../clock.js';
import { runCommandInLab } from '../../lab/enter.js';
import { Cutter } from '../../lab/cutter/cutter.js';
import { PROGRAM } from '../../package-folder.js';
import { hearStops } from '../../stop-signals.js';
import { channelOver, TURNS_FD } from '../run/turns.js';

/** next: wants a recording to make; played: a trial of it is done. */
type WorkerWord = 'next' | 'played';

const wordOf = ({ kind, number, trials }: Take): string => `${kind} ${number} ${trials}`;

const takeOf = (word: string | null): Take | null => {
  const [kind, number, trials] = (word ?? '').split(' ');
  const known = MESSY_KINDS.find((each) => each === kind);
  return known === undefined ? null : { kind: known, number: Number(number), trials: Number(trials) };
};

export interface WorkerOptions {
  readonly types: readonly string[];
  readonly every: string;
  readonly parallel: number;
  readonly folder: string;
}

/**
 * One lab, in a process of its own inside it, that makes one recording after the other. @returns its exit code
 * @param next the recording that is to be made now; null: no more
 */
export const startWorker = async (
  { types, every, parallel, folder }: WorkerOptions,
  next: () => Take | null,
  played: () => void,
): Promise<number> => {
  const connect = (end: Duplex): void => {
    const channel = channelOver<string, WorkerWord>(end, end);
    const serve = async (): Promise<void> => {
      for (let word = await channel.hear(); word !== null; word = await channel.hear()) {
        if (word === 'played') {
          played();
          continue;
        }
        const take = next();
        channel.say(take === null ? 'done' : wordOf(take));
      }
    };
    void serve();
  };
  const options = ['--keep', folder, '--every', every, '--parallel', String(parallel)];
  const streams = types.flatMap((type) => ['--streams', type]);
  return runCommandInLab(
    [process.execPath, PROGRAM, 'calibrate', '--messy', '--inside', ...options, ...streams],
    { kept: null, stdio: ['ignore', 'ignore', 'inherit'], channel: { fd: TURNS_FD, connect } },
  );
};

/** The worker's own side: builds its lab, and makes what it is told to until there is no more, or a stop. */
export const workInside = async (
  folder: string,
  options: Omit<TakeOptions, 'clock' | 'signal' | 'random' | 'progress'>,
): Promise<void> => {
  const cutter = await Cutter.build(systemClock);
  const controller = new AbortController();
  const release = hearStops(() => controller.abort());
  const { signal } = controller;
  const socket = new Socket({ fd: TURNS_FD, readable: true, writable: true });
  const channel = channelOver<WorkerWord, string>(socket, socket);
  const ask = (): Promise<string | null> => {
    channel.say('next');
    return channel.hear();
  };
  const progress = (): void => channel.say('played');
  let delays = false;
  try {
    for (let take = takeOf(await ask()); take !== null && !signal.aborted; take = takeOf(await ask())) {
      if (!delays && SCRIPTS[take.kind].delayed === true) await cutter.startDelayLines();
      delays ||= SCRIPTS[take.kind].delayed === true;
      const made = await makeTake(cutter, take, {
        ...options,
        clock: systemClock,
        signal,
        random: Math.random,
        progress,
      });
      if (made.trials.length > 0) await writeRecording(recordingFile(folder, take.kind, take.number), made);
    }
  } finally {
    release();
    socket.destroy();
    await cutter.close();
  }
};
