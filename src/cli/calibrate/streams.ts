import {
  UNLIMITED,
  type EnginePlan,
  type Scenario,
  type StreamOf,
  type StreamPlan,
} from '../../model/plan.js';
import { fromMs, ns, type Nanoseconds } from '../../model/time.js';
import { formatDuration } from '../../model/duration.js';
import { END_HOSTS } from '../../lab/ground/topology.js';

/** The ways of probing that are calibrated: ICMP over both families, by the system's `ping`, new connections, and STAMP. */
export const USUAL_TYPES = ['icmp', 'icmp6', 'ping', 'tcp', 'stamp'] as const;
/** And by what sends where our own engine was not built, to be put beside it. */
export const STREAM_TYPES = [...USUAL_TYPES, 'icmp-net-ping', 'stamp-udp'] as const;
export type CalibratedType = (typeof STREAM_TYPES)[number];

const ENGINES: Readonly<Partial<Record<CalibratedType, EnginePlan>>> = {
  ping: 'ping',
  'icmp-net-ping': 'net-ping',
  'stamp-udp': 'udp',
};

export interface CalibratedStream {
  readonly type: CalibratedType;
  readonly plan: StreamPlan;
}

/** As a scenario has them that says nothing about it (src/scenario/load.ts). */
const ICMP_WAIT = fromMs(10_000);
const TCP_WAIT = fromMs(900);

/** Delay threshold in force: what is derived from a quiet path (docs/method.md), fixed so that the truth knows it. */
export const THRESHOLD = fromMs(100);

/** Clean forwarding before the first outage, as in a trial (RFC 6201 §4). */
export const STEADY = fromMs(15_000);

const planOf = (type: CalibratedType, every_ns: Nanoseconds): StreamPlan => {
  const icmp: StreamOf<'icmp'> = {
    name: `${type}-${formatDuration(every_ns)}`,
    type: 'icmp',
    from: 'client',
    host: type === 'icmp6' ? END_HOSTS.server.v6 : END_HOSTS.server.v4,
    port: null,
    family: type === 'icmp6' ? 6 : 4,
    every_ns,
    wait_ns: ICMP_WAIT,
    size: 56,
    control: false,
    engine: ENGINES[type] ?? 'auto',
    flows: 1,
    stamp: null,
  };
  if (type === 'tcp') return { ...icmp, type, port: 80, wait_ns: TCP_WAIT };
  return type === 'stamp' || type === 'stamp-udp'
    ? { ...icmp, type: 'stamp', port: 862, stamp: { ssid: 1, timestamps: 'ntp', end: null } }
    : icmp;
};

export const calibratedStreams = (
  types: readonly CalibratedType[],
  intervals: readonly Nanoseconds[],
): CalibratedStream[] =>
  intervals.flatMap((every_ns) => types.map((type) => ({ type, plan: planOf(type, every_ns) })));

/** What a recording is analysed as: a trial whose trigger makes all its outages. */
export const scenarioOf = (streams: readonly CalibratedStream[], steady_ns: Nanoseconds): Scenario => ({
  name: 'calibrate',
  description: '',
  labels: {},
  version: '',
  lab: null,
  nodes: [],
  vantages: [{ name: 'client', kind: 'netns', prefix: ['ip', 'netns', 'exec', 'client'], agent: null }],
  streams: streams.map(({ plan }) => plan),
  sessions: [],
  trigger: {
    ...UNLIMITED,
    node: 'gate',
    action: 'exec',
    command: null,
    undo: null,
    prompt: null,
    timeout_ns: ns(0),
  },
  observe: [],
  phases: [],
  trial: {
    repeat: 1,
    steady_ns,
    recovered_ns: fromMs(0),
    giveUp_ns: fromMs(0),
    restore_ns: fromMs(0),
    failback: 'none',
    coolDown_ns: fromMs(0),
  },
  analysis: { delayThreshold_ns: THRESHOLD, mergeGap_ns: fromMs(0) },
  limits: [],
  controlArm: null,
});
