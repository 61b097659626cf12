import { mkdir, copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KnownError } from '../../model/error.js';
import type { LabPlan } from '../../model/lab-plan.js';
import type { LabStatus, PowerAction, PowerAnswer } from '../ask.js';
import { labPaths } from '../paths.js';
import { startWitness } from '../witness/witness.js';
import { run, startProgram } from './command.js';
import { machineFiles, settingLines, type Outfit } from './machine-files.js';
import { Machine, writeMachineFiles } from './machine.js';
import { PowerSupply } from './power.js';
import { greets, reachesServer, until } from './settle.js';
import { ipBatch, type ToolSession } from './tool-session.js';
import { isNode, LOGIN_ADDRESS, NODES, type NodeName, type Wiring } from './topology.js';
import { epochSeconds, recordTransition } from './transitions.js';

export interface LabOptions {
  /** Write the true outages (and transitions) down; costs most of a core. */
  readonly witness: boolean;
  readonly log: (text: string) => void;
  readonly onStep: (text: string) => void;
}

/** A lab that is up. It has no tear-down: it ends with its PID namespace. */
export interface RunningLab {
  power(node: NodeName, action: PowerAction): Promise<PowerAnswer>;
  /** Does nothing in a lab without a witness. */
  sendWitness(on: boolean): void;
  status(): LabStatus;
}

/** What a design's machines and networks are made of; `Name`: a machine beside the nodes. */
export interface SitePlan<Name extends string> {
  readonly network: Wiring<Name | NodeName>;
  /** `ip -batch` lines for the namespace `fabric`: its switches, among them br-mgmt. */
  readonly fabric: readonly string[];
  /** Kernel settings of that namespace, once its switches are there. */
  readonly fabricSettings?: readonly string[];
  readonly outfit: (machine: Name | NodeName) => Outfit;
  /** File in a node that its HA software writes its state to; null: something else says it. */
  readonly stateFile: string | null;
}

interface RunningOptions {
  /** A node's HA state; without this, what the node's own state file says. */
  readonly haOf?: (node: NodeName) => string | null;
  /** Are cuts of the power and its return written to transitions.jsonl? */
  readonly recordsPower: boolean;
}

const JUMP_PORT = ['link set jump-mgmt master br-mgmt', 'link set jump-mgmt up'];

/** What the labs of all designs stand on: networks, the machines' files, and the power of the two nodes, still off. */
export class Site<Name extends string> {
  readonly nodes: Readonly<Record<NodeName, PowerSupply>>;
  readonly #network: Wiring<Name | NodeName>;
  readonly #fabric: ToolSession;
  readonly #lab: LabPlan;
  readonly #options: LabOptions;

  private constructor(plan: SitePlan<Name>, fabric: ToolSession, lab: LabPlan, options: LabOptions) {
    this.#network = plan.network;
    this.#fabric = fabric;
    this.#lab = lab;
    this.#options = options;
    const supply = (node: NodeName): PowerSupply =>
      new PowerSupply({
        node,
        cabling: plan.network.cabling(node),
        fabric,
        boot_ns: lab.boot_ns,
        stateFile: plan.stateFile,
        log: options.log,
      });
    this.nodes = { 'fw-a': supply('fw-a'), 'fw-b': supply('fw-b') };
  }

  /** In this process's namespaces. */
  static async build<Name extends string>(
    plan: SitePlan<Name>,
    lab: LabPlan,
    options: LabOptions,
  ): Promise<Site<Name>> {
    const { network } = plan;
    await mkdir(labPaths.machine(''), { recursive: true });
    await run('ip', ['netns', 'add', 'fabric']);
    const fabric = ipBatch('fabric');
    const jump = ipBatch(null);
    await Promise.all([
      makeKeys(network),
      ...network.machines.map((machine) =>
        writeMachineFiles(machine, machineFiles(network, machine, plan.outfit(machine))),
      ),
    ]);
    await fabric.apply(plan.fabric);
    if (plan.fabricSettings !== undefined)
      await run('ip', ['netns', 'exec', 'fabric', 'sh', '-c', settingLines(plan.fabricSettings)]);
    await jump.apply(network.jumpLines);
    await fabric.apply(JUMP_PORT);
    await jump.close();
    return new Site(plan, fabric, lab, options);
  }

  /** Boots the machines whose power is never cut: all but the nodes. Throws KnownError. */
  async bootOthers(): Promise<void> {
    await Promise.all(
      this.#network.machines
        .filter((name) => !isNode(name))
        .map(async (name) => {
          const machine = await Machine.assemble(name, this.#network.cabling(name), this.#fabric);
          if (!(await machine.boot())) throw new KnownError(`the lab's machine ${name} does not boot`);
        }),
    );
    await startProgram('server', 'ground/echo-server');
  }

  /** Boots all of a pair of which one is active; resolves when it has settled and these addresses are reached. */
  async bootPair(
    roles: { readonly active: string; readonly passive: string },
    paths: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { 'fw-a': first, 'fw-b': second } = this.nodes;
    await Promise.all([this.bootOthers(), first.start()]);
    // The second node starts as soon as the first has won, so that the roles at the start are always the same.
    await until(`fw-a did not become ${roles.active.toLowerCase()}`, () => first.ha === roles.active);
    this.#options.onStep('booting fw-b');
    await second.start();
    await until(`fw-b did not become ${roles.passive.toLowerCase()}`, () => second.ha === roles.passive);
    this.#options.onStep('waiting until client and server reach each other');
    await Promise.all([
      this.untilLogin(),
      ...Object.entries(paths).map(([path, address]) => until(`no ${path}`, () => reachesServer(address))),
    ]);
  }

  async untilLogin(): Promise<void> {
    await Promise.all(NODES.map((node) => until(`no SSH on ${node}`, () => greets(LOGIN_ADDRESS[node]))));
  }

  /** The lab, once its two nodes are up: their power, and what they say. */
  async running({ haOf, recordsPower }: RunningOptions): Promise<RunningLab> {
    const witness = this.#options.witness ? await startWitness() : null;
    return {
      power: async (node, action) => {
        const supply = this.nodes[node];
        if (action === 'status') return { node, power: supply.state };
        const after = epochSeconds();
        await supply.act(action);
        const value = action === 'on' ? 'on' : 'cut';
        if (recordsPower)
          recordTransition({ what: 'power', subject: node, value, after, before: epochSeconds() });
        return { node, power: supply.state };
      },
      sendWitness: (on) => witness?.send(on),
      status: () => ({
        plan: this.#lab,
        witness: witness !== null,
        nodes: NODES.map((node) => ({
          node,
          power: this.nodes[node].state,
          ha: haOf === undefined ? this.nodes[node].ha : haOf(node),
        })),
      }),
    };
  }
}

const makeKey = (path: string, comment: string): Promise<string> =>
  run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path]);

/** New keys for every lab: one for the tool, one per machine, and the known_hosts file that names them all. */
const makeKeys = async <Name extends string>({ machines, addresses }: Wiring<Name>): Promise<void> => {
  const withSshd = machines.filter((machine) => isNode(machine) || machine === 'server');
  await Promise.all([
    makeKey(labPaths.sshKey, 'seqgap-lab'),
    ...withSshd.map(async (machine) => {
      await mkdir(labPaths.machine(machine), { recursive: true });
      await makeKey(join(labPaths.machine(machine), 'host_key'), machine);
    }),
  ]);
  const lines: string[] = [];
  for (const machine of withSshd) {
    const folder = labPaths.machine(machine);
    await copyFile(`${labPaths.sshKey}.pub`, join(folder, 'authorized_keys'));
    const [type, key] = (await readFile(join(folder, 'host_key.pub'), 'utf8')).split(' ');
    lines.push(`${addresses(machine).join(',')} ${type} ${key}`);
  }
  await writeFile(labPaths.knownHosts, `${lines.join('\n')}\n`);
};
