import type { TimerAdvice } from '../../analysis/twin/timers.js';
import type { RunChains } from '../../analysis/chain/explain-run.js';
import type { TrialChart } from '../../analysis/chart/trial-chart.js';
import type { Finding } from '../../analysis/limits.js';
import type { SendFigures, TrialEvent } from '../../model/event.js';
import type { BroughtRecord } from '../../model/evidence.js';
import type { Verdict } from '../../model/record.js';
import type { ResultTables } from '../../model/tables.js';
import type { RunRecord } from '../../model/run.js';
import type { Rethreshold } from './thresholds.js';

/** The instrument's own error on one stream; over several trials the worst of each figure. */
export interface SelfFigures {
  readonly vantage: string;
  readonly stream: string;
  /** What sent its probes, and who stamped the answers where that is told; null: it never came so far. */
  readonly engine: string | null;
  readonly figures: SendFigures;
}

/** Why the outages of a run took so long, and the records that tell it. */
export interface Explained {
  readonly chains: RunChains;
  readonly records: readonly BroughtRecord[];
  /** What the run kept and nobody could read, with why. */
  readonly unread: readonly string[];
  /** Documented timers of the link that takes longest. */
  readonly advice: readonly TimerAdvice[];
}

/** A run, analysed: everything its report is made from. */
export interface AnalysedRun {
  readonly record: RunRecord;
  readonly tables: ResultTables;
  /** What a reader should know, in sentences. */
  readonly notes: readonly string[];
  readonly findings: readonly Finding[];
  readonly verdict: Verdict;
  readonly selfFigures: readonly SelfFigures[];
  /** For report.html; left out where nobody draws. */
  readonly charts?: readonly TrialChart[];
  /** Only where the run kept records of what others saw. */
  readonly explained?: Explained;
  /** Only where other thresholds than the scenario's were asked for; `record` then has those. */
  readonly rethreshold?: Rethreshold;
}

/** Quantiles of several trials cannot be pooled; the largest is the one to be trusted by. */
const larger = (a: number | null, b: number | null): number | null => {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
};

const added = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : a + b;

const together = (a: SendFigures, b: SendFigures): SendFigures => ({
  sent: a.sent + b.sent,
  unsent: a.unsent + b.unsent,
  local_blocked: a.local_blocked + b.local_blocked,
  lateness_p50_ms: larger(a.lateness_p50_ms, b.lateness_p50_ms),
  lateness_p99_ms: larger(a.lateness_p99_ms, b.lateness_p99_ms),
  lateness_max_ms: larger(a.lateness_max_ms, b.lateness_max_ms),
  socket_drops: added(a.socket_drops, b.socket_drops),
});

/** Of the trials with other source ports as many as fit: all are in events.jsonl. */
const MOST_ENGINES = 3;

const portWords = (ports: readonly number[] | undefined): string =>
  ports === undefined ? '' : `, from port${ports.length === 1 ? '' : 's'} ${ports.join(' ')}`;

/** By stream; of trials with different ones all are named, up to a few. */
const enginesOf = (events: readonly TrialEvent[]): ReadonlyMap<string, string> => {
  const all = new Map<string, string>();
  for (const event of events) {
    if (event.event !== 'resolved') continue;
    const { stream, engine, stamps, source_ports } = event;
    const clock =
      stamps === undefined ? '' : stamps.received === 'kernel' ? ', kernel stamps' : ', own stamps';
    const words = `${engine}${clock}${portWords(source_ports)}`;
    const before = all.get(stream);
    const named = before?.split(' / ') ?? [];
    if (named.includes(words) || named.length > MOST_ENGINES) continue;
    all.set(stream, [...named, named.length === MOST_ENGINES ? '…' : words].join(' / '));
  }
  return all;
};

/**
 * The instrument's own figures per vantage and stream from the events of all trials: counts are added, of each
 * lateness figure the worst trial's is kept.
 */
export const selfFigures = (events: readonly TrialEvent[]): readonly SelfFigures[] => {
  const engines = enginesOf(events);
  const all = new Map<string, SelfFigures>();
  for (const event of events) {
    if (event.event !== 'self-test') continue;
    const { vantage, stream, figures } = event;
    const key = `${vantage}/${stream}`;
    const before = all.get(key);
    all.set(key, {
      vantage,
      stream,
      engine: engines.get(stream) ?? null,
      figures: before === undefined ? figures : together(before.figures, figures),
    });
  }
  return [...all.values()];
};
