import type { AftercarePlan, Limit, Scenario, StreamPlan } from '../model/plan.js';
import { labPlan } from './lab.js';
import { nodePlan } from './node.js';
import { observePlan } from './observe.js';
import { phasePlan } from './phase.js';
import { parseLimit } from './limit.js';
import type { Written } from './schema.js';
import { sessionPlan } from './session.js';
import { stopPlans } from './stop.js';
import { streamPlans } from './stream.js';
import { triggerPlan } from './trigger.js';
import { vantagePlan } from './vantage.js';

/*
 * From the scenario as written to the plan. All checks are done by then; what cannot be any more is a bug and
 * throws a plain error.
 */

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
  const { trial, analysis } = written;
  const streams = written.streams.flatMap(streamPlans);
  return {
    name: written.name,
    description: written.description ?? '',
    labels: written.labels,
    version: written.version,
    lab: written.lab === undefined ? null : labPlan(written.lab),
    nodes: Object.entries(written.nodes).map(([name, each]) => nodePlan(name, each, around)),
    vantages: Object.entries({ local: 'local' as const, ...written.vantages }).map(([name, each]) =>
      vantagePlan(name, each, around),
    ),
    streams,
    sessions: written.sessions.map((each) => sessionPlan(each, around)),
    trigger: triggerPlan(written.trigger),
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
