import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, KnownError } from '../model/error.js';
import type { Action } from '../model/plan.js';
import { redact } from '../model/secret.js';
import type { Clock, Nanoseconds } from '../model/time.js';
import { ask, failureOf, send, shown, withRemedy, type Bound } from './bound.js';
import { passes } from './extract.js';
import type { NodeRole } from './role.js';
import { DRIVER_ACTIONS, type ActionSpec, type DriverAction, type Undo } from './schema.js';
import type { ExecResult, OnStamp, StampKind } from './transport.js';

/** What is going to be done to a node, as it is shown before and written to the undo journal. */
export interface PlannedAction {
  /** null: the trigger is not about a node of the scenario. */
  readonly node: string | null;
  readonly action: Action;
  readonly driver: string;
  /** Where the commands go, in words. */
  readonly transport: string;
  /** The exact commands, secrets redacted. */
  readonly steps: readonly string[];
  /** What takes it back, by hand too; empty if nothing is left behind. */
  readonly undo: readonly string[];
}

export interface ActOptions {
  readonly onStamp: OnStamp;
  /** Ends the waiting for a person. A command under way is never cut off: its own timeout bounds it. */
  readonly signal?: AbortSignal;
}

export interface ActResult {
  /** `unknown`: the command may or may not have been carried out; the roles will tell. It is never sent again. */
  readonly outcome: 'ok' | 'failed' | 'unknown';
  readonly detail: string;
}

export interface UndoResult {
  /** What was done, or that it was undone already. */
  readonly detail: string;
}

/** The undo failed: exit code 3, and its remedy is exactly what a person must do. */
export const notUndone = (
  entry: Pick<PlannedAction, 'node' | 'action' | 'undo'>,
  problem: string,
): KnownError =>
  new KnownError(
    `could not undo ${entry.action}${entry.node === null ? '' : ` of ${entry.node}`}: ${problem}`,
    {
      remedy: `do by hand: ${entry.undo.join('; ')}`,
      exitCode: EXIT.notRestored,
    },
  );

/** A node's own driver and that of its power. */
export interface NodeDrivers {
  readonly own: Bound;
  readonly power: Bound | null;
}

interface Found {
  readonly bound: Bound;
  readonly spec: ActionSpec;
}

const isDriverAction = (action: Action): action is DriverAction =>
  (DRIVER_ACTIONS as readonly string[]).includes(action);

const specIn = (bound: Bound | null, action: DriverAction): Found | null => {
  const spec = bound?.driver.actions[action];
  return bound !== null && spec !== undefined ? { bound, spec } : null;
};

/**
 * Which driver carries out an action: the node's own first, then its power driver; for `crash` and `stop` an abrupt
 * action of the power driver goes before the node's own, since a node cannot cut its own power.
 */
const findAction = ({ own, power }: NodeDrivers, action: Action): Found => {
  if (isDriverAction(action)) {
    const mine = specIn(own, action);
    const theirs = specIn(power, action);
    const cut = (action === 'crash' || action === 'stop') && theirs?.spec.abrupt === true;
    const found = cut ? theirs : (mine ?? theirs);
    if (found !== null) return found;
  }
  const drivers = power === null ? own.driver.name : `${own.driver.name} and ${power.driver.name}`;
  throw new KnownError(`node ${own.node}: no action "${action}" in ${drivers}`, {
    remedy:
      power === null ? 'give the node a `power:` driver, or choose another action' : 'choose another action',
    exitCode: EXIT.usage,
  });
};

/** `power`: the undo of the power driver's stop, or of its crash: both give the node its power back. */
const findUndo = (drivers: NodeDrivers, { bound, spec }: Found): { bound: Bound; undo: Undo } | null => {
  if (spec.undo === 'none') return null;
  if (spec.undo !== 'power') return { bound, undo: spec.undo };
  const { power } = drivers;
  for (const action of ['stop', 'crash'] as const) {
    const undo = power?.driver.actions[action]?.undo;
    if (power !== null && typeof undo === 'object') return { bound: power, undo };
  }
  throw new KnownError(`node ${bound.node}: ${spec.about}, and it has no power driver that could`, {
    remedy: 'give the node a `power:` driver, or choose another action',
    exitCode: EXIT.usage,
  });
};

/** Contacts nothing. Throws KnownError (usage) for an action that no driver has or that could not be undone. */
export const planAction = (drivers: NodeDrivers, action: Action): PlannedAction => {
  const found = findAction(drivers, action);
  const back = findUndo(drivers, found);
  return {
    node: drivers.own.node,
    action,
    driver: found.bound.driver.name,
    transport: found.bound.transport.words,
    steps: found.spec.run.map((command) => shown(found.bound, command)),
    undo:
      back === null
        ? []
        : back.undo.run.map((command) => `${back.bound.transport.words}: ${shown(back.bound, command)}`),
  };
};

/** Several steps have one `issued` (of the first), one `accepted` (of the first) and one `closed` (of the last). */
const oncePerAction = (onStamp: OnStamp): { onStamp: OnStamp; end: () => void } => {
  const seen = new Set<StampKind>();
  let last: [Nanoseconds, string] | null = null;
  return {
    onStamp: (kind, at, detail) => {
      if (kind === 'closed') last = [at, redact(detail)];
      else if (!seen.has(kind)) onStamp(kind, at, redact(detail));
      seen.add(kind);
    },
    end: () => {
      if (last !== null) onStamp('closed', ...last);
    },
  };
};

/** A shell says 128 + N of a child that signal N killed. */
const wasKilled = ({ signal, code }: ExecResult): boolean => signal !== null || (code !== null && code > 128);

const runSteps = async (found: Found, timeout_ns: Nanoseconds, onStamp: OnStamp): Promise<ActResult> => {
  for (const command of found.spec.run) {
    const result = await send(found.bound, command, { timeout_ns, onStamp });
    const failure = failureOf(result);
    if (failure === null) continue;
    if (!result.sent) return { outcome: 'failed', detail: `not sent: ${failure}` };
    const gone = result.ended !== 'exited' || (found.spec.drops && wasKilled(result));
    if (!gone) return { outcome: 'failed', detail: failure };
    return { outcome: 'unknown', detail: found.spec.drops ? `${failure}, as is to be expected` : failure };
  }
  return { outcome: 'ok', detail: `${found.spec.run.length === 1 ? 'command' : 'commands'} exited with 0` };
};

/** Sends an action, once. Known problems are a result. */
export const carryOut = async (
  drivers: NodeDrivers,
  action: Action,
  timeout_ns: Nanoseconds,
  onStamp: OnStamp,
): Promise<ActResult> => {
  const stamps = oncePerAction(onStamp);
  try {
    return await runSteps(findAction(drivers, action), timeout_ns, stamps.onStamp);
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return { outcome: 'failed', detail: `not sent: ${withRemedy(error)}` };
  } finally {
    stamps.end();
  }
};

/** Do the roles confirm that the action took place? `roles` are those read after it. */
export const isConfirmed = (drivers: NodeDrivers, action: Action, roles: readonly NodeRole[]): boolean => {
  const { confirm } = findAction(drivers, action).spec;
  const mine = roles.find(({ node }) => node === drivers.own.node);
  const peers = roles.filter(({ node }) => node !== drivers.own.node);
  return (
    mine !== undefined &&
    confirm.node.includes(mine.role) &&
    peers.some(({ role }) => confirm.peer.includes(role))
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
      problem = failureOf(result) ?? problem;
    } catch (error) {
      if (!(error instanceof KnownError)) throw error;
      problem = withRemedy(error);
    }
  }
  return { sent, problem };
};

/**
 * Takes an action back: reads the state first and sends nothing if it is undone already, sends once, then reads
 * until it is. A node that cannot be read is waited for, never written to. Throws KnownError (exit 3).
 */
export const takeBack = async (
  drivers: NodeDrivers,
  entry: PlannedAction,
  clock: Clock,
): Promise<UndoResult> => {
  const back = findUndo(drivers, findAction(drivers, entry.action));
  if (back === null) return { detail: 'nothing to undo' };
  const { bound, undo } = back;
  const deadline = clock.monotonic() + undo.within;
  let sent = false;
  let problem = '';
  for (;;) {
    const answer = await ask(bound, undo.done);
    if (answer.text !== null && passes(undo.done, answer.text))
      return { detail: sent ? undo.about : `undone already (${undo.about})` };
    if (answer.text === null) problem = answer.error;
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
