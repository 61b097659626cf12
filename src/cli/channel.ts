import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

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
