import type { StreamPlan } from '../model/plan.js';
import type { ProbeRow } from '../model/probe.js';
import type { StreamStatus } from '../model/record.js';
import type { OutageRow, RowKey, StreamRow } from '../model/tables.js';
import { NS_PER_S, ns } from '../model/time.js';
import { type ChartRoom, chartRoom, type LogLane, LogLaneMaker } from './chart/log-chart.js';
import { derivedThreshold, PathSample, type FlowWindow } from './flow/flow-window.js';
import { type OutageFigures, type StreamPhase, together } from './flow/stream.js';
import { FlowAnalyzer } from './flow/flow.js';
import { phaseNotes } from './notes.js';
import { outageRows, streamRow } from './rows.js';
import { medianOf } from './statistics/quantile.js';
import { statusOf } from './status.js';
import { UNTRIGGERED } from './flow/windows.js';

/** How a log of another tool is to be analysed. Nanoseconds. */
export interface LogSettings {
  /** Rows carry it in `run`. */
  readonly source: string;
  readonly stream: string;
  readonly family: 4 | 6 | null;
  /** Nominal interval of the sends; null: the median spacing of the first of them. */
  readonly interval_ns: number | null;
  /** A spacing of sends that is no hole in them: larger than the interval where the tool waits out a timeout. */
  readonly longestPause_ns: number;
  /** null: derived as for a run (docs/method.md), from the good replies at the beginning. */
  readonly threshold_ns: number | null;
  readonly mergeGap_ns: number;
  /** What the instants of the log may be wrong by, on either side of a difference: its resolution. */
  readonly resolution_ns: number;
  /** How much longer than its spacing each lost probe may have taken; 0 where sends do not wait for answers. */
  readonly pausePerLost_ns: number;
  /** Shared by the streams of a log. */
  readonly lookahead: Lookahead;
  readonly utc: (at_ns: number) => string | null;
}

export interface LogResult {
  readonly stream: StreamRow;
  readonly outages: readonly OutageRow[];
  /** In force for every probe; always to be reported (RFC 6412 §3.6.3). */
  readonly threshold_ns: number;
  readonly notes: readonly string[];
  /** null: there is nothing to draw. */
  readonly lane: LogLane | null;
}

/** So many rows at least are looked at before the first is judged: the delay threshold and the interval come from them. */
const LOOKAHEAD = 2_000;
/** And so many more, of all streams of a log together: all of most logs, so that it does not matter where slow replies stand. */
const SHARED_LOOKAHEAD = 20_000;

/** What is left of the above, and of the room of their chart. */
export interface Lookahead extends ChartRoom {
  left: number;
}

export const sharedLookahead = (): Lookahead => ({ left: SHARED_LOOKAHEAD, ...chartRoom() });

const rttOf = (row: ProbeRow): number | null =>
  row.outcome !== 'answered' || row.received_ns === null || row.sent_ns === null
    ? null
    : row.received_ns - row.sent_ns;

/**
 * The usual delay is that of the faster half of the replies at hand, whatever their order: an ARP failure can hold up a
 * second of probes and lose none, and a log may begin with it.
 */
const delaySample = (rows: readonly ProbeRow[]): PathSample => {
  const all = rows
    .map(rttOf)
    .filter((rtt) => rtt !== null)
    .toSorted((a, b) => a - b);
  const faster = new PathSample();
  for (const rtt of all.slice(0, Math.ceil(all.length / 2))) faster.add(rtt, null);
  return faster;
};

/** Median spacing of the first sends; their mean where the stamps are too coarse to tell them apart. */
const spacingOf = (rows: readonly ProbeRow[]): number | null => {
  const good = rows.filter(({ outcome }) => outcome === 'answered');
  const steps: number[] = [];
  for (const [index, row] of good.entries()) {
    const previous = good[index - 1];
    if (previous?.seq === row.seq - 1) steps.push((row.sent_ns ?? 0) - (previous.sent_ns ?? 0));
  }
  const median = medianOf(steps);
  if (median === null || median > 0) return median;
  const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
  return mean > 0 ? mean : null;
};

const logStatus = (own: FlowWindow, figures: OutageFigures): StreamStatus =>
  own.received === 0 ? 'down-at-start' : statusOf(figures);

/**
 * One stream of a log that another tool wrote: no trigger, no phases, the same periods and bounds as in a run. The
 * baseline of the delay is every reply that is not late, in the whole log. Rows come in the order of `seq`. Flat
 * memory.
 */
export class LogAnalyzer {
  readonly #settings: LogSettings;
  #ahead: ProbeRow[] | null = [];
  #flow: FlowAnalyzer | null = null;
  #lane: LogLaneMaker | null = null;
  #interval_ns = NS_PER_S;
  #threshold_ns = 0;

  constructor(settings: LogSettings) {
    this.#settings = settings;
  }

  push(row: ProbeRow): void {
    if (this.#ahead === null) {
      this.#take(row);
      return;
    }
    if (this.#ahead.push(row) < LOOKAHEAD) return;
    this.#settings.lookahead.left -= 1;
    if (this.#settings.lookahead.left <= 0) this.#begin();
  }

  /** Call once, after the last row. */
  finish(): LogResult {
    this.#begin();
    const flow = this.#flow as FlowAnalyzer;
    flow.finish();
    const own = flow.windows[0] as FlowWindow;
    // Without a round trip nothing is known of when replies came.
    const blind = own.baseline.rtt.count === 0;
    const plan = planOf(this.#settings.stream, this.#interval_ns);
    const phase: StreamPhase = { plan, window: UNTRIGGERED, ...together([own]) };
    const { source, utc, mergeGap_ns } = this.#settings;
    const key: RowKey = { run: source, scenario: '', version: '', trial: null, phase: null };
    const outages = outageRows(key, phase, (_vantage, at_ns) => utc(at_ns)).map((row) => this.#widened(row));
    return {
      stream: this.#streamRow(key, phase, outages),
      outages,
      threshold_ns: this.#threshold_ns,
      notes: phaseNotes([phase], mergeGap_ns).filter((note) => !blind || !note.includes('silence')),
      lane: this.#lane?.finish(utc) ?? null,
    };
  }

  #begin(): void {
    const rows = this.#ahead;
    if (rows === null) return;
    this.#ahead = null;
    const settings = this.#settings;
    this.#interval_ns = settings.interval_ns ?? spacingOf(rows) ?? NS_PER_S;
    this.#threshold_ns = settings.threshold_ns ?? derivedThreshold(delaySample(rows));
    this.#flow = new FlowAnalyzer([UNTRIGGERED], {
      // What only decides about holes in sends and silences.
      interval_ns: Math.max(this.#interval_ns, settings.longestPause_ns, settings.resolution_ns),
      threshold_ns: this.#threshold_ns,
      mergeGap_ns: settings.mergeGap_ns,
    });
    this.#lane = new LogLaneMaker(settings.stream, this.#interval_ns, settings.lookahead);
    for (const row of rows) this.#take(row);
  }

  #take(row: ProbeRow): void {
    const flow = this.#flow as FlowAnalyzer;
    flow.push(row);
    this.#lane?.push(row);
    const rtt_ns = rttOf(row);
    if (rtt_ns !== null && rtt_ns <= this.#threshold_ns) flow.windows[0]?.baseline.add(rtt_ns, row.ttl);
  }

  #widened(row: OutageRow): OutageRow {
    const { resolution_ns, pausePerLost_ns } = this.#settings;
    const slack_s = resolution_ns / NS_PER_S;
    const pause_s = ((row.lost + row.late) * pausePerLost_ns) / NS_PER_S;
    return {
      ...row,
      lo_s: Math.max(0, row.lo_s - slack_s),
      hi_s: row.hi_s === null ? null : row.hi_s + slack_s + pause_s,
    };
  }

  #streamRow(key: RowKey, phase: StreamPhase, outages: readonly OutageRow[]): StreamRow {
    const own = phase.worst;
    const row = streamRow(
      key,
      null,
      phase,
      { status: phase.figures.periods.length === 0 ? 'unaffected' : 'ok', reason: null },
      [],
    );
    const slack_s = this.#settings.resolution_ns / NS_PER_S;
    // Not spread: a log may have more outages than a call may have arguments.
    const highest = outages.reduce(
      (most, { hi_s, kind }) => Math.max(most, kind === 'slow' ? 0 : (hi_s ?? 0)),
      (row.longest_hi_s ?? 0) + slack_s,
    );
    const { family } = this.#settings;
    return {
      ...row,
      status: logStatus(own, phase.figures),
      family: family === null ? null : `ipv${family}`,
      silence_s: own.baseline.rtt.count === 0 ? null : row.silence_s,
      longest_lo_s: row.longest_lo_s === null ? null : Math.max(0, row.longest_lo_s - slack_s),
      longest_hi_s: row.longest_hi_s === null ? null : highest,
      trigger_to_first_loss_s: null,
      trigger_to_recovery_s: null,
    };
  }
}

const planOf = (stream: string, interval_ns: number): StreamPlan => ({
  name: stream,
  type: 'icmp',
  from: '',
  host: stream,
  port: null,
  family: null,
  every_ns: ns(interval_ns),
  wait_ns: ns(0),
  size: 56,
  control: false,
  engine: 'auto',
  flows: 1,
  stamp: null,
});
