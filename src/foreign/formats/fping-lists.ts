import { NS_PER_MS } from '../../model/time.js';
import type { ReadSettings } from '../reader.js';
import { steady } from './connect.js';
import { PASSED, type Pace, probe, type Said, type Say, seriesFormat } from './series.js';

/** `192.0.2.1 : 0.52 0.47 - - 0.61`: all probes of a target, of which `-` had no answer. */
const LIST = /^(\S+(?: \([^)]+\))?) +: ((?:-|\d+(?:\.\d+)?)(?: (?:-|\d+(?:\.\d+)?))+)$/;
const NOISE = /^(?:ICMP .+ for ICMP Echo sent to |\S+ *: duplicate for )/;

const pace = (settings: ReadSettings): Pace =>
  steady(settings, "fping's default -p; --interval says otherwise");

const listed = (target: string, value: string, seq: number): Said =>
  value === '-'
    ? probe('lost', { target, seq })
    : probe('answered', { target, seq, rtt_ns: Number(value) * NS_PER_MS });

const lists = (): Say => (line) => {
  const match = LIST.exec(line);
  if (match === null) return NOISE.test(line) ? PASSED : null;
  const [, target = '', values = ''] = match;
  return values.split(' ').map((value, seq) => listed(target, value, seq));
};

export const fpingListFormat = seriesFormat({
  name: 'fping-C',
  example: '10.4.4.4 : 0.52 0.47 - - 0.61, as fping -C writes it',
  knows: (line) => LIST.test(line),
  timeless: true,
  pace,
  open: lists,
});

interface JsonProbe {
  readonly host?: unknown;
  readonly seq?: unknown;
  readonly rtt?: unknown;
  readonly xmt?: unknown;
  readonly rcv?: unknown;
}

const parsed = (line: string): Readonly<Record<string, JsonProbe>> | null => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, JsonProbe>) : null;
  } catch {
    return null;
  }
};

const said = (kind: string, body: JsonProbe): Said | null => {
  const { host, seq, rtt, xmt, rcv } = body;
  if (typeof host !== 'string') return null;
  if (kind === 'summary' && typeof xmt === 'number' && typeof rcv === 'number')
    return { kind: 'summary', target: host, sent: xmt, received: rcv };
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0) return null;
  if (kind === 'timeout') return probe('lost', { target: host, seq });
  return kind === 'resp' && typeof rtt === 'number' && rtt >= 0
    ? probe('answered', { target: host, seq, rtt_ns: rtt * NS_PER_MS })
    : null;
};

const JSON_LINE = /^\{ ?"(?:resp|timeout|summary)" ?: ?\{ ?"host"/;

const documents = (): Say => (line) => {
  const entry = JSON_LINE.test(line) ? Object.entries(parsed(line) ?? {})[0] : undefined;
  if (entry === undefined || typeof entry[1] !== 'object') return /"intSum"|"dup"/.test(line) ? PASSED : null;
  return said(entry[0], entry[1]);
};

export const fpingJsonFormat = seriesFormat({
  name: 'fping-json',
  example: '{"resp": {"host": "10.4.4.4", "seq": 0, "size": 64, "rtt": 0.512}}',
  knows: (line) => JSON_LINE.test(line),
  pace,
  open: documents,
});
