import type { Action, NodePlan, TriggerPlan } from '../model/plan.js';
import { EXIT, KnownError } from '../model/error.js';
import type { Clock, Nanoseconds } from '../model/time.js';
import {
  carryOut,
  isConfirmed,
  planAction,
  takeBack,
  type ActResult,
  type NodeDrivers,
  type PlannedAction,
  type UndoResult,
} from './action.js';
import { bind } from './bound.js';
import { findDriver } from './driver.js';
import { pairHealth, type Health } from './health.js';
import { LocalTransport } from './local.js';
import { askRole, chooseNode, type NodeRole } from './role.js';
import type { Driver } from './schema.js';
import { SshTransport } from './ssh.js';
import type { OnStamp, Transport } from './transport.js';

export interface PairOptions {
  readonly clock: Clock;
  /** How this program is called, for drivers that call it (`{{seqgap}}`). */
  readonly seqgap: readonly string[];
  /** How long one command of an action may take. */
  readonly timeout_ns: Nanoseconds;
}

/** The nodes of a pair with their drivers and connections; connected when first asked. */
export interface Pair {
  /** All nodes asked in parallel; one that fails is `unknown`. */
  roles(): Promise<NodeRole[]>;
  role(node: string): Promise<NodeRole>;
  /** Throws KnownError before anything is touched (see `chooseNode`). */
  choose(trigger: Pick<TriggerPlan, 'node'>, roles: readonly NodeRole[]): string;
  /** Contacts nothing. Throws KnownError (usage). */
  plan(node: string, action: Action): PlannedAction;
  /** Sends once, never again. */
  act(planned: PlannedAction, onStamp: OnStamp): Promise<ActResult>;
  /** Do these roles, read after the action, confirm it? */
  confirmed(planned: PlannedAction, roles: readonly NodeRole[]): boolean;
  /** Reads first, idempotent, verified. Throws KnownError (exit 3) with what a person must do. */
  undo(entry: PlannedAction): Promise<UndoResult>;
  health(): Promise<Health>;
  close(): Promise<void>;
}

const transportOf = (driver: Driver, plan: NodePlan, ssh: Transport | null, local: Transport): Transport => {
  if (driver.transport === 'exec') return local;
  if (ssh !== null) return ssh;
  throw new KnownError(`node ${plan.name}: driver ${driver.name} needs SSH`, {
    remedy: 'give the node `ssh: { host: …, user: … }`',
    exitCode: EXIT.usage,
  });
};

/** Throws KnownError (usage) for a driver, parameter or login that is missing; contacts nothing yet. */
export const openPair = (
  plans: readonly NodePlan[],
  drivers: ReadonlyMap<string, Driver>,
  { clock, seqgap, timeout_ns }: PairOptions,
): Pair => {
  const transports: Transport[] = [new LocalTransport(clock)];
  const [local] = transports as [Transport];
  const nodes = new Map<string, NodeDrivers>();
  for (const plan of plans) {
    const ssh = plan.ssh === null ? null : new SshTransport(plan.ssh, clock);
    if (ssh !== null) transports.push(ssh);
    const where = `node ${plan.name}`;
    const own = findDriver(drivers, plan.driver, where);
    const power = plan.power === null ? null : findDriver(drivers, plan.power.driver, `${where}, power`);
    nodes.set(plan.name, {
      own: bind(own, plan, plan.params, seqgap, transportOf(own, plan, ssh, local)),
      power:
        power === null
          ? null
          : bind(power, plan, plan.power?.params ?? {}, seqgap, transportOf(power, plan, ssh, local)),
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
  const roles = (): Promise<NodeRole[]> => Promise.all([...nodes.values()].map(({ own }) => askRole(own)));

  return {
    roles,
    role: (node) => askRole(nodeNamed(node).own),
    choose: chooseNode,
    plan: (node, action) => planAction(nodeNamed(node), action),
    act: (planned, onStamp) => carryOut(nodeNamed(planned.node), planned.action, timeout_ns, onStamp),
    confirmed: (planned, after) => isConfirmed(nodeNamed(planned.node), planned.action, after),
    undo: (entry) => takeBack(nodeNamed(entry.node), entry, clock),
    health: async () =>
      pairHealth(
        [...nodes.values()].map(({ own }) => own),
        await roles(),
      ),
    close: async () => {
      await Promise.all(transports.map((transport) => transport.close()));
    },
  };
};
