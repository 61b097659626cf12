import type { OutageRow, PhaseRow, SessionRow, StreamRow, TimelineRow } from '../../model/tables.js';
import { sayBounds, sayCount, sayMs, saySeconds } from '../../analysis/words/format.js';
import { trialBounds } from '../run/headline.js';
import { type ReportInput, knowsDrops } from '../run/input.js';
import { flowsHit } from '../run/overview.js';
import { MATRIX_TITLES, matrixCells, sessionMatrix } from '../run/sessions.js';
import type { Html } from './markup.js';
import { figure, htmlTable, type Cell } from './table.js';

const seconds = (value: number | null): Cell => figure(value, saySeconds);
const count = (value: number): Cell => figure(value, sayCount);
const trialCell = (trial: number | null): Cell => figure(trial, String);

const bounds = (lo: number | null, point: number | null, hi: number | null): Cell => ({
  text: sayBounds({ lo, point, hi }),
  // What did not recover is longer than any.
  value: lo === null ? null : (point ?? Number.MAX_VALUE),
});

export const trialsTable = ({ tables }: ReportInput): Html =>
  htmlTable(
    'Trials',
    [
      ['trial', 'right'],
      ['phase', 'left'],
      ['node', 'left'],
      ['action', 'left'],
      ['status', 'left'],
      ['worst stream', 'left'],
      ['outage', 'right'],
      ['sessions survived', 'right'],
      ['verdict', 'left'],
      ['reason', 'left'],
    ],
    tables.trials.map((row) => {
      const { lo, point, hi } = trialBounds(row);
      return [
        trialCell(row.trial),
        row.phase ?? '',
        row.node ?? '',
        row.action ?? '',
        row.status,
        row.headline_stream ?? '',
        bounds(lo, point, hi),
        {
          text: row.sessions_total === 0 ? '' : `${row.sessions_survived}/${row.sessions_total}`,
          value: row.sessions_total === 0 ? null : row.sessions_survived / row.sessions_total,
        },
        row.verdict,
        row.void_reason ?? '',
      ];
    }),
    'trials.csv',
  );

/** Empty for a stream of one flow, and where the trial does not tell. */
const flowsCell = (row: StreamRow): Cell => {
  const flows = flowsHit([row]);
  return { text: flows === null ? '' : `${flows.hit}/${flows.all}`, value: flows?.hit ?? null };
};

const streamCells = (row: StreamRow, withFlows: boolean): readonly Cell[] => [
  row.stream + (row.direction === 'round-trip' ? '' : ` ${row.direction}`),
  trialCell(row.trial),
  row.phase ?? '',
  row.status,
  ...(withFlows ? [flowsCell(row)] : []),
  bounds(row.longest_lo_s, row.longest_s, row.longest_hi_s),
  seconds(row.total_s),
  seconds(row.span_s),
  seconds(row.silence_s),
  count(row.periods),
  count(row.lost),
  count(row.late),
  seconds(row.trigger_to_first_loss_s),
  seconds(row.trigger_to_recovery_s),
  figure(row.rtt_before_ms, sayMs),
  figure(row.rtt_after_ms, sayMs),
  row.void_reason ?? '',
];

export const streamsTable = ({ tables }: ReportInput): Html => {
  const withFlows = flowsHit(tables.streams) !== null;
  return htmlTable(
    'Streams, trial by trial',
    [
      ['stream', 'left'],
      ['trial', 'right'],
      ['phase', 'left'],
      ['status', 'left'],
      ...(withFlows ? [['flows hit', 'right'] as const] : []),
      ['longest outage', 'right'],
      ['total', 'right'],
      ['span', 'right'],
      ['silence', 'right'],
      ['periods', 'right'],
      ['lost', 'right'],
      ['late', 'right'],
      ['trigger to first loss', 'right'],
      ['trigger to recovery', 'right'],
      ['RTT before', 'right'],
      ['RTT after', 'right'],
      ['reason', 'left'],
    ],
    tables.streams.map((row) => streamCells(row, withFlows)),
    'streams.csv',
  );
};

const lengthOf = (row: OutageRow): number => row.outage_s ?? Infinity;

export const outagesTable = ({ tables }: ReportInput): Html =>
  htmlTable(
    'Loss periods and silences, the longest first',
    [
      ['stream', 'left'],
      ['trial', 'right'],
      ['phase', 'left'],
      ['flow', 'right'],
      ['kind', 'left'],
      ['outage', 'right'],
      ['lost', 'right'],
      ['late', 'right'],
      ['begins after the start of the trial', 'right'],
      ['begins (UTC)', 'left'],
    ],
    tables.outages
      .toSorted((a, b) => lengthOf(b) - lengthOf(a) || a.start_s - b.start_s)
      .map((row) => [
        row.stream + (row.direction === 'round-trip' ? '' : ` ${row.direction}`),
        trialCell(row.trial),
        row.phase ?? '',
        count(row.flow),
        row.kind,
        bounds(row.lo_s, row.outage_s, row.hi_s),
        count(row.lost),
        count(row.late),
        seconds(row.start_s),
        row.start_utc ?? '',
      ]),
    'outages.csv',
  );

const sessionCells = (row: SessionRow): readonly Cell[] => [
  row.session,
  trialCell(row.trial),
  row.phase ?? '',
  row.kind,
  row.verdict,
  seconds(row.stall_s),
  seconds(row.stall_predicted_s),
  seconds(row.excess_s),
  seconds(row.age_s),
  row.error ?? '',
];

const SURVIVED = new Set<SessionRow['verdict']>(['survived', 'not-tested']);

export const sessionsTable = (input: ReportInput): Html =>
  htmlTable(
    'Sessions, those that did not survive first',
    [
      ['session', 'left'],
      ['trial', 'right'],
      ['phase', 'left'],
      ['kind', 'left'],
      ['verdict', 'left'],
      ['stall', 'right'],
      ['predicted', 'right'],
      ['excess', 'right'],
      ['age at the trigger', 'right'],
      ['error', 'left'],
    ],
    input.tables.sessions
      .toSorted((a, b) => Number(SURVIVED.has(a.verdict)) - Number(SURVIVED.has(b.verdict)))
      .map(sessionCells),
    'sessions.csv',
  );

export const matrixTable = (input: ReportInput): Html =>
  htmlTable('Sessions by kind and age', MATRIX_TITLES, sessionMatrix(input).map(matrixCells));

export const openingsTable = ({ tables }: ReportInput): Html =>
  htmlTable(
    'New sessions',
    [
      ['new sessions', 'left'],
      ['trial', 'right'],
      ['phase', 'left'],
      ['kind', 'left'],
      ['failed', 'right'],
      ['of', 'right'],
      ['no data', 'right'],
      ['usual', 'right'],
      ['trigger to first hit', 'right'],
      ['trigger to working again', 'right'],
      ['errors', 'left'],
    ],
    (tables.openings ?? []).map((row) => [
      row.session,
      trialCell(row.trial),
      row.phase ?? '',
      row.kind,
      count(row.failed),
      count(row.attempts),
      count(row.no_data),
      figure(row.usual_ms, sayMs),
      seconds(row.first_hit_s),
      seconds(row.works_again_s),
      row.error ?? '',
    ]),
    'openings.csv',
  );

const share = (row: PhaseRow): Cell => figure(row.share, (value) => `${Math.round(100 * value)} %`);

export const phasesTable = (rows: readonly PhaseRow[]): Html =>
  htmlTable(
    'What the outage was spent on',
    [
      ['phase of the outage', 'left'],
      ['trial', 'right'],
      ['phase', 'left'],
      ['step', 'right'],
      ['ends with', 'left'],
      ['length', 'right'],
      ['share', 'right'],
      ['status', 'left'],
    ],
    rows.map((row) => [
      row.name,
      trialCell(row.trial),
      row.phase ?? '',
      count(row.step),
      row.until,
      bounds(row.lo_s, row.length_s, row.hi_s),
      share(row),
      row.status,
    ]),
  );

export const timelineTable = (rows: readonly TimelineRow[]): Html =>
  htmlTable(
    'Milestones',
    [
      ['milestone', 'left'],
      ['trial', 'right'],
      ['phase', 'left'],
      ['kind', 'left'],
      ['subject', 'left'],
      ['seen by', 'left'],
      ['after the trigger', 'right'],
      ['trial’s clock, not before', 'right'],
      ['not after', 'right'],
      ['UTC', 'left'],
      ['detail', 'left'],
    ],
    rows.map((row) => [
      row.milestone,
      trialCell(row.trial),
      row.phase ?? '',
      row.kind,
      row.subject ?? '',
      row.source ?? '',
      seconds(row.after_trigger_s),
      seconds(row.at_lo_s),
      seconds(row.at_hi_s),
      row.at_utc ?? '',
      row.detail ?? '',
    ]),
    'timeline.csv',
  );

export const instrumentTable = ({ selfFigures }: ReportInput): Html => {
  const withDrops = knowsDrops(selfFigures);
  return htmlTable(
    'Sends',
    [
      ['stream', 'left'],
      ['vantage', 'left'],
      ['sent', 'right'],
      ['unsent', 'right'],
      ['blocked', 'right'],
      ['lateness p50', 'right'],
      ['p99', 'right'],
      ['max', 'right'],
      ...(withDrops ? [['socket drops', 'right'] as const] : []),
    ],
    selfFigures.map(({ vantage, stream, figures }) => [
      stream,
      vantage,
      count(figures.sent),
      count(figures.unsent),
      count(figures.local_blocked),
      figure(figures.lateness_p50_ms, sayMs),
      figure(figures.lateness_p99_ms, sayMs),
      figure(figures.lateness_max_ms, sayMs),
      ...(withDrops ? [figure(figures.socket_drops, sayCount)] : []),
    ]),
  );
};
