import { EXIT, KnownError } from '../model/error.js';

export interface Choice {
  readonly name: string;
  readonly about: string;
}

/** One thing that `seqgap init` has to know. */
export interface Question<T> {
  /** How it is given on the command line: `--target HOST`. */
  readonly option: string;
  readonly text: string;
  /** Taken where nothing is given; null: something must be. Where it may be left open, the preset is empty. */
  readonly preset: string | null;
  readonly choices?: readonly Choice[];
  /** Throws KnownError for what cannot be meant. */
  readonly parse: (text: string) => T;
}

/** Puts a question to whoever can answer it. */
export type Ask = <T>(question: Question<T>) => Promise<T>;

/** For scripts: what is not given is the preset. Throws KnownError (usage), with the option, where there is none. */
export const askNobody: Ask = async ({ option, text, preset, choices, parse }) => {
  if (preset !== null) return parse(preset);
  const names = choices === undefined ? '' : `: ${choices.map(({ name }) => name).join(', ')}`;
  throw new KnownError(`not given: ${text.charAt(0).toLowerCase()}${text.slice(1)}${names}`, {
    remedy: `add ${option}`,
    exitCode: EXIT.usage,
  });
};

/** What was given on the command line is not asked, but it is looked at all the same. */
export const answer = async <T>(ask: Ask, question: Question<T>, given: string | undefined): Promise<T> => {
  if (given === undefined) return ask(question);
  try {
    return question.parse(given);
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    throw new KnownError(`${question.option.split(' ', 1).join()}: ${error.message}`, {
      exitCode: EXIT.usage,
      cause: error,
      ...(error.remedy === null ? {} : { remedy: error.remedy }),
    });
  }
};
