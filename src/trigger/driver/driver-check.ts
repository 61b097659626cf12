import { problem, unknownName, type KeyPath, type Problem } from '../../yaml/problem.js';
import { TRANSPORTS, type Driver } from './schema.js';
import { patternProblems } from './pattern-check.js';
import { BUILT_INS, isVector, placeholders } from '../transport/template.js';
import type { Command } from '../transport/transport.js';

/*
 * What the shape of a driver does not say: which commands go with which transport, and which placeholders there are.
 */

interface Query {
  readonly run: Command;
}

interface Located<Found> {
  readonly path: KeyPath;
  readonly found: Found;
}

/** Every question of a driver, with where it stands. */
const queriesOf = (driver: Driver): Located<Query>[] => {
  const { identity, version, role, clock, history, sync, ready, leftover, observers, actions } = driver;
  const at = (found: Query | undefined, ...path: KeyPath): Located<Query>[] =>
    found === undefined ? [] : [{ path, found }];
  return [
    ...at(identity, 'identity'),
    ...at(version, 'version'),
    ...at(role, 'role'),
    ...at(clock, 'clock'),
    ...at(history, 'history'),
    ...at(sync, 'sync'),
    ...ready.flatMap((check, index) => at(check, 'ready', index)),
    ...leftover.flatMap((check, index) => at(check, 'leftover', index)),
    ...Object.entries(observers).flatMap(([name, query]) => at(query, 'observers', name)),
    ...Object.entries(actions).flatMap(([name, { requires, undo }]) => [
      ...at(requires, 'actions', name, 'requires'),
      ...at(typeof undo === 'string' ? undefined : undo.done, 'actions', name, 'undo', 'done'),
    ]),
  ];
};

/** Every command of a driver, with where it stands. */
const commandsOf = (driver: Driver): Located<Command>[] => {
  const all = (commands: readonly Command[], ...path: KeyPath): Located<Command>[] =>
    commands.map((found, index) => ({ path: [...path, index], found }));
  return [
    ...queriesOf(driver).map(({ path, found }) => ({ path: [...path, 'run'], found: found.run })),
    ...Object.entries(driver.actions).flatMap(([name, { run, undo }]) => [
      ...all(run, 'actions', name, 'run'),
      ...(typeof undo === 'string' ? [] : all(undo.run, 'actions', name, 'undo', 'run')),
    ]),
  ];
};

/** What may stand where, in words; null if the command fits the transport. */
const misfit = (transport: Driver['transport'], command: Command): string | null => {
  if (transport === 'http')
    return typeof command === 'object' && 'method' in command
      ? null
      : 'transport http sends requests: { get: /… }';
  if (transport === 'shell')
    return typeof command === 'string' || 'send' in command
      ? null
      : 'transport shell types lines: a text, or { send: …, answers: […] }';
  return typeof command === 'string' || isVector(command)
    ? null
    : `transport ${transport} runs commands: a shell line, or a list of arguments`;
};

const OPTIONS = TRANSPORTS.filter((transport) => transport !== 'ssh');

const transportProblems = (driver: Driver): Problem[] => [
  ...OPTIONS.filter((name) => name !== driver.transport && driver[name] !== undefined).map((name) =>
    problem([name], `is only for transport ${name}`, 'key'),
  ),
  ...(driver.transport === 'shell' && driver.shell === undefined
    ? [problem(['transport'], 'transport shell needs `shell: { prompt: … }`')]
    : []),
  ...commandsOf(driver).flatMap(({ path, found: command }) => {
    const wrong = misfit(driver.transport, command);
    return wrong === null ? [] : [problem(path, wrong)];
  }),
];

const CREDENTIALS = ['user', 'password', 'key'];

/** The names that a placeholder may have in a driver; `peer.NAME` stands for those of the other node. */
const namesOf = (driver: Driver): string[] => [
  ...BUILT_INS,
  ...(driver.identity === undefined ? [] : ['identity']),
  ...(driver.transport === 'http' ? CREDENTIALS : []),
  ...Object.keys(driver.params),
];

const unknownIn = (value: unknown, path: KeyPath, names: readonly string[]): Problem[] => {
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, inner]) =>
      unknownIn(inner, [...path, Array.isArray(value) ? Number(key) : key], names),
    );
  return [...new Set(placeholders(value))]
    .filter((name) => !names.includes(name.replace(/^peer\.(?!user$|password$|key$|seqgap$|identity$)/, '')))
    .map((name) => problem(path, `unknown placeholder {{${name}}}; known are ${names.join(', ')}`));
};

/** What has placeholders besides the commands: patterns, headers, environment. */
const textsOf = (driver: Driver): Located<unknown>[] => {
  const { shell, http, exec, refused } = driver;
  return [
    ...queriesOf(driver).map(({ path, found }) => {
      const { run: _, ...patterns } = found;
      return { path, found: patterns };
    }),
    { path: ['refused'], found: refused },
    { path: ['shell'], found: shell },
    { path: ['http', 'login'], found: http?.login },
    { path: ['exec'], found: exec },
  ];
};

const placeholderProblems = (driver: Driver): Problem[] => {
  const names = namesOf(driver);
  const token = driver.http?.login === undefined ? [] : ['token'];
  // Who the node is cannot be asked with the answer.
  const before = names.filter((name) => name !== 'identity');
  const namesAt = (path: KeyPath): readonly string[] => {
    if (path[0] === 'identity') return before;
    const own = path[0] === 'observers' ? driver.observers[String(path[1])]?.params : undefined;
    return own === undefined ? names : [...names, ...Object.keys(own)];
  };
  return [
    ...[...commandsOf(driver), ...textsOf(driver)].flatMap(({ path, found }) =>
      unknownIn(found, path, namesAt(path)),
    ),
    ...(['headers', 'query'] as const).flatMap((key) =>
      unknownIn(driver.http?.[key], ['http', key], [...before, ...token]),
    ),
  ];
};

const needProblems = ({ params }: Driver): Problem[] =>
  Object.entries(params).flatMap(([name, { needs }]) =>
    needs === undefined || Object.hasOwn(params, needs)
      ? []
      : [problem(['params', name, 'needs'], unknownName(needs, 'a parameter', Object.keys(params)))],
  );

const observerProblems = ({ transport, params, observers, role, clock }: Driver): Problem[] => [
  ...Object.entries(observers).flatMap(([name, { each, params: own }]) => [
    ...(each === 'once' && transport !== 'exec'
      ? [problem(['observers', name], `is asked of nodes by transport ${transport}: it needs \`each: node\``)]
      : []),
    ...Object.keys(own)
      .filter((param) => Object.hasOwn(params, param))
      .map((param) =>
        problem(['observers', name, 'params', param], 'is a parameter of the driver already', 'key'),
      ),
  ]),
  ...(role?.since?.form === 'time' && clock === undefined
    ? [problem(['role', 'since'], 'is a time by the clock of the node, which needs `clock` to be read')]
    : []),
];

const versionProblems = ({ version, actions }: Driver): Problem[] =>
  Object.entries(actions).flatMap(([name, { versions }]) =>
    versions === undefined || version !== undefined
      ? []
      : [
          problem(
            ['actions', name, 'versions'],
            'needs `version`, the question which one the node has',
            'key',
          ),
        ],
  );

/** The case of a word is not looked at when it is read. */
const wordProblems = ({ role }: Driver): Problem[] => {
  const first = new Map<string, string>();
  return Object.entries(role?.words ?? {}).flatMap(([word, entry]) => {
    const before = first.get(word.toLowerCase());
    first.set(word.toLowerCase(), entry.role);
    return before === undefined || before === entry.role
      ? []
      : [problem(['role', 'words', word], 'is there already in another case, for another role', 'key')];
  });
};

/** What is wrong with a driver beyond its shape. */
export const driverProblems = async (driver: Driver): Promise<Problem[]> => [
  ...observerProblems(driver),
  ...needProblems(driver),
  ...versionProblems(driver),
  ...wordProblems(driver),
  ...transportProblems(driver),
  ...placeholderProblems(driver),
  ...(await patternProblems(driver)),
];
