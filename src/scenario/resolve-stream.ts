import type { DnsProbePlan, HttpProbePlan, ResolverPlan, StreamPlan } from '../model/plan.js';
import { fromMs, ns, type Nanoseconds } from '../model/time.js';
import type { Written } from './schema.js';
import { familyOf, parseTarget } from './target.js';

type WrittenStream = Written['streams'][number];

// Linux sends the second SYN 1 s after the first (RFC 6298 §2.1): a connect that took longer than this would
// be two probes in one. Others wait long, since results can be re-thresholded afterwards (RFC 6703 §4.1).
const TCP_TIMEOUT = fromMs(900);
const TIMEOUT = fromMs(10_000);
/** As ping's default: 64 octets of ICMP in all. */
const ICMP_SIZE = 56;
/** RFC 8762 §4.2.1. */
const STAMP_SIZE = 44;
/** RFC 8762 §4.1. */
const STAMP_PORT = 862;
/** Flows of a stream have session identifiers in a row. */
const SSIDS = 256;
/** RFC 1035 §4.2. */
const DNS_PORT = 53;

/** The kind of port in a target, for `parseTarget`. */
export const PORTS = { icmp: 'none', tcp: 'needed', stamp: STAMP_PORT, dns: DNS_PORT, http: 80 } as const;

/** The same for a type as written, which may be none. */
export const portOf = (type: string | null): (typeof PORTS)[keyof typeof PORTS] =>
  type !== null && type in PORTS ? PORTS[type as keyof typeof PORTS] : 'none';

/** A flow of new connections keeps its source port, which must be free again when the next probe is due. */
const timeoutOf = ({ type, flows, every, timeout }: WrittenStream): Nanoseconds => {
  if (timeout !== undefined) return timeout;
  if (type !== 'tcp' && type !== 'http') return TIMEOUT;
  return flows === 1 ? TCP_TIMEOUT : ns(Math.min(TCP_TIMEOUT, every));
};

const sizeOf = ({ type, size }: WrittenStream): number =>
  size ?? (type === 'stamp' ? STAMP_SIZE : type === 'icmp' ? ICMP_SIZE : 0);

/** The resolver that an HTTP stream names: an address, and a port if not 53; in words what is wrong with it. */
export const parseResolver = (text: string): ResolverPlan | string => {
  const target = parseTarget(text, DNS_PORT);
  if (typeof target === 'string') return target;
  if (familyOf(target.host) === null) return `"${text}" is no address; a resolver is not looked up`;
  return { address: target.host, port: target.port ?? DNS_PORT };
};

const dnsPlan = ({ query, record = 'A' }: WrittenStream): DnsProbePlan => {
  if (query === undefined) throw new Error('a dns stream without a query');
  return { query, record };
};

const httpPlan = ({ path = '/', resolve = 'once', resolver }: WrittenStream): HttpProbePlan => {
  const parsed = resolver === undefined ? null : parseResolver(resolver);
  if (typeof parsed === 'string') throw new Error(parsed);
  return { path, resolve, resolver: parsed };
};

/** Name of the stream that the far end of a stream sends. A slug has no dot: it is nobody else's. */
export const farName = (name: string): string => `${name}.far`;

/** A stream as written is one plan, or with `far-end` two: that of the near end and that of the far end. */
export const streamPlans = (written: WrittenStream, index: number): StreamPlan[] => {
  const target = parseTarget(written.to, PORTS[written.type]);
  if (typeof target === 'string') throw new Error(target);
  const near: StreamPlan = {
    name: written.name,
    type: written.type,
    from: written.from,
    host: target.host,
    port: target.port,
    family: written.family ?? null,
    every_ns: written.every,
    wait_ns: timeoutOf(written),
    size: sizeOf(written),
    control: written.control,
    engine: written.engine ?? 'auto',
    flows: written.flows,
    stamp: null,
  };
  if (written.type === 'dns') return [{ ...near, dns: dnsPlan(written) }];
  if (written.type === 'http') return [{ ...near, http: httpPlan(written) }];
  if (written.type !== 'stamp') return [near];
  const { far, 'far-end': farEnd = false } = written;
  const stamp = { ssid: (SSIDS * (index + 1)) % 0x8000, timestamps: written.timestamps ?? 'ntp' };
  if (!farEnd || far === undefined) return [{ ...near, stamp: { ...stamp, end: null } }];
  return [
    { ...near, stamp: { ...stamp, end: 'near' } },
    { ...near, name: farName(written.name), from: far, stamp: { ...stamp, end: 'far' } },
  ];
};
