import type { Action, NodePlan, TriggerPlan } from '../model/plan.js';
import { EXIT, KnownError } from '../model/error.js';
import { ns, type Clock, type Nanoseconds } from '../model/time.js';
import {
  carryOut,
  isConfirmed,
  longestAction,
  planAction,
  type ActionKey,
  type ActResult,
  type NodeDrivers,
  type PlannedAction,
  type UndoEntry,
} from './action.js';
import { longestUndo, takeBack, type UndoResult } from './undo.js';
import { bind, type Bound, type Place } from './bound.js';
import { readClock, type DeviceClock } from './device-clock.js';
import { findDriver } from './driver.js';
import { Fates } from './fate.js';
import { pairHealth, type Health } from './health.js';
import { checkIdentities, type Identities } from './identity.js';
import { openTransport } from './open-transport.js';
import { actionQuestions, questionsOf, type Asked } from './questions.js';
import { askRole, chooseNode, expectedActive, type NodeRole } from './role.js';
import type { Driver } from './schema.js';
import type { OnStamp, Transport } from './transport.js';

export interface PairOptions {
  readonly clock: Clock;
  /** How this program is called, for drivers that call it (`{{seqgap}}`). */
  readonly seqgap: readonly string[];
  /** How long one command of an action may take. */
  readonly timeout_ns: Nanoseconds;
  /** How long the undo waits for a node that cannot be read; by default as long as an undo may take. */
  readonly patience_ns?: Nanoseconds;
}

/** The nodes of a pair with their drivers and connections; connected when first asked. A signal ends the questions. */
export interface Pair {
  /** All nodes asked in parallel; one that fails is `unknown`. */
  roles(signal?: AbortSignal): Promise<NodeRole[]>;
  role(node: string, signal?: AbortSignal): Promise<NodeRole>;
  /** What time a node has, against this host's. Throws KnownError. */
  clock(node: string, signal?: AbortSignal): Promise<DeviceClock>;
  /** Throws KnownError before anything is touched (see `chooseNode`). */
  choose(trigger: Pick<TriggerPlan, 'node'>, roles: readonly NodeRole[]): string;
  /**
   * Asks every node who it is. Throws KnownError where two are the same device, or one is not the expected one.
   */
  identify(signal?: AbortSignal): Promise<Identities>;
  /** Contacts nothing. Throws KnownError (usage). */
  plan(node: string, action: Action, variant?: string | null): PlannedAction;
  /** Every question that a trial puts to a node; with an action, those about it. Contacts nothing. */
  questions(node: string, key?: ActionKey): readonly Asked[];
  /** Sends once, never again. The signal ends the way there. */
  act(planned: PlannedAction, onStamp: OnStamp, signal?: AbortSignal): Promise<ActResult>;
  /** Do these roles, read after the action, confirm it? */
  confirmed(planned: PlannedAction, roles: readonly NodeRole[]): boolean;
  /** Reads first, idempotent, verified. Throws KnownError (exit 3) with what a person must do. */
  undo(entry: UndoEntry): Promise<UndoResult>;
  health(signal?: AbortSignal): Promise<Health>;
  /** See `Longest`. */
  readonly longest: Longest;
  close(): Promise<void>;
}

/** How long something may take at most, by its own time-outs: what takes longer hangs. null: a person is waited for. */
export interface Longest {
  act(entry: UndoEntry): Nanoseconds | null;
  undo(entry: UndoEntry): Nanoseconds | null;
  /** To read roles and health of all nodes. */
  readonly read_ns: Nanoseconds;
}

/** How long it may take to reach a node, or what has its power. */
const connectTime = ({ ssh, http, power }: NodePlan): Nanoseconds =>
  ns(Math.max(0, ...[ssh, http, power?.ssh, power?.http].map((login) => login?.timeout_ns ?? 0)));

/** Questions of one node are asked one after the other, each again where its connection was closed. */
const readingTime = ({ role, sync, ready, leftover }: Driver, connect_ns: Nanoseconds): number =>
  [role, sync, ...ready, ...leftover].reduce(
    (sum, query) => (query === undefined ? sum : sum + 2 * (query.timeout + connect_ns)),
    0,
  );

/** The other node, where there is exactly one and it has the same driver. */
const peerOf = (plan: NodePlan, plans: readonly NodePlan[]): NodePlan | null => {
  const [peer, ...others] = plans.filter(({ name }) => name !== plan.name);
  return peer === undefined || others.length > 0 ? null : peer;
};

/** Throws KnownError (usage) for a driver, parameter or login that is missing; contacts nothing yet. */
export const openPair = (
  plans: readonly NodePlan[],
  drivers: ReadonlyMap<string, Driver>,
  { clock, seqgap, timeout_ns, patience_ns = ns(0) }: PairOptions,
): Pair => {
  const transports: Transport[] = [];
  const fates = new Fates();
  const tie = (driver: Driver, place: Place, peer: Place | null, where: string): Bound =>
    bind(driver, place, { peer, seqgap }, (values) => {
      const transport = openTransport(driver, place, values, clock, where);
      transports.push(transport);
      return transport;
    });
  const nodes = new Map<string, NodeDrivers>();
  for (const plan of plans) {
    const where = `node ${plan.name}`;
    const peer = peerOf(plan, plans);
    const own = findDriver(drivers, plan.driver, where);
    if (plan.serial !== null && own.identity === undefined)
      throw new KnownError(`${where}: driver ${own.name} cannot tell a serial number`, {
        remedy: 'leave `serial` out',
        exitCode: EXIT.usage,
      });
    const { power } = plan;
    nodes.set(plan.name, {
      own: tie(own, plan, peer?.driver === plan.driver ? peer : null, where),
      power:
        power === null
          ? null
          : tie(
              findDriver(drivers, power.driver, `${where}, power`),
              { name: plan.name, ...power },
              peer?.power?.driver === power.driver ? { name: peer.name, ...peer.power } : null,
              `${where}, power`,
            ),
    });
  }

  const nodeNamed = (name: string | null): NodeDrivers => {
    const found = name === null ? undefined : nodes.get(name);
    if (found !== undefined) return found;
    throw new KnownError(`there is no node "${name ?? ''}" among ${[...nodes.keys()].join(', ') || 'none'}`, {
      remedy: 'name one of `nodes`',
      exitCode: EXIT.usage,
    });
  };
  const connectOf = (name: string | null): Nanoseconds =>
    ns(Math.max(0, ...plans.filter((plan) => plan.name === name).map(connectTime)));
  const roles = (signal?: AbortSignal): Promise<NodeRole[]> =>
    Promise.all([...nodes.values()].map(({ own }) => askRole(own, signal)));

  return {
    roles,
    role: (node, signal) => askRole(nodeNamed(node).own, signal),
    clock: (node, signal) => readClock(nodeNamed(node).own, clock, signal),
    choose: (trigger, found) =>
      chooseNode(trigger, found, expectedActive([...nodes.values()].map(({ own }) => own.driver))),
    identify: (signal) =>
      checkIdentities(
        plans.map(({ name, serial }) => ({ bound: nodeNamed(name).own, expected: serial })),
        signal,
      ),
    plan: (node, action, variant = null) => planAction(nodeNamed(node), { action, variant }),
    questions: (node, key) =>
      key === undefined ? questionsOf(nodeNamed(node).own) : actionQuestions(nodeNamed(node), key),
    act: (planned, onStamp, signal) =>
      fates.sending(planned, onStamp, (stamped) =>
        carryOut(nodeNamed(planned.node), planned, timeout_ns, { onStamp: stamped, signal }),
      ),
    confirmed: (planned, after) => isConfirmed(nodeNamed(planned.node), planned, after),
    undo: async (entry) => {
      const fate = fates.of(entry);
      const result = await takeBack(nodeNamed(entry.node), entry, { clock, fate, patience_ns });
      fates.over(entry);
      return result;
    },
    health: async (signal) =>
      pairHealth(
        [...nodes.values()].map(({ own }) => own),
        await roles(signal),
        signal,
      ),
    longest: {
      act: (entry) => longestAction(nodeNamed(entry.node), entry, timeout_ns, connectOf(entry.node)),
      undo: (entry) => longestUndo(nodeNamed(entry.node), entry, patience_ns, connectOf(entry.node)),
      read_ns: ns(
        Math.max(...plans.map((plan) => readingTime(nodeNamed(plan.name).own.driver, connectTime(plan)))),
      ),
    },
    close: async () => {
      await Promise.all(transports.map((transport) => transport.close()));
    },
  };
};
