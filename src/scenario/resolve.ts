import {
  type AftercarePlan,
  DAYS,
  type Limit,
  type NodePlan,
  type PowerPlan,
  type Scenario,
  type StreamPlan,
  type WindowPlan,
} from '../model/plan.js';
import type { z } from 'zod';
import { labPlan } from './lab.js';
import { observePlan } from './observe.js';
import { phasePlan } from './phase.js';
import { parseLimit } from './limit.js';
import { httpLogin, type Surroundings, sshLogin, type WrittenHttp, type nodeLogin } from './login.js';
import type { Written } from './schema.js';
import { minutesOf, type WrittenWindow } from './pacing.js';
import { sessionPlan } from './session.js';
import { stopPlans } from './stop.js';
import { streamPlans } from './stream.js';
import { vantagePlan } from './vantage.js';

/*
 * From the scenario as written to the plan. All checks are done by then; what cannot be any more is a bug and
 * throws a plain error.
 */

type WrittenNode = Written['nodes'][string];

interface WrittenLogins {
  readonly ssh?: z.output<typeof nodeLogin> | undefined;
  readonly http?: WrittenHttp | undefined;
}

const logins = ({ ssh, http }: WrittenLogins, around: Surroundings): Pick<PowerPlan, 'ssh' | 'http'> => ({
  ssh: ssh === undefined ? null : sshLogin(ssh, ssh, around),
  http: http === undefined ? null : httpLogin(http, around),
});

const power = (written: NonNullable<WrittenNode['power']>, around: Surroundings): PowerPlan => {
  const { driver, ssh, http, ...params } = written;
  return { driver, params, ...logins({ ssh, http }, around) };
};

const node = (name: string, written: WrittenNode, around: Surroundings): NodePlan => ({
  name,
  driver: written.driver,
  ...logins(written, around),
  serial: written.serial ?? null,
  params: written.params,
  power: written.power === undefined ? null : power(written.power, around),
});

const window = ({ hours, days, timezone }: WrittenWindow): WindowPlan => {
  const [from_min, to_min] = minutesOf(hours);
  return { from_min, to_min, days: days ?? DAYS, timezone: timezone ?? null };
};

const aftercarePlan = (written: NonNullable<Written['trial']['aftercare']>): AftercarePlan =>
  typeof written === 'number'
    ? { for_ns: written, every_ns: null }
    : { for_ns: written.for, every_ns: written.every ?? null };

const namesOf = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name);

const limits = ({ limits, sessions }: Written, streams: readonly StreamPlan[]): Limit[] =>
  Object.entries(limits).map(([key, text]) => {
    const limit = parseLimit(key, text, namesOf(streams), namesOf(sessions));
    if ('wrong' in limit) throw new Error(limit.wrong);
    return limit;
  });

/** The plan of a checked scenario; `file` is what relative paths are relative to. */
export const resolveScenario = (written: Written, file: string): Scenario => {
  const around = { file, inLab: written.lab !== undefined };
  const { trigger, trial, analysis } = written;
  const streams = written.streams.flatMap(streamPlans);
  return {
    name: written.name,
    description: written.description ?? '',
    labels: written.labels,
    version: written.version,
    lab: written.lab === undefined ? null : labPlan(written.lab),
    nodes: Object.entries(written.nodes).map(([name, each]) => node(name, each, around)),
    vantages: Object.entries({ local: 'local' as const, ...written.vantages }).map(([name, each]) =>
      vantagePlan(name, each, around),
    ),
    streams,
    sessions: written.sessions.map((each) => sessionPlan(each, around)),
    trigger: {
      node: trigger.node,
      action: trigger.action,
      variant: trigger.variant ?? null,
      command: trigger.command ?? null,
      undo: trigger.undo ?? null,
      prompt: trigger.action === 'manual' ? (trigger.prompt ?? 'Make the pair fail over now.') : null,
      timeout_ns: trigger.timeout,
      guard: {
        flaps: trigger.guard.flaps ?? null,
        within_ns: trigger.guard.within ?? null,
        pause_ns: trigger.guard.pause ?? null,
        wait_ns: trigger.guard.wait,
      },
      window: trigger.window === undefined ? null : window(trigger.window),
    },
    observe: written.observe.map((each) => observePlan(each, around)),
    phases: written.phases.map(phasePlan),
    trial: {
      repeat: trial.repeat,
      steady_ns: trial.steady,
      recovered_ns: trial.recovered,
      giveUp_ns: trial['give-up'],
      restore_ns: trial.restore,
      failback: trial.failback,
      coolDown_ns: trial['cool-down'],
      ...(trial['background-loss'] === 0 ? {} : { backgroundLoss: trial['background-loss'] }),
      ...(trial.aftercare === undefined ? {} : { aftercare: aftercarePlan(trial.aftercare) }),
      ...(trial.via === undefined ? {} : { via: trial.via }),
      ...(trial['stop-when'] === undefined ? {} : { stopWhen: stopPlans(trial['stop-when'], around) }),
    },
    analysis: { delayThreshold_ns: analysis['delay-threshold'] ?? null, mergeGap_ns: analysis['merge-gap'] },
    limits: limits(written, streams),
    controlArm:
      written['control-arm'] === undefined
        ? null
        : { arm: written['control-arm'], repeat: trial['control-repeat'] },
  };
};
