import { z } from 'zod';
import type { HttpProbePlan, StreamPlan, DnsProbePlan, ResolverPlan } from '../model/plan.js';
import { ns, fromMs, type Nanoseconds, NS_PER_MS } from '../model/time.js';
import { type Problem, problem, unknownName } from '../yaml/problem.js';
import { durationIn, has, onlyFor, textAt, type Item } from '../yaml/raw.js';
import { choice, count, duration, family, flag, hostName, mapping, matching, slug, text } from './field.js';
import { address, familyOf, parseTarget } from './target.js';

/** A stream of probes, as written. */
export const stream = mapping('A stream of probes.', {
  name: slug('Name of the stream, in results and limits.'),
  type: choice(
    '"icmp": echo requests; "tcp": a new connection for each probe; "stamp": UDP probes to a reflector (RFC 8762); ' +
      '"dns": queries; "http": a new connection and a GET for each probe.',
    ['icmp', 'tcp', 'stamp', 'dns', 'http'],
  ),
  from: text('Name of the vantage that probes.').prefault('local'),
  to: z.string().meta({
    description:
      'Target: 10.4.4.4 for icmp; 10.4.4.4:80, [fd00::4]:80 or name:80 for tcp; stamp: port 862 if none; ' +
      'dns: the resolver, port 53 if none; http: port 80 if none.',
  }),
  every: duration('Time from one probe to the next; outages are known to plus or minus this.', ns(1e6)),
  timeout: duration(
    'When a probe without reply is lost; default 10s for icmp, stamp and dns, 900ms for tcp and http.',
    ns(1),
  ).optional(),
  size: count('Octets of payload; default 56 for icmp, 44 for stamp.', 16, 9000).optional(),
  control: flag('A stream that does not cross the pair: what is lost there voids the trial.').prefault(
    'false',
  ),
  family: family('Force IPv4 (4) or IPv6 (6) for a host name.').optional(),
  engine: choice('What sends ICMP; default auto.', ['auto', 'net-ping', 'ping']).optional(),
  flows: count(
    'Flows, each with a source port or identifier of its own and probed at "every".',
    1,
    64,
  ).prefault('1'),
  timestamps: choice('Format of time stamps, stamp only; default ntp.', ['ntp', 'ptp']).optional(),
  'far-end': flag(
    'Stamp only: a second sender at the far end, so that both ways are measured by themselves.',
  ).optional(),
  far: text('Name of the vantage of the far end, with "far-end".').optional(),
  query: hostName('The name that is asked for, dns only.').optional(),
  record: choice('Which kind of address is asked for, dns only; default A.', ['A', 'AAAA']).optional(),
  path: matching(
    'What is asked for, http only; default /.',
    /^\/[\x21-\x7e]*$/,
    'a path like /health',
  ).optional(),
  resolve: choice(
    'When an http stream asks for the address of its name: "once" (default) before it begins, for "each" probe, or ' +
      '"cached": when the TTL of the last answer has run out.',
    ['once', 'each', 'cached'],
  ).optional(),
  resolver: text(
    'Address of the resolver that an http stream asks, with a port if not 53; default the first name server of the vantage.',
  ).optional(),
});

const RESOLVES = {
  once: 'whose address is asked for once',
  each: 'whose address is asked for each time',
  cached: 'whose address is kept for its TTL',
} as const;

const httpWords = (host: string, { path, resolve, resolver }: HttpProbePlan): string => {
  const by =
    resolver === null
      ? ''
      : ` (by ${address(resolver.address, resolver.port === 53 ? null : resolver.port)})`;
  return `a GET of ${path} on a new connection${familyOf(host) === null ? `, ${RESOLVES[resolve]}${by},` : ''}`;
};

/** What a probe of a stream is: `a new TCP connection`. */
export const meansWords = ({ type, engine, host, dns, http }: StreamPlan): string => {
  if (dns !== undefined) return `a query for ${dns.query} ${dns.record}`;
  if (http !== undefined) return httpWords(host, http);
  if (type === 'tcp') return 'a new TCP connection';
  if (type === 'stamp') return 'a STAMP probe';
  return `an ICMP echo request${engine === 'auto' ? '' : ` (sent by ${engine})`}`;
};

type WrittenStream = z.output<typeof stream>;

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

const STAMP_KEYS = ['timestamps', 'far-end', 'far'] as const;
const DNS_KEYS = ['query', 'record'] as const;
const HTTP_KEYS = ['path', 'resolve', 'resolver'] as const;

/** The octets of a STAMP packet: bare, or with a padding that has a header (RFC 8972 §4.1). */
const [BARE, LEAST_PADDED] = [44, 48];

const sizeProblems = (item: Item): Problem[] => {
  const size = Number(textAt(item.value, 'size') ?? BARE);
  return size < BARE || (size > BARE && size < LEAST_PADDED)
    ? [
        problem(
          [...item.path, 'size'],
          `is ${size}; a STAMP packet has ${BARE} octets, or ${LEAST_PADDED} and more`,
        ),
      ]
    : [];
};

const farProblems = (item: Item, vantages: readonly string[]): Problem[] => {
  const far = textAt(item.value, 'far');
  const wanted = textAt(item.value, 'far-end') === 'true';
  if (far === null)
    return wanted ? [problem([...item.path, 'far-end'], 'needs "far", the vantage of the far end')] : [];
  if (!wanted) return [problem([...item.path, 'far'], 'is only for far-end: true', 'key')];
  if (!vantages.includes(far))
    return [problem([...item.path, 'far'], unknownName(far, 'a vantage', vantages))];
  return far === (textAt(item.value, 'from') ?? 'local')
    ? [problem([...item.path, 'far'], 'is the vantage that probes; the far end is another one')]
    : [];
};

/** Two far ends at one vantage that would wait on one port: the second could not open it. */
export const farClashes = (streams: readonly Item[]): Problem[] => {
  const seen = new Map<string, Item>();
  return streams.flatMap((item) => {
    const [far, to] = [textAt(item.value, 'far'), textAt(item.value, 'to')];
    if (textAt(item.value, 'far-end') !== 'true' || far === null || to === null) return [];
    const target = parseTarget(to, PORTS.stamp);
    if (typeof target === 'string') return [];
    const place = `${far} ${target.port}`;
    const first = seen.get(place);
    if (first === undefined) {
      seen.set(place, item);
      return [];
    }
    const other = `streams[${first.path[1] ?? 0}]`;
    return [
      problem([...item.path, 'to'], `has port ${target.port} at the far end "${far}", as ${other} has`),
    ];
  });
};

/** New connections of one flow have the same ports: the next must not begin before the last was given up. */
const flowProblems = (item: Item): Problem[] => {
  const [every, timeout] = [
    durationIn(textAt(item.value, 'every')),
    durationIn(textAt(item.value, 'timeout')),
  ];
  if ((textAt(item.value, 'flows') ?? '1') === '1' || every === null || timeout === null || timeout <= every)
    return [];
  const at_most = `${every / NS_PER_MS}ms`;
  return [
    problem(
      [...item.path, 'timeout'],
      `is longer than "every" (${at_most}); a flow of tcp keeps its source port`,
    ),
  ];
};

/** The target of a DNS stream is its resolver, and what it asks for is a key of its own. */
const dnsProblems = (item: Item): Problem[] =>
  has(item, 'query') ? [] : [problem([...item.path, 'query'], 'is missing; type dns asks for this name')];

/** Only a name is looked up, and by a resolver that need not be looked up itself. */
const httpProblems = (item: Item): Problem[] => {
  const [to, resolver] = [textAt(item.value, 'to'), textAt(item.value, 'resolver')];
  const target = to === null ? '' : parseTarget(to, PORTS.http);
  const parsed = resolver === null ? '' : parseResolver(resolver);
  return [
    ...(typeof target === 'object' && familyOf(target.host) !== null
      ? onlyFor(item, ['resolve', 'resolver'], 'a target by name')
      : []),
    ...(typeof parsed === 'string' && parsed !== '' ? [problem([...item.path, 'resolver'], parsed)] : []),
  ];
};

/** Keys of one type, beside those that stand for several. */
const OWN_KEYS = { stamp: STAMP_KEYS, dns: DNS_KEYS, http: HTTP_KEYS } as const;

/** What the type of a stream says about its other keys. */
export const typeProblems = (item: Item, vantages: readonly string[]): Problem[] => {
  const type = textAt(item.value, 'type');
  const foreign = Object.entries(OWN_KEYS).flatMap(([owner, keys]) =>
    owner === type ? [] : onlyFor(item, keys, owner),
  );
  switch (type) {
    case 'tcp':
      return [
        ...onlyFor(item, ['size'], 'icmp and stamp'),
        ...onlyFor(item, ['engine'], 'icmp'),
        ...foreign,
        ...flowProblems(item),
      ];
    case 'dns':
    case 'http':
      return [
        ...onlyFor(item, ['size'], 'icmp and stamp'),
        ...onlyFor(item, ['engine'], 'icmp'),
        ...onlyFor(item, ['flows'], 'icmp, tcp and stamp'),
        ...foreign,
        ...(type === 'dns' ? dnsProblems(item) : httpProblems(item)),
      ];
    case 'stamp':
      return [
        ...onlyFor(item, ['engine'], 'icmp'),
        ...foreign,
        ...(has(item, 'size') ? sizeProblems(item) : []),
        ...farProblems(item, vantages),
      ];
    case null:
    default:
      return foreign;
  }
};
