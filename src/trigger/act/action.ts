import { KnownError, usage } from '../../model/error.js';
import type { Action } from '../../model/plan.js';
import { redact } from '../../model/secret.js';
import { ns, type Nanoseconds } from '../../model/time.js';
import { knownIdentity, problemOf, send, shown, together, withRemedy, type Bound } from '../ask/bound.js';
import { checkProblem } from '../ask/health.js';
import type { NodeRole } from '../ask/role.js';
import {
  DRIVER_ACTIONS,
  type ActionSpec,
  type Driver,
  type DriverAction,
  type Undo,
} from '../driver/schema.js';
import type { ExecResult, OnStamp, StampKind } from '../transport/transport.js';

/** What is done to a node, as it is shown before and written to the undo journal. */
export interface UndoEntry {
  /** null: the trigger is not about a node of the scenario. */
  readonly node: string | null;
  readonly action: Action;
  /** Another way to do it, as the driver names it; null: the plain one. */
  readonly variant: string | null;
  readonly driver: string;
  /** Where the commands go, in words. */
  readonly transport: string;
  /** The exact commands, secrets redacted. */
  readonly steps: readonly string[];
  /** What takes it back, by hand too; empty if nothing is left behind. */
  readonly undo: readonly string[];
  /** Serial number or id of the node, as it said it before; null: it was not asked, or cannot say it. */
  readonly identity: string | null;
}

export interface PlannedAction extends UndoEntry {
  /** How long the roles may take to show that it took place; null: roles cannot tell. */
  readonly confirm_ns: Nanoseconds | null;
}

/** Which action of a driver. */
export type ActionKey = Pick<UndoEntry, 'action' | 'variant'>;

export const actionName = ({ action, variant }: ActionKey): string =>
  variant === null ? action : `${action}-${variant}`;

export interface ActOptions {
  readonly onStamp: OnStamp;
  /** Ends the waiting for a person, and the way to a device. A command under way is never cut off: its own timeout bounds it. */
  readonly signal?: AbortSignal | undefined;
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

/** What is done without a driver: nothing is asked about it, and roles cannot tell whether it took place. */
export const withoutDriver = (
  action: 'exec' | 'manual',
  { transport, steps, undo }: Pick<PlannedAction, 'transport' | 'steps' | 'undo'>,
) => ({
  plan: (node: string | null): PlannedAction => ({
    node,
    action,
    variant: null,
    driver: action,
    transport,
    steps,
    undo,
    identity: null,
    confirm_ns: null,
  }),
  questions: () => [],
  requireUndoable: () => Promise.resolve(),
  confirmed: () => null,
});

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

const specIn = (bound: Bound | null, key: ActionKey): Found | null => {
  const spec = bound?.driver.actions[actionName(key)];
  return bound !== null && spec !== undefined ? { bound, spec } : null;
};

const remedyFor = (action: Action, hasPower: boolean): string => {
  if (action === 'sync-off')
    return 'leave `control-arm` out, or take a driver that can switch state sync off';
  return hasPower ? 'choose another action' : 'give the node a `power:` driver, or choose another action';
};

/**
 * Which driver carries out an action: the node's own first, then its power driver; for `crash` and `stop` an abrupt
 * action of the power driver goes before the node's own, since a node cannot cut its own power.
 */
export const findAction = ({ own, power }: NodeDrivers, key: ActionKey): Found => {
  const { action } = key;
  if (isDriverAction(action)) {
    const mine = specIn(own, key);
    const theirs = specIn(power, key);
    const cut = (action === 'crash' || action === 'stop') && theirs?.spec.abrupt === true;
    const found = cut ? theirs : (mine ?? theirs);
    if (found !== null) return found;
  }
  const drivers = power === null ? own.driver.name : `${own.driver.name} and ${power.driver.name}`;
  throw usage(
    `node ${own.node}: no action "${actionName(key)}" in ${drivers}`,
    remedyFor(action, power !== null),
  );
};

/** `power`: the undo of the power driver's stop, of its crash, or of a variant: each gives the node its power back. */
export const findUndo = (
  drivers: NodeDrivers,
  { bound, spec }: Found,
): { bound: Bound; undo: Undo } | null => {
  if (spec.undo === 'none') return null;
  if (spec.undo !== 'power') return { bound, undo: spec.undo };
  const { power } = drivers;
  const actions = power?.driver.actions ?? {};
  for (const name of ['stop', 'crash', ...Object.keys(actions)]) {
    const undo = actions[name]?.undo;
    if (power !== null && typeof undo === 'object') return { bound: power, undo };
  }
  throw usage(
    `node ${bound.node}: ${spec.about}, and it has no power driver that could`,
    'give the node a `power:` driver, or choose another action',
  );
};

/** Contacts nothing. Throws KnownError (usage) for an action that no driver has or that could not be undone. */
export const planAction = (drivers: NodeDrivers, key: ActionKey): PlannedAction => {
  const found = findAction(drivers, key);
  const back = findUndo(drivers, found);
  return {
    node: drivers.own.node,
    action: key.action,
    variant: key.variant,
    driver: found.bound.driver.name,
    transport: found.bound.transport.words,
    steps: found.spec.run.map((command) => shown(found.bound, command)),
    undo:
      back === null
        ? []
        : back.undo.run.map((command) => `${back.bound.transport.words}: ${shown(back.bound, command)}`),
    identity: knownIdentity(drivers.own),
    confirm_ns: found.spec.confirm.within,
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

const runSteps = async (
  { bound, spec }: Found,
  allowed_ns: Nanoseconds,
  { onStamp, signal }: ActOptions,
): Promise<ActResult> => {
  const timeout_ns = ns(Math.max(allowed_ns, spec.timeout ?? 0));
  const { requires } = spec;
  const reason = requires === undefined ? null : await checkProblem(bound, requires, signal);
  if (reason !== null) return { outcome: 'failed', detail: `not sent: ${reason}` };
  const steps = async (held: Bound): Promise<ActResult> => {
    let begun = false;
    for (const command of spec.run) {
      // Of several commands the first decides: an action is not left half done.
      const way = begun || signal === undefined ? {} : { signal };
      const result = await send(held, command, { timeout_ns, onStamp, ...way });
      begun = true;
      const problem = problemOf(held, result);
      if (problem === null) continue;
      if (!result.sent) return { outcome: 'failed', detail: `not sent: ${problem}` };
      const gone = result.ended !== 'exited' || (spec.drops && wasKilled(result));
      if (!gone) return { outcome: 'failed', detail: problem };
      return { outcome: 'unknown', detail: spec.drops ? `${problem}, as is to be expected` : problem };
    }
    return { outcome: 'ok', detail: DONE[bound.driver.transport](spec.run.length) };
  };
  return together(bound, steps, signal);
};

/** What a success is known by, before the roles are looked at. */
const DONE: Readonly<Record<Driver['transport'], (commands: number) => string>> = {
  ssh: (commands) => `${commands === 1 ? 'command' : 'commands'} exited with 0`,
  exec: (commands) => `${commands === 1 ? 'command' : 'commands'} exited with 0`,
  shell: () => 'the prompt came back',
  http: () => 'the request was accepted',
};

/** Sends an action, once. Known problems are a result. */
export const carryOut = async (
  drivers: NodeDrivers,
  key: ActionKey,
  timeout_ns: Nanoseconds,
  { onStamp, signal }: ActOptions,
): Promise<ActResult> => {
  const stamps = oncePerAction(onStamp);
  try {
    return await runSteps(findAction(drivers, key), timeout_ns, { onStamp: stamps.onStamp, signal });
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return { outcome: 'failed', detail: `not sent: ${withRemedy(error)}` };
  } finally {
    stamps.end();
  }
};

/** How long `carryOut` may take at most, by its own time-outs. @param connect_ns a connection, before each command. */
export const longestAction = (
  drivers: NodeDrivers,
  key: ActionKey,
  timeout_ns: Nanoseconds,
  connect_ns: Nanoseconds,
): Nanoseconds => {
  const { run, timeout, requires } = findAction(drivers, key).spec;
  const asked = requires === undefined ? 0 : 2 * (requires.timeout + connect_ns);
  return ns(asked + run.length * (Math.max(timeout_ns, timeout ?? 0) + connect_ns));
};

/** Do the roles confirm that the action took place? `roles` are those read after it. */
export const isConfirmed = (drivers: NodeDrivers, key: ActionKey, roles: readonly NodeRole[]): boolean => {
  const { confirm } = findAction(drivers, key).spec;
  const mine = roles.find(({ node }) => node === drivers.own.node);
  const peers = roles.filter(({ node }) => node !== drivers.own.node);
  return (
    mine !== undefined &&
    confirm.node.includes(mine.role) &&
    peers.some(({ role }) => confirm.peer.includes(role))
  );
};
