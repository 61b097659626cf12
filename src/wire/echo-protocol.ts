/**
 * What a session says to the echo server beyond octets to be echoed: lines that no heartbeat begins with. All other
 * connections are plain echo (RFC 862).
 *
 *     seqgap-server-first TOKEN SESSION#N HEARTBEAT_MS OCTETS idle|steady
 *     seqgap-wake TOKEN          the idle sessions of this token speak from now on; answered by `seqgap-awake COUNT`
 *     seqgap-quiet TOKEN         they fall silent again; answered by `seqgap-quieted COUNT`
 */
export const ORDER_PREFIX = 'seqgap-';
/** No order is longer. */
export const LONGEST_ORDER = 256;

/** The server sends the heartbeats of this session. */
export interface ServerFirst {
  /** Random; the same for all sessions of one entry. */
  readonly token: string;
  /** `echo#3` */
  readonly session: string;
  readonly heartbeat_ms: number;
  readonly octets: number;
  /** One heartbeat at once, then silence until `seqgap-wake`. */
  readonly idle: boolean;
}

export type Order =
  | ({ readonly order: 'server-first' } & ServerFirst)
  | { readonly order: 'wake' | 'quiet'; readonly token: string };

export const encodeOrder = (order: Order): string => {
  if (order.order !== 'server-first') return `${ORDER_PREFIX}${order.order} ${order.token}\n`;
  const { token, session, heartbeat_ms, octets, idle } = order;
  return `${ORDER_PREFIX}server-first ${token} ${session} ${heartbeat_ms} ${octets} ${idle ? 'idle' : 'steady'}\n`;
};

const SERVER_FIRST =
  /^seqgap-server-first (\w{1,64}) ([\w-]{1,40}#\d{1,6}) (\d{1,7}) (\d{2,5}) (idle|steady)$/;
const OTHER = /^seqgap-(wake|quiet) (\w{1,64})$/;

/** The inverse of `encodeOrder`, without the line end; null for anything else. */
export const decodeOrder = (line: string): Order | null => {
  const [, token = '', session = '', heartbeat = '', octets = '', manner] = SERVER_FIRST.exec(line) ?? [];
  if (manner !== undefined)
    return {
      order: 'server-first',
      token,
      session,
      heartbeat_ms: Math.max(1, Number(heartbeat)),
      octets: Number(octets),
      idle: manner === 'idle',
    };
  const [, order, of = ''] = OTHER.exec(line) ?? [];
  return order === 'wake' || order === 'quiet' ? { order, token: of } : null;
};

/** A heartbeat of the server, of exactly `octets` unless its words are longer. `stamp_us` is of the server's own clock. */
export const serverFrame = (session: string, seq: number, stamp_us: number, octets: number): Buffer =>
  Buffer.from(`seqgap ${session} ${seq} ${stamp_us} `.padEnd(octets - 1, '.') + '\n');

/** The inverse of `serverFrame`, without the line end; null for anything else. */
export const decodeServerFrame = (
  line: string,
): { readonly session: string; readonly seq: number; readonly stamp_us: number } | null => {
  const match = /^seqgap (\S+) (\d{1,12}) (\d{1,15}) \.*$/.exec(line);
  return match === null
    ? null
    : { session: match[1] as string, seq: Number(match[2]), stamp_us: Number(match[3]) };
};
