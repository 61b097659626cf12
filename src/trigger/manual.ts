import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { KnownError } from '../model/error.js';
import { redact } from '../model/secret.js';
import type { Clock } from '../model/time.js';
import type { ActResult } from './action.js';
import type { OnStamp } from './transport.js';

/** How to reach the person at the terminal. */
export interface Person {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable;
}

export const DEFAULT_PROMPT = 'pull the plug of the active node';

/** Throws KnownError if nobody can press Enter. */
export const requirePerson = ({ input }: Pick<Person, 'input'>): void => {
  if (input.isTTY === true) return;
  throw new KnownError('a manual trigger needs a person, and standard input is not a terminal', {
    remedy: 'run it in a terminal, or use another action',
  });
};

/** The next line; null if the input ends. `terminal: false`, so that Ctrl-C stays a signal. */
const nextLine = (input: Readable): Promise<string | null> =>
  new Promise((resolve) => {
    const lines = createInterface({ input, terminal: false });
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    lines.once('close', () => resolve(null));
  });

/**
 * Asks a person to do it. `issued` is when they were asked, `accepted` and `closed` when they pressed Enter: the true
 * instant lies in between, so trigger-to-loss figures of a manual trigger are upper bounds.
 */
export const askPerson = async (
  person: Person,
  prompt: string | null,
  clock: Clock,
  onStamp: OnStamp,
): Promise<ActResult> => {
  requirePerson(person);
  const wanted = redact(prompt ?? DEFAULT_PROMPT);
  onStamp('issued', clock.monotonic(), wanted);
  person.output.write(`Now: ${wanted}. Press Enter when it is done.\n`);
  const line = await nextLine(person.input);
  const at = clock.monotonic();
  if (line === null) {
    onStamp('closed', at, 'input ended');
    return { outcome: 'failed', detail: 'the input ended before Enter was pressed' };
  }
  onStamp('accepted', at, 'Enter');
  onStamp('closed', at, 'Enter');
  return { outcome: 'ok', detail: 'Enter was pressed' };
};
