import { NS_PER_MS } from '../model/time.js';
import { parseResolver, PORTS } from './resolve-stream.js';
import { familyOf, parseTarget } from './target.js';
import { type Problem, problem, unknownName } from '../yaml/problem.js';
import { durationIn, has, onlyFor, textAt, type Item } from '../yaml/raw.js';

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
