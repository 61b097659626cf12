import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, KnownError } from '../../model/error.js';
import { brief } from '../../model/outside.js';
import { redact } from '../../model/secret.js';
import { ns, type Clock, type Nanoseconds } from '../../model/time.js';
import {
  ask,
  identify,
  problemOf,
  send,
  slower,
  together,
  withRemedy,
  type Answer,
  type Bound,
} from '../ask/bound.js';
import { extractWords, passes } from '../ask/extract.js';
import type { ActionSpec, Undo } from '../driver/schema.js';
import type { TemplateValues } from '../transport/template.js';
import type { OnStamp } from '../transport/transport.js';
import {
  actionName,
  findAction,
  findUndo,
  type ActionKey,
  type NodeDrivers,
  type ActResult,
  type UndoEntry,
  type UndoResult,
} from './action.js';

/** What a person must do, and where: an address may have moved, a serial number cannot. */
export const byHand = ({ node, identity, undo }: Pick<UndoEntry, 'node' | 'identity' | 'undo'>): string => {
  const where = node ?? 'this host';
  return `on ${identity === null ? where : `${where} (${identity})`}: ${undo.join('; ')}`;
};

/** The undo failed: exit code 3, and its remedy is exactly what a person must do. */
export const notUndone = (entry: UndoEntry, problem: string): KnownError =>
  new KnownError(
    `could not undo ${actionName(entry)}${entry.node === null ? '' : ` of ${entry.node}`}: ${problem}`,
    {
      remedy: `do by hand: ${entry.undo.join('; ')}`,
      exitCode: EXIT.notRestored,
    },
  );

/**
 * Is it the node that was changed who answers there? Null if so, else why that could not be read; without an identity
 * nobody can tell. Throws KnownError (exit 3) where it is another device: its address has moved, or it was replaced.
 */
const whoProblem = async (bound: Bound, entry: UndoEntry): Promise<string | null> => {
  if (entry.identity === null || bound.driver.identity === undefined) return null;
  let found: string;
  try {
    found = redact(await identify(bound, { again: true }));
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return withRemedy(error);
  }
  if (found === entry.identity) return null;
  throw notUndone(
    entry,
    `${entry.identity} was changed, and at its address ${found} answers now: nothing was sent`,
  );
};

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
 * Reads what an undo would be decided by, where another driver gives it: a power driver that is first asked at the undo may
 * turn out to have no login, another path, or another machine. What the node's own driver reads is in its checks.
 * Throws KnownError where it cannot be read, or does not say what it should say after the undo.
 */
export const requireUndoable = async (
  drivers: NodeDrivers,
  key: ActionKey,
  signal?: AbortSignal,
): Promise<void> => {
  const back = findUndo(drivers, findAction(drivers, key));
  if (back === null || back.bound === drivers.own) return;
  const { bound, undo } = back;
  const answer = await ask(bound, { ...undo.done, signal });
  if (answer.text !== null && passes(undo.done, answer.text, answer.values)) return;
  const words = answer.text === null ? [] : extractWords(undo.done.extract, answer.text, answer.values);
  const said = words.length === 0 ? 'the answer was not understood' : `it says ${brief(words.join(', '))}`;
  throw new KnownError(
    `node ${bound.node}: its driver ${bound.driver.name} (${bound.transport.words}) could not undo a ${actionName(key)}: ${answer.error ?? said}`,
    { remedy: `see to it that \`power:\` of ${bound.node} is right and its power on; nothing was touched` },
  );
};

const MOST_SETTLING = 30e9;

/** A machine that is shut down may take its time. One that reboots is not left off. A flag is set at once, or nearly. */
const settlingTime = (entry: UndoEntry, { settles, confirm }: ActionSpec): Nanoseconds => {
  if (settles !== undefined) return settles;
  if (entry.action === 'reboot') return ns(0);
  return entry.action === 'stop' ? confirm.within : ns(Math.min(MOST_SETTLING, confirm.within));
};

/**
 * How long `takeBack` may take at most, by its own time-outs: until the node can be read, until its effect is no longer
 * to come, until it is undone. @param connect_ns how long a connection may take, before each command.
 */
export const longestUndo = (
  drivers: NodeDrivers,
  entry: UndoEntry,
  patience_ns: Nanoseconds,
  connect_ns: Nanoseconds,
): Nanoseconds => {
  const found = findAction(drivers, entry);
  const back = findUndo(drivers, found);
  if (back === null) return ns(0);
  const { within, run, done } = back.undo;
  // Each question is asked again where its connection was closed.
  const asked = (timeout: Nanoseconds): number => 2 * (timeout + connect_ns);
  const look = asked(slower(done.timeout)) + asked(back.bound.driver.identity?.timeout ?? ns(0));
  const sending = run.length * (within + connect_ns);
  return ns(Math.max(patience_ns, within) + settlingTime(entry, found.spec) + within + sending + 2 * look);
};

export interface TakingBack {
  readonly clock: Clock;
  readonly effect: Effect;
  /** How long a node that cannot be read is waited for, where that is longer than its undo may take. */
  readonly patience_ns: Nanoseconds;
}

/**
 * Takes an action back: asks who answers, reads the state first and sends nothing if it is undone already, sends once, then reads
 * until it is. A node that cannot be read is waited for, never written to. "Undone already" is believed at once only
 * where the action did not take place or was undone before; else its effect is waited for as long as it may still be
 * to come. A stop that was sent and never seen is not cleared up by that. Throws KnownError (exit 3).
 */
export const takeBack = async (
  drivers: NodeDrivers,
  entry: UndoEntry,
  { clock, effect, patience_ns }: TakingBack,
): Promise<UndoResult> => {
  const found = findAction(drivers, entry);
  const back = findUndo(drivers, found);
  if (back === null) return { detail: 'nothing to undo' };
  const { bound, undo } = back;
  const start = clock.monotonic();
  const settling = settlingTime(entry, found.spec);
  const settled = effect.kind === 'over' ? start : (effect.kind === 'sent' ? effect.at : start) + settling;
  // The time of the undo begins when the node can be read, and anew when its state has to be changed.
  let since: number | null = null;
  let sent = false;
  let problem = '';
  let timeout = undo.done.timeout;
  // What has the power of a node is another device, known by its own name; and the node may have none.
  const isOwn = bound === drivers.own;
  let isSure = !isOwn;
  for (;;) {
    const stranger = isSure ? null : await whoProblem(bound, entry);
    const answer: Answer =
      stranger === null
        ? await ask(bound, { ...undo.done, timeout })
        : { text: null, error: stranger, late: false, output: null };
    // Whoever answers after it was silent may be another one.
    isSure = !isOwn || answer.text !== null;
    const now = clock.monotonic();
    if (answer.text === null && answer.late) timeout = slower(undo.done.timeout);
    if (answer.text !== null) since ??= now;
    if (answer.text !== null && passes(undo.done, answer.text, answer.values)) {
      if (sent) return { detail: undo.about };
      if (now >= settled) {
        if (effect.kind !== 'sent' || entry.action !== 'stop' || settling === 0)
          return { detail: `undone already (${undo.about})` };
        throw notUndone(
          entry,
          `${undo.about}: the stop was not seen to take effect within ${Math.round(settling / 1e9)} s, and still may`,
        );
      }
      // Its effect may still be to come.
      since = now;
    } else if (answer.text === null) problem = answer.error;
    else if (!sent && !isNeeded(undo, answer.text, answer.values))
      problem = 'the answer was not understood, so nothing was sent';
    else if (!sent) {
      const attempt = await together(bound, (held) => sendUndo(held, undo));
      if (attempt.sent) since = clock.monotonic();
      ({ sent, problem } = attempt);
    }
    const patience = start + (answer.text === null ? Math.max(patience_ns, undo.within) : 0);
    if (clock.monotonic() > Math.max(patience, (since ?? start) + undo.within)) break;
    await sleep(UNDO_POLL_MS);
  }
  throw notUndone(entry, `${undo.about}: ${problem === '' ? 'sent, but without effect' : problem}`);
};

/**
 * Whether an action that is to be taken back may still take effect, as far as is known. `over`: it did not take place, or was undone already.
 * `sent`: at that monotonic instant. `unknown`: another process may have sent it, and been killed.
 */
export type Effect =
  | { readonly kind: 'over' }
  | { readonly kind: 'sent'; readonly at: Nanoseconds }
  | { readonly kind: 'unknown' };

type Entry = Pick<UndoEntry, 'node' | 'action' | 'variant'>;

const keyOf = (entry: Entry): string => `${entry.node ?? ''} ${actionName(entry)}`;

/** What this process knows of the effects of its actions. */
export class Effects {
  readonly #known = new Map<string, Effect>();

  of(entry: Entry): Effect {
    return this.#known.get(keyOf(entry)) ?? { kind: 'unknown' };
  }

  over(entry: Entry): void {
    this.#known.set(keyOf(entry), { kind: 'over' });
  }

  /** Sends an action by `act`. One that failed, or never left this host, did not take place. */
  async sending(
    entry: Entry,
    onStamp: OnStamp,
    act: (onStamp: OnStamp) => Promise<ActResult>,
  ): Promise<ActResult> {
    this.over(entry);
    const result = await act((kind, at, detail) => {
      if (kind === 'issued') this.#known.set(keyOf(entry), { kind: 'sent', at });
      onStamp(kind, at, detail);
    });
    if (result.outcome === 'failed') this.over(entry);
    return result;
  }
}
