import type { MeasuredPhase, RowPhase } from './event.js';
import type { StreamClass } from './plan.js';
import {
  type Direction,
  MILESTONE_KINDS,
  OUTAGE_KINDS,
  type SessionVerdict,
  type StreamStatus,
  type TrialStatus,
  type Verdict,
} from './record.js';

/*
 * The tables of a run: what each column is, in the order of the CSV file, which is an interface to others (pinned by a
 * test). Rows, CSV files and `--json` come from this one list. Units are in the names; a missing value is null here and an
 * empty cell in CSV.
 */

/** How the cells of one column are read. */
export interface CellKind<Value> {
  /** What it must be, as in `not a number`. */
  readonly what: string;
  /** undefined: the cell is not of this kind. An empty cell is only of a kind that says so (`orEmpty`). */
  readonly read: (cell: string) => Value | undefined;
}

/** Spreadsheets take a cell that begins like this for a formula (also with the full-width signs), unless it is a figure. */
const FORMULA = /^\s*(?:[=@\uff0b\uff0d\uff1d\uff20]|[+-](?!\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$))/;

export const isFormula = (word: string): boolean => FORMULA.test(word);

/** The word of a cell that `csvWord` wrote. */
export const wordOfCell = (cell: string): string =>
  cell.startsWith("'") && isFormula(cell.slice(1)) ? cell.slice(1) : cell;

/** As `plainNumber` writes them: no exponent, a point for the decimals. */
const PLAIN_NUMBER = /^-?\d+(?:\.\d+)?$/;

const text: CellKind<string> = {
  what: 'a text',
  read: (cell) => (cell === '' ? undefined : wordOfCell(cell)),
};

const number: CellKind<number> = {
  what: 'a number',
  read: (cell) => (PLAIN_NUMBER.test(cell) ? Number(cell) : undefined),
};

const count: CellKind<number> = {
  what: 'a count',
  read: (cell) => (/^\d+$/.test(cell) ? Number(cell) : undefined),
};

/** One of the words; all of the type's must be named. */
const oneOf = <Word extends string>(words: Readonly<Record<Word, true>>): CellKind<Word> => {
  const names = Object.keys(words) as Word[];
  return {
    what: `one of ${names.join(', ')}`,
    read: (cell) => (Object.hasOwn(words, cell) ? (cell as Word) : undefined),
  };
};

/** Missing is an empty cell, never 0 or -1. */
const orEmpty = <Value>({ what, read }: CellKind<Value>): CellKind<Value | null> => ({
  what,
  read: (cell) => (cell === '' ? null : read(cell)),
});

const flag: CellKind<boolean> = {
  what: 'true or false',
  read: (cell) => (cell === 'true' ? true : cell === 'false' ? false : undefined),
};

const wordsOf = <Word extends string>(words: readonly Word[]): Readonly<Record<Word, true>> =>
  Object.fromEntries(words.map((word) => [word, true])) as Record<Word, true>;

export type Columns = Readonly<Record<string, CellKind<unknown>>>;
/** A row of a table, from the kinds of its columns. */
export type RowOf<Table extends Columns> = {
  readonly [Column in keyof Table]: Table[Column] extends CellKind<infer Value> ? Value : never;
};

/** The names of its columns, in the order of the file. */
export const columnsOf = <Table extends Columns>(table: Table): readonly (keyof Table & string)[] =>
  Object.keys(table);

/**
 * A row to be copied and filled in. Copies share one layout in memory; a row of forty columns that is built one by one
 * ends as a hash table, several times as large and as slow.
 */
export const blankRow = <Column extends PropertyKey>(columns: readonly Column[]): Record<Column, unknown> =>
  Object.fromEntries(columns.map((column) => [column, null])) as Record<Column, unknown>;

const MEASURED: Readonly<Record<MeasuredPhase, true>> = { failover: true, failback: true, 'no-sync': true };
const DIRECTIONS: Readonly<Record<Direction, true>> = { 'round-trip': true, forward: true, reverse: true };
const TRIAL_STATUS: Readonly<Record<TrialStatus, true>> = {
  ok: true,
  'no-failover-detected': true,
  'down-at-start': true,
  degraded: true,
  'not-recovered': true,
  void: true,
};

const KEY = {
  /** Folder name of the run. */
  run: text,
  scenario: text,
  version: text,
  /** 1-based; null for logs of other tools. */
  trial: orEmpty(count),
  phase: orEmpty(oneOf<RowPhase>({ ...MEASURED, aftercare: true, 'failback-aftercare': true })),
};
export type RowKey = RowOf<typeof KEY>;

export const TRIALS = {
  ...KEY,
  phase: orEmpty(oneOf(MEASURED)),
  /** The scenario's kind of trigger (switchover, reboot, stop, crash, exec, manual). */
  trigger: orEmpty(text),
  /** The node that was acted on. */
  node: orEmpty(text),
  /** What was done in this phase. */
  action: orEmpty(text),
  status: oneOf(TRIAL_STATUS),
  /** The worst crossing stream. */
  headline_stream: orEmpty(text),
  outage_lo_s: orEmpty(number),
  outage_s: orEmpty(number),
  outage_hi_s: orEmpty(number),
  sessions_total: count,
  sessions_survived: count,
  verdict: oneOf<Verdict>({ pass: true, fail: true, inconclusive: true }),
  void_reason: orEmpty(text),
};
export type TrialRow = RowOf<typeof TRIALS>;

export const STREAMS = {
  ...KEY,
  trigger: orEmpty(text),
  stream: text,
  class: oneOf<StreamClass>({
    stateless: true,
    'new-tcp': true,
    'name-resolution': true,
    application: true,
  }),
  direction: oneOf(DIRECTIONS),
  family: orEmpty(oneOf({ ipv4: true, ipv6: true })),
  status: oneOf<StreamStatus>({ ...TRIAL_STATUS, unaffected: true }),
  sent: count,
  received: count,
  lost: count,
  late: count,
  duplicate: count,
  reordered: count,
  unsent: count,
  local_blocked: count,
  /** Number of loss periods (lost or late probes, RFC 3357). */
  periods: count,
  longest_lo_s: orEmpty(number),
  longest_s: orEmpty(number),
  longest_hi_s: orEmpty(number),
  total_s: orEmpty(number),
  span_s: orEmpty(number),
  silence_s: orEmpty(number),
  trigger_to_first_loss_s: orEmpty(number),
  trigger_to_recovery_s: orEmpty(number),
  rtt_before_ms: orEmpty(number),
  rtt_after_ms: orEmpty(number),
  ttl_before: orEmpty(count),
  ttl_after: orEmpty(count),
  interval_s: number,
  lateness_p99_ms: orEmpty(number),
  void_reason: orEmpty(text),
  /** Of `lost`: the neighbour (ARP/ND) could not be resolved. */
  unresolved: count,
  /** Of `lost`: an ICMP error came back. */
  unreachable: count,
  /** Of `received`: an RST answered, the path is up. */
  refused: count,
  /** Holes in sends: two real sends farther apart than 2.5 intervals. */
  holes: count,
  /** null: there was none. */
  longest_hole_s: orEmpty(number),
  /** Why probes were unresolved, unreachable or blocked, with how many: `EHOSTUNREACH:12;host-unreachable:3`. */
  causes: orEmpty(text),
  /** Flows that the stream is spread over; the figures above are those of the worst one. null: an older run. */
  flows: orEmpty(count),
  /** Of these, such as were hit. */
  flows_affected: orEmpty(count),
  /** Order statistics of the longest outage over the affected flows; null: none was, or longer than was seen. */
  flow_min_s: orEmpty(number),
  flow_median_s: orEmpty(number),
  flow_max_s: orEmpty(number),
  /** Longest run of probes lost or answered later than the delay threshold; what was lost alone is `longest_s`. */
  late_s: orEmpty(number),
  /** Span of the longest stretch without recovery in which at least a tenth of the probes was lost; null: none. */
  disruption_s: orEmpty(number),
  /** Share of the probes lost in it, 0..1. */
  disruption_loss: orEmpty(number),
  /** Share of probes lost at random, 0..1, and its exact 95 % interval; null: none to be named. */
  background_loss: orEmpty(number),
  background_lo: orEmpty(number),
  background_hi: orEmpty(number),
  /** `degraded` only: share of the probes that were still lost at the end of the wait, 0..1. */
  residual_loss: orEmpty(number),
  /** `degraded` only: how much slower than in the baseline the answers were then (median). */
  residual_delay_ms: orEmpty(number),
};
export type StreamRow = RowOf<typeof STREAMS>;

export const OUTAGES = {
  ...KEY,
  stream: text,
  /** 1-based within stream and phase. */
  period: count,
  kind: oneOf(wordsOf(OUTAGE_KINDS)),
  first_seq: count,
  last_seq: count,
  lost: count,
  late: count,
  /** RFC 3339, from the clock anchor. */
  start_utc: orEmpty(text),
  /** From the trial's origin. */
  start_s: number,
  lo_s: number,
  outage_s: orEmpty(number),
  /** null: its beginning or its end was not seen, the upper bound is not known. */
  hi_s: orEmpty(number),
  silence_s: orEmpty(number),
  censored: flag,
  direction: oneOf(DIRECTIONS),
  flow: count,
};
export type OutageRow = RowOf<typeof OUTAGES>;

export const SESSIONS = {
  ...KEY,
  trigger: orEmpty(text),
  /** Scenario name and connection number, as in `echo#12`. */
  session: text,
  kind: text,
  /** Age at the trigger. */
  age_s: orEmpty(number),
  verdict: oneOf<SessionVerdict>({
    survived: true,
    'survived-late': true,
    reset: true,
    blackholed: true,
    'app-closed': true,
    'not-tested': true,
  }),
  stall_s: orEmpty(number),
  stall_predicted_s: orEmpty(number),
  excess_s: orEmpty(number),
  bytes: count,
  who_spoke_first: orEmpty(oneOf({ client: true, server: true })),
  error: orEmpty(text),
  /** As the scenario has it: `5m`, `200ms`, `during`; null: opened before the steady time. */
  stratum: orEmpty(text),
  /** Retransmission timeout just before the trigger, read from the kernel; null: not known, the prediction assumes it. */
  rto_ms: orEmpty(number),
};
export type SessionRow = RowOf<typeof SESSIONS>;

/** How new sessions of one entry fared in one phase. */
export const OPENINGS = {
  ...KEY,
  trigger: orEmpty(text),
  session: text,
  kind: text,
  /** Attempts begun after the trigger, in this phase. */
  attempts: count,
  /** Those of them without a full exchange. */
  failed: count,
  /** Of `failed`: the connection opened, but no data of the server's came: a proxy answers for it. */
  no_data: count,
  /** A full exchange before the trigger, from the first SYN: the median. */
  usual_ms: orEmpty(number),
  /** From the trigger to the beginning of the first attempt that failed or took far longer; null: none did. */
  first_hit_s: orEmpty(number),
  /** From the trigger to the end of the first full exchange of an attempt begun then or later; null: none came. */
  works_again_s: orEmpty(number),
  /** Why attempts failed, the most frequent first. */
  error: orEmpty(text),
};
export type OpeningRow = RowOf<typeof OPENINGS>;

/** One instant of a trial that explains its outage; all instants in seconds from the trial's origin. */
export const TIMELINE = {
  ...KEY,
  kind: oneOf(wordsOf(MILESTONE_KINDS)),
  /** What happened: `trigger-issued`, `first-loss`, `vip = fw-b`, `role active`, `recovery`. */
  milestone: text,
  /** Of what: a node, stream, session or observed subject. */
  subject: orEmpty(text),
  /** Observer, or `device` for a time that the device itself gives; null: the instrument's own. */
  source: orEmpty(text),
  /** It was not before; null: not known. */
  at_lo_s: orEmpty(number),
  /** The middle, or the only end that is known. */
  at_s: number,
  /** It was not after; null: not seen (censored). */
  at_hi_s: orEmpty(number),
  /** From the trigger's issue to `at_s`; negative: before it. null: no trigger. */
  after_trigger_s: orEmpty(number),
  /** RFC 3339, from the clock anchor. */
  at_utc: orEmpty(text),
  detail: orEmpty(text),
};
export type TimelineRow = RowOf<typeof TIMELINE>;

/** One phase of an outage; all phases of a trial's phase add up to its headline outage. */
export const PHASES = {
  ...KEY,
  /** 1-based, in order. */
  step: count,
  name: text,
  /** The milestone that ends it, in words. */
  until: text,
  /** From the trial's origin. */
  start_s: number,
  lo_s: number,
  /** null: its milestone was not seen, or the outage did not end. */
  length_s: orEmpty(number),
  hi_s: orEmpty(number),
  /** Of the outage, 0..1. */
  share: orEmpty(number),
  /** `ok`; `not-seen`: no milestone, its time is in the next phase; `before`: over before traffic stopped; `after`: only seen when traffic was back. */
  status: oneOf({ ok: true, 'not-seen': true, before: true, after: true }),
};
export type PhaseRow = RowOf<typeof PHASES>;

/** By the names that they have in `--json`, and as files: `trials.csv`. */
export const TABLES = {
  trials: TRIALS,
  streams: STREAMS,
  outages: OUTAGES,
  sessions: SESSIONS,
  openings: OPENINGS,
  timeline: TIMELINE,
  phases: PHASES,
};
export type TableName = keyof typeof TABLES;

export interface ResultTables {
  readonly trials: readonly TrialRow[];
  readonly streams: readonly StreamRow[];
  readonly outages: readonly OutageRow[];
  readonly sessions: readonly SessionRow[];
  /** Only where a scenario opens new sessions. */
  readonly openings?: readonly OpeningRow[];
  /** Left out by older versions. */
  readonly timeline?: readonly TimelineRow[];
  /** Only where an outage was explained. */
  readonly phases?: readonly PhaseRow[];
}

interface ThresholdFigures {
  /** null: derived from the baseline of each phase. */
  readonly delay_threshold_s: number | null;
  /** 0: nothing is merged. */
  readonly merge_gap_s: number;
}

/** The thresholds behind the figures, where they are not the scenario's. */
export interface AppliedThresholds extends ThresholdFigures {
  readonly scenario: ThresholdFigures;
}

/** What `--json` prints. */
export interface ResultDocument extends ResultTables {
  readonly format: 1;
  /** Only where a run was judged by other thresholds than its scenario's. */
  readonly thresholds?: AppliedThresholds;
}
