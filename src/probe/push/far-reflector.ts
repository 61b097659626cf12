import { within } from '../../deadline.js';
import { KnownError } from '../../model/error.js';
import { brief } from '../../model/outside.js';
import type { ReflectPlan } from '../../model/plan.js';
import { ns } from '../../model/time.js';
import { reflectScript } from './far-scripts.js';
import { farShell, type FarAnswer } from './far-shell.js';

/** To unpack itself, and to listen. */
const PATIENCE = ns(60e9);
/** After the end of its input. */
const END_MS = 5000;

/** The far end of streams and sessions, at a vantage to which the program was copied. */
export interface FarReflector {
  /** Resolves when it ended before it was told to: what was aimed at it says nothing of the pair any more. */
  readonly failed: Promise<KnownError>;
  /** Ends it, and waits until it is gone. */
  end(): Promise<void>;
}

/** Its last words; those of the shell where it had none. */
const wordsOf = ({ said, stderr, code }: FarAnswer): string => {
  const told = said.flatMap(([word, rest]) => (word === 'told' ? rest : []));
  return brief(told.join(' ')) || brief(stderr) || `code ${code}`;
};

/**
 * Starts it, and waits until it listens. It ends with its input, so also when this process is killed or the connection
 * breaks. @throws KnownError where it does not listen
 */
export const startReflector = async (
  { name, prefix }: { readonly name: string; readonly prefix: readonly string[] },
  folder: string,
  plan: ReflectPlan,
  signal: AbortSignal,
): Promise<FarReflector> => {
  const shell = farShell(prefix, reflectScript(folder, plan));
  const problem = (what: string, answer: FarAnswer): KnownError =>
    new KnownError(`vantage ${name}: its reflector ${what}: ${wordsOf(answer)}`);
  let isEnding = false;
  const end = async (): Promise<void> => {
    isEnding = true;
    shell.end();
    const late = setTimeout(() => shell.kill(), END_MS);
    await shell.ended;
    clearTimeout(late);
  };
  const listens = (): Promise<string> =>
    shell.word('listening').catch(async () => {
      throw problem('does not listen', await shell.ended);
    });
  try {
    await within(PATIENCE, signal, listens);
  } catch (error) {
    await end();
    throw error;
  }
  const failed = new Promise<KnownError>((resolve) => {
    const hear = (answer: FarAnswer): void => {
      if (!isEnding) resolve(problem('ended by itself', answer));
    };
    void shell.ended.then(hear);
  });
  return { failed, end };
};
