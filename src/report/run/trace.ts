import type { OutageRow, PhaseRow, RowKey, StreamRow, TimelineRow, TrialRow } from '../../model/tables.js';
import { headlineRow } from './headline.js';
import { sayDegraded } from '../../analysis/words/impairment.js';
import type { AnalysedRun } from './analysed-run.js';

export type TraceAttributes = Readonly<Record<string, string | number | boolean>>;

/** Something with a beginning and an end, in milliseconds of Unix time. */
export interface TraceSpan {
  readonly name: string;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly attributes: TraceAttributes;
}

/** One trial's failover or failback: from its trigger until traffic was back, with the parts of its outage below it. */
export interface TrialTrace extends TraceSpan {
  /** Names the trace: the same run exported twice is the same trace. */
  readonly id: string;
  readonly failed: string | null;
  readonly parts: readonly TraceSpan[];
  readonly events: readonly {
    readonly name: string;
    readonly at_ms: number;
    readonly attributes: TraceAttributes;
  }[];
}

const present = (attributes: Readonly<Record<string, string | number | boolean | null>>): TraceAttributes =>
  Object.fromEntries(
    Object.entries(attributes).filter(
      (entry): entry is [string, string | number | boolean] => entry[1] !== null,
    ),
  );

/** Unix time of the trial's origin; null: no anchor was stored. */
const originOf = (timeline: readonly TimelineRow[]): number | null => {
  const anchored = timeline.find(({ at_utc }) => at_utc !== null);
  return anchored === undefined ? null : Date.parse(anchored.at_utc ?? '') - anchored.at_s * 1000;
};

interface Rows {
  readonly trial: TrialRow;
  readonly timeline: readonly TimelineRow[];
  readonly phases: readonly PhaseRow[];
  readonly outages: readonly OutageRow[];
}

/** Without phases the outage is one part: the longest loss period of the headline stream. */
const partsOf = ({ trial, phases, outages }: Rows, at: (s: number) => number): TraceSpan[] => {
  if (phases.length > 0)
    return phases.map(({ name, start_s, length_s, lo_s, hi_s, until, status }) => ({
      name,
      start_ms: at(start_s),
      end_ms: at(start_s + (length_s ?? lo_s)),
      attributes: present({ until, status, lo_s, hi_s }),
    }));
  const [longest] = outages
    .filter(({ stream, kind }) => stream === trial.headline_stream && (kind === 'loss' || kind === 'late'))
    .toSorted((a, b) => b.lo_s - a.lo_s);
  if (longest === undefined) return [];
  const { start_s, outage_s, lo_s, hi_s, censored, stream } = longest;
  return [
    {
      name: 'outage',
      start_ms: at(start_s),
      end_ms: at(start_s + (outage_s ?? lo_s)),
      attributes: present({ stream, lo_s, hi_s, censored }),
    },
  ];
};

/** Why a trial failed: its status, or else a limit. */
const failureOf = ({ status, verdict }: TrialRow, headline: StreamRow | null): string | null => {
  if (verdict !== 'fail') return null;
  const residual = headline === null ? null : sayDegraded(headline);
  if (residual !== null) return `${status}: ${residual}`;
  return status === 'ok' ? 'ok: a limit is exceeded' : status;
};

const traceOf = ({ record, tables }: AnalysedRun, rows: Rows): TrialTrace | null => {
  const { trial, timeline } = rows;
  const origin = originOf(timeline);
  const trigger = timeline.find(({ milestone }) => milestone === 'trigger-issued');
  if (origin === null || trigger === undefined) return null;
  const at = (seconds: number): number => origin + seconds * 1000;
  const parts = partsOf(rows, at);
  const start_ms = at(trigger.at_s);
  const headline = headlineRow(trial, tables.streams);
  return {
    id: [record.run, record.scenario.name, trial.trial, trial.phase].join('/'),
    name: `${trial.phase ?? 'trial'} ${record.scenario.name}`,
    start_ms,
    end_ms: Math.max(start_ms, ...parts.map(({ end_ms }) => end_ms)),
    failed: failureOf(trial, headline),
    attributes: present({
      'seqgap.run': record.run,
      'seqgap.scenario': record.scenario.name,
      'seqgap.version': record.version,
      'seqgap.trial': trial.trial,
      'seqgap.phase': trial.phase,
      'seqgap.node': trial.node,
      'seqgap.action': trial.action,
      'seqgap.status': trial.status,
      'seqgap.verdict': trial.verdict,
      'seqgap.headline_stream': trial.headline_stream,
      'seqgap.outage_lo_s': trial.outage_lo_s,
      'seqgap.outage_s': trial.outage_s,
      'seqgap.outage_hi_s': trial.outage_hi_s,
      'seqgap.outages': headline?.periods ?? null,
      'seqgap.outage_total_s': headline?.total_s ?? null,
      'seqgap.outage_span_s': headline?.span_s ?? null,
      'seqgap.random_loss': headline?.background_loss ?? null,
      'seqgap.sessions_total': trial.sessions_total,
      'seqgap.sessions_survived': trial.sessions_survived,
      'seqgap.void_reason': trial.void_reason,
    }),
    parts,
    events: timeline.map(({ milestone, subject, source, kind, at_s, at_lo_s, at_hi_s, detail }) => ({
      name: milestone,
      at_ms: at(at_s),
      attributes: present({ subject, source, kind, at_lo_s, at_hi_s, detail }),
    })),
  };
};

/** The trials of a run as traces: a trial is a trace, the parts of its outage are its spans, milestones its events. */
export const tracesOf = (run: AnalysedRun): readonly TrialTrace[] => {
  const { trials, outages, timeline = [], phases = [] } = run.tables;
  return trials
    .map((trial) => {
      const own = <Row extends Pick<RowKey, 'trial' | 'phase'>>(rows: readonly Row[]): Row[] =>
        rows.filter((row) => row.trial === trial.trial && row.phase === trial.phase);
      return traceOf(run, {
        trial,
        timeline: own(timeline),
        phases: own(phases),
        outages: own(outages),
      });
    })
    .filter((trace) => trace !== null);
};
