import { usage } from '../model/error.js';
import type { Action, NodePlan } from '../model/plan.js';
import { ns, type Nanoseconds } from '../model/time.js';
import {
  type ActionKey,
  type NodeDrivers,
  actionName,
  carryOut,
  findAction,
  findUndo,
  isConfirmed,
  longestAction,
  planAction,
} from './act/action.js';
import { openPacing } from './act/pacing.js';
import { PairKeys } from './act/pair-keys.js';
import { Effects, longestUndo, requireUndoable, takeBack } from './act/undo.js';
import { ask, bind, shown, type Bound, type Device } from './ask/bound.js';
import { readClock } from './ask/device-stamp.js';
import { checkIdentities, pairHealth } from './ask/health.js';
import { openInquiries } from './ask/inquiry.js';
import { openTransport } from './ask/open-transport.js';
import { askRole, chooseNode, expectedActive, type NodeRole } from './ask/role.js';
import { requireVersion, type Versioned } from './ask/version.js';
import { findDriver } from './driver/driver-file.js';
import type { Driver } from './driver/schema.js';
import { leftOut } from './transport/template.js';
import type { Command, Transport } from './transport/transport.js';
import {
  possibleActions,
  type Asked,
  type NodeHistory,
  type PairOptions,
  type Trigger,
  type TriggerScenario,
} from './trigger.js';

const asked = (bound: Bound, what: string, run: Command): Asked => ({ what, command: shown(bound, run) });

/** What is sent when a connection is made, before anything is asked. */
const loginOf = (bound: Bound): Asked[] => {
  const { driver, values } = bound;
  const start = (driver.shell?.start ?? []).filter((line) => !leftOut(line, values));
  const login = driver.http?.login?.run;
  return [
    ...start.map((line) => asked(bound, 'after the login', line)),
    ...(login === undefined ? [] : [asked(bound, 'the login', login)]),
  ];
};

/** Every question to a node that a trial puts by itself: who it is, its role and clock, whether it is fit to fail over. */
const questionsOf = (bound: Bound): readonly Asked[] => {
  const { identity, version, role, clock, history, ready, leftover, sync } = bound.driver;
  return [
    ...loginOf(bound),
    ...(identity === undefined ? [] : [asked(bound, `identity: ${identity.about}`, identity.run)]),
    ...(version === undefined ? [] : [asked(bound, 'version', version.run)]),
    ...(role === undefined ? [] : [asked(bound, 'role', role.run)]),
    ...(clock === undefined ? [] : [asked(bound, 'clock', clock.run)]),
    ...ready.map(({ about, run }) => asked(bound, `ready: ${about}`, run)),
    ...leftover.map(({ about, run }) => asked(bound, `left over: ${about}`, run)),
    ...(sync === undefined ? [] : [asked(bound, `state sync: ${sync.about}`, sync.run)]),
    ...(history === undefined ? [] : [asked(bound, `after a trial: ${history.about}`, history.run)]),
  ];
};

/** What is asked before an action, and before and after its undo. */
const actionQuestions = (drivers: NodeDrivers, key: ActionKey): readonly Asked[] => {
  const found = findAction(drivers, key);
  const back = findUndo(drivers, found);
  const { requires } = found.spec;
  return [
    ...(found.bound === drivers.own ? [] : loginOf(found.bound)),
    ...(requires === undefined ? [] : [asked(found.bound, `before it: ${requires.about}`, requires.run)]),
    ...(back === null
      ? []
      : [asked(back.bound, `before and after the undo: ${back.undo.about}`, back.undo.done.run)]),
  ];
};

/** How long it may take to reach a node, or what has its power. */
const connectTime = ({ ssh, http, power }: NodePlan): Nanoseconds =>
  ns(Math.max(0, ...[ssh, http, power?.ssh, power?.http].map((login) => login?.timeout_ns ?? 0)));

/** Questions of one node are asked one after the other, each again where its connection was closed. */
const readingTime = ({ role, sync, ready, leftover }: Driver, connect_ns: Nanoseconds): number =>
  [role, sync, ...ready, ...leftover].reduce(
    (sum, query) => (query === undefined ? sum : sum + 2 * (query.timeout + connect_ns)),
    0,
  );

/** Null: its driver cannot. */
const readHistory = async (bound: Bound, signal?: AbortSignal): Promise<NodeHistory | null> => {
  const { history } = bound.driver;
  if (history === undefined) return null;
  const { text, error } = await ask(bound, { ...history, signal });
  return text === null ? { node: bound.node, text, error } : { node: bound.node, text, error: null };
};

/** Asked again where its connection was closed. */
const historyTime = ({ history }: Driver, connect_ns: Nanoseconds): number =>
  history === undefined ? 0 : 2 * (history.timeout + connect_ns);

/** The other node, where there is exactly one and it has the same driver. */
const peerOf = (plan: NodePlan, plans: readonly NodePlan[]): NodePlan | null => {
  const [peer, ...others] = plans.filter(({ name }) => name !== plan.name);
  return peer === undefined || others.length > 0 ? null : peer;
};

/**
 * The nodes of a scenario with their drivers and connections, and what its observers ask of them. Throws KnownError
 * (usage) for a driver, parameter or login that is missing; contacts nothing yet.
 */
export const openPair = (
  scenario: TriggerScenario,
  { drivers, clock, seqgap = [process.execPath, ...process.argv.slice(1, 2)] }: PairOptions,
): Trigger => {
  const { nodes: plans, trigger } = scenario;
  const { timeout_ns } = trigger;
  // As long the undo waits for a node that cannot be read, where that is longer than an undo may take.
  const patience_ns = scenario.trial.restore_ns;
  const transports: Transport[] = [];
  const effects = new Effects();
  const tie = (driver: Driver, device: Device, peer: Device | null, where: string): Bound =>
    bind(driver, device, { peer, seqgap }, (values) => {
      const transport = openTransport(driver, device, values, clock, where);
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
  const inquiries = openInquiries(scenario, drivers, { clock, seqgap });
  const keys = new PairKeys(scenario);
  const guards = plans.flatMap(({ driver }) => drivers.get(driver)?.guard ?? []);

  const nodeNamed = (name: string | null, action: Action = trigger.action): NodeDrivers => {
    const found = nodes.get(name ?? '');
    if (found !== undefined) return found;
    if (nodes.size === 0)
      throw usage(`trigger: action ${action} needs nodes`, 'list `nodes`, or use action exec or manual');
    throw usage(
      `there is no node "${name ?? ''}" among ${[...nodes.keys()].join(', ')}`,
      'name one of `nodes`',
    );
  };
  const own = [...nodes.values()].map((drivers) => drivers.own);
  const connectOf = (name: string | null): Nanoseconds =>
    ns(Math.max(0, ...plans.filter((plan) => plan.name === name).map(connectTime)));
  // A variant is one of the trigger's own action: the failback of a crash is a plain switchover.
  const keyOf = (action: Action): ActionKey => ({
    action,
    variant: action === trigger.action ? trigger.variant : null,
  });
  const versionedOf = (node: string | null, action: Action): Versioned[] => {
    if (node === null || action === 'exec' || action === 'manual') return [];
    const { bound, spec } = findAction(nodeNamed(node, action), keyOf(action));
    const { versions } = spec;
    return versions === undefined ? [] : [{ bound, name: actionName(keyOf(action)), versions }];
  };
  const roles = (signal?: AbortSignal, patient?: boolean): Promise<NodeRole[]> =>
    Promise.all(own.map((bound) => askRole(bound, signal, patient)));

  return {
    keys,
    pacing: openPacing(scenario, guards, keys, clock),
    roles,
    role: (node, signal) => askRole(nodeNamed(node).own, signal),
    clock: (node, signal) => readClock(nodeNamed(node).own, clock, signal),
    histories: async (signal) =>
      (await Promise.all(own.map((bound) => readHistory(bound, signal)))).filter((each) => each !== null),
    inquiries: (observer) => inquiries.of(observer),
    choose: (found) =>
      nodes.size === 0 ? null : chooseNode(trigger, found, expectedActive(own.map(({ driver }) => driver))),
    identify: async (signal) => {
      const { words, identities } = await checkIdentities(
        plans.map(({ name, serial }) => ({ bound: nodeNamed(name).own, expected: serial })),
        signal,
      );
      keys.learn(identities);
      const versioned = possibleActions(scenario).flatMap(({ node, action }) => versionedOf(node, action));
      const unknown = await Promise.all(versioned.map((each) => requireVersion(each, signal)));
      return [words, ...new Set(unknown.filter((why) => why !== null))]
        .filter((part) => part !== '')
        .join('; ');
    },
    plan: (node, action) => planAction(nodeNamed(node, action), keyOf(action)),
    requireUndoable: async (node, signal) => {
      if (node !== null) await requireUndoable(nodeNamed(node), trigger, signal);
    },
    questions: (node, key) =>
      key === undefined ? questionsOf(nodeNamed(node).own) : actionQuestions(nodeNamed(node), key),
    act: (planned, { onStamp, signal }) =>
      effects.sending(planned, onStamp, (stamped) =>
        carryOut(nodeNamed(planned.node), planned, timeout_ns, { onStamp: stamped, signal }),
      ),
    confirmed: (planned, after) => isConfirmed(nodeNamed(planned.node), planned, after),
    undo: async (entry) => {
      const effect = effects.of(entry);
      const result = await takeBack(nodeNamed(entry.node, entry.action), entry, {
        clock,
        effect,
        patience_ns,
      });
      effects.over(entry);
      return result;
    },
    health: async (signal) => pairHealth(own, await roles(signal), signal),
    longest: {
      act: (entry) =>
        longestAction(nodeNamed(entry.node, entry.action), entry, timeout_ns, connectOf(entry.node)),
      undo: (entry) =>
        longestUndo(nodeNamed(entry.node, entry.action), entry, patience_ns, connectOf(entry.node)),
      read_ns: ns(
        Math.max(0, ...plans.map((plan) => readingTime(nodeNamed(plan.name).own.driver, connectTime(plan)))),
      ),
      history_ns: ns(
        Math.max(0, ...plans.map((plan) => historyTime(nodeNamed(plan.name).own.driver, connectTime(plan)))),
      ),
    },
    close: async () => {
      await Promise.all([...transports.map((transport) => transport.close()), inquiries.close()]);
    },
  };
};
