import type { TrialEvent } from '../../../src/model/event.js';
import {
  UNLIMITED,
  type Limit,
  type Scenario,
  type SessionPlan,
  type StreamPlan,
} from '../../../src/model/plan.js';
import type { HeartbeatRow, Outcome, ProbeRow } from '../../../src/model/probe.js';
import { PLAIN_SESSION } from '../../../src/model/session.js';
import { fromMs } from '../../../src/model/time.js';
import { TrialAnalyzer, type TrialResult } from '../../../src/analysis/trial.js';

/** All instants of these tests are milliseconds. */
export const streamPlan = (name: string, more: Partial<StreamPlan> = {}): StreamPlan => {
  const icmp: StreamPlan = {
    name,
    type: 'icmp',
    from: 'client',
    host: '10.4.4.4',
    port: null,
    family: null,
    every_ns: fromMs(100),
    wait_ns: fromMs(2000),
    size: 56,
    control: false,
    engine: 'auto',
    flows: 1,
    stamp: null,
  };
  // What belongs to a type is given together.
  return { ...icmp, ...more } as StreamPlan;
};

export const sessionPlan = (name: string, more: Partial<SessionPlan> = {}): SessionPlan =>
  ({
    name,
    type: 'tcp',
    from: 'client',
    host: '10.4.4.4',
    port: 7,
    family: null,
    count: 1,
    heartbeat_ns: fromMs(100),
    login: null,
    control: false,
    ...PLAIN_SESSION,
    ...more,
  }) as SessionPlan;

export const scenarioOf = (more: {
  streams?: StreamPlan[];
  sessions?: SessionPlan[];
  limits?: Limit[];
  threshold_ms?: number;
  mergeGap_ms?: number;
  aftercare?: { for_ms: number; every_ms?: number };
}): Scenario => ({
  name: 'test',
  description: '',
  labels: {},
  version: 'v1',
  lab: null,
  nodes: [],
  vantages: [],
  streams: more.streams ?? [streamPlan('ping')],
  sessions: more.sessions ?? [],
  trigger: {
    ...UNLIMITED,
    node: 'active',
    action: 'crash',
    command: null,
    undo: null,
    prompt: null,
    timeout_ns: fromMs(10_000),
  },
  observe: [],
  phases: [],
  trial: {
    repeat: 1,
    steady_ns: fromMs(1000),
    recovered_ns: fromMs(1000),
    giveUp_ns: fromMs(60_000),
    restore_ns: fromMs(60_000),
    failback: 'none',
    coolDown_ns: fromMs(0),
    ...(more.aftercare === undefined
      ? {}
      : {
          aftercare: {
            for_ns: fromMs(more.aftercare.for_ms),
            every_ns: more.aftercare.every_ms === undefined ? null : fromMs(more.aftercare.every_ms),
          },
        }),
  },
  analysis: {
    delayThreshold_ns: more.threshold_ms === undefined ? null : fromMs(more.threshold_ms),
    mergeGap_ns: fromMs(more.mergeGap_ms ?? 0),
  },
  limits: more.limits ?? [],
  controlArm: null,
});

const OUTCOME: Record<string, Outcome> = {
  '.': 'answered',
  s: 'answered',
  l: 'answered',
  r: 'refused',
  x: 'lost',
  u: 'unreachable',
  n: 'unresolved',
  b: 'local-blocked',
  '-': 'unsent',
};
/**
 * Round trip by letter: `.` none, so that what answers is at the pair itself; `s` slow but within the threshold of 100 ms,
 * `l` late.
 */
const RTT: Record<string, number> = { '.': 0, r: 0, s: 60, l: 500, u: 3 };

export const probe = (
  more: Partial<ProbeRow> & { sent?: number | null; received?: number | null },
): ProbeRow => {
  const { sent = 0, received = null, ...rest } = more;
  return {
    stream: 'ping',
    flow: 0,
    seq: 0,
    outcome: 'answered',
    intended_ns: fromMs(sent ?? 0),
    sent_ns: sent === null ? null : fromMs(sent),
    accepted_ns: sent === null ? null : fromMs(sent),
    received_ns: received === null ? null : fromMs(received),
    ttl: 62,
    cause: null,
    ...rest,
  };
};

/** One probe per letter, every 100 ms from 0: `.` good, `s` slow, `l` late, `x` lost, `u n r b -` as OUTCOME says. */
export const probesOf = (pattern: string, stream = 'ping', every = 100): ProbeRow[] =>
  Array.from(pattern, (letter, seq) => {
    const sent = seq * every;
    const rtt = RTT[letter];
    return probe({
      stream,
      seq,
      outcome: OUTCOME[letter] ?? 'lost',
      ...(letter === '-' ? { sent: null, intended_ns: fromMs(sent) } : { sent }),
      received: rtt === undefined ? null : sent + rtt,
      ttl: rtt === undefined ? null : 62,
    });
  });

/** The rows with some of them changed. */
export const altered = <Row extends ProbeRow | HeartbeatRow>(
  rows: readonly Row[],
  which: (row: Row) => boolean,
  change: (row: Row) => Partial<Row>,
): Row[] => {
  const out: Row[] = [];
  for (const row of rows) out.push(which(row) ? { ...row, ...change(row) } : row);
  return out;
};

export const at = (ms: number) => ({ at_ns: fromMs(ms) });

export const issued = (ms: number, of: 'failover' | 'failback' = 'failover'): TrialEvent => ({
  ...at(ms),
  event: 'trigger-issued',
  of,
  node: 'fw-a',
  action: 'crash',
});

export const phase = (
  ms: number,
  name: Extract<TrialEvent, { event: 'phase' }>['phase'],
  of: 'failover' | 'failback' = 'failover',
): TrialEvent => ({ ...at(ms), event: 'phase', phase: name, of });

export const role = (
  ms: number,
  node: string,
  word: Extract<TrialEvent, { event: 'role' }>['role'],
  when: 'before' | 'after' | 'observed',
): TrialEvent => ({ ...at(ms), event: 'role', node, role: word, raw: word, when });

/** fw-a was active, fw-b is. */
export const moved = (ms: number): TrialEvent[] => [
  role(0, 'fw-a', 'active', 'before'),
  role(0, 'fw-b', 'standby', 'before'),
  role(ms, 'fw-b', 'active', 'after'),
];

export const heartbeat = (
  seq: number,
  sent: number,
  echoed: number | null,
  session = 'echo',
): HeartbeatRow => ({
  session,
  connection: 1,
  seq,
  sent_ns: fromMs(sent),
  echoed_ns: echoed === null ? null : fromMs(echoed),
});

export const analyse = (
  scenario: Scenario,
  events: readonly TrialEvent[],
  probes: readonly ProbeRow[],
  heartbeats: readonly HeartbeatRow[] = [],
): TrialResult => {
  const analyzer = new TrialAnalyzer(
    scenario,
    { run: 'run', scenario: 'test', version: 'v1', trial: 1 },
    events,
  );
  for (const row of probes) analyzer.probe(row);
  for (const row of heartbeats) analyzer.heartbeat(row);
  return analyzer.finish();
};

/** The failover of one pattern on the stream `ping`, triggered at `trigger` ms. */
export const failover = (pattern: string, trigger: number, more: readonly TrialEvent[] = []): TrialResult =>
  analyse(scenarioOf({}), [issued(trigger), ...more], probesOf(pattern));
