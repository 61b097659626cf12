import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../clock.js';
import { KnownError, fileErrorWords, hasCode } from '../model/error.js';
import type { SshLogin } from '../model/login.js';
import type { NodePlan, PowerPlan, Scenario } from '../model/plan.js';
import { type KeyPath, type Problem, problem, unknownName } from '../yaml/problem.js';
import { openInquiries } from './ask/inquiry.js';
import { openTransport } from './ask/open-transport.js';
import { openPair } from './pair.js';
import { possibleActions, type PossibleAction } from './trigger.js';
import { paramProblems, paramValues } from './driver/params.js';
import type { Driver } from './driver/schema.js';
import { placeholders } from './transport/template.js';

/*
 * What a scenario and the drivers that it names say about each other, all of it at once, each with its place in the file.
 * What `openTrigger` would refuse is found here too; nothing is contacted.
 */

type Drivers = ReadonlyMap<string, Driver>;

/** What a known error says, as a problem: with what to do, and without who asks, since the place says that. */
const caught = (path: KeyPath, work: () => unknown): Problem[] => {
  try {
    work();
    return [];
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    const message = error.message.replace(/^(?:node|observer)(?: [^:]*?)?: /, '');
    return [problem(path, error.remedy === null ? message : `${message}; ${error.remedy}`)];
  }
};

const unknownDriver = (name: string, drivers: Drivers): string =>
  unknownName(name, 'a driver', [...drivers.keys()]);

interface DeviceAt {
  readonly plan: Pick<NodePlan, 'driver' | 'params' | 'ssh' | 'http'> | PowerPlan;
  readonly path: KeyPath;
  /** Where its parameters stand. */
  readonly params: KeyPath;
}

const deviceProblems = ({ plan, path, params }: DeviceAt, drivers: Drivers): Problem[] => {
  const driver = drivers.get(plan.driver);
  if (driver === undefined) return [problem([...path, 'driver'], unknownDriver(plan.driver, drivers))];
  const wrong = paramProblems(driver, plan.params);
  if (wrong.length > 0)
    return wrong.map(({ name, message, remedy }) =>
      problem(
        [...params, name],
        remedy === null ? message : `${message}; ${remedy}`,
        Object.hasOwn(plan.params, name) ? 'key' : 'value',
      ),
    );
  return caught([...path, 'driver'], () =>
    openTransport(
      driver,
      plan,
      { ...paramValues(driver, '', plan.params), node: '', host: '' },
      systemClock,
      'node',
    ),
  );
};

const nodeProblems = (node: NodePlan, drivers: Drivers): Problem[] => {
  const path = ['nodes', node.name];
  const driver = drivers.get(node.driver);
  return [
    ...deviceProblems({ plan: node, path, params: [...path, 'params'] }, drivers),
    ...(node.power === null
      ? []
      : deviceProblems({ plan: node.power, path: [...path, 'power'], params: [...path, 'power'] }, drivers)),
    ...(node.serial !== null && driver !== undefined && driver.identity === undefined
      ? [problem([...path, 'serial'], `driver ${driver.name} cannot tell a serial number; leave it out`)]
      : []),
  ];
};

/** Who answers there, in one word; null: it is not told by an address, or something else tells nodes apart. */
const addressOf = ({ ssh, http, params, driver }: NodePlan, drivers: Drivers): string | null => {
  const known = drivers.get(driver);
  if (known === undefined || (ssh === null && http === null) || placeholders(known).includes('node'))
    return null;
  return JSON.stringify([
    driver,
    ssh === null ? null : [ssh.host.toLowerCase(), ssh.port, ssh.user],
    http?.url.toLowerCase(),
    Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ]);
};

/** Two names of one device are no pair: what is done to the one would be read from the other. */
const twinProblems = (nodes: readonly NodePlan[], drivers: Drivers): Problem[] =>
  nodes.flatMap((node, index): Problem[] => {
    const address = addressOf(node, drivers);
    const twin = nodes.slice(0, index).find((other) => addressOf(other, drivers) === address);
    if (address === null || twin === undefined) return [];
    return [
      problem(
        ['nodes', node.name, ...(node.ssh === null ? ['http', 'url'] : ['ssh', 'host'])],
        `is the address of ${twin.name} too; give each node that of its own management`,
      ),
    ];
  });

/** Each once, not for each node. */
const once = (problems: readonly Problem[]): Problem[] => [
  ...new Map(problems.map((each) => [`${each.path.join('.')} ${each.message}`, each] as const)).values(),
];

/** Actions of nodes whose drivers are all there. */
const actionProblems = (scenario: Scenario, drivers: Drivers): Problem[] => {
  const paths: Readonly<Record<PossibleAction['by'], KeyPath>> = {
    trigger: ['trigger', scenario.trigger.variant === null ? 'action' : 'variant'],
    failback: ['trial', 'failback'],
    'control arm': ['control-arm'],
  };
  // What is wrong with the observers is told at their own place.
  const pair = openPair({ ...scenario, observe: [] }, { drivers, clock: systemClock, seqgap: ['seqgap'] });
  return once(
    possibleActions(scenario)
      .filter(({ action }) => action !== 'exec' && action !== 'manual')
      .flatMap(({ by, node, action }) => caught(paths[by], () => pair.plan(node, action))),
  );
};

const observerProblems = ({ nodes, observe }: Scenario, drivers: Drivers): Problem[] =>
  observe.flatMap((plan, index): Problem[] => {
    const { source } = plan;
    const path: KeyPath = ['observe', index];
    if (source.kind !== 'driver') return [];
    const driver = drivers.get(source.driver);
    if (driver === undefined) return [problem([...path, 'driver'], unknownDriver(source.driver, drivers))];
    const known = Object.hasOwn(driver.observers, source.query);
    return caught(known ? path : [...path, 'query'], () =>
      openInquiries({ nodes, observe: [plan] }, drivers, { clock: systemClock, seqgap: ['seqgap'] }),
    );
  });

const fileProblems = (path: KeyPath, file: string | null): Problem[] => {
  if (file === null) return [];
  try {
    const stat = statSync(file);
    return stat.isFile() ? [] : [problem(path, `${file} is no file`)];
  } catch (error) {
    const words = hasCode(error, 'ENOENT') ? 'no such file' : fileErrorWords(error);
    if (words === null) throw error;
    return [problem(path, `${file}: ${words}`)];
  }
};

const USUAL_HOSTS = join(homedir(), '.ssh', 'known_hosts');

/** The usual list of known hosts need not be there. */
const loginProblems = (path: KeyPath, login: SshLogin | null): Problem[] =>
  login === null
    ? []
    : [
        ...fileProblems([...path, 'key'], login.key),
        ...(login.knownHosts === USUAL_HOSTS ? [] : fileProblems([...path, 'known-hosts'], login.knownHosts)),
      ];

/** Where a vantage is another host, its files are not here. */
const tlsProblems = ({ streams, sessions, vantages }: Scenario): Problem[] => {
  const here = new Set(
    vantages.filter(({ kind }) => kind === 'local' || kind === 'netns').map(({ name }) => name),
  );
  const named = [
    ...streams.map((plan) => ({ plan, list: 'streams' })),
    ...sessions.map((plan) => ({ plan, list: 'sessions' })),
  ];
  return named.flatMap(({ plan, list }) => {
    const tls = plan.type === 'http' ? plan.tls : undefined;
    if (tls === undefined || !here.has(plan.from)) return [];
    const all: readonly { readonly name: string }[] = list === 'streams' ? streams : sessions;
    const path = [list, all.indexOf(plan), 'tls'];
    return [
      ...fileProblems([...path, 'ca'], tls.ca),
      ...fileProblems([...path, 'cert'], tls.client?.cert ?? null),
      ...fileProblems([...path, 'key'], tls.client?.key ?? null),
    ];
  });
};

/** Keys, authorities and lists of hosts that a scenario names and that are not on this host; those of a lab are made with it. */
export const fileProblemsOf = (scenario: Scenario): readonly Problem[] => {
  const { lab, nodes, sessions, vantages } = scenario;
  if (lab !== null) return [];
  return [
    ...tlsProblems(scenario),
    ...nodes.flatMap(({ name, ssh, http, power }) => [
      ...loginProblems(['nodes', name, 'ssh'], ssh),
      ...fileProblems(['nodes', name, 'http', 'ca'], http?.ca ?? null),
      ...loginProblems(['nodes', name, 'power', 'ssh'], power?.ssh ?? null),
      ...fileProblems(['nodes', name, 'power', 'http', 'ca'], power?.http?.ca ?? null),
    ]),
    ...sessions.flatMap(({ login }, index) => loginProblems(['sessions', index], login)),
    ...vantages
      .filter(({ kind, prefix }) => kind === 'ssh' && prefix.includes('-i'))
      .flatMap(({ name, prefix }) =>
        fileProblems(['vantages', name, 'ssh', 'key'], prefix[prefix.indexOf('-i') + 1] ?? null),
      ),
  ];
};

/** All problems of a scenario that its drivers show. */
export const driverProblemsOf = (scenario: Scenario, drivers: Drivers): readonly Problem[] => {
  const nodes = [
    ...scenario.nodes.flatMap((node) => nodeProblems(node, drivers)),
    ...twinProblems(scenario.nodes, drivers),
  ];
  return [
    ...nodes,
    ...(nodes.length > 0 || scenario.nodes.length === 0 ? [] : actionProblems(scenario, drivers)),
    ...observerProblems(scenario, drivers),
  ];
};
