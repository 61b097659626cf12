import { EXIT, KnownError } from '../model/error.js';
import { openQuestions } from '../terminal.js';
import { say } from './say.js';

export interface Dialogue {
  /** Throws KnownError when the person leaves: Ctrl-C, Ctrl-D. */
  question(text: string): Promise<string>;
  say(text: string): void;
  close(): void;
}

/** Asks on stderr, one question after the other, on one terminal. */
export const openDialogue = (): Dialogue => {
  const lines = openQuestions();
  const gone = new Promise<never>((_resolve, reject) => {
    const leave = (): void =>
      reject(new KnownError('left: nothing was written', { exitCode: EXIT.inconclusive }));
    lines.once('SIGINT', leave);
    lines.once('close', leave);
  });
  gone.catch(() => undefined);
  return {
    question: async (text) => (await Promise.race([lines.question(text), gone])).trim(),
    say,
    close: () => lines.close(),
  };
};
