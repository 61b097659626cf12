import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../model/error.js';
import {
  decodeFormerProbeBytes,
  decodeHeartbeatBytes,
  decodeProbeBytes,
  encodeHeartbeat,
  encodeProbe,
  FORMER_PROBE_COLUMNS,
  HEARTBEAT_COLUMNS,
  OUTCOMES,
  PROBE_COLUMNS,
  type HeartbeatRow,
  type Outcome,
  type ProbeRow,
} from '../model/probe.js';
import { ns, type Nanoseconds } from '../model/time.js';
import { damaged, eachLine, unreadable, type LineFormat, type LogReading } from './lines.js';
import { columnsName, HEARTBEATS_FILE, PROBES_FILE } from './names.js';
import { readParquet, type Batch, type Column } from './parquet.js';

/** A raw log: lines while it is written, columns once the run is over. */
export interface RawLog<Row> {
  /** Of the lines. */
  readonly name: string;
  readonly lines: LineFormat<Row>;
  /** The inverse of reading a line, without its end. */
  readonly encode: (row: Row) => string;
  readonly columns: readonly Column[];
  /** Puts a row into the batch, at this place. */
  readonly put: (batch: Batch, at: number, row: Row) => void;
  /** The inverse of `put`. */
  readonly take: (batch: Batch, at: number) => Row;
  /** Rows of the same word stand together in a row group; null: they stay in their order. */
  readonly togetherBy: ((row: Row) => string) | null;
}

const columnsOf = (
  names: readonly string[],
  words: readonly string[],
  optional: readonly string[],
): Column[] =>
  names.map((name) => ({
    name,
    kind: words.includes(name) ? 'word' : 'integer',
    required: !optional.includes(name),
    among: name === 'outcome' ? new Set<string>(OUTCOMES) : null,
  }));

const cell = (value: Nanoseconds | number | null): number => value ?? NaN;
const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
const instantOrNull = (value: number): Nanoseconds | null => (Number.isNaN(value) ? null : ns(value));

type Integers = readonly Float64Array[];

const put = (columns: Integers, at: number, values: readonly number[]): void => {
  for (let index = 0; index < values.length; index += 1)
    (columns[index] as Float64Array)[at] = values[index] as number;
};

export const PROBES: RawLog<ProbeRow> = {
  name: PROBES_FILE,
  lines: {
    header: PROBE_COLUMNS.join(','),
    decode: decodeProbeBytes,
    former: { header: FORMER_PROBE_COLUMNS.join(','), decode: decodeFormerProbeBytes },
  },
  encode: encodeProbe,
  columns: columnsOf(
    PROBE_COLUMNS,
    ['stream', 'outcome', 'cause'],
    [
      'sent_ns',
      'accepted_ns',
      'received_ns',
      'ttl',
      'cause',
      'reflector_seq',
      'reflector_received_ns',
      'reflector_sent_ns',
    ],
  ),
  put: ({ integers, words: [streams, outcomes, causes] }, at, row) => {
    put(integers, at, [
      row.flow,
      row.seq,
      row.intended_ns,
      cell(row.sent_ns),
      cell(row.accepted_ns),
      cell(row.received_ns),
      cell(row.ttl),
      cell(row.reflected?.seq ?? null),
      cell(row.reflected?.received_ns ?? null),
      cell(row.reflected?.sent_ns ?? null),
    ]);
    (streams as (string | null)[])[at] = row.stream;
    (outcomes as (string | null)[])[at] = row.outcome;
    (causes as (string | null)[])[at] = row.cause;
  },
  take: ({ integers, words: [streams, outcomes, causes] }, at) => {
    const [flow, seq, intended, sent, accepted, received, ttl, rSeq, rReceived, rSent] = integers as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const row: ProbeRow = {
      stream: (streams as string[])[at] as string,
      flow: flow[at] as number,
      seq: seq[at] as number,
      outcome: (outcomes as Outcome[])[at] as Outcome,
      intended_ns: ns(intended[at] as number),
      sent_ns: instantOrNull(sent[at] as number),
      accepted_ns: instantOrNull(accepted[at] as number),
      received_ns: instantOrNull(received[at] as number),
      ttl: orNull(ttl[at] as number),
      cause: (causes as (string | null)[])[at] ?? null,
    };
    const reflected = rSeq[at] as number;
    if (Number.isNaN(reflected)) return row;
    return {
      ...row,
      reflected: {
        seq: reflected,
        received_ns: ns(rReceived[at] as number),
        sent_ns: ns(rSent[at] as number),
      },
    };
  },
  togetherBy: ({ stream, flow }) => `${stream},${flow}`,
};

export const HEARTBEATS: RawLog<HeartbeatRow> = {
  name: HEARTBEATS_FILE,
  lines: { header: HEARTBEAT_COLUMNS.join(','), decode: decodeHeartbeatBytes },
  encode: encodeHeartbeat,
  columns: columnsOf(HEARTBEAT_COLUMNS, ['session'], ['echoed_ns']),
  put: ({ integers, words: [sessions] }, at, row) => {
    put(integers, at, [row.connection, row.seq, row.sent_ns, cell(row.echoed_ns)]);
    (sessions as (string | null)[])[at] = row.session;
  },
  take: ({ integers, words: [sessions] }, at) => {
    const [connection, seq, sent, echoed] = integers as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    return {
      session: (sessions as string[])[at] as string,
      connection: connection[at] as number,
      seq: seq[at] as number,
      sent_ns: ns(sent[at] as number),
      echoed_ns: instantOrNull(echoed[at] as number),
    };
  },
  togetherBy: null,
};

const isThere = async (path: string): Promise<boolean> => {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw unreadable(path, error);
  }
};

const eachOfColumns = async <Row>(
  path: string,
  { columns, take }: RawLog<Row>,
  onRow: (row: Row) => void,
  between: (() => Promise<void>) | null,
): Promise<LogReading> => {
  const batches = readParquet(path, columns);
  /** Not of the callback. */
  const known = (error: unknown): never => {
    throw error instanceof Error && 'syscall' in error ? unreadable(path, error) : damaged(path, error);
  };
  let total = 0;
  try {
    for (;;) {
      const { value, done } = await batches.next().catch(known);
      if (done === true || value === undefined) return { rows: total, warning: null };
      for (let at = 0; at < value.rows; at += 1) onRow(take(value.batch, at));
      total += value.rows;
      if (between !== null) await between();
    }
  } finally {
    await batches.return();
  }
};

/**
 * Reads a log in whichever form it is in, with flat memory. The lines count as long as they are there: what is to take
 * their place may not be whole. Throws KnownError with the place, and what the callback throws.
 *
 * @param between is waited for now and then: that bounds the memory of a caller that is slower than the disk
 */
export const eachRow = async <Row>(
  folder: string,
  log: RawLog<Row>,
  onRow: (row: Row) => void,
  between: (() => Promise<void>) | null = null,
): Promise<LogReading> => {
  const lines = join(folder, log.name);
  const columns = join(folder, columnsName(log.name));
  if (!(await isThere(lines)) && (await isThere(columns))) return eachOfColumns(columns, log, onRow, between);
  return eachLine(lines, log.lines, onRow, between);
};
