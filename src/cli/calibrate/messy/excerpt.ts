import { TrialAnalyzer, type TrialResult } from '../../../analysis/trial.js';
import type { TrialEvent, TrialEventBody } from '../../../model/event.js';
import type { Limit, Scenario } from '../../../model/plan.js';
import { decodeHeartbeat, decodeProbe, type HeartbeatRow, type ProbeRow } from '../../../model/probe.js';
import { fromMs, NS_PER_S, ns, type Nanoseconds } from '../../../model/time.js';
import { calibratedStreams, scenarioOf, type CalibratedStream } from '../streams.js';
import type { RawRecording, RawTrial } from './raw.js';
import { messySessions } from './take.js';

/** Loss of round trips that the scenario of a lossy path allows before the trigger. */
const ALLOWED_LOSS = 0.15;
const NEVER = fromMs(3600_000);
const NODE = 'gate';

/** A recording, its rows sorted for the trials that are cut from it. */
export interface OpenedRecording {
  readonly raw: RawRecording;
  readonly streams: readonly CalibratedStream[];
  readonly probes: ReadonlyMap<string, readonly ProbeRow[]>;
  readonly heartbeats: readonly HeartbeatRow[];
}

const lines = (text: string): string[] => text.split('\n').filter(Boolean);

export const openRecording = (raw: RawRecording): OpenedRecording => {
  const streams = calibratedStreams(raw.streams, [raw.every_ns]);
  const probes = new Map<string, ProbeRow[]>(streams.map(({ plan }) => [plan.name, []]));
  for (const line of lines(raw.probes)) {
    const row = decodeProbe(line);
    probes.get(row.stream)?.push(row);
  }
  return { raw, streams, probes, heartbeats: lines(raw.heartbeats).map(decodeHeartbeat) };
};

/** What a limit promises, in seconds or as a share. */
export interface Promised {
  readonly subject: string;
  readonly metric: Limit['metric'];
  readonly value: number;
}

const endOf = ({ cut_ns, aftercare_ns }: RawTrial): Nanoseconds => aftercare_ns ?? cut_ns;

/** The trial as a run would have recorded it, by all streams or by one: its history, and nothing of its neighbours. */
const eventsOf = ({ raw }: OpenedRecording, trial: RawTrial): TrialEvent[] => {
  const { trigger_ns, cut_ns, aftercare_ns } = trial;
  const at = (at_ns: Nanoseconds, body: TrialEventBody): TrialEvent => ({ at_ns, ...body });
  const active = (node: string, when: 'before' | 'after', at_ns: Nanoseconds): TrialEvent =>
    at(at_ns, { event: 'role', node, role: 'active', raw: 'active', when });
  const told = raw.events.filter(
    (event) =>
      event.event === 'resolved' ||
      event.event === 'session-end' ||
      (event.event.startsWith('session-') && event.at_ns < endOf(trial)),
  );
  // Where only sessions fail, they alone are to show that something happened.
  const moved = raw.kind !== 'sessions';
  return [
    ...told,
    ...(moved ? [active(NODE, 'before', ns(trigger_ns - 1))] : []),
    at(trigger_ns, { event: 'trigger-issued', of: 'failover', node: NODE, action: 'exec' }),
    at(trigger_ns, { event: 'phase', phase: 'outage', of: 'failover' }),
    ...(moved ? [active('peer', 'after', ns(cut_ns - 1))] : []),
    ...(aftercare_ns === null ? [] : [at(cut_ns, { event: 'phase', phase: 'aftercare', of: 'failover' })]),
    at(endOf(trial), { event: 'phase', phase: 'drain', of: 'failover' }),
  ].toSorted((a, b) => a.at_ns - b.at_ns);
};

const limitsOf = (promises: readonly Promised[]): Limit[] =>
  promises.map(({ subject, metric, value }) => ({
    key: `${subject}.${metric}`,
    subject,
    metric,
    value,
    text: String(value),
  }));

const scenarioFor = (
  { raw, streams }: OpenedRecording,
  trial: RawTrial,
  promises: readonly Promised[],
  whole: boolean,
): Scenario => {
  const steady_ns = ns(trial.trigger_ns - trial.from_ns);
  const base = scenarioOf(streams, steady_ns);
  const allowed = raw.loss === 0 ? {} : { backgroundLoss: ALLOWED_LOSS };
  const aftercare =
    trial.aftercare_ns === null
      ? {}
      : { aftercare: { for_ns: ns(trial.aftercare_ns - trial.cut_ns), every_ns: null } };
  const giveUp_ns = trial.gave_up ? ns(trial.cut_ns - trial.trigger_ns) : NEVER;
  return {
    ...base,
    sessions: whole && raw.kind === 'sessions' ? messySessions : [],
    trial: { ...base.trial, recovered_ns: trial.recovered_ns, giveUp_ns, ...allowed, ...aftercare },
    limits: limitsOf(promises),
  };
};

/** What the analysis of a run says of this trial, by these streams; `whole`: with its sessions. */
export const analyseExcerpt = (
  opened: OpenedRecording,
  trial: RawTrial,
  streams: readonly CalibratedStream[],
  promises: readonly Promised[],
  whole: boolean,
): TrialResult => {
  const scenario = scenarioFor({ ...opened, streams }, trial, promises, whole);
  const analyzer = new TrialAnalyzer(
    scenario,
    { run: 'calibrate', scenario: opened.raw.kind, version: '', trial: 1 },
    eventsOf(opened, trial),
  );
  const within = (at_ns: number): boolean => at_ns >= trial.from_ns && at_ns < endOf(trial);
  for (const { plan } of streams)
    for (const row of opened.probes.get(plan.name) ?? []) if (within(row.intended_ns)) analyzer.probe(row);
  for (const row of scenario.sessions.length === 0 ? [] : opened.heartbeats)
    if (within(row.sent_ns)) analyzer.heartbeat(row);
  return analyzer.finish();
};

/** Mean spacing of the sends of a stream in a whole recording, in seconds; its plan's where it sent fewer than two. */
export const spacingOf = ({ probes }: OpenedRecording, { plan }: CalibratedStream): number => {
  const sent = (probes.get(plan.name) ?? []).flatMap(({ sent_ns, outcome }) =>
    sent_ns === null || outcome === 'duplicate' || outcome === 'stray' ? [] : [sent_ns],
  );
  const [first, last] = [sent[0], sent.at(-1)];
  if (first === undefined || last === undefined || sent.length < 2) return plan.every_ns / NS_PER_S;
  return (last - first) / (sent.length - 1) / NS_PER_S;
};
