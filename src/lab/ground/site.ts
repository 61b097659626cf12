import { mkdir, copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KnownError } from '../../model/error.js';
import { labPaths } from '../place.js';
import { run } from './command.js';
import { IpBatch, type Cabling } from './ip-batch.js';
import { settingLines, type MachineFile } from './machine-files.js';
import { Machine, writeMachineFiles } from './machine.js';
import { PowerSupply, type PowerOptions } from './power.js';
import { type NodeName, machineAddresses, type MachineName } from './topology.js';

/** What a design's machines and networks are made of. */
export interface SitePlan<Name extends string> {
  readonly machines: readonly Name[];
  readonly filesOf: (machine: Name) => readonly MachineFile[];
  readonly cabling: (machine: Name) => Cabling;
  /** `ip -batch` lines for the namespace `fabric`: its switches, among them br-mgmt. */
  readonly fabric: readonly string[];
  /** Kernel settings of that namespace, once its switches are there. */
  readonly fabricSettings?: readonly string[];
  /** `ip -batch` lines for the jump: a cable whose other end is the fabric's jump-mgmt. */
  readonly jump: readonly string[];
}

const JUMP_PORT = ['link set jump-mgmt master br-mgmt', 'link set jump-mgmt up'];

/** What the labs of all designs stand on: networks without machines, and the machines' files. */
export class Site<Name extends string> {
  readonly #cabling: (machine: Name) => Cabling;
  readonly #fabric: IpBatch;

  private constructor(cabling: (machine: Name) => Cabling, fabric: IpBatch) {
    this.#cabling = cabling;
    this.#fabric = fabric;
  }

  /** In this process's namespaces. */
  static async build<Name extends string>(plan: SitePlan<Name>): Promise<Site<Name>> {
    await mkdir(labPaths.machine(''), { recursive: true });
    await run('ip', ['netns', 'add', 'fabric']);
    const fabric = new IpBatch('fabric');
    const jump = new IpBatch(null);
    await Promise.all([
      makeKeys(),
      ...plan.machines.map((machine) => writeMachineFiles(machine, plan.filesOf(machine))),
    ]);
    await fabric.apply(plan.fabric);
    if (plan.fabricSettings !== undefined)
      await run('ip', ['netns', 'exec', 'fabric', 'sh', '-c', settingLines(plan.fabricSettings)]);
    await jump.apply(plan.jump);
    await fabric.apply(JUMP_PORT);
    await jump.close();
    return new Site(plan.cabling, fabric);
  }

  /** The power supplies of the two nodes, still off. */
  supplies(
    this: Site<Name | NodeName>,
    options: Pick<PowerOptions, 'boot_ns' | 'stateFile' | 'log'>,
  ): Record<NodeName, PowerSupply> {
    const supply = (node: NodeName): PowerSupply =>
      new PowerSupply({ ...options, node, cabling: this.#cabling(node), fabric: this.#fabric });
    return { 'fw-a': supply('fw-a'), 'fw-b': supply('fw-b') };
  }

  /** Boots machines whose power is never cut. Throws KnownError. */
  async boot(...machines: readonly Name[]): Promise<void> {
    await Promise.all(
      machines.map(async (name) => {
        const machine = await Machine.assemble(name, this.#cabling(name), this.#fabric);
        if (!(await machine.boot())) throw new KnownError(`the lab's machine ${name} does not boot`);
      }),
    );
  }
}

const WITH_SSHD: readonly MachineName[] = ['fw-a', 'fw-b', 'server'];

const makeKey = (path: string, comment: string): Promise<string> =>
  run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path]);

/** New keys for every lab: one for the tool, one per machine, and the known_hosts file that names them all. */
export const makeKeys = async (): Promise<void> => {
  await Promise.all([
    makeKey(labPaths.sshKey, 'seqgap-lab'),
    ...WITH_SSHD.map(async (machine) => {
      await mkdir(labPaths.machine(machine), { recursive: true });
      await makeKey(join(labPaths.machine(machine), 'host_key'), machine);
    }),
  ]);
  const lines: string[] = [];
  for (const machine of WITH_SSHD) {
    const folder = labPaths.machine(machine);
    await copyFile(`${labPaths.sshKey}.pub`, join(folder, 'authorized_keys'));
    const [type, key] = (await readFile(join(folder, 'host_key.pub'), 'utf8')).split(' ');
    lines.push(`${machineAddresses(machine).join(',')} ${type} ${key}`);
  }
  await writeFile(labPaths.knownHosts, `${lines.join('\n')}\n`);
};
