import { isIP } from 'node:net';
import { messageOf } from '../model/error.js';
import { redact } from '../model/secret.js';
import { didYouMean, type Problem, problem, unknownName } from '../yaml/problem.js';
import { has, type Item, onlyFor, textAt } from '../yaml/raw.js';
import { OBSERVER_KINDS } from './observe.js';
import { parseTarget } from './target.js';

/** What an observer or a phase may speak of. */
export interface Observable {
  readonly nodes: readonly string[];
  readonly vantages: readonly string[];
  readonly streams: readonly string[];
  readonly observe: readonly Item[];
}

type Kind = (typeof OBSERVER_KINDS)[number] | 'driver';

const kindOf = (item: Item): Kind | null => {
  const driver = textAt(item.value, 'driver');
  return driver === null ? null : (OBSERVER_KINDS.find((kind) => kind === driver) ?? 'driver');
};

export const READERS = ['json', 'xml', 'text'] as const;
const LOGIN = ['user', 'password', 'key', 'ca', 'insecure'] as const;

/** The keys that each kind has beyond those of all, and those that it cannot do without. */
const KEYS: Readonly<Record<Kind, { readonly own: readonly string[]; readonly needed: readonly string[] }>> =
  {
    role: { own: [], needed: [] },
    driver: { own: ['query', 'params'], needed: ['query'] },
    http: { own: ['url', ...LOGIN, ...READERS], needed: ['url'] },
    command: { own: ['command', ...READERS], needed: ['command'] },
    dns: { own: ['record', 'type', 'resolver'], needed: ['record'] },
    neighbour: { own: ['from', 'address'], needed: ['address'] },
    ttl: { own: ['stream'], needed: ['stream'] },
  };

/** `driver http`, `drivers http and command`, `a driver file`. */
const ownersOf = (key: string): string => {
  const owners = (Object.keys(KEYS) as Kind[]).filter((kind) => KEYS[kind].own.includes(key));
  const words = owners.map((kind) => (kind === 'driver' ? 'that of a file' : kind));
  return `${words.length === 1 ? 'driver' : 'drivers'} ${words.join(' and ')}`;
};

const ALL_OWN = [...new Set(Object.values(KEYS).flatMap(({ own }) => own))];

/** A word near to a kind, and not followed by a query, was meant to be that kind. */
const missingProblems = (item: Item, kind: Kind): Problem[] => {
  const driver = textAt(item.value, 'driver') ?? '';
  return KEYS[kind].needed
    .filter((key) => !has(item, key))
    .map((key) => {
      if (kind !== 'driver') return problem([...item.path, key], `is missing; driver ${driver} needs it`);
      const hint = didYouMean(driver, OBSERVER_KINDS);
      return hint === ''
        ? problem([...item.path, key], `is missing; which of the observers of driver ${driver} is meant?`)
        : problem([...item.path, 'driver'], `"${driver}" is not a kind of observer${hint}`);
    });
};

const readerProblems = (item: Item): Problem[] => {
  const there = READERS.filter((key) => has(item, key));
  return there.length === 1
    ? []
    : [
        problem(
          item.path,
          `must have exactly one of json, xml and text, but has ${there.join(', ') || 'none'}`,
        ),
      ];
};

export const httpProblems = (item: Item): Problem[] => [
  ...(has(item, 'user') === has(item, 'password')
    ? []
    : [problem([...item.path, 'user'], 'and password belong together')]),
  ...(has(item, 'key') && has(item, 'user')
    ? [problem([...item.path, 'key'], 'is one way to log in, user and password another; give one', 'key')]
    : []),
  ...(has(item, 'ca') && textAt(item.value, 'insecure') === 'true'
    ? [problem([...item.path, 'ca'], 'is not looked at with `insecure: true`', 'key')]
    : []),
];

/** Any user of this host can read the arguments of any process (/proc/PID/cmdline). */
export const commandProblems = (item: Item): Problem[] => {
  const words = [item.value['command']].flat().filter((word) => typeof word === 'string');
  return words.every((word) => redact(word) === word)
    ? []
    : [
        problem(
          [...item.path, 'command'],
          'would show a secret in the process list; let the program read it from a file or its environment',
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

const neighbourProblems = (item: Item, vantages: readonly string[]): Problem[] => {
  const [from, address] = [textAt(item.value, 'from'), textAt(item.value, 'address')];
  return [
    ...(from === null || from === '' || vantages.includes(from)
      ? []
      : [problem([...item.path, 'from'], unknownName(from, 'a vantage', vantages))]),
    ...(address === null || isIP(address) !== 0
      ? []
      : [problem([...item.path, 'address'], `"${address}" is not an address such as 10.4.3.1`)]),
  ];
};

const kindProblems = (item: Item, kind: Kind, { nodes, vantages, streams }: Observable): Problem[] => {
  switch (kind) {
    case 'role':
      return nodes.length === 0
        ? [problem(item.path, 'asks nodes for their role, but no nodes are declared')]
        : [];
    case 'http':
      return [...readerProblems(item), ...httpProblems(item)];
    case 'command':
      return [...readerProblems(item), ...commandProblems(item)];
    case 'dns':
      return resolverProblems(item);
    case 'neighbour':
      return neighbourProblems(item, vantages);
    case 'ttl': {
      const stream = textAt(item.value, 'stream');
      return [
        ...onlyFor(item, ['every', 'timeout'], 'observers that poll'),
        ...(stream === null || streams.includes(stream)
          ? []
          : [problem([...item.path, 'stream'], unknownName(stream, 'a stream', streams))]),
      ];
    }
    case 'driver':
      return [];
  }
};

/** What the kind of an observer says about its other keys, and they about the rest of the scenario. */
export const observeProblems = (item: Item, around: Observable): Problem[] => {
  const kind = kindOf(item);
  if (kind === null) return [];
  const missing = missingProblems(item, kind);
  // A word that means nothing says nothing about the other keys either.
  if (kind === 'driver' && missing.length > 0) return missing;
  return [
    ...missing,
    ...ALL_OWN.filter((key) => !KEYS[kind].own.includes(key)).flatMap((key) =>
      onlyFor(item, [key], ownersOf(key)),
    ),
    ...kindProblems(item, kind, around),
  ];
};

/** The subjects that an observer can have; null: its answers say. */
const subjectsOf = (item: Item, nodes: readonly string[]): readonly string[] | null => {
  const only = (key: string): string[] => [textAt(item.value, key) ?? ''];
  switch (kindOf(item)) {
    case 'role':
      return nodes;
    case 'dns':
      return only('record');
    case 'neighbour':
      return only('address');
    case 'ttl':
      return only('stream');
    case 'http':
    case 'command':
    case 'driver':
    case null:
      return null;
  }
};

const patternProblems = (is: string | null, item: Item): Problem[] => {
  const pattern = /^\/(.*)\/$/.exec(is ?? '')?.[1];
  if (pattern === undefined) return [];
  try {
    RegExp(pattern);
    return [];
  } catch (error) {
    return [problem([...item.path, 'is'], `cannot be read: ${messageOf(error)}`)];
  }
};

const observedProblems = (until: Item, { observe, nodes }: Observable): Problem[] => {
  const [name, subject] = [textAt(until.value, 'observer') ?? '', textAt(until.value, 'subject')];
  const names = observe.flatMap(({ value }) => textAt(value, 'name') ?? []);
  const observer = observe.find(({ value }) => textAt(value, 'name') === name);
  const subjects = observer === undefined ? null : subjectsOf(observer, nodes);
  return [
    ...(has(until, 'is')
      ? []
      : [problem([...until.path, 'is'], 'is missing; the value that ends the phase')]),
    ...patternProblems(textAt(until.value, 'is'), until),
    ...onlyFor(until, ['node', 'role'], 'a role, without "observer"'),
    ...(observer === undefined
      ? [problem([...until.path, 'observer'], unknownName(name, 'an observer', names))]
      : []),
    ...(subject === null || subjects === null || subjects.includes(subject)
      ? []
      : [problem([...until.path, 'subject'], unknownName(subject, `a subject of ${name}`, subjects))]),
  ];
};

const roleProblems = (until: Item, { observe, nodes }: Observable): Problem[] => {
  const node = textAt(until.value, 'node');
  const known = ['acted', 'other', ...nodes];
  return [
    ...onlyFor(until, ['subject', 'is'], 'what an observer shows, with "observer"'),
    ...['node', 'role']
      .filter((key) => !has(until, key))
      .map((key) =>
        problem([...until.path, key], 'is missing; a milestone has node and role, or observer and is'),
      ),
    ...(node === null || known.includes(node)
      ? []
      : [problem([...until.path, 'node'], unknownName(node, 'a node', known))]),
    ...(observe.some((item) => kindOf(item) === 'role')
      ? []
      : [problem(until.path, 'is the role of a node, but no observer has driver: role')]),
  ];
};

/** What the milestones of the phases say about each other, the observers and the nodes. */
export const phaseProblems = (phases: readonly Item[], around: Observable): Problem[] =>
  phases.flatMap((item, index) => {
    const last = index === phases.length - 1;
    const until = item.value['until'];
    const path = [...item.path, 'until'];
    if (last && until !== undefined && until !== 'traffic')
      return [problem(path, 'must be traffic: the last phase ends with the outage')];
    if (!last && until === 'traffic') return [problem(path, 'is traffic, which only ends the last phase')];
    if (typeof until !== 'object' || until === null || Array.isArray(until)) return [];
    const rule: Item = { path, value: until as Item['value'] };
    return has(rule, 'observer') ? observedProblems(rule, around) : roleProblems(rule, around);
  });
