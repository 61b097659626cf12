import * as z from 'zod';
import { formatDuration } from '../model/duration.js';
import type { EnginePlan, ResolverPlan, StreamOf, StreamPlan, StreamType } from '../model/plan.js';
import { ns, fromMs, type Nanoseconds, NS_PER_MS } from '../model/time.js';
import { type Problem, problem, unknownName } from '../yaml/problem.js';
import { durationIn, has, onlyFor, repeated, textAt, type Item } from '../yaml/raw.js';
import { choice, count, duration, family, flag, hostName, mapping, matching, slug, text } from './field.js';
import { foreignProblems, kindChoice } from './kind.js';
import { tls, tlsPlan, tlsProblems, tlsWords, webPort, webPortOf } from './tls.js';
import {
  address,
  endpoints,
  familyOf,
  familyWords,
  parseTarget,
  type Port,
  portOf,
  type Target,
  targetOf,
} from './target.js';

/** What the plan of a stream is made of. */
interface Given {
  /** What all plans have, as that of a type that has no more. */
  readonly base: StreamOf<'icmp'>;
  readonly target: Target;
  readonly written: WrittenStream;
  /** Among the streams as written. */
  readonly index: number;
  /** What relative paths are relative to. */
  readonly file: string;
}

/** All that a scenario knows of one type of stream. */
interface Kind<P extends StreamPlan = StreamPlan> {
  /** What it sends. */
  readonly about: string;
  /** Of its target. */
  readonly port: Port;
  /** The same where the entry says it. */
  readonly portOf?: (item: Item) => Port;
  /** Keys that only this type has, or this and some others. */
  readonly keys: readonly (keyof WrittenStream)[];
  /** Octets of payload where none are given. */
  readonly size: number;
  /** When a probe is lost where nothing is said of it. */
  timeout(written: WrittenStream): Nanoseconds;
  /** What its keys say about each other. */
  problems?(item: Item, vantages: readonly string[]): Problem[];
  plans(given: Given): P[];
  /** What a probe is: `a new TCP connection`. */
  words(plan: P): string;
}

// Linux sends the second SYN 1 s after the first (RFC 6298 §2.1): a connect that took longer than this would
// be two probes in one. Others wait long, since results can be re-thresholded afterwards (RFC 6703 §4.1).
const TCP_TIMEOUT = fromMs(900);
const patient = (): Nanoseconds => fromMs(10_000);

/** As ping's default: 64 octets of ICMP in all. */
const ICMP_SIZE = 56;

const sentBy = (engine: EnginePlan): string => (engine === 'auto' ? '' : ` (sent by ${engine})`);

const ENGINES = ['auto', 'native', 'net-ping', 'ping', 'udp'] as const;

/** `engine:` is of ICMP and STAMP, and each has some that the other has not. */
const engineProblems = (item: Item, known: readonly string[]): Problem[] => {
  const engine = ENGINES.find((each) => each === textAt(item.value, 'engine'));
  return engine === undefined || known.includes(engine)
    ? []
    : [problem([...item.path, 'engine'], unknownName(engine, 'an engine of this type', known))];
};

const icmp: Kind<StreamOf<'icmp'>> = {
  about: 'echo requests',
  port: 'none',
  keys: ['size', 'engine', 'flows'],
  size: ICMP_SIZE,
  timeout: patient,
  problems: (item) => engineProblems(item, ['auto', 'native', 'net-ping', 'ping']),
  plans: ({ base, written: { engine = 'auto' } }) => [{ ...base, engine }],
  words: ({ engine }) => `an ICMP echo request${sentBy(engine)}`,
};

const tcp: Kind<StreamOf<'tcp'>> = {
  about: 'a new connection for each probe',
  port: 'needed',
  keys: ['flows', 'source-port'],
  size: 0,
  /** A flow of new connections keeps its source port, which must be free again when the next probe is due. */
  timeout: ({ flows, every }) => (flows === 1 ? TCP_TIMEOUT : ns(Math.min(TCP_TIMEOUT, every))),
  problems: (item) => {
    const { value, path } = item;
    const [every, timeout] = [durationIn(textAt(value, 'every')), durationIn(textAt(value, 'timeout'))];
    if ((textAt(value, 'flows') ?? '1') === '1' || every === null || timeout === null || timeout <= every)
      return [];
    const at_most = `${every / NS_PER_MS}ms`;
    return [
      problem(
        [...path, 'timeout'],
        `is longer than "every" (${at_most}); a flow of tcp keeps its source port`,
      ),
    ];
  },
  plans: ({ base, target }) => [{ ...base, type: 'tcp', port: portOf(target) }],
  words: () => 'a new TCP connection',
};

/** RFC 8762 §4.1. */
const STAMP_PORT = 862;
/** The octets of a STAMP packet: bare (RFC 8762 §4.2.1), or with a padding that has a header (RFC 8972 §4.1). */
const [BARE, LEAST_PADDED] = [44, 48];
/** Flows of a stream have session identifiers in a row. */
const SSIDS = 256;

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

const STAMP_ENGINES = ['auto', 'native', 'udp'];
/** With a far end each of the two reflects over the socket that it sends from. */
const FAR_ENGINES = ['auto', 'udp'];

const hasFarEnd = ({ value }: Item): boolean => textAt(value, 'far-end') === 'true';

const farProblems = (item: Item, vantages: readonly string[]): Problem[] => {
  const far = textAt(item.value, 'far');
  const wanted = hasFarEnd(item);
  if (far === null)
    return wanted ? [problem([...item.path, 'far-end'], 'needs "far", the vantage of the far end')] : [];
  if (!wanted) return [problem([...item.path, 'far'], 'is only for far-end: true', 'key')];
  if (!vantages.includes(far))
    return [problem([...item.path, 'far'], unknownName(far, 'a vantage', vantages))];
  return far === (textAt(item.value, 'from') ?? 'local')
    ? [problem([...item.path, 'far'], 'is the vantage that probes; the far end is another one')]
    : [];
};

/** Name of the stream that the far end of a stream sends. A slug has no dot: it is nobody else's. */
const farName = (name: string): string => `${name}.far`;

const stamp: Kind<StreamOf<'stamp'>> = {
  about: 'UDP probes to a reflector (RFC 8762)',
  port: STAMP_PORT,
  keys: ['size', 'engine', 'flows', 'source-port', 'timestamps', 'far-end', 'far'],
  size: BARE,
  timeout: patient,
  problems: (item, vantages) => [
    ...sizeProblems(item),
    ...engineProblems(item, hasFarEnd(item) ? FAR_ENGINES : STAMP_ENGINES),
    ...farProblems(item, vantages),
  ],
  /** With `far-end` two: that of the near end and that of the far end. */
  plans: ({ base, target, written, index }) => {
    const { far, 'far-end': farEnd = false, timestamps = 'ntp', engine = 'auto' } = written;
    const ssid = (SSIDS * (index + 1)) % 0x8000;
    const near = { ...base, type: 'stamp', port: portOf(target), engine } as const;
    if (!farEnd || far === undefined) return [{ ...near, stamp: { ssid, timestamps, end: null } }];
    // The far end answers from the port that is asked.
    const { sourcePorts: _, ...farBase } = near;
    return [
      { ...near, stamp: { ssid, timestamps, end: 'near' } },
      { ...farBase, name: farName(near.name), from: far, stamp: { ssid, timestamps, end: 'far' } },
    ];
  },
  words: ({ engine }) => `a STAMP probe${sentBy(engine)}`,
};

/** RFC 1035 §4.2. */
const DNS_PORT = 53;

/** The target of a DNS stream is its resolver, and what it asks for is a key of its own. */
const dns: Kind<StreamOf<'dns'>> = {
  about: 'queries',
  port: DNS_PORT,
  keys: ['query', 'record', 'source-port'],
  size: 0,
  timeout: patient,
  problems: (item) =>
    has(item, 'query') ? [] : [problem([...item.path, 'query'], 'is missing; type dns asks for this name')],
  plans: ({ base, target, written: { query, record = 'A' } }) => {
    if (query === undefined) throw new Error('a dns stream without a query');
    return [{ ...base, type: 'dns', port: portOf(target), dns: { query, record } }];
  },
  words: ({ dns }) => `a query for ${dns.query} ${dns.record}`,
};

/** The resolver that an HTTP stream names: an address, and a port if not 53; in words what is wrong with it. */
const parseResolver = (text: string): ResolverPlan | string => {
  const target = parseTarget(text, DNS_PORT);
  if (typeof target === 'string') return target;
  if (familyOf(target.host) === null) return `"${text}" is no address; a resolver is not looked up`;
  return { address: target.host, port: portOf(target) };
};

const RESOLVES = {
  once: 'whose address is asked for once',
  each: 'whose address is asked for each time',
  cached: 'whose address is kept for its TTL',
} as const;

const http: Kind<StreamOf<'http'>> = {
  about: 'a new connection and a GET for each probe',
  port: webPort(undefined),
  portOf: webPortOf,
  keys: ['path', 'resolve', 'resolver', 'tls', 'source-port'],
  size: 0,
  timeout: () => TCP_TIMEOUT,
  /** Only a name is looked up, and by a resolver that need not be looked up itself. */
  problems: (item) => {
    const [to, resolver] = [textAt(item.value, 'to'), textAt(item.value, 'resolver')];
    const target = to === null ? '' : parseTarget(to, webPortOf(item));
    const parsed = resolver === null ? '' : parseResolver(resolver);
    return [
      ...(typeof target === 'object' && familyOf(target.host) !== null
        ? onlyFor(item, ['resolve', 'resolver'], 'a target by name')
        : []),
      ...(typeof parsed === 'string' && parsed !== '' ? [problem([...item.path, 'resolver'], parsed)] : []),
      ...tlsProblems(item, false),
    ];
  },
  plans: ({ base, written: { to, path = '/', resolve = 'once', resolver, tls: over }, file }) => {
    const parsed = resolver === undefined ? null : parseResolver(resolver);
    if (typeof parsed === 'string') throw new Error(parsed);
    const port = portOf(targetOf(to, webPort(over)));
    const http = { path, resolve, resolver: parsed };
    return [{ ...base, type: 'http', port, http, ...tlsPlan(over, file) }];
  },
  words: ({ host, http: { path, resolve, resolver }, tls: over }) => {
    const by =
      resolver === null
        ? ''
        : ` (by ${address(resolver.address, resolver.port === DNS_PORT ? null : resolver.port)})`;
    const found = familyOf(host) === null ? `, ${RESOLVES[resolve]}${by},` : '';
    return `a GET of ${path}${tlsWords(over)} on a new connection${found}`;
  },
};

const KINDS: { readonly [T in StreamType]: Kind<StreamOf<T>> } = { icmp, tcp, stamp, dns, http };

const sourcePort = matching(
  'Of the first flow, each other has the next (stamp, dns, tcp with flows); or a range such as 40000-40999 for new ' +
    'connections in turn (tcp, http).',
  /^\d{1,5}(-\d{1,5})?$/,
  'a port or a range of ports, such as 40000-40999',
);

interface Ports {
  readonly first: number;
  readonly last: number;
}

const portsFrom = (written: string, flows: number): Ports => {
  const [first = 0, last = first + flows - 1] = written.split('-').map(Number);
  return { first, last };
};

/** A port that is taken again too early would be blocked by this very host, and be no measurement. */
const sourcePortProblems = (item: Item, type: string | null): Problem[] => {
  const { path, value } = item;
  const text = textAt(value, 'source-port');
  if (text === null || type === 'icmp' || !/^\d{1,5}(-\d{1,5})?$/.test(text)) return [];
  const wrong = (words: string): Problem[] => [problem([...path, 'source-port'], words)];
  const flows = Number(textAt(value, 'flows') ?? 1);
  const { first, last } = portsFrom(text, flows);
  if (first < 1 || last > 65_535 || last < first) return wrong(`"${text}" has no valid ports (1 to 65535)`);
  const inTurn = type === 'http' || (type === 'tcp' && flows === 1);
  if (!inTurn)
    return text.includes('-') ? wrong('is a range; here each flow keeps one port: give the first') : [];
  const [every, timeout] = [durationIn(textAt(value, 'every')), durationIn(textAt(value, 'timeout'))];
  if (every === null) return [];
  const least = Math.ceil((timeout ?? TCP_TIMEOUT) / every) + 1;
  return last - first + 1 < least
    ? wrong(
        `has ${last - first + 1} for new connections, and ${least} may be open at once (timeout / every): give a range such as ${first}-${first + 10 * least}`,
      )
    : [];
};

/** A stream of probes, as written. */
export const stream = mapping('A stream of probes.', {
  name: slug('Name in results and limits.'),
  type: kindChoice(KINDS),
  from: text('Vantage that probes.').prefault('local'),
  to: z.string().meta({
    description:
      'A host behind the pair: 10.4.4.4, [fd00::4]:80 or name:80; icmp without port, tcp with one; default of stamp 862, ' +
      'dns (the resolver) 53, http 80, tls 443.',
  }),
  every: duration('From one probe to the next; outages are known to plus or minus this.', ns(1e6)),
  timeout: duration(
    'When a probe without reply is lost; default 10s, of tcp and http 900ms, of tcp flows at most "every".',
    ns(1),
  ).optional(),
  size: count('Octets of payload; icmp: default 56; stamp: 44 (default), or 48 on.', 16, 9000).optional(),
  control: flag('Does not cross the pair: loss there during an outage voids the trial.').prefault('false'),
  family: family('IPv4 or IPv6 of a name; default its first address.').optional(),
  engine: choice(
    'What sends ICMP (native, net-ping, ping) or STAMP (native, udp); default auto: the first that can.',
    ENGINES,
  ).optional(),
  flows: count('Flows, each with its own source port (icmp: identifier), probed at "every".', 1, 64).prefault(
    '1',
  ),
  'source-port': sourcePort.optional(),
  timestamps: choice('stamp: time stamps; default ntp.', ['ntp', 'ptp']).optional(),
  'far-end': flag('stamp: a second sender at the far end measures each way by itself.').optional(),
  far: text('Vantage of the far end, needed with it.').optional(),
  query: hostName('dns: the name that is asked for; needed.').optional(),
  record: choice('dns: what is asked for; default A.', ['A', 'AAAA']).optional(),
  path: matching('http: what is asked for; default /.', /^\/[\x21-\x7e]*$/, 'a path like /health').optional(),
  resolve: choice(
    'http: when its name is looked up: "once" (default) before, for "each" probe, or "cached" until the TTL runs out.',
    ['once', 'each', 'cached'],
  ).optional(),
  tls: tls.optional(),
  resolver: text(
    'http: address of the resolver, with port if not 53; default the vantage’s first name server, with "once" its name service.',
  ).optional(),
});

type WrittenStream = z.output<typeof stream>;

/** A type that is none is told where it stands; keys and target are looked at as those of icmp. */
const kindOf = (type: string | null): Kind =>
  type !== null && Object.hasOwn(KINDS, type) ? KINDS[type as StreamType] : icmp;

/** What the keys of a stream say about each other. */
export const streamProblems = (item: Item, vantages: readonly string[]): Problem[] => {
  const kind = kindOf(textAt(item.value, 'type'));
  return [
    ...endpoints(item, vantages, kind.portOf?.(item) ?? kind.port),
    ...foreignProblems(item, KINDS, kind.keys),
    ...(kind.problems?.(item, vantages) ?? []),
    ...sourcePortProblems(item, textAt(item.value, 'type')),
  ];
};

/** Names that limits may speak of: the far end of a stream is a stream of its own. */
export const streamNames = (streams: readonly Item[]): string[] =>
  streams.flatMap((item) => {
    const name = textAt(item.value, 'name');
    if (name === null) return [];
    return textAt(item.value, 'far-end') === 'true' ? [name, farName(name)] : [name];
  });

/** `port 862 at the far end "server"`; null: there is none. */
const farPlace = (item: Item): string | null => {
  const [far, to] = [textAt(item.value, 'far'), textAt(item.value, 'to')];
  if (!hasFarEnd(item) || far === null || to === null) return null;
  const target = parseTarget(to, STAMP_PORT);
  return typeof target === 'string' ? null : `port ${target.port} at the far end "${far}"`;
};

/** Two far ends at one vantage that would wait on one port: the second could not open it. */
export const farClashes = (streams: readonly Item[]): Problem[] =>
  repeated(streams, farPlace).map(([item, first, place]) =>
    problem([...item.path, 'to'], `has ${place}, as streams[${first.path[1] ?? 0}] has`),
  );

/** The plan of a stream as written, or its plans. */
export const streamPlans = (written: WrittenStream, index: number, file: string): StreamPlan[] => {
  const kind: Kind = KINDS[written.type];
  const target = targetOf(written.to, kind.port);
  // In the order in which they are stored.
  const base: StreamOf<'icmp'> = {
    name: written.name,
    type: 'icmp',
    from: written.from,
    host: target.host,
    port: null,
    family: written.family ?? null,
    every_ns: written.every,
    wait_ns: written.timeout ?? kind.timeout(written),
    size: written.size ?? kind.size,
    control: written.control,
    engine: 'auto',
    flows: written.flows,
    stamp: null,
    ...(written['source-port'] === undefined
      ? {}
      : { sourcePorts: portsFrom(written['source-port'], written.flows) }),
  };
  return kind.plans({ base, target, written, index, file });
};

/** What a `streams:` entry does, in words. */
export const streamWords = (stream: StreamPlan): string => {
  const { from, host, port, every_ns, wait_ns, flows, sourcePorts } = stream;
  const kind: Kind = KINDS[stream.type];
  const { first = 0, last = first } = sourcePorts ?? {};
  const ports =
    sourcePorts === undefined
      ? ''
      : first === last
        ? ` from port ${first}`
        : ` from ports ${first} to ${last}`;
  const means = `${kind.words(stream)}${flows === 1 ? '' : ` on each of ${flows} flows`}${ports}`;
  if (stream.stamp?.end === 'far')
    return (
      `${means} from ${from}, at ${address(host, port)}, back to where the near end probes from, ` +
      `every ${formatDuration(every_ns)}`
    );
  const control = stream.control ? '; control: loss here during an outage voids the trial' : '';
  return (
    `${means} from ${from} to ${address(host, port)}${familyWords(stream.family)} ` +
    `every ${formatDuration(every_ns)}, lost without an answer in ${formatDuration(wait_ns)}${control}`
  );
};
