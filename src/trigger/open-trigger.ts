import { KnownError, usage } from '../model/error.js';
import type { Action } from '../model/plan.js';
import { commandActor } from './act/command.js';
import { personActor, requirePerson, type Person } from './act/person.js';
import { openPair } from './pair.js';
import {
  possibleActions,
  type Actor,
  type PairOptions,
  type Trigger,
  type TriggerScenario,
} from './trigger.js';

/** `input` and `ask` reach the person of a manual trigger. */
export interface TriggerOptions extends PairOptions, Person {}

/** Who carries out the trigger's own action; whatever else is done (failback, control arm) the drivers of the pair do. */
const actorOf = (scenario: TriggerScenario, options: TriggerOptions, pair: Trigger): Actor => {
  const { trigger, trial } = scenario;
  if (trigger.action === 'exec') return commandActor(trigger, options.clock);
  if (trigger.action === 'manual')
    return personActor(options, { prompt: trigger.prompt, giveUp_ns: trial.giveUp_ns }, options.clock);
  return pair;
};

/** An action that no driver has is found now, not after the steady time. Throws KnownError (usage). */
const requireActions = (scenario: TriggerScenario, trigger: Trigger): void => {
  for (const { by, node, action } of possibleActions(scenario)) {
    try {
      trigger.plan(node, action);
    } catch (error) {
      if (by !== 'failback' || !(error instanceof KnownError)) throw error;
      throw usage(
        `trial.failback: measure is a switchover: ${error.message}`,
        'set `failback: none`, or use a driver with a switchover',
        error,
      );
    }
  }
  if (scenario.trial.failback === 'measure' && scenario.nodes.length === 0)
    throw usage('trial.failback: measure needs nodes', 'list `nodes`, or set `failback: none`');
};

/**
 * Ties a scenario to its drivers. Contacts nothing. Throws KnownError for unknown drivers, parameters that are
 * missing, an action that no driver has (the switchover of `failback: measure` too) and a secret that would show in a
 * process list.
 */
export const openTrigger = (scenario: TriggerScenario, options: TriggerOptions): Trigger => {
  const pair = openPair(scenario, options);
  const actor = actorOf(scenario, options, pair);
  const by = (what?: { readonly action: Action }): Actor =>
    what?.action === scenario.trigger.action ? actor : pair;
  const trigger: Trigger = {
    ...pair,
    choose: (roles) => {
      if (scenario.trigger.action === 'manual') requirePerson(options);
      return pair.choose(roles);
    },
    plan: (node, action) => by({ action }).plan(node, action),
    questions: (node, key) => by(key).questions(node, key),
    act: (planned, acting) => by(planned).act(planned, acting),
    requireUndoable: (node, signal) => actor.requireUndoable(node, signal),
    confirmed: (planned, roles) => by(planned).confirmed(planned, roles),
    undo: (entry) => by(entry).undo(entry),
    longest: {
      ...pair.longest,
      act: (entry) => by(entry).longest.act(entry),
      undo: (entry) => by(entry).longest.undo(entry),
    },
  };
  requireActions(scenario, trigger);
  return trigger;
};
