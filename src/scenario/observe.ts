import { isIP } from 'node:net';
import type * as z from 'zod';
import { formatDuration } from '../model/duration.js';
import type { ObservePlan, ObserveSource, ReadPlan } from '../model/observe-plan.js';
import { ns } from '../model/time.js';
import { didYouMean, type Problem, problem, unknownName } from '../yaml/problem.js';
import { has, type Item, onlyFor, textAt } from '../yaml/raw.js';
import {
  commandOf,
  commandProblems,
  httpAsked,
  httpOf,
  httpProblems,
  LOGIN_KEYS,
  READERS,
  readPlan,
  readWords,
  shellOrWords,
  unreadable,
} from './asked.js';
import { choice, duration, mapping, matching, named, slug, text } from './field.js';
import { foreignProblems } from './kind.js';
import type { Surroundings } from './login.js';
import { parseTarget } from './target.js';

/** What an observer or a phase may speak of. */
export interface Observable {
  readonly nodes: readonly string[];
  readonly vantages: readonly string[];
  readonly streams: readonly string[];
  readonly observe: readonly Item[];
}

type SourceKind = ObserveSource['kind'];

/** All that a scenario knows of one kind of observer. */
interface Kind<S extends ObserveSource = ObserveSource> {
  /** In words, if not by its name. */
  readonly called?: string;
  /** Keys that it has beyond those of all. */
  readonly keys: readonly (keyof WrittenObserve)[];
  /** The one among them that it cannot do without. */
  readonly needed?: keyof WrittenObserve;
  /** What its keys say about each other and the rest of the scenario. */
  problems?(item: Item, around: Observable): Problem[];
  /** That it can have; left out: its answers say. */
  subjects?(item: Item, around: Pick<Observable, 'nodes'>): readonly string[];
  source(written: WrittenObserve, around: Surroundings): S;
  words(source: S): string;
}

/* All checks are done when there is a source; what cannot be any more is a bug and throws a plain error. */
const given = <T>(value: T | undefined, key: string): T => {
  if (value === undefined) throw new Error(`an observer without ${key}`);
  return value;
};

const shapeProblems = (item: Item, by: (typeof READERS)[number]): Problem[] => {
  const shape = textAt(item.value, 'shape');
  const wrong = shape === null ? null : unreadable(by, shape);
  return wrong === null ? [] : [problem([...item.path, 'shape'], `cannot be read: ${wrong}`)];
};

const observedWords = ({ read, shape }: { readonly read: ReadPlan; readonly shape: string | null }): string =>
  shape === null ? readWords(read) : `${readWords(read)}; nothing found is none where ${shape} is found`;

const readerProblems = (item: Item): Problem[] => {
  const there = READERS.filter((key) => has(item, key));
  const [only] = there;
  return there.length === 1 && only !== undefined
    ? shapeProblems(item, only)
    : [
        problem(
          item.path,
          `must have exactly one of json, xml and text, but has ${there.join(', ') || 'none'}`,
        ),
      ];
};

const resolverProblems = (item: Item): Problem[] => {
  const resolver = textAt(item.value, 'resolver');
  if (resolver === null) return [];
  const target = parseTarget(resolver, 53);
  return typeof target !== 'string' && isIP(target.host) !== 0
    ? []
    : [
        problem(
          [...item.path, 'resolver'],
          `"${resolver}" is not an address such as 10.4.0.53 or 10.4.0.53:5353`,
        ),
      ];
};

const fromProblems = (item: Item, { vantages }: Pick<Observable, 'vantages'>): Problem[] => {
  const from = textAt(item.value, 'from');
  return from === null || from === '' || vantages.includes(from)
    ? []
    : [problem([...item.path, 'from'], unknownName(from, 'a vantage', vantages))];
};

const neighbourProblems = (item: Item, around: Observable): Problem[] => {
  const address = textAt(item.value, 'address');
  return [
    ...fromProblems(item, around),
    ...(address === null || isIP(address) !== 0
      ? []
      : [problem([...item.path, 'address'], `"${address}" is not an address such as 10.4.3.1`)]),
  ];
};

const KINDS: { readonly [K in SourceKind]: Kind<Extract<ObserveSource, { kind: K }>> } = {
  role: {
    keys: [],
    problems: (item, { nodes }) =>
      nodes.length === 0 ? [problem(item.path, 'asks nodes for their role, but no nodes are declared')] : [],
    subjects: (_, { nodes }) => nodes,
    source: () => ({ kind: 'role' }),
    words: () => 'the role of each node, by its driver',
  },
  http: {
    keys: ['url', ...LOGIN_KEYS, ...READERS, 'shape'],
    needed: 'url',
    problems: (item) => [...readerProblems(item), ...httpProblems(item)],
    source: (written, around) => {
      const url = given(written.url, 'url');
      return {
        kind: 'http',
        url,
        http: httpOf(written, url, around),
        read: readPlan(written),
        shape: written.shape ?? null,
      };
    },
    words: ({ url, ...read }) => `GET ${url}, read as ${observedWords(read)}`,
  },
  command: {
    keys: ['command', 'from', ...READERS, 'shape'],
    needed: 'command',
    problems: (item, around) => [
      ...readerProblems(item),
      ...commandProblems(item),
      ...fromProblems(item, around),
    ],
    source: (written) => ({
      kind: 'command',
      from: written.from ?? 'local',
      command: commandOf(given(written.command, 'command')),
      read: readPlan(written),
      shape: written.shape ?? null,
    }),
    words: ({ from, command, ...read }) =>
      `${from === 'local' ? 'this host' : from} runs: ${command.join(' ')}; read as ${observedWords(read)}`,
  },
  dns: {
    keys: ['record', 'type', 'resolver'],
    needed: 'record',
    problems: (item) => resolverProblems(item),
    subjects: ({ value }) => [textAt(value, 'record') ?? ''],
    source: ({ record, type = 'A', resolver = null }) => ({
      kind: 'dns',
      name: given(record, 'record'),
      type,
      resolver,
    }),
    words: ({ type, name, resolver }) =>
      `${type} of ${name} from ${resolver === null ? "this host's resolver" : `resolver ${resolver}`}`,
  },
  neighbour: {
    keys: ['from', 'address'],
    needed: 'address',
    problems: neighbourProblems,
    subjects: ({ value }) => [textAt(value, 'address') ?? ''],
    source: ({ from = 'local', address }) => ({
      kind: 'neighbour',
      from,
      address: given(address, 'address'),
    }),
    words: ({ from, address }) => `the link-layer address that ${from} has for ${address}`,
  },
  capture: {
    keys: ['from', 'interface'],
    needed: 'interface',
    problems: (item, around) => [
      ...onlyFor(item, ['every', 'timeout'], 'observers that poll'),
      ...fromProblems(item, around),
    ],
    source: (written) => ({
      kind: 'capture',
      from: written.from ?? 'local',
      interface: given(written.interface, 'interface'),
    }),
    words: ({ from, interface: name }) =>
      `tcpdump at ${from} records what tells of the pair on ${name}; nothing is polled`,
  },
  ttl: {
    keys: ['stream'],
    needed: 'stream',
    problems: (item, { streams }) => {
      const stream = textAt(item.value, 'stream');
      return [
        ...onlyFor(item, ['every', 'timeout'], 'observers that poll'),
        ...(stream === null || streams.includes(stream)
          ? []
          : [problem([...item.path, 'stream'], unknownName(stream, 'a stream', streams))]),
      ];
    },
    subjects: ({ value }) => [textAt(value, 'stream') ?? ''],
    source: ({ stream }) => ({ kind: 'ttl', stream: given(stream, 'stream') }),
    words: ({ stream }) =>
      `the TTL with which replies of ${stream} arrive; read from the probes, nothing is polled`,
  },
  driver: {
    called: 'that of a file',
    keys: ['query', 'params'],
    needed: 'query',
    source: ({ driver, query, params = {} }) => ({
      kind: 'driver',
      driver,
      query: given(query, 'query'),
      params,
    }),
    words: ({ driver, query, params }) => {
      const given = Object.entries(params).map(([name, value]) => `${name} ${value}`);
      return [`driver ${driver} is asked for ${query}`, ...given].join(', ');
    },
  },
};

/** Any other word is the name of a driver whose `observers` are asked. */
const NAMES = Object.keys(KINDS).filter((kind) => kind !== 'driver');

/** What is polled beside the probes, as written. */
export const observe = mapping('A state that is polled and put on the timeline.', {
  name: slug('Name, also for phases.'),
  every: duration('From one poll to the next; a longer one skips some.', ns(10e6)).prefault('1s'),
  timeout: duration('Without an answer this long a poll has failed.', ns(1)).prefault('10s'),
  driver: text(`What is read: ${NAMES.join(', ')}, or a driver that has observers.`),
  query: slug('Of a driver: which of its observers is asked; needed.').optional(),
  params: named('Of a driver: parameters of the query.', text('A parameter.')).optional(),
  url: httpAsked.url,
  user: httpAsked.user,
  password: httpAsked.password,
  key: httpAsked.key,
  ca: httpAsked.ca,
  insecure: httpAsked.insecure,
  command: shellOrWords('command: a shell line, or arguments; needed.').optional(),
  json: httpAsked.json,
  xml: httpAsked.xml,
  text: httpAsked.text,
  shape: text(
    'http, command, read like the value: what any answer has that would have shown it; only there nothing found is none.',
  ).optional(),
  record: matching('dns: the name that is asked for; needed.', /^[\w.-]{1,253}$/, 'a name').optional(),
  type: choice('dns: what is asked for; default A.', ['A', 'AAAA', 'CNAME']).optional(),
  resolver: text('dns: address of the resolver, with port if not 53; default that of this host.').optional(),
  from: text('neighbour, command, capture: the vantage; default local.').optional(),
  interface: matching(
    'capture: the interface, or any; needed.',
    /^[\w.:@-]{1,64}$/,
    'an interface such as eth0',
  ).optional(),
  address: text('neighbour: the address whose link-layer address is read; needed.').optional(),
  stream: text('ttl: the stream whose replies are looked at; needed.').optional(),
});

type WrittenObserve = z.output<typeof observe>;

const kindOf = (driver: string): Kind =>
  NAMES.includes(driver) ? KINDS[driver as SourceKind] : KINDS.driver;

const missingProblem = (item: Item, driver: string, key: string): Problem => {
  if (NAMES.includes(driver)) return problem([...item.path, key], `is missing; driver ${driver} needs it`);
  // A word near to a kind, and not followed by a query, was meant to be that kind.
  const hint = didYouMean(driver, NAMES);
  return hint === ''
    ? problem([...item.path, key], `is missing; which of the observers of driver ${driver} is meant?`)
    : problem([...item.path, 'driver'], `"${driver}" is not a kind of observer${hint}`);
};

/** What the kind of an observer says about its other keys, and they about the rest of the scenario. */
export const observeProblems = (item: Item, around: Observable): Problem[] => {
  const driver = textAt(item.value, 'driver');
  if (driver === null) return [];
  const kind = kindOf(driver);
  const { needed } = kind;
  const missing = needed === undefined || has(item, needed) ? [] : [missingProblem(item, driver, needed)];
  // A word that means nothing says nothing about the other keys either.
  if (kind === KINDS.driver && missing.length > 0) return missing;
  return [
    ...missing,
    ...foreignProblems(item, KINDS, kind.keys, 'driver'),
    ...(kind.problems?.(item, around) ?? []),
  ];
};

/** The subjects that an observer can have; null: its answers say. */
export const subjectsOf = (item: Item, around: Observable): readonly string[] | null =>
  kindOf(textAt(item.value, 'driver') ?? '').subjects?.(item, around) ?? null;

/** One that records has nothing that a phase could end with. */
export const records = ({ value }: Item): boolean => textAt(value, 'driver') === 'capture';

export const asksForRole = ({ value }: Item): boolean => textAt(value, 'driver') === 'role';

export const observePlan = (written: WrittenObserve, around: Surroundings): ObservePlan => ({
  name: written.name,
  every_ns: written.every,
  timeout_ns: written.timeout,
  source: kindOf(written.driver).source(written, around),
});

/** What is read, and how often. */
export const observeWords = ({ source, every_ns, timeout_ns }: ObservePlan): string => {
  const kind: Kind = KINDS[source.kind];
  const words = kind.words(source);
  return source.kind === 'ttl' || source.kind === 'capture'
    ? words
    : `every ${formatDuration(every_ns)}, failed after ${formatDuration(timeout_ns)}: ${words}`;
};
