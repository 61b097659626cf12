import type { Action, Scenario, TrialPlan } from '../model/plan.js';
import type { Clock, Nanoseconds } from '../model/time.js';
import type { ActionKey, ActOptions, ActResult, PlannedAction, UndoEntry, UndoResult } from './act/action.js';
import type { Pacing } from './act/pacing.js';
import type { PairKeys } from './act/pair-keys.js';
import type { DeviceClock } from './ask/device-stamp.js';
import type { Health } from './ask/health.js';
import type { Inquiry } from './ask/inquiry.js';
import type { NodeRole } from './ask/role.js';
import type { Driver } from './driver/schema.js';

/** One question that is put to a node, and what for. */
export interface Asked {
  readonly what: string;
  readonly command: string;
}

/** What a node wrote down by itself, as it came. */
export type NodeHistory = { readonly node: string } & (
  | { readonly text: string; readonly error: null }
  | { readonly text: null; readonly error: string }
);

/** Who does something to a pair and takes it back: the drivers of its nodes, a command, or a person. */
export interface Actor {
  /** Contacts nothing. Throws KnownError (usage). */
  plan(node: string | null, action: Action): PlannedAction;
  /** Every question that a trial puts to a node; with an action, those about it. Contacts nothing. */
  questions(node: string, key?: ActionKey): readonly Asked[];
  /**
   * Reads, before anything is touched, what an undo of the trigger's own action would be decided by. Throws KnownError where
   * that cannot be read or understood, or does not say that all is as it should be: nobody could then take it back.
   */
  requireUndoable(node: string | null, signal?: AbortSignal): Promise<void>;
  /** Sends once, never again. Instants are of the clock's monotonic time. */
  act(planned: PlannedAction, options: ActOptions): Promise<ActResult>;
  /** Do these roles, read after the action, confirm it? Null if roles cannot tell. */
  confirmed(planned: PlannedAction, roles: readonly NodeRole[]): boolean | null;
  /** Throws KnownError (exit 3) whose remedy is what a person must do. */
  undo(entry: UndoEntry): Promise<UndoResult>;
  /** How long something may take at most, by its own time-outs: what takes longer hangs. null: a person is waited for. */
  readonly longest: {
    act(entry: UndoEntry): Nanoseconds | null;
    undo(entry: UndoEntry): Nanoseconds | null;
  };
}

/**
 * A pair, and who acts on it: all that a trial needs of them. A signal ends the questions: what has no answer then is
 * `unknown`. Connected when first asked.
 */
export interface Trigger extends Actor {
  /** All nodes asked in parallel, `patient` with more time; empty for a scenario without nodes. */
  roles(signal?: AbortSignal, patient?: boolean): Promise<NodeRole[]>;
  /** One node alone: a dead peer does not delay the answer. */
  role(node: string, signal?: AbortSignal): Promise<NodeRole>;
  /** What time a node has, against this host's monotonic clock. Throws KnownError. */
  clock(node: string, signal?: AbortSignal): Promise<DeviceClock>;
  /** Asks every node whose driver can for what it wrote down by itself, all at once. */
  histories(signal?: AbortSignal): Promise<readonly NodeHistory[]>;
  /** What an observer asks by a driver; empty for one that asks otherwise. */
  inquiries(observer: string): readonly Inquiry[];
  /** Who the nodes are, in words. Throws KnownError where two are the same device, or one is not the expected one. */
  identify(signal?: AbortSignal): Promise<string>;
  /** What the pair is known by on this host; `identify` adds to it. */
  readonly keys: PairKeys;
  /** When the pair may be made to fail over. */
  readonly pacing: Pacing;
  /** The node to act on; null without nodes. Throws KnownError before anything is touched. */
  choose(roles: readonly NodeRole[]): string | null;
  /** Always fine without nodes. */
  health(signal?: AbortSignal): Promise<Health>;
  readonly longest: Actor['longest'] & {
    /** To read roles and health of all nodes. */
    readonly read_ns: Nanoseconds;
    /** To read what they wrote down; 0: no driver can. */
    readonly history_ns: Nanoseconds;
  };
  close(): Promise<void>;
}

/** As much of a scenario as says what is done to whom. */
export interface TriggerScenario extends Pick<
  Scenario,
  'nodes' | 'trigger' | 'observe' | 'lab' | 'controlArm'
> {
  readonly trial: Pick<TrialPlan, 'failback' | 'giveUp_ns' | 'restore_ns'>;
}

export interface PairOptions {
  readonly drivers: ReadonlyMap<string, Driver>;
  readonly clock: Clock;
  /** How this program is called, for drivers that call it (`{{seqgap}}`); by default as it was. */
  readonly seqgap?: readonly string[];
}

/** What may be done to the pair in a trial, and in which part of the scenario that stands. */
export interface PossibleAction {
  readonly by: 'trigger' | 'failback' | 'control arm';
  /** null: of a scenario without nodes. */
  readonly node: string | null;
  readonly action: Action;
}

/** For each node that may turn out to be the active one; `failback: measure` is a switchover of it. */
export const possibleActions = ({ nodes, trigger, trial, controlArm }: TriggerScenario): PossibleAction[] => {
  const names = nodes.map(({ name }) => name);
  const acted = names.length === 0 ? [null] : names.filter((name) => [name, 'active'].includes(trigger.node));
  const each = (by: PossibleAction['by'], action: Action, of: readonly (string | null)[]): PossibleAction[] =>
    of.map((node) => ({ by, node, action }));
  return [
    ...each('trigger', trigger.action, acted),
    ...each('failback', 'switchover', trial.failback === 'measure' ? names : []),
    ...each('control arm', 'sync-off', controlArm === null ? [] : names),
  ];
};
