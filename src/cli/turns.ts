import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { EXIT, KnownError } from '../model/error.js';
import { Interrupted } from '../trial/interrupt.js';
import type { Turns } from '../trial/turns.js';
import { channelOver, type Channel } from './channel.js';

/** ready: wants its turn; passed: has made a trial; ended: has made them all; broken: will make no more. */
export type RunWord = 'ready' | 'passed' | 'ended' | 'broken';
/** go: it is your turn; stop: there will be none any more; conclude: print your result. */
export type CampaignWord = 'go' | 'stop' | 'conclude';

/** The turns of one run, from its first trial to its result. */
export interface RunTurns extends Turns {
  /** Resolves when the result may be made: no trial is disturbed by it any more. */
  end(broken: boolean): Promise<void>;
  close(): void;
}

/** A run by itself: it is always its turn. */
export const ALONE: RunTurns = {
  take: () => Promise.resolve(),
  pass: () => Promise.resolve(),
  end: () => Promise.resolve(),
  close: () => {},
};

/** The run's side of a campaign. */
export const turnsOf = (
  channel: Channel<RunWord, CampaignWord>,
  signal: AbortSignal,
  close: () => void = () => {},
): RunTurns => {
  const aborted = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
  // A word that was waited for in vain is the next one to be heard.
  let coming: Promise<CampaignWord | null> | null = null;
  const next = (): Promise<CampaignWord | null> => {
    coming ??= channel.hear().finally(() => {
      coming = null;
    });
    return coming;
  };
  return {
    take: async () => {
      channel.say('ready');
      const word = await Promise.race([next(), aborted]);
      if (word !== 'go' || signal.aborted) throw new Interrupted();
    },
    pass: () => {
      channel.say('passed');
      return Promise.resolve();
    },
    end: async (broken) => {
      channel.say(broken ? 'broken' : 'ended');
      let word = await next();
      while (word !== 'conclude' && word !== null) word = await next();
    },
    close,
  };
};

/** File descriptor of the campaign in a run that it started; 3 is taken by the lab's init (src/lab/enter.ts). */
export const TURNS_FD = 4;

/** Node has descriptors of its own: to read one of those ends the process. */
const isSocket = (fd: number): boolean => {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
};

/** The turns of a run that a campaign started as a process of its own. Throws KnownError where no campaign did. */
export const turnsOfProcess = (signal: AbortSignal): RunTurns => {
  if (!isSocket(TURNS_FD))
    throw new KnownError('--turns without a campaign', {
      remedy: 'seqgap run A.yaml B.yaml --interleave',
      exitCode: EXIT.usage,
    });
  const socket = new Socket({ fd: TURNS_FD, readable: true, writable: true });
  return turnsOf(channelOver(socket, socket), signal, () => socket.destroy());
};
