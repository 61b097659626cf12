import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { usage } from '../../model/error.js';
import { Interrupted } from '../../trial/interrupt.js';
import type { Turns } from '../../trial/run.js';

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
  if (!isSocket(TURNS_FD)) throw usage('--turns without a campaign', 'seqgap run A.yaml B.yaml --interleave');
  const socket = new Socket({ fd: TURNS_FD, readable: true, writable: true });
  return turnsOf(channelOver(socket, socket), signal, () => socket.destroy());
};

/** One end of a line on which two parties send each other words, in order. */
export interface Channel<Said extends string, Heard extends string> {
  say(word: Said): void;
  /** The next word; null once the other side is gone. */
  hear(): Promise<Heard | null>;
}

/** Words as lines of text, so that the other side may be another process. */
export const channelOver = <Said extends string, Heard extends string>(
  from: Readable,
  to: Writable,
): Channel<Said, Heard> => {
  // Whoever is gone is noticed by what can be heard of him.
  for (const stream of [from, to]) stream.on('error', () => {});
  const lines = createInterface(from)[Symbol.asyncIterator]();
  return {
    say: (word) => void to.write(`${word}\n`),
    hear: async () => {
      const line = await lines.next();
      return line.done === true ? null : (line.value as Heard);
    },
  };
};

/** One run of a campaign, as the one who gives the turns sees it. */
export interface Member {
  readonly channel: Channel<CampaignWord, RunWord>;
  /** It has its turn now, or has passed it. */
  readonly turn: (has: boolean) => void;
  /** Settles when it has printed its result, or failed; never rejects. */
  readonly done: Promise<unknown>;
}

interface Place {
  readonly member: Member;
  word: RunWord | null;
}

/** Gives a turn to a run that is ready for one, and waits until the run has passed it. */
const giveTurn = async (place: Place): Promise<void> => {
  const { channel, turn } = place.member;
  turn(true);
  channel.say('go');
  place.word = await channel.hear();
  turn(false);
};

/** No more turns: waits until every run has ended in order. */
const stopAll = async (places: readonly Place[]): Promise<void> => {
  for (const { member } of places) member.channel.say('stop');
  for (const place of places)
    while (place.word === 'ready' || place.word === 'passed') place.word = await place.member.channel.hear();
};

/**
 * One trial of each in turn, A B A B, until all have made theirs. The first turn is given when every run is ready
 * for it, so that no lab is built while another is measured; results are made one after the other when the last
 * trial is over. A run that breaks off ends the campaign. @returns whether all trials were made.
 */
export const giveTurns = async (members: readonly Member[]): Promise<boolean> => {
  const places = await Promise.all(
    members.map(async (member): Promise<Place> => ({ member, word: await member.channel.hear() })),
  );
  const broken = ({ word }: Place): boolean => word === null || word === 'broken';
  let going = places;
  while (going.length > 0 && !places.some(broken)) {
    for (const place of going) {
      // After its trial a run cools down, while the others go on.
      if (place.word === 'passed') place.word = await place.member.channel.hear();
      if (place.word === 'ready') await giveTurn(place);
      if (broken(place)) break;
    }
    going = going.filter(({ word }) => word !== 'ended');
  }
  const complete = !places.some(broken);
  if (!complete) await stopAll(places);
  for (const { channel, done } of members) {
    channel.say('conclude');
    await done;
  }
  return complete;
};
