import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { KnownError } from '../model/error.js';
import { redact } from '../model/secret.js';
import type { Clock } from '../model/time.js';
import type { ActOptions, ActResult, UndoEntry } from './action.js';
import { notUndone, type UndoResult } from './undo.js';

/** How to reach the person at the terminal. */
export interface Person {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: { write(text: string): unknown };
}

export const DEFAULT_PROMPT = 'pull the plug of the active node';

/** Throws KnownError if nobody can press Enter. */
export const requirePerson = ({ input }: Pick<Person, 'input'>): void => {
  if (input.isTTY === true) return;
  throw new KnownError('a manual trigger needs a person, and standard input is not a terminal', {
    remedy: 'run it in a terminal, or use another action',
  });
};

type Reply = 'enter' | 'input ended' | 'interrupted';

/** `terminal: false`, so that Ctrl-C stays a signal of the process. */
const waitForEnter = (input: Readable, signal: AbortSignal | undefined): Promise<Reply> =>
  new Promise((resolve) => {
    // It has told its end already, and would not again.
    if (input.readableEnded || input.destroyed) return resolve('input ended');
    const lines = createInterface({ input, terminal: false });
    const end = (reply: Reply): void => {
      resolve(reply);
      signal?.removeEventListener('abort', onAbort);
      lines.close();
    };
    const onAbort = (): void => end('interrupted');
    lines.once('line', () => end('enter'));
    lines.once('close', () => end('input ended'));
    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener('abort', onAbort);
  });

/**
 * Asks a person to do it. `issued` is when they were asked, `accepted` and `closed` when they pressed Enter: the true
 * instant lies in between, so trigger-to-loss figures of a manual trigger are upper bounds.
 */
export const askPerson = async (
  person: Person,
  prompt: string | null,
  clock: Clock,
  { onStamp, signal }: ActOptions,
): Promise<ActResult> => {
  requirePerson(person);
  const wanted = redact(prompt ?? DEFAULT_PROMPT);
  onStamp('issued', clock.monotonic(), wanted);
  person.output.write(`Now: ${wanted}. Press Enter when it is done.\n`);
  const reply = await waitForEnter(person.input, signal);
  const at = clock.monotonic();
  if (reply !== 'enter') {
    onStamp('closed', at, reply);
    return { outcome: 'failed', detail: `${reply} before Enter was pressed` };
  }
  onStamp('accepted', at, 'Enter');
  onStamp('closed', at, 'Enter');
  return { outcome: 'ok', detail: 'Enter was pressed' };
};

/** Long enough for a terminal to hand over what it holds. */
const TYPED_AHEAD_MS = 50;

/** An Enter from before the question is no answer to it. */
const forgetTyped = async (input: Readable): Promise<void> => {
  const ignore = (): void => undefined;
  input.on('data', ignore);
  input.resume();
  await sleep(TYPED_AHEAD_MS);
  input.off('data', ignore);
  input.pause();
};

/**
 * Asks a person to put back what they did (`entry.undo`), and waits until they press Enter: without nodes nobody else
 * knows, and the next trial must not begin before. Ctrl-C does not end the waiting, since the restore follows it.
 * Throws KnownError (exit 3) where nobody can answer.
 */
export const askBack = async (person: Person, entry: UndoEntry): Promise<UndoResult> => {
  const { input, output } = person;
  if (input.isTTY !== true)
    throw notUndone(entry, 'nobody can say that it is done: standard input is not a terminal');
  await forgetTyped(input);
  output.write(`Now ${entry.undo.join('; ')}. Press Enter when it is done.\n`);
  const reply = await waitForEnter(input, undefined);
  if (reply !== 'enter') throw notUndone(entry, `${reply} before Enter was pressed`);
  return { detail: 'put back by hand, Enter was pressed' };
};
