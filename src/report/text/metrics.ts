import { medianOf } from '../../analysis/statistics/quantile.js';
import { isValid } from '../../analysis/stream-summary.js';
import type { MeasuredPhase } from '../../model/event.js';
import { groupBy } from '../../model/group-by.js';
import { plainText } from '../../model/outside.js';
import type { PhaseRow, StreamRow, TrialRow } from '../../model/tables.js';
import type { AnalysedRun } from '../run/analysed-run.js';
import { roundByUnit } from '../../analysis/words/format.js';

export type MetricLabels = Readonly<Record<string, string>>;

export interface MetricSample {
  readonly labels: MetricLabels;
  /** `Infinity`: longer than anybody waited. */
  readonly value: number;
}

/** One metric: a gauge with base units in its name (seconds, or a count or ratio without a unit). */
export interface Metric {
  readonly name: string;
  readonly unit: 'seconds' | null;
  readonly help: string;
  readonly samples: readonly MetricSample[];
}

/** A trial says something of the pair only if it was measured, or if nothing failed over (docs/method.md). */
const isMeasured = ({ status }: TrialRow): boolean => isValid(status);

/** Order statistics of a few values; one that did not end ranks as +infinity and is never dropped. */
const statistics = (labels: MetricLabels, values: readonly number[]): MetricSample[] => {
  const median = medianOf(values);
  return median === null
    ? []
    : [
        { labels: { ...labels, stat: 'min' }, value: Math.min(...values) },
        { labels: { ...labels, stat: 'median' }, value: median },
        { labels: { ...labels, stat: 'max' }, value: Math.max(...values) },
      ];
};

const seconds = (value: number | null): number => value ?? Infinity;
const epochSeconds = (utc: string): number => Date.parse(utc) / 1000;

interface Source {
  readonly run: AnalysedRun;
  /** On every sample: which series it belongs to. */
  readonly key: MetricLabels;
}

type Sampler = (source: Source) => MetricSample[];

const runInfo: Sampler = ({ run: { record }, key }) => [
  { labels: { ...key, run: record.run, status: record.status, tool_version: record.tool.version }, value: 1 },
];

const started: Sampler = ({ run: { record }, key }) => [
  { labels: key, value: epochSeconds(record.started_utc) },
];

const ended: Sampler = ({ run: { record }, key }) =>
  record.ended_utc === null ? [] : [{ labels: key, value: epochSeconds(record.ended_utc) }];

const verdict: Sampler = ({ run, key }) =>
  (['pass', 'fail', 'inconclusive'] as const).map((each) => ({
    labels: { ...key, verdict: each },
    value: run.verdict === each ? 1 : 0,
  }));

const restored: Sampler = ({ run: { record }, key }) =>
  record.restored === null ? [] : [{ labels: key, value: record.restored ? 1 : 0 }];

const trials: Sampler = ({ run: { tables }, key }) =>
  [...groupBy(tables.trials, ({ phase, status }) => `${phase ?? ''}\0${status}`).values()].map((rows) => ({
    labels: { ...key, phase: rows[0]?.phase ?? '', status: rows[0]?.status ?? '' },
    value: rows.length,
  }));

const phasesOf = (rows: readonly TrialRow[]): [MeasuredPhase, TrialRow[]][] =>
  [...groupBy(rows, ({ phase }) => phase ?? '')].filter(([phase]) => phase !== '') as [
    MeasuredPhase,
    TrialRow[],
  ][];

const outage: Sampler = ({ run: { tables }, key }) =>
  phasesOf(tables.trials.filter(isMeasured)).flatMap(([phase, rows]) =>
    statistics(
      { ...key, phase },
      rows.map(({ outage_s, status }) => (status === 'not-recovered' ? Infinity : (outage_s ?? 0))),
    ),
  );

const bound =
  (column: 'outage_lo_s' | 'outage_hi_s'): Sampler =>
  ({ run: { tables }, key }) =>
    tables.trials
      .filter((row) => isMeasured(row) && row.trial !== null)
      .map((row) => ({
        labels: {
          ...key,
          phase: row.phase ?? '',
          trial: String(row.trial),
          stream: row.headline_stream ?? '',
        },
        value: column === 'outage_lo_s' ? (row.outage_lo_s ?? 0) : seconds(row.outage_hi_s),
      }));

const streamKey = (row: StreamRow): string =>
  [row.phase, row.stream, row.class, row.direction, row.family].join('\0');

type StreamFigure = (row: StreamRow) => number | null;

/** One that the failover did not hit counts as 0: it was forwarded all the while, to within its interval. */
const timeOf =
  (column: 'longest_s' | 'total_s' | 'span_s'): StreamFigure =>
  (row) => {
    if (row.status === 'not-recovered') return Infinity;
    if (row.status === 'unaffected') return 0;
    // No recovery held: what would have ended has no end.
    return row.status === 'degraded' && column === 'span_s' ? Infinity : row[column];
  };

const streams =
  (figure: StreamFigure): Sampler =>
  ({ run: { record, tables }, key }) => {
    const control = new Set(record.scenario.streams.filter((plan) => plan.control).map(({ name }) => name));
    const crossing = tables.streams.filter(({ stream, status }) => !control.has(stream) && isValid(status));
    return [...groupBy(crossing, streamKey).values()].flatMap((rows) => {
      const [first] = rows;
      if (first === undefined) return [];
      const labels = {
        ...key,
        phase: first.phase ?? '',
        stream: first.stream,
        class: first.class,
        direction: first.direction,
        family: first.family ?? '',
      };
      return statistics(
        labels,
        rows.map(figure).filter((value) => value !== null),
      );
    });
  };

const sessions =
  (column: 'sessions_total' | 'sessions_survived'): Sampler =>
  ({ run: { tables }, key }) =>
    phasesOf(tables.trials.filter((row) => isMeasured(row) && row.sessions_total > 0)).map(
      ([phase, rows]) => ({
        labels: { ...key, phase },
        value: rows.reduce((sum, row) => sum + row[column], 0),
      }),
    );

const partKey = ({ phase, step, name }: PhaseRow): string => [phase, step, name].join('\0');

const parts: Sampler = ({ run: { tables }, key }) =>
  [...groupBy(tables.phases ?? [], partKey).values()].flatMap((rows) => {
    const [first] = rows;
    return first === undefined
      ? []
      : statistics(
          { ...key, phase: first.phase ?? '', part: first.name },
          rows.map(({ length_s }) => length_s).filter((value) => value !== null),
        );
  });

const METRICS: readonly (Omit<Metric, 'samples'> & { readonly of: Sampler })[] = [
  { name: 'seqgap_run_info', unit: null, help: 'The run the figures are from; always 1.', of: runInfo },
  {
    name: 'seqgap_run_started_timestamp_seconds',
    unit: 'seconds',
    help: 'When the run began, Unix time.',
    of: started,
  },
  {
    name: 'seqgap_run_ended_timestamp_seconds',
    unit: 'seconds',
    help: 'When the run ended, Unix time.',
    of: ended,
  },
  {
    name: 'seqgap_run_verdict',
    unit: null,
    help: 'Verdict by the limits of the scenario: 1 for the one that holds.',
    of: verdict,
  },
  {
    name: 'seqgap_pair_restored',
    unit: null,
    help: 'Whether the pair is as it was before the run.',
    of: restored,
  },
  { name: 'seqgap_trials', unit: null, help: 'Trials by phase and status.', of: trials },
  {
    name: 'seqgap_outage_seconds',
    unit: 'seconds',
    help: 'Outage of the worst stream over the measured trials; +Inf: traffic did not come back.',
    of: outage,
  },
  {
    name: 'seqgap_trial_outage_lower_seconds',
    unit: 'seconds',
    help: 'The outage of a trial lasted at least this long.',
    of: bound('outage_lo_s'),
  },
  {
    name: 'seqgap_trial_outage_upper_seconds',
    unit: 'seconds',
    help: 'The outage of a trial lasted at most this long; +Inf: not known.',
    of: bound('outage_hi_s'),
  },
  {
    name: 'seqgap_stream_outage_seconds',
    unit: 'seconds',
    help: 'Longest outage of a stream over the trials; 0: unaffected.',
    of: streams(timeOf('longest_s')),
  },
  {
    name: 'seqgap_stream_outages',
    unit: null,
    help: 'How often a stream was down in a trial, without random loss.',
    of: streams(({ periods }) => periods),
  },
  {
    name: 'seqgap_stream_outage_total_seconds',
    unit: 'seconds',
    help: 'All outages of a stream in a trial together; +Inf: traffic did not come back.',
    of: streams(timeOf('total_s')),
  },
  {
    name: 'seqgap_stream_outage_span_seconds',
    unit: 'seconds',
    help: 'From the first loss of a stream to a recovery that held; +Inf: none did.',
    of: streams(timeOf('span_s')),
  },
  {
    name: 'seqgap_stream_random_loss_ratio',
    unit: null,
    help: 'Share of the probes of a stream that were lost at random; 0: none to be named.',
    of: streams((row) => row.background_loss ?? 0),
  },
  {
    name: 'seqgap_sessions',
    unit: null,
    help: 'Sessions tested, over the measured trials.',
    of: sessions('sessions_total'),
  },
  {
    name: 'seqgap_sessions_survived',
    unit: null,
    help: 'Sessions that survived, over the measured trials.',
    of: sessions('sessions_survived'),
  },
  {
    name: 'seqgap_outage_part_seconds',
    unit: 'seconds',
    help: 'Where the time of the outages went, by part.',
    of: parts,
  },
];

/**
 * The figures of runs as metrics, one run per scenario and version: two of them would be the same series. Seconds and
 * counts; labels name the scenario and its version, and below them phase, stream and session.
 */
export const metricsOf = (runs: readonly AnalysedRun[]): readonly Metric[] => {
  const sources = runs.map((run) => ({
    run,
    key: { scenario: run.record.scenario.name, version: run.record.version },
  }));
  return METRICS.map(({ of, ...metric }) => ({ ...metric, samples: sources.flatMap(of) })).filter(
    ({ samples }) => samples.length > 0,
  );
};

/** OpenMetrics 1.0, "ABNF": what stands in a label's value with a backslash. */
const escaped = (value: string): string =>
  plainText(value).replace(/[\\"\n]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`));

const labelText = (labels: MetricLabels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',');

const numberText = (value: number): string =>
  value === Infinity ? '+Inf' : String(roundByUnit('value_s', value));

/**
 * OpenMetrics text (https://prometheus.io/docs/specs/om/open_metrics_spec/). All metrics are gauges, and there are no
 * time stamps, so that node_exporter's textfile collector and the Pushgateway, which read the older Prometheus format,
 * take it as well: to them `# UNIT` and `# EOF` are comments.
 */
export const openMetricsText = (metrics: readonly Metric[]): string =>
  `${[
    ...metrics.flatMap(({ name, unit, help, samples }) => [
      `# TYPE ${name} gauge`,
      ...(unit === null ? [] : [`# UNIT ${name} ${unit}`]),
      `# HELP ${name} ${help.replace(/[\\\n]/g, (found) => (found === '\n' ? '\\n' : '\\\\'))}`,
      ...samples.map(({ labels, value }) => `${name}{${labelText(labels)}} ${numberText(value)}`),
    ]),
    '# EOF',
  ].join('\n')}\n`;
