import { EXIT, KnownError, usage } from '../../model/error.js';
import type { Driver } from '../../trigger/driver/schema.js';

/** How one logs in by SSH: with the keys of the agent, a password from the environment, or a key file. */
export type Login =
  | { readonly kind: 'agent' }
  | { readonly kind: 'password' }
  | { readonly kind: 'key'; readonly file: string };

/** Where something is reached; no port: the usual one. */
export interface Address {
  readonly host: string;
  readonly port: number | null;
}

/** Where probes start. */
export type VantageChoice =
  | { readonly kind: 'local' }
  | { readonly kind: 'netns'; readonly name: string }
  | { readonly kind: 'ssh'; readonly user: string | null; readonly host: string }
  | { readonly kind: 'exec'; readonly prefix: string };

export interface NodeAnswer {
  readonly name: string;
  readonly address: Address;
  readonly params: Readonly<Record<string, string>>;
  /** null: its power driver needs no host of its own, or there is none. */
  readonly powerAddress: Address | null;
  readonly powerParams: Readonly<Record<string, string>>;
}

/** The driver of the nodes with what it takes to log in. */
export interface Equipment {
  readonly driver: Driver;
  readonly user: string;
  readonly login: Login;
  readonly power: Driver | null;
  readonly powerUser: string;
  readonly nodes: readonly NodeAnswer[];
}

/** Everything that `seqgap init` asks. */
export interface Answers {
  readonly name: string;
  /** null: no driver; a person fails the pair over. */
  readonly equipment: Equipment | null;
  /** As drivers name it (`crash-redeploy`), or `manual`. */
  readonly action: string;
  readonly from: VantageChoice;
  readonly target: string;
  /** A TCP port of the target; null: no stream of new connections. */
  readonly port: number | null;
  /** A host that is reached without the pair; null: none is known. */
  readonly control: string | null;
  /** User of an SSH session to the target; null: none. */
  readonly shellUser: string | null;
  readonly repeat: number;
}

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
  throw usage(`not given: ${text.charAt(0).toLowerCase()}${text.slice(1)}${names}`, `add ${option}`);
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
