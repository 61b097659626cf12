import {
  UNLIMITED,
  type IcmpEngine,
  type Scenario,
  type StreamPlan,
  type VantagePlan,
} from '../model/plan.js';
import { fromMs, ns, type Nanoseconds } from '../model/time.js';
import type { WatchTarget } from './target.js';

export interface WatchPlan {
  readonly targets: readonly WatchTarget[];
  readonly vantage: VantagePlan;
  readonly every_ns: Nanoseconds;
  readonly engine: IcmpEngine;
  /** Names the run folder. */
  readonly label: string;
  readonly delayThreshold_ns: Nanoseconds | null;
}

/** The scenario name of every watch, and the folder of their runs below `results/`. */
export const WATCH_NAME = 'watch';

/**
 * Short, because a gap is told when the last of its probes is given up: a trial waits 10 s, a person should not. What
 * is answered later still counts as late, not as lost.
 */
const ICMP_WAIT = fromMs(2000);
/** Linux sends a SYN again after 1 s (RFC 6298 §2.1): a probe that waits longer would be two. */
const TCP_WAIT = fromMs(900);
const NONE = ns(0);

const stream = (target: WatchTarget, plan: WatchPlan): StreamPlan => ({
  name: target.name,
  type: target.port === null ? 'icmp' : 'tcp',
  from: plan.vantage.name,
  host: target.host,
  port: target.port,
  family: null,
  every_ns: plan.every_ns,
  // Late must be told from lost.
  wait_ns: target.port === null ? ns(Math.max(ICMP_WAIT, 2 * (plan.delayThreshold_ns ?? 0))) : TCP_WAIT,
  size: target.port === null ? 56 : 0,
  control: false,
  engine: plan.engine,
  flows: 1,
  stamp: null,
});

/** What is watched as a scenario without a trigger, so that a watch is stored and read back like any run. */
export const watchScenario = (plan: WatchPlan): Scenario => ({
  name: WATCH_NAME,
  description: `watch of ${plan.targets.map(({ name }) => name).join(', ')}`,
  labels: {},
  version: plan.label,
  lab: null,
  nodes: [],
  vantages: [plan.vantage],
  streams: plan.targets.map((target) => stream(target, plan)),
  sessions: [],
  trigger: {
    ...UNLIMITED,
    node: '',
    action: 'manual',
    command: null,
    undo: null,
    prompt: null,
    timeout_ns: NONE,
  },
  observe: [],
  phases: [],
  trial: {
    repeat: 1,
    steady_ns: NONE,
    recovered_ns: NONE,
    giveUp_ns: NONE,
    restore_ns: NONE,
    failback: 'none',
    coolDown_ns: NONE,
  },
  analysis: { delayThreshold_ns: plan.delayThreshold_ns, mergeGap_ns: NONE },
  limits: [],
  controlArm: null,
});
