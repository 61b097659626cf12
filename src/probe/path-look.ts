import { execFile } from 'node:child_process';
import { toMs, type Nanoseconds, ns } from '../model/time.js';
import type { Hop } from '../model/event.js';
import { holdsWithin } from '../deadline.js';

/*
 * The way to a target as it is at one moment: what the routing table says, and which hops answer echo requests that live
 * only so long (RFC 792, RFC 4443 §3.3). One packet for each hop, so that nobody's rate limit for errors is reached.
 */

/** Hops that are looked at. */
const MOST_HOPS = 12;
/** From one packet to the next, in milliseconds. */
const SPACING_MS = 10;
/** How long answers are waited for after the last packet. */
const WAIT_MS = 600;
const ROUTE_MS = 500;

/** What came back for the packet with a hop limit. */
export interface LookAnswer {
  readonly limit: number;
  readonly from: string;
  readonly received: Nanoseconds;
  /** The target itself answered. */
  readonly arrived: boolean;
}

/** Sends echo requests that are no probes. */
export interface Looker {
  /** Sends one with this hop limit. @returns when it left */
  send(limit: number): Nanoseconds;
  /** The answers so far. */
  readonly answers: readonly LookAnswer[];
  close(): void;
}

export interface Hops {
  /** By hop limit, from 1; up to the target where that answered. */
  readonly hops: readonly Hop[];
  readonly reached: boolean;
}

const SILENT: Hop = { address: null, rtt_ms: null };

/** Where the target answered; Infinity: it has not. */
const arrivedAt = ({ answers }: Looker): number =>
  Math.min(...answers.flatMap(({ arrived, limit }) => (arrived ? [limit] : [])), Infinity);

export const lookAtHops = async (looker: Looker): Promise<Hops> => {
  const sent: Nanoseconds[] = [];
  const send = (): void => {
    sent.push(looker.send(sent.length + 1));
  };
  const isWhole = (): boolean => {
    const last = Math.min(sent.length, arrivedAt(looker));
    return new Set(looker.answers.flatMap(({ limit }) => (limit <= last ? [limit] : []))).size >= last;
  };
  try {
    while (sent.length < MOST_HOPS && arrivedAt(looker) > sent.length) {
      send();
      await new Promise((resolve) => setTimeout(resolve, SPACING_MS));
    }
    await holdsWithin(isWhole, { limit_ms: WAIT_MS });
  } finally {
    looker.close();
  }
  const last = Math.min(MOST_HOPS, arrivedAt(looker));
  const hops = Array.from({ length: last }, (_, index): Hop => {
    const answer = looker.answers.find(({ limit }) => limit === index + 1);
    const left = sent[index];
    return answer === undefined || left === undefined
      ? SILENT
      : { address: answer.from, rtt_ms: toMs(ns(answer.received - left)) };
  });
  // Beyond the last hop that says anything nothing is known.
  const known = hops.findLastIndex(({ address }) => address !== null) + 1;
  return { hops: hops.slice(0, known), reached: arrivedAt(looker) <= MOST_HOPS };
};

export interface Route {
  /** The next hop; null: the target is on a network of its own. */
  readonly gateway: string | null;
  readonly device: string | null;
  readonly source: string | null;
}

/** From what `ip -json route get` prints; null: that is not understood. */
export const readRoute = (text: string): Route | null => {
  let routes: unknown;
  try {
    routes = JSON.parse(text);
  } catch {
    return null;
  }
  const [first] = Array.isArray(routes) ? (routes as unknown[]) : [];
  if (typeof first !== 'object' || first === null) return null;
  const word = (key: string): string | null => {
    const value: unknown = Reflect.get(first, key);
    return typeof value === 'string' ? value : null;
  };
  const via: unknown = Reflect.get(first, 'via');
  // An IPv4 route over an IPv6 next hop (RFC 5549).
  const other = typeof via === 'object' && via !== null ? (Reflect.get(via, 'host') as unknown) : null;
  return {
    gateway: word('gateway') ?? (typeof other === 'string' ? other : null),
    device: word('dev'),
    source: word('prefsrc'),
  };
};

/** null: this host has no `ip` that says so in JSON (iproute2 4.18), or no route. */
export const routeTo = (address: string): Promise<Route | null> =>
  new Promise((resolve) => {
    const options = { timeout: ROUTE_MS, encoding: 'utf8', maxBuffer: 1 << 16 } as const;
    execFile('ip', ['-json', 'route', 'get', address], options, (error, stdout) =>
      resolve(error === null ? readRoute(stdout) : null),
    );
  });
