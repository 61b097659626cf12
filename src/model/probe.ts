import { CellCursor, word } from './cells.js';
import { ns, type Nanoseconds } from './time.js';

/**
 * What became of one probe, as the prober saw it. A *raw* word: whether an `answered` probe was late is a
 * matter of the delay threshold and decided by the analysis, so that results can be re-thresholded
 * (RFC 6703 §4.1).
 *
 * - `answered`      the reply came; of a DNS stream with an address, of an HTTP stream with a status below 500
 * - `refused`       an RST answered the SYN: the path is up
 * - `lost`          no reply within the stream's `wait`
 * - `unreachable`   an ICMP error came back, named in `cause`: loss with a cause; of DNS and HTTP streams also an
 *                   answer that is an error (`SERVFAIL`, `http-503`, `ECONNREFUSED`)
 * - `unresolved`    the local neighbour (ARP/ND) could not be resolved: an observation, not an exception
 * - `local-blocked` the local host did not let the probe out (buffer, permission, ports); never loss
 * - `unsent`        the slot was missed by more than half an interval; nothing was sent
 * - `duplicate`     an extra row: one more copy of a reply already counted (RFC 5560)
 * - `stray`         an extra row: a reply that came after the probe's row was written as `lost`
 */
export const OUTCOMES = [
  'answered',
  'refused',
  'lost',
  'unreachable',
  'unresolved',
  'local-blocked',
  'unsent',
  'duplicate',
  'stray',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/**
 * One row of probes.csv. Instants are monotonic nanoseconds since the trial's origin. Rows of one stream and
 * flow come in the order of `seq` (64-bit, never wrapping), but for `duplicate` and `stray` rows, which come
 * when they happen.
 */
export interface ProbeRow {
  readonly stream: string;
  readonly flow: number;
  readonly seq: number;
  readonly outcome: Outcome;
  /** When the schedule wanted it to leave. */
  readonly intended_ns: Nanoseconds;
  /** Stamped just before the send call; null if never tried. */
  readonly sent_ns: Nanoseconds | null;
  /** When the socket had taken it; null if it never did. */
  readonly accepted_ns: Nanoseconds | null;
  /** When the answer was read, also that of a refusal or an ICMP error. */
  readonly received_ns: Nanoseconds | null;
  /** Of the answer; of a STAMP stream that with which the probe came to the reflector (RFC 8762 §4.3), where that says so. */
  readonly ttl: number | null;
  readonly cause: string | null;
  /** What a STAMP reflector says of itself; left out by all other streams. */
  readonly reflected?: Reflected;
}

/** The reflector's own part of an answer (RFC 8762 §4.3.1). */
export interface Reflected {
  /** Its sequence number: of a stateful reflector the count of its answers, else that of the probe. */
  readonly seq: number;
  /** When it had the probe, and when it answered: by its own clock, as nanoseconds since the trial's origin by the wall clock of the vantage. */
  readonly received_ns: Nanoseconds;
  readonly sent_ns: Nanoseconds;
}

const OWN_COLUMNS = [
  'stream',
  'flow',
  'seq',
  'outcome',
  'intended_ns',
  'sent_ns',
  'accepted_ns',
  'received_ns',
  'ttl',
  'cause',
] as const satisfies readonly (keyof ProbeRow)[];

export const PROBE_COLUMNS = [
  ...OWN_COLUMNS,
  'reflector_seq',
  'reflector_received_ns',
  'reflector_sent_ns',
] as const;

/** Of runs before there were STAMP streams. */
export const FORMER_PROBE_COLUMNS: readonly string[] = OWN_COLUMNS;

const cell = (value: number | string | null): string => (value === null ? '' : String(value));

/** Stream names and causes are slugs (no comma, quote or line end), so that a row needs no quoting. */
export const encodeProbe = (row: ProbeRow): string =>
  `${row.stream},${row.flow},${row.seq},${row.outcome},${row.intended_ns},${cell(row.sent_ns)},` +
  `${cell(row.accepted_ns)},${cell(row.received_ns)},${cell(row.ttl)},${cell(row.cause)},` +
  (row.reflected === undefined ? ',,' : encodeReflected(row.reflected));

const encodeReflected = ({ seq, received_ns, sent_ns }: Reflected): string =>
  `${seq},${received_ns},${sent_ns}`;

const OUTCOME_WORDS = OUTCOMES.map(word);

const cursor = new CellCursor();

/** `CellCursor.number` has NaN for an empty cell. */
const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
const instantOrNull = (value: number): Nanoseconds | null => (Number.isNaN(value) ? null : ns(value));

/** The columns that every row has, from where the cursor stands. */
const decodeOwn = (): ProbeRow => {
  const stream = cursor.word();
  const flow = cursor.number();
  const seq = cursor.number();
  const outcome = cursor.oneOf(OUTCOME_WORDS);
  if (outcome === null) throw new Error(`unknown outcome: ${cursor.word() ?? ''}`);
  const intended_ns = cursor.number();
  const sent_ns = cursor.number();
  const accepted_ns = cursor.number();
  const received_ns = cursor.number();
  const ttl = cursor.number();
  const cause = cursor.word();
  // A sum is NaN if one of them is.
  if (stream === null || Number.isNaN(flow + seq + intended_ns))
    throw new Error('empty stream, flow, seq or intended_ns');
  return {
    stream,
    flow,
    seq,
    outcome,
    intended_ns: ns(intended_ns),
    sent_ns: instantOrNull(sent_ns),
    accepted_ns: instantOrNull(accepted_ns),
    received_ns: instantOrNull(received_ns),
    ttl: orNull(ttl),
    cause,
  };
};

/** The inverse of `encodeProbe`, in place: the line is `bytes[from, to)`. Throws on a malformed row. */
export const decodeProbeBytes = (bytes: Uint8Array, from: number, to: number): ProbeRow => {
  cursor.begin(bytes, from, to);
  const row = decodeOwn();
  const seq = cursor.number();
  const received_ns = cursor.number();
  const sent_ns = cursor.number();
  cursor.finish();
  if (Number.isNaN(seq)) return row;
  return { ...row, reflected: { seq, received_ns: ns(received_ns), sent_ns: ns(sent_ns) } };
};

/** The same for a row with `FORMER_PROBE_COLUMNS`. */
export const decodeFormerProbeBytes = (bytes: Uint8Array, from: number, to: number): ProbeRow => {
  cursor.begin(bytes, from, to);
  const row = decodeOwn();
  cursor.finish();
  return row;
};

const encoder = new TextEncoder();

/** The inverse of `encodeProbe`. Throws on a malformed row (for example one cut off by a crash). */
export const decodeProbe = (line: string): ProbeRow => {
  const bytes = encoder.encode(line);
  return decodeProbeBytes(bytes, 0, bytes.length);
};

/** One row of heartbeats.csv: one numbered message of a session. `echoed_ns` is null if its echo never came. */
export interface HeartbeatRow {
  readonly session: string;
  /** 1-based index of the connection among the `count` of this session. */
  readonly connection: number;
  readonly seq: number;
  readonly sent_ns: Nanoseconds;
  readonly echoed_ns: Nanoseconds | null;
}

export const HEARTBEAT_COLUMNS = [
  'session',
  'connection',
  'seq',
  'sent_ns',
  'echoed_ns',
] as const satisfies readonly (keyof HeartbeatRow)[];

export const encodeHeartbeat = (row: HeartbeatRow): string =>
  `${row.session},${row.connection},${row.seq},${row.sent_ns},${cell(row.echoed_ns)}`;

/** The inverse of `encodeHeartbeat`, in place: the line is `bytes[from, to)`. Throws on a malformed row. */
export const decodeHeartbeatBytes = (bytes: Uint8Array, from: number, to: number): HeartbeatRow => {
  cursor.begin(bytes, from, to);
  const session = cursor.word();
  const connection = cursor.number();
  const seq = cursor.number();
  const sent_ns = cursor.number();
  const echoed_ns = cursor.number();
  cursor.finish();
  if (session === null || Number.isNaN(connection + seq + sent_ns))
    throw new Error('empty session, connection, seq or sent_ns');
  return { session, connection, seq, sent_ns: ns(sent_ns), echoed_ns: instantOrNull(echoed_ns) };
};

/** The inverse of `encodeHeartbeat`. Throws on a malformed row. */
export const decodeHeartbeat = (line: string): HeartbeatRow => {
  const bytes = encoder.encode(line);
  return decodeHeartbeatBytes(bytes, 0, bytes.length);
};
