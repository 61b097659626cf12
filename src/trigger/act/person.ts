import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { KnownError } from '../../model/error.js';
import { DEFAULT_PROMPT } from '../../model/plan.js';
import { redact } from '../../model/secret.js';
import type { Clock, Nanoseconds } from '../../model/time.js';
import { formatDuration } from '../../model/duration.js';
import { hearStops } from '../../stop-signals.js';
import type { Actor } from '../trigger.js';
import { withoutDriver, type ActOptions, type ActResult, type UndoEntry, type UndoResult } from './action.js';
import { notUndone } from './undo.js';

/** What a person is asked, and what comes then. One line each, as long as it is. */
export interface Question {
  /** `Now: pull port 3. Press Enter when it is done.` */
  readonly asked: string;
  /** What happens after Enter, and how to stop instead. */
  readonly next: string;
}

/** A question that stands in view. */
export interface Asking {
  change(question: Question): void;
  /** It was answered, or is not asked any more. */
  close(reply: Reply): void;
}

/** How to reach the person at the terminal. */
export interface Person {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly ask: (question: Question) => Asking;
}

/** Where nothing else is written over it, a question is written once. */
export const askOn =
  (output: { write(text: string): unknown }): Person['ask'] =>
  (question) => {
    const write = ({ asked, next }: Question): void => void output.write(`${asked}\n  ${next}\n`);
    write(question);
    return { change: write, close: () => undefined };
  };

/** Throws KnownError if nobody can press Enter. */
export const requirePerson = ({ input }: Pick<Person, 'input'>): void => {
  if (input.isTTY === true) return;
  throw new KnownError('a manual trigger needs a person, and standard input is not a terminal', {
    remedy: 'run it in a terminal, or use another action',
  });
};

export type Reply = 'enter' | 'input ended' | 'interrupted';

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

/** With one full stop, whether the prompt of the scenario has one or not. */
const sentence = (text: string): string => (/[.!?…]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`);

const PRESS = 'Press Enter when it is done.';

export interface Wanted {
  /** What is to be done by hand, in the words of the scenario; null: `DEFAULT_PROMPT`. */
  readonly prompt: string | null;
  /** How long the recovery is waited for then. */
  readonly giveUp_ns: Nanoseconds;
}

/**
 * Asks a person to do it. `issued` is when they were asked, `accepted` and `closed` when they pressed Enter: the true
 * instant lies in between, so trigger-to-loss figures of a manual trigger are upper bounds.
 */
const askPerson = async (
  person: Person,
  { prompt, giveUp_ns }: Wanted,
  clock: Clock,
  { onStamp, signal }: ActOptions,
): Promise<ActResult> => {
  requirePerson(person);
  const wanted = redact(prompt ?? DEFAULT_PROMPT);
  await forgetTyped(person.input);
  onStamp('issued', clock.monotonic(), wanted);
  const question: Question = {
    asked: `Now: ${sentence(wanted)} ${PRESS}`,
    next: `Then traffic is watched until it is back, for ${formatDuration(giveUp_ns)} at most. Ctrl-C ends the run instead.`,
  };
  const asking = person.ask(question);
  const reply = await waitForEnter(person.input, signal);
  asking.close(reply);
  const at = clock.monotonic();
  if (reply !== 'enter') {
    onStamp('closed', at, reply);
    return { outcome: 'failed', detail: `${reply} before Enter was pressed` };
  }
  onStamp('accepted', at, 'Enter');
  onStamp('closed', at, 'Enter');
  return { outcome: 'ok', detail: 'Enter was pressed' };
};

/** What is put back, as it stands in the journal. */
const backBy = (prompt: string | null): string =>
  `put back what was done by hand (${redact(prompt ?? DEFAULT_PROMPT)
    .trim()
    .replace(/\.$/, '')})`;

/**
 * Asks a person to put back what they did (`entry.undo`), and waits until they press Enter: without nodes nobody else
 * knows, and the next trial must not begin before. One Ctrl-C does not end the waiting, since the restore follows it; a
 * second one does, and then it is not known whether it was put back. Throws KnownError (exit 3) where nobody answers.
 */
const askBack = async (person: Person, entry: UndoEntry): Promise<UndoResult> => {
  const { input } = person;
  if (input.isTTY !== true)
    throw notUndone(entry, 'nobody can say that it is done: standard input is not a terminal');
  await forgetTyped(input);
  const question: Question = {
    asked: `Now ${sentence(entry.undo.join('; '))} ${PRESS}`,
    next: 'If nothing was done, press Enter as well. Then the run goes on. Ctrl-C twice leaves it as it is (exit code 3).',
  };
  const left = new AbortController();
  const asking = person.ask(question);
  let stops = 0;
  const deaf = hearStops(() => {
    if (++stops > 1) return left.abort();
    asking.change({
      ...question,
      next: 'If nothing was done, press Enter as well. Then the run ends. Ctrl-C once more leaves it as it is (exit code 3).',
    });
  });
  const reply = await waitForEnter(input, left.signal);
  deaf();
  asking.close(reply);
  if (reply !== 'enter') throw notUndone(entry, `${reply} before Enter was pressed`);
  return { detail: 'put back by hand, Enter was pressed' };
};

/** A person who does it by hand, and puts it back. */
export const personActor = (person: Person, wanted: Wanted, clock: Clock): Actor => ({
  ...withoutDriver('manual', {
    transport: 'a person',
    steps: [redact(wanted.prompt ?? DEFAULT_PROMPT)],
    undo: [backBy(wanted.prompt)],
  }),
  act: (_, options) => askPerson(person, wanted, clock, options),
  undo: (entry) => askBack(person, entry),
  longest: { act: () => null, undo: () => null },
});
