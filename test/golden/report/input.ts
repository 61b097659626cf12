import { CALM } from './calm.js';
import type { RowPhase } from '../../../src/model/event.js';
import type { StreamPlan } from '../../../src/model/plan.js';
import type { OutageRow, PhaseRow, SessionRow, StreamRow, TimelineRow, TrialRow } from '../../../src/model/tables.js';
import type { AnalysedRun } from '../../../src/report/run/analysed-run.js';
import { sampleRecord } from '../../io/store/sample-record.js';

/** A made-up run in which every status, verdict and session verdict occurs, with hostile text where text is free. */
const RUN = '20251121T191529Z-9.0';

const key = <Phase extends RowPhase>(trial: number, phase: Phase) => ({
  run: RUN,
  scenario: 'lab-vrrp-crash',
  version: '9.0',
  trial,
  phase,
});

const trial = (number: number, row: Partial<TrialRow>): TrialRow => ({
  ...key(number, row.phase ?? 'failover'),
  trigger: 'crash',
  node: 'fw-a',
  action: 'crash',
  status: 'ok',
  headline_stream: 'ping',
  outage_lo_s: 3.4102,
  outage_s: 3.4204,
  outage_hi_s: 3.4306,
  sessions_total: 3,
  sessions_survived: 3,
  verdict: 'pass',
  void_reason: null,
  ...row,
});

const NO_FIGURE = { outage_lo_s: null, outage_s: null, outage_hi_s: null } as const;
const CONTROL_LOST = 'control stream control lost 3 probes during the outage';

const stream = (number: number, name: string, row: Partial<StreamRow>): StreamRow => ({
  ...key(number, row.phase ?? 'failover'),
  trigger: 'crash',
  stream: name,
  class: name === 'web' ? 'new-tcp' : 'stateless',
  direction: 'round-trip',
  family: 'ipv4',
  status: 'ok',
  sent: 3000,
  received: 2658,
  lost: 342,
  late: 0,
  duplicate: 0,
  reordered: 0,
  unsent: 0,
  local_blocked: 0,
  periods: 1,
  longest_lo_s: 3.4102,
  longest_s: 3.4204,
  longest_hi_s: 3.4306,
  total_s: 3.4204,
  span_s: 3.4102,
  silence_s: 3.4301,
  trigger_to_first_loss_s: 0.0042,
  trigger_to_recovery_s: 3.4251,
  rtt_before_ms: 0.432,
  rtt_after_ms: 0.457,
  ttl_before: 62,
  ttl_after: 62,
  interval_s: 0.01,
  lateness_p99_ms: 0.31,
  void_reason: null,
  unresolved: 0,
  unreachable: 0,
  refused: 0,
  holes: 0,
  longest_hole_s: null,
  causes: null,
  flows: 1,
  flows_affected: 1,
  flow_min_s: 3.4204,
  flow_median_s: 3.4204,
  flow_max_s: 3.4204,
  ...CALM,
  ...row,
});

const NO_STREAM_FIGURE = {
  longest_lo_s: null,
  longest_s: null,
  longest_hi_s: null,
  total_s: null,
  span_s: null,
  silence_s: null,
  trigger_to_first_loss_s: null,
  trigger_to_recovery_s: null,
} as const;

const UNAFFECTED = {
  status: 'unaffected',
  received: 3000,
  lost: 0,
  periods: 0,
  longest_lo_s: 0,
  longest_s: 0,
  longest_hi_s: 0.10214,
  total_s: 0,
  span_s: null,
  silence_s: null,
  trigger_to_first_loss_s: null,
  trigger_to_recovery_s: null,
} as const;

const outage = (number: number, row: Partial<OutageRow>): OutageRow => ({
  ...key(number, row.phase ?? 'failover'),
  stream: 'ping',
  period: 1,
  kind: 'loss',
  first_seq: 1500,
  last_seq: 1841,
  lost: 342,
  late: 0,
  start_utc: '2025-11-21T19:15:44.004Z',
  start_s: 15.004213,
  lo_s: 3.4102,
  outage_s: 3.4204,
  hi_s: 3.4306,
  silence_s: 3.4301,
  censored: false,
  direction: 'round-trip',
  flow: 0,
  ...row,
});

const session = (number: number, name: string, row: Partial<SessionRow>): SessionRow => ({
  ...key(number, row.phase ?? 'failover'),
  trigger: 'crash',
  session: name,
  kind: name.startsWith('shell') ? 'ssh' : 'tcp',
  age_s: 15.2,
  verdict: 'survived',
  stall_s: 6.1,
  stall_predicted_s: 6.2,
  excess_s: -0.1,
  bytes: 12_345,
  who_spoke_first: 'client',
  error: null,
  stratum: null,
  rto_ms: 204,
  ...row,
});

const rounded = (seconds: number): number => Number(seconds.toFixed(6));

const instant = (number: number, milestone: string, at_s: number, row: Partial<TimelineRow>): TimelineRow => ({
  ...key(number, row.phase ?? 'failover'),
  kind: 'traffic',
  milestone,
  subject: 'ping',
  source: null,
  at_lo_s: rounded(at_s - 0.005),
  at_s,
  at_hi_s: rounded(at_s + 0.005),
  after_trigger_s: rounded(at_s - 15),
  at_utc: '2025-11-21T19:15:44.004Z',
  detail: null,
  ...row,
});

const step = (number: number, row: Partial<PhaseRow>): PhaseRow => ({
  ...key(number, row.phase ?? 'failover'),
  step: 1,
  name: 'detection',
  until: 'another node active or transitioning',
  start_s: 15.004,
  lo_s: 2.6,
  length_s: 2.71,
  hi_s: 2.82,
  share: 0.7924,
  status: 'ok',
  ...row,
});

const LAST_STEP = { step: 2, name: 'data plane', until: 'traffic', start_s: 17.714, share: 0.2076 } as const;

const DEAD = { stall_s: null, stall_predicted_s: null, excess_s: null, who_spoke_first: null } as const;
const HOSTILE = 'read "ECONNRESET", <peer> gone | *really*\r\nsecond line: größer 連接\u001b[31m';

export const hostileText = HOSTILE;

const streamPlan = (name: string): StreamPlan => ({
  ...sampleRecord(RUN).scenario.streams[0]!,
  name,
  control: name === 'control',
});

export const fullInput: AnalysedRun = {
  record: {
    ...sampleRecord(RUN),
    status: 'interrupted',
    error: 'ended by SIGINT',
    restored: false,
    trials_planned: 7,
    trials_done: 6,
    scenario: {
      ...sampleRecord(RUN).scenario,
      streams: ['ping', 'web', 'control'].map(streamPlan),
    },
  },
  tables: {
    trials: [
      trial(1, {}),
      trial(1, {
        phase: 'failback',
        node: 'fw-b',
        action: 'switchover',
        outage_lo_s: 0,
        outage_s: 0,
        outage_hi_s: 0.02,
      }),
      trial(2, {
        outage_lo_s: 3.1,
        outage_s: 3.11,
        outage_hi_s: 3.12,
        headline_stream: 'web',
        verdict: 'fail',
      }),
      trial(3, {
        status: 'not-recovered',
        outage_lo_s: 300.123,
        outage_s: null,
        outage_hi_s: null,
        verdict: 'fail',
      }),
      trial(4, {
        ...NO_FIGURE,
        status: 'void',
        headline_stream: null,
        verdict: 'inconclusive',
        void_reason: CONTROL_LOST,
      }),
      trial(5, {
        ...NO_FIGURE,
        status: 'no-failover-detected',
        headline_stream: null,
        verdict: 'inconclusive',
      }),
      trial(6, { ...NO_FIGURE, status: 'down-at-start', headline_stream: null, verdict: 'inconclusive' }),
    ],
    streams: [
      stream(1, 'ping', {}),
      stream(1, 'web', { ...UNAFFECTED }),
      stream(1, 'control', { ...UNAFFECTED }),
      stream(1, 'ping', { ...UNAFFECTED, phase: 'failback', longest_hi_s: 0.02 }),
      stream(2, 'ping', {
        longest_lo_s: 3.05,
        longest_s: 3.06,
        longest_hi_s: 3.07,
        unresolved: 12,
        unreachable: 1200,
        local_blocked: 1,
        causes: 'host-unreachable:1200;EHOSTUNREACH:12;EPERM:1',
        holes: 2,
        longest_hole_s: 0.0351,
      }),
      stream(2, 'web', { longest_lo_s: 3.1, longest_s: 3.11, longest_hi_s: 3.12 }),
      stream(2, 'control', { ...UNAFFECTED }),
      stream(3, 'ping', {
        ...NO_STREAM_FIGURE,
        status: 'not-recovered',
        longest_lo_s: 300.123,
        trigger_to_first_loss_s: 0.003,
        unresolved: 3,
        causes: 'EHOSTUNREACH:3',
      }),
      stream(4, 'ping', { ...NO_STREAM_FIGURE, status: 'void', void_reason: CONTROL_LOST }),
      stream(4, 'control', { status: 'void', lost: 3, void_reason: CONTROL_LOST }),
      stream(5, 'ping', { ...NO_STREAM_FIGURE, status: 'no-failover-detected', lost: 0, periods: 0 }),
      stream(6, 'ping', {
        ...NO_STREAM_FIGURE,
        status: 'down-at-start',
        received: 0,
        lost: 3000,
        family: null,
      }),
    ],
    outages: [
      outage(1, {}),
      outage(1, {
        period: 2,
        kind: 'late',
        first_seq: 1900,
        last_seq: 1902,
        lost: 0,
        late: 3,
        start_s: 19.1,
      }),
      outage(2, { kind: 'silence', lost: 0, start_utc: null }),
      outage(3, { outage_s: null, hi_s: null, silence_s: null, censored: true, lo_s: 300.123 }),
    ],
    sessions: [
      session(1, 'echo#1', {}),
      session(1, 'echo#2', { stall_s: 3.1, stall_predicted_s: 3.15, excess_s: -0.05 }),
      session(1, 'shell#1', { verdict: 'survived-late', stall_s: 14.2, stall_predicted_s: 6.2, excess_s: 8 }),
      session(2, 'echo#1', { ...DEAD, verdict: 'reset', error: HOSTILE }),
      session(2, 'echo#2', { ...DEAD, verdict: 'blackholed' }),
      session(2, 'shell#1', { ...DEAD, verdict: 'app-closed', error: 'the far end closed' }),
      session(3, 'echo#1', { ...DEAD, verdict: 'not-tested', age_s: null, error: 'ended before' }),
    ],
    timeline: [
      instant(1, 'trigger-issued', 15, { kind: 'trigger', subject: 'fw-a', at_lo_s: 15, at_hi_s: 15 }),
      instant(1, 'first-loss', 15.004, {}),
      instant(1, 'role active', 17.714, {
        kind: 'control-plane',
        subject: 'fw-b',
        source: 'vip',
        detail: 'was standby, MASTER',
      }),
      instant(1, 'recovery', 18.424, {}),
      instant(1, 'api-against-traffic', 18.424, {
        detail: 'API said done 1.204 s after the trigger; traffic was back 2.220 s later',
      }),
      instant(2, 'no answer', 15.2, { kind: 'control-plane', source: 'vip', at_utc: null, detail: HOSTILE }),
      instant(3, 'recovery', 315.1, { at_hi_s: null, after_trigger_s: null, detail: 'not seen' }),
    ],
    phases: [
      step(1, {}),
      step(1, { ...LAST_STEP, lo_s: 0.6, length_s: 0.7104, hi_s: 0.82 }),
      step(2, { name: `detection ${HOSTILE}`, length_s: null, lo_s: 0, hi_s: null, share: null, status: 'not-seen' }),
      step(2, { ...LAST_STEP, start_s: 15.004, lo_s: 3.1, length_s: 3.11, hi_s: 3.12, share: 1 }),
      step(3, { length_s: 2.5, share: null, status: 'ok' }),
      step(3, { ...LAST_STEP, lo_s: 297.5, length_s: null, hi_s: null, share: null, status: 'not-seen' }),
    ],
  },
  notes: ['trial 2: the wall clock stepped by 1.2 s', `trial 3: ${HOSTILE}`],
  findings: [
    { key: 'ping.longest', text: '300.123 s or more in trial 3, limit 5s', verdict: 'fail' },
    { key: 'web.longest', text: 'at most 3.12 s, limit 5s', verdict: 'pass' },
    { key: 'echo.survived', text: 'limited by the probe interval & "quotes" <b>', verdict: 'inconclusive' },
    {
      key: 'trials',
      text: `trial 3, failover not-recovered; trial 4, failover void: ${CONTROL_LOST}; trial 5, failover no-failover-detected`,
      verdict: 'fail',
    },
  ],
  verdict: 'fail',
  selfFigures: [
    {
      vantage: 'client',
      stream: 'ping',
      engine: 'native, kernel stamps',
      figures: {
        sent: 18_000,
        unsent: 2,
        local_blocked: 0,
        lateness_p50_ms: 0.08,
        lateness_p99_ms: 0.31,
        lateness_max_ms: 12.4,
      socket_drops: 0,
      },
    },
    {
      vantage: 'client',
      stream: 'web',
      engine: 'connect',
      figures: {
        sent: 3600,
        unsent: 0,
        local_blocked: 1,
        lateness_p50_ms: null,
        lateness_p99_ms: null,
        lateness_max_ms: null,
      socket_drops: 0,
      },
    },
  ],
};
