import type { Channel } from './channel.js';
import type { CampaignWord, RunWord } from './turns.js';

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
