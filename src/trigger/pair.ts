import { KnownError, usage } from '../model/error.js';
import type { Action, Scenario, TriggerPlan, NodePlan } from '../model/plan.js';
import { redact } from '../model/secret.js';
import { ns, type Clock, type Nanoseconds } from '../model/time.js';
import {
  type ActionKey,
  type ActOptions,
  type ActResult,
  type PlannedAction,
  type UndoEntry,
  carryOut,
  isConfirmed,
  longestAction,
  planAction,
  type NodeDrivers,
} from './act/action.js';
import { askBack, askPerson, backBy, DEFAULT_PROMPT, requirePerson, type Person } from './act/manual.js';
import { openPacing, type Pacing } from './act/pacing.js';
import { PairKeys } from './act/pair-keys.js';
import { notUndone, type UndoResult, longestUndo, takeBack, Fates } from './act/undo.js';
import { failureOf, refuseSecret, bind, type Bound, type Place } from './ask/bound.js';
import { type DeviceClock, readClock } from './ask/device-stamp.js';
import { type Health, pairHealth, checkIdentities, type Identities } from './ask/health.js';
import { openInquiries, type Inquiry } from './ask/inquiry.js';
import { openTransport } from './ask/open-transport.js';
import { type NodeRole, askRole, chooseNode, expectedActive } from './ask/role.js';
import { findDriver } from './driver/driver-file.js';
import type { Driver } from './driver/schema.js';
import { type Asked, actionQuestions, questionsOf } from './questions.js';
import { LocalTransport } from './transport/local.js';
import type { OnStamp, Transport } from './transport/transport.js';

/** What the trial runner needs of a trigger, be it a driver's action, a command or a person. A signal ends the questions: what has no answer then is `unknown`. */
export interface TriggerControl {
  /** Empty for a scenario without nodes. */
  roles(signal?: AbortSignal): Promise<NodeRole[]>;
  /** One node alone: a dead peer does not delay the answer. */
  role(node: string, signal?: AbortSignal): Promise<NodeRole>;
  /** What time a node has, against this host's monotonic clock. Throws KnownError. */
  clock(node: string, signal?: AbortSignal): Promise<DeviceClock>;
  /** What an observer asks by a driver; empty for one that asks otherwise. */
  inquiries(observer: string): readonly Inquiry[];
  /** Who the nodes are, in words; throws KnownError where one is not who it should be (see `Pair`). */
  identify(signal?: AbortSignal): Promise<string>;
  /** What the pair is known by on this host; `identify` adds to it. */
  readonly keys: PairKeys;
  /** When the pair may be made to fail over. */
  readonly pacing: Pacing;
  /** The node to act on; null without nodes. Throws KnownError before anything is touched. */
  choose(roles: readonly NodeRole[]): string | null;
  /** Contacts nothing. Throws KnownError (usage). */
  plan(node: string | null, action: Action): PlannedAction;
  /** Every question to a node, and with an action those about it. Contacts nothing. */
  questions(node: string, key?: ActionKey): readonly Asked[];
  /** Sends once, never again. Instants are of the clock's monotonic time. */
  act(planned: PlannedAction, options: ActOptions): Promise<ActResult>;
  /** Do these roles, read after the action, confirm it? Null if roles cannot tell. */
  confirmed(planned: PlannedAction, roles: readonly NodeRole[]): boolean | null;
  /** Throws KnownError (exit 3) whose remedy is what a person must do. */
  undo(entry: UndoEntry): Promise<UndoResult>;
  /** Always fine without nodes. */
  health(signal?: AbortSignal): Promise<Health>;
  readonly longest: Longest;
  close(): Promise<void>;
}

/** `input` and `ask` reach the person of a manual trigger. */
export interface TriggerOptions extends Person {
  readonly drivers: ReadonlyMap<string, Driver>;
  readonly clock: Clock;
  /** How this program is called; by default as it was. */
  readonly seqgap?: readonly string[];
}

/** One kind of trigger that is not a driver's. */
interface Special {
  /** How long either of the two may take; null: a person is waited for. */
  readonly longest_ns: Nanoseconds | null;
  /** Throws KnownError if it cannot be carried out here. */
  check(): void;
  plan(node: string | null): PlannedAction;
  act(options: ActOptions): Promise<ActResult>;
  undo(entry: UndoEntry): Promise<UndoResult>;
}

/** A shell command on this host, and the one that takes it back. Its undo is run once, and must stand being repeated. */
const commandTrigger = (trigger: TriggerPlan, clock: Clock): Special => {
  const { command, undo, timeout_ns } = trigger;
  if (command === null) throw usage('trigger: action exec without a command', 'give `command:`');
  for (const line of [command, undo]) if (line !== null) refuseSecret(line, 'trigger');
  const local = new LocalTransport(clock);
  return {
    longest_ns: timeout_ns,
    check: () => undefined,
    plan: (node) => ({
      node,
      action: 'exec',
      variant: null,
      driver: 'exec',
      transport: local.words,
      steps: [command],
      undo: undo === null ? [] : [undo],
      identity: null,
      confirm_ns: null,
    }),
    act: async ({ onStamp }) => {
      const result = await local.exec(command, { timeout_ns, onStamp, uncut: true });
      const failure = failureOf(result);
      if (failure === null) return { outcome: 'ok', detail: 'command exited with 0' };
      return { outcome: result.ended === 'timeout' ? 'unknown' : 'failed', detail: failure };
    },
    undo: async (entry) => {
      if (undo === null) return { detail: 'no undo was given' };
      const failure = failureOf(await local.exec(undo, { timeout_ns, uncut: true }));
      if (failure !== null) throw notUndone(entry, failure);
      return { detail: 'the undo command exited with 0' };
    },
  };
};

const manualTrigger = (
  { trigger: { prompt }, trial: { giveUp_ns } }: TriggerScenario,
  clock: Clock,
  person: Person,
): Special => {
  return {
    longest_ns: null,
    check: () => requirePerson(person),
    plan: (node) => ({
      node,
      action: 'manual',
      variant: null,
      driver: 'manual',
      transport: 'a person',
      steps: [redact(prompt ?? DEFAULT_PROMPT)],
      undo: [backBy(prompt)],
      identity: null,
      confirm_ns: null,
    }),
    act: (options) => askPerson(person, { prompt, giveUp_ns }, clock, options),
    undo: (entry) => askBack(person, entry),
  };
};

const specialOf = (scenario: TriggerScenario, options: TriggerOptions): Special | null => {
  const { trigger } = scenario;
  if (trigger.action === 'exec') return commandTrigger(trigger, options.clock);
  return trigger.action === 'manual' ? manualTrigger(scenario, options.clock, options) : null;
};

const noNodes = (action: Action): KnownError =>
  usage(`trigger: action ${action} needs nodes`, 'list `nodes`, or use action exec or manual');

/** A variant is one of the trigger's own action: the failback of a crash is a plain switchover. */
const variantFor = ({ action, variant }: TriggerPlan, wanted: Action): string | null =>
  wanted === action ? variant : null;

/** `failback: measure` is a switchover of whichever node is active by then. Throws KnownError (usage) where one has none. */
const requireFailback = ({ nodes, trigger }: TriggerScenario, pair: Pair | null): void => {
  if (pair === null)
    throw usage('trial.failback: measure needs nodes', 'list `nodes`, or set `failback: none`');
  for (const { name } of nodes) {
    try {
      pair.plan(name, 'switchover', variantFor(trigger, 'switchover'));
    } catch (error) {
      if (!(error instanceof KnownError)) throw error;
      throw usage(
        `trial.failback: measure is a switchover: ${error.message}`,
        'set `failback: none`, or use a driver with a switchover',
        error,
      );
    }
  }
};

/** As much of a scenario as says what is done to whom. */
export type TriggerScenario = Pick<
  Scenario,
  'nodes' | 'trigger' | 'trial' | 'observe' | 'lab' | 'controlArm'
>;

/**
 * Ties a scenario to its drivers. Contacts nothing. Throws KnownError for unknown drivers, parameters that are
 * missing, an action that no driver has (the switchover of `failback: measure` too) and a secret that would show in a
 * process list.
 */
export const openTrigger = (scenario: TriggerScenario, options: TriggerOptions): TriggerControl => {
  const { trigger, nodes } = scenario;
  const { clock, drivers } = options;
  const seqgap = options.seqgap ?? [process.execPath, ...process.argv.slice(1, 2)];
  const pair: Pair | null =
    nodes.length === 0
      ? null
      : openPair(nodes, drivers, {
          clock,
          seqgap,
          timeout_ns: trigger.timeout_ns,
          patience_ns: scenario.trial.restore_ns,
        });
  const inquiries = openInquiries(scenario, drivers, { clock, seqgap });
  const special = specialOf(scenario, options);
  if (special === null && pair === null) throw noNodes(trigger.action);
  const isSpecial = ({ action }: Pick<UndoEntry, 'action'>): boolean =>
    action === 'exec' || action === 'manual';
  const pairFor = (action: Action): Pair => {
    if (pair === null) throw noNodes(action);
    return pair;
  };
  const specialFor = (planned: Pick<UndoEntry, 'action'>): Special | null =>
    isSpecial(planned) ? special : null;

  const guards = nodes.flatMap(({ driver }) => drivers.get(driver)?.guard ?? []);
  const keys = new PairKeys(scenario);
  const control: TriggerControl = {
    keys,
    pacing: openPacing(scenario, guards, keys, clock),
    roles: (signal) => pair?.roles(signal) ?? Promise.resolve([]),
    role: (node, signal) => pairFor(trigger.action).role(node, signal),
    clock: (node, signal) => pairFor(trigger.action).clock(node, signal),
    inquiries: (observer) => inquiries.of(observer),
    choose: (roles) => {
      special?.check();
      return pair?.choose(trigger, roles) ?? null;
    },
    identify: async (signal) => {
      if (pair === null) return '';
      const { words, identities } = await pair.identify(signal);
      keys.learn(identities);
      return words;
    },
    plan: (node, action) =>
      specialFor({ action })?.plan(node) ??
      pairFor(action).plan(node ?? '', action, variantFor(trigger, action)),
    questions: (node, key) => (key !== undefined && isSpecial(key) ? [] : (pair?.questions(node, key) ?? [])),
    act: (planned, options) =>
      specialFor(planned)?.act(options) ??
      pairFor(planned.action).act(planned, options.onStamp, options.signal),
    confirmed: (planned, roles) =>
      isSpecial(planned) || pair === null ? null : pair.confirmed(planned, roles),
    undo: (entry) => specialFor(entry)?.undo(entry) ?? pairFor(entry.action).undo(entry),
    health: (signal) => pair?.health(signal) ?? Promise.resolve({ ok: true, detail: 'no nodes to ask' }),
    longest: {
      act: (entry) => {
        const special = specialFor(entry);
        return special === null ? pairFor(entry.action).longest.act(entry) : special.longest_ns;
      },
      undo: (entry) => {
        const special = specialFor(entry);
        return special === null ? pairFor(entry.action).longest.undo(entry) : special.longest_ns;
      },
      read_ns: pair?.longest.read_ns ?? ns(0),
    },
    close: async () => {
      await Promise.all([pair?.close(), inquiries.close()]);
    },
  };
  // An action that no driver has is found now, not after the steady phase.
  for (const { name } of nodes)
    if (trigger.node === 'active' || trigger.node === name) control.plan(name, trigger.action);
  if (scenario.controlArm !== null) for (const { name } of nodes) control.plan(name, 'sync-off');
  if (scenario.trial.failback === 'measure') requireFailback(scenario, pair);
  return control;
};

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
      throw usage(`${where}: driver ${own.name} cannot tell a serial number`, 'leave `serial` out');
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
    throw usage(
      `there is no node "${name ?? ''}" among ${[...nodes.keys()].join(', ') || 'none'}`,
      'name one of `nodes`',
    );
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
