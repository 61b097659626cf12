import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, KnownError } from '../model/error.js';
import type { Clock } from '../model/time.js';
import { actionName, findAction, findUndo, type NodeDrivers, type UndoEntry } from './action.js';
import { ask, problemOf, send, withRemedy, type Bound } from './bound.js';
import { passes } from './extract.js';
import type { Undo } from './schema.js';
import type { TemplateValues } from './template.js';

export interface UndoResult {
  /** What was done, or that it was undone already. */
  readonly detail: string;
}

/** The undo failed: exit code 3, and its remedy is exactly what a person must do. */
export const notUndone = (
  entry: Pick<UndoEntry, 'node' | 'action' | 'variant' | 'undo'>,
  problem: string,
): KnownError =>
  new KnownError(
    `could not undo ${actionName(entry)}${entry.node === null ? '' : ` of ${entry.node}`}: ${problem}`,
    {
      remedy: `do by hand: ${entry.undo.join('; ')}`,
      exitCode: EXIT.notRestored,
    },
  );

const UNDO_POLL_MS = 500;

/** `sent: false` only if nothing at all left this host. */
const sendUndo = async (bound: Bound, undo: Undo): Promise<{ sent: boolean; problem: string }> => {
  let sent = false;
  let problem = '';
  for (const command of undo.run) {
    try {
      const result = await send(bound, command, { timeout_ns: undo.within });
      sent ||= result.sent;
      problem = problemOf(bound, result) ?? problem;
    } catch (error) {
      if (!(error instanceof KnownError)) throw error;
      problem = withRemedy(error);
    }
  }
  return { sent, problem };
};

/** A toggle that is sent on an answer that was not understood would be switched the wrong way. */
const isNeeded = ({ done }: Undo, text: string, values: TemplateValues): boolean =>
  done.bad === undefined || passes({ extract: done.extract, good: done.bad }, text, values);

/**
 * Takes an action back: reads the state first and sends nothing if it is undone already, sends once, then reads
 * until it is. A node that cannot be read is waited for, never written to. Throws KnownError (exit 3).
 */
export const takeBack = async (drivers: NodeDrivers, entry: UndoEntry, clock: Clock): Promise<UndoResult> => {
  const back = findUndo(drivers, findAction(drivers, entry));
  if (back === null) return { detail: 'nothing to undo' };
  const { bound, undo } = back;
  const deadline = clock.monotonic() + undo.within;
  let sent = false;
  let problem = '';
  for (;;) {
    const answer = await ask(bound, undo.done);
    if (answer.text !== null && passes(undo.done, answer.text, answer.values))
      return { detail: sent ? undo.about : `undone already (${undo.about})` };
    if (answer.text === null) problem = answer.error;
    else if (!sent && !isNeeded(undo, answer.text, answer.values))
      problem = 'the answer was not understood, so nothing was sent';
    else if (!sent) {
      const attempt = await sendUndo(bound, undo);
      sent = attempt.sent;
      problem = attempt.problem;
    }
    if (clock.monotonic() > deadline) break;
    await sleep(UNDO_POLL_MS);
  }
  throw notUndone(entry, `${undo.about}: ${problem === '' ? 'sent, but without effect' : problem}`);
};
