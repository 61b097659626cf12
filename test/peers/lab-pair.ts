import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { askPower } from '../../src/lab/ask.js';
import type { MachineFile } from '../../src/lab/ground/machine-files.js';
import { writeMachineFiles } from '../../src/lab/ground/machine.js';
import { LOGIN_ADDRESS, NODES, type NodeName } from '../../src/lab/ground/topology.js';
import type { ResultDocument } from '../../src/model/tables.js';
import { labObstacle, openTool, until, type Tool } from '../lab/lab-kit.js';
import { describePeer } from './peer.js';

/*
 * Whole trials with real programs that need a pair: the lab's networks and machines, with other software on them than the lab's own.
 */

const obstacle = labObstacle();

/** As `describePeer`; without what the lab needs the tests are skipped too, and say so. */
export const describePair = (name: string, title: string, body: () => void): void => {
  if (obstacle === null) describePeer(name, title, body);
  else describe.skip(`${title} (${obstacle})`, body);
};

/** What a scenario says to use the lab of `openPair`. */
const LAB = '{ design: vrrp, advert: 200ms, sync: none, boot: 1s }';

/** A kept lab, to be disposed of, whose commands have this environment. */
export const openPair = async (env: NodeJS.ProcessEnv = {}): Promise<Tool> => {
  const tool = openTool(env);
  await tool.run('lab', 'up', '--advert', '200ms', '--sync', 'none', '--boot', '1s');
  return tool;
};

/** A shell line on a machine of the lab. @returns what it prints. */
export const on = (tool: Tool, machine: string, line: string): Promise<string> =>
  tool.run('lab', 'exec', machine, '--', 'sh', '-c', line);

/** The firewalls boot anew, with these files in place of the lab's: `start.sh` starts what is on them. */
export const bootWith = async (tool: Tool, filesOf: (node: NodeName) => MachineFile[]): Promise<void> => {
  await Promise.all(NODES.map((node) => writeMachineFiles(node, filesOf(node), tool.root())));
  await Promise.all(NODES.map((node) => askPower(node, 'crash', tool.root())));
  await until(async () => (await tool.status()).nodes.every(({ power }) => power === 'on'));
};

export interface PairScenario {
  readonly name: string;
  /** Keys of a node, behind its login. */
  readonly node: (node: NodeName) => string;
  readonly action: string;
  /** Further observers. */
  readonly observe?: readonly string[];
}

/** One trial of the pair. Throws what `seqgap run` said where it did not end well. */
export const runTrial = async (
  tool: Tool,
  { name, node, action, observe = [] }: PairScenario,
): Promise<ResultDocument> => {
  const nodes = NODES.map(
    (each) => `  ${each}: { ssh: { host: ${LOGIN_ADDRESS[each]}, user: root }, ${node(each)} }`,
  );
  const scenario = `name: ${name}
lab: ${LAB}
nodes:
${nodes.join('\n')}
vantages: { client: { netns: client } }
streams:
  - { name: ping, type: icmp, from: client, to: 10.4.4.4, every: 20ms, timeout: 5s }
  - { name: web, type: tcp, from: client, to: '10.4.4.4:80', every: 50ms }
  - { name: control, type: icmp, from: client, to: 10.4.3.250, every: 100ms, timeout: 5s, control: true }
trigger: { node: active, action: ${action}, timeout: 60s }
observe: [${['{ name: roles, driver: role, every: 500ms }', ...observe].join(', ')}]
trial: { steady: 1s, recovered: 1s, give-up: 60s, restore: 120s, failback: none, cool-down: 100ms }
`;
  const folder = join(String(tool.env['XDG_STATE_HOME']), name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'scenario.yaml'), scenario);
  const args = [join(folder, 'scenario.yaml'), '--yes', '--json', '--out', join(folder, 'results')];
  return JSON.parse(await tool.run('run', ...args)) as ResultDocument;
};
