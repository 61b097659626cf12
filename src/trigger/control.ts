import { EXIT, KnownError } from '../model/error.js';
import type { Action, Scenario, TriggerPlan } from '../model/plan.js';
import { redact } from '../model/secret.js';
import { ns, type Clock, type Nanoseconds } from '../model/time.js';
import type { ActionKey, ActOptions, ActResult, PlannedAction, UndoEntry } from './action.js';
import { notUndone, type UndoResult } from './undo.js';
import { failureOf, refuseSecret } from './bound.js';
import type { Health } from './health.js';
import type { DeviceClock } from './device-clock.js';
import { openInquiries, type Inquiry } from './inquiry.js';
import { LocalTransport } from './local.js';
import { askBack, askPerson, backBy, DEFAULT_PROMPT, requirePerson, type Person } from './manual.js';
import { openPair, type Longest, type Pair } from './pair.js';
import { PairKeys } from './pair-keys.js';
import type { Asked } from './questions.js';
import type { NodeRole } from './role.js';
import type { Driver } from './schema.js';
import { openPacing, type Pacing } from './pacing.js';

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
  if (command === null)
    throw new KnownError('trigger: action exec without a command', {
      remedy: 'give `command:`',
      exitCode: EXIT.usage,
    });
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
  new KnownError(`trigger: action ${action} needs nodes`, {
    remedy: 'list `nodes`, or use action exec or manual',
    exitCode: EXIT.usage,
  });

/** A variant is one of the trigger's own action: the failback of a crash is a plain switchover. */
const variantFor = ({ action, variant }: TriggerPlan, wanted: Action): string | null =>
  wanted === action ? variant : null;

/** `failback: measure` is a switchover of whichever node is active by then. Throws KnownError (usage) where one has none. */
const requireFailback = ({ nodes, trigger }: TriggerScenario, pair: Pair | null): void => {
  if (pair === null)
    throw new KnownError('trial.failback: measure needs nodes', {
      remedy: 'list `nodes`, or set `failback: none`',
      exitCode: EXIT.usage,
    });
  for (const { name } of nodes) {
    try {
      pair.plan(name, 'switchover', variantFor(trigger, 'switchover'));
    } catch (error) {
      if (!(error instanceof KnownError)) throw error;
      throw new KnownError(`trial.failback: measure is a switchover: ${error.message}`, {
        remedy: 'set `failback: none`, or use a driver with a switchover',
        exitCode: EXIT.usage,
        cause: error,
      });
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
