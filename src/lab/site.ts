import { mkdir } from 'node:fs/promises';
import { KnownError } from '../model/error.js';
import { run } from './command.js';
import { IpBatch } from './ip-batch.js';
import { makeKeys } from './keys.js';
import { settingLines, type MachineFile } from './machine-files.js';
import { Machine, writeMachineFiles, type Cabling } from './machine.js';
import { labPaths } from './place.js';
import { PowerSupply, type PowerOptions } from './power.js';
import type { NodeName } from './topology.js';

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
