import { CALM } from '../../golden/report/calm.js';
import {
  DEFAULT_CONFIDENCE,
  DEFAULT_MARGIN,
  type CompareOptions,
} from '../../../src/analysis/comparison/compare.js';
import type { MeasuredPhase } from '../../../src/model/event.js';
import type { RunFigures, RunSummary, SessionFigures, Side } from '../../../src/model/figures.js';
import type { StreamRow, TrialRow } from '../../../src/model/tables.js';

export const options: CompareOptions = {
  margin: DEFAULT_MARGIN,
  confidence: DEFAULT_CONFIDENCE,
  metrics: null,
  phase: null,
};

/** One stream in one trial; `null` seconds: it did not recover. `half_s`: half-width of its measured interval. */
export interface StreamSpec {
  readonly stream?: string;
  readonly value_s: number | null;
  readonly half_s?: number;
  readonly more?: Partial<StreamRow>;
}

export interface TrialSpec {
  readonly phase?: MeasuredPhase;
  readonly status?: TrialRow['status'];
  readonly void_reason?: string;
  readonly streams?: readonly StreamSpec[];
  readonly sessions?: readonly Pick<SessionFigures, 'name' | 'verdicts' | 'stall_s'>[];
}

export interface RunSpec {
  readonly version: string;
  readonly run?: string;
  readonly scenario?: string;
  readonly trigger?: string;
  readonly trials: readonly TrialSpec[];
  readonly summary?: Partial<RunSummary>;
}

const streamRow = (
  key: Pick<StreamRow, 'run' | 'scenario' | 'version' | 'trial' | 'phase' | 'trigger'>,
  status: TrialRow['status'],
  { stream = 'ping', value_s, half_s = 0.01, more = {} }: StreamSpec,
): StreamRow => {
  const own =
    status !== 'ok' && status !== 'not-recovered' ? status : value_s === null ? 'not-recovered' : 'ok';
  return {
    ...key,
    stream,
    class: 'stateless',
    direction: 'round-trip',
    family: 'ipv4',
    status: value_s === 0 && own === 'ok' ? 'unaffected' : own,
    sent: 1000,
    received: 900,
    lost: 100,
    late: 0,
    duplicate: 0,
    reordered: 0,
    unsent: 0,
    local_blocked: 0,
    periods: value_s === 0 ? 0 : 1,
    longest_lo_s: value_s === null ? 60 : Math.max(0, value_s - half_s),
    longest_s: value_s,
    longest_hi_s: value_s === null ? null : value_s + half_s,
    total_s: value_s,
    span_s: value_s,
    silence_s: value_s === null ? null : value_s + half_s,
    trigger_to_first_loss_s: value_s === 0 ? null : 0.2,
    trigger_to_recovery_s: value_s === null || value_s === 0 ? null : value_s + 0.2,
    rtt_before_ms: 0.4,
    rtt_after_ms: 0.4,
    ttl_before: 62,
    ttl_after: 62,
    interval_s: half_s,
    lateness_p99_ms: 0.3,
    void_reason: null,
    unresolved: 0,
    unreachable: 0,
    refused: 0,
    holes: 0,
    longest_hole_s: null,
    causes: null,
    flows: 1,
    flows_affected: 1,
    flow_min_s: null,
    flow_median_s: null,
    flow_max_s: null,
    ...CALM,
    ...more,
  };
};

const trialStatus = ({ status, streams = [] }: TrialSpec): TrialRow['status'] =>
  status ?? (streams.some(({ value_s }) => value_s === null) ? 'not-recovered' : 'ok');

/** A run as comparisons see it; trials are numbered from 1, a failback belongs to the failover before it. */
export const runOf = ({
  version,
  run,
  scenario = 'pair',
  trigger = 'crash',
  trials,
  summary,
}: RunSpec): RunFigures => {
  const name = run ?? `20261121T120000Z-${version}`;
  let number = 0;
  const rows = trials.map((spec) => {
    const phase = spec.phase ?? 'failover';
    number += phase === 'failover' ? 1 : 0;
    const key = { run: name, scenario, version, trial: number, phase, trigger };
    return { spec, key, status: trialStatus(spec) };
  });
  return {
    summary: {
      run: name,
      path: `results/${scenario}/${name}`,
      kind: 'trials',
      scenario,
      version,
      labels: {},
      started_utc: '2026-11-21T12:00:00.000Z',
      status: 'complete',
      restored: true,
      trials_planned: number,
      trials_done: number,
      tool_version: '0.1.0',
      limits: [],
      settings: { 'ping.every': '10ms' },
      verdict: 'pass',
      ...summary,
    },
    trials: rows.map(({ spec, key, status }) => ({
      ...key,
      node: 'fw-a',
      action: 'crash',
      status,
      headline_stream: 'ping',
      outage_lo_s: null,
      outage_s: spec.streams?.[0]?.value_s ?? null,
      outage_hi_s: null,
      sessions_total: 0,
      sessions_survived: 0,
      verdict: 'pass',
      void_reason: spec.void_reason ?? null,
    })),
    streams: rows.flatMap(({ spec, key, status }) =>
      (spec.streams ?? []).map((each) => streamRow(key, status, each)),
    ),
    sessions: rows.flatMap(({ spec, key }) =>
      (spec.sessions ?? []).map((each) => ({
        ...each,
        trial: key.trial,
        phase: key.phase,
        trigger,
        kind: 'tcp',
      })),
    ),
  };
};

export const sideOf = (name: string, ...runs: readonly RunFigures[]): Side => ({ name, runs, leftOut: [] });

/** One run whose trials were down for so long, on one stream; null: not recovered. */
export const plainSide = (version: string, values: readonly (number | null)[], half_s = 0.01): Side =>
  sideOf(
    `version=${version}`,
    runOf({ version, trials: values.map((value_s) => ({ streams: [{ value_s, half_s }] })) }),
  );
