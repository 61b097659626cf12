import { mkdir } from 'node:fs/promises';
import { KnownError } from '../../model/error.js';
import type { CloudIpPlan } from '../../model/plan.js';
import { run } from '../command.js';
import type { LabStatus, PowerAction, PowerAnswer } from '../control.js';
import type { LabOptions, RunningLab } from '../design.js';
import { IpBatch } from '../ip-batch.js';
import { makeKeys } from '../keys.js';
import { settingLines } from '../machine-files.js';
import { Machine, writeMachineFiles } from '../machine.js';
import { labPaths } from '../place.js';
import { PowerSupply } from '../power.js';
import { startProgram } from '../program.js';
import { greets, reachesServer, until } from '../settle.js';
import { END_HOSTS, MACHINES, address4, type NodeName } from '../topology.js';
import { startWitness, type Witness } from '../witness.js';
import { HA_FILES } from './ha-files.js';
import { machineFiles } from './machine-files.js';
import { cabling, fabricLines, fabricSettings, jumpLines, jumpPortLines } from './topology.js';

/** The pair, its end hosts and the cloud between them, alive in this process's namespaces. */
export class CloudIpLab implements RunningLab {
  readonly #plan: CloudIpPlan;
  readonly #witness: boolean;
  readonly #fabric: IpBatch;
  readonly #power: Readonly<Record<NodeName, PowerSupply>>;
  #sender: Witness | null = null;

  private constructor(
    plan: CloudIpPlan,
    witness: boolean,
    fabric: IpBatch,
    power: Readonly<Record<NodeName, PowerSupply>>,
  ) {
    this.#plan = plan;
    this.#witness = witness;
    this.#fabric = fabric;
    this.#power = power;
  }

  /** Builds everything; resolves when client and server reach each other and the pair has settled. */
  static async build(plan: CloudIpPlan, options: LabOptions): Promise<CloudIpLab> {
    options.onStep('building the fabric, machines and keys');
    await mkdir(labPaths.machine(''), { recursive: true });
    await run('ip', ['netns', 'add', 'fabric']);
    const fabric = new IpBatch('fabric');
    const jump = new IpBatch(null);
    await Promise.all([
      makeKeys(),
      ...MACHINES.map((machine) => writeMachineFiles(machine, machineFiles(machine, plan))),
    ]);
    await fabric.apply(fabricLines());
    await run('ip', ['netns', 'exec', 'fabric', 'sh', '-c', settingLines(fabricSettings)]);
    await jump.apply(jumpLines());
    await fabric.apply(jumpPortLines());
    await jump.close();
    const supply = (node: NodeName): PowerSupply =>
      new PowerSupply({
        node,
        cabling: cabling(node),
        fabric,
        boot_ns: plan.boot_ns,
        stateFile: HA_FILES.role,
        log: options.log,
      });
    const lab = new CloudIpLab(plan, options.witness, fabric, {
      'fw-a': supply('fw-a'),
      'fw-b': supply('fw-b'),
    });
    await lab.#start(options.onStep);
    return lab;
  }

  async #start(onStep: (text: string) => void): Promise<void> {
    const { 'fw-a': first, 'fw-b': second } = this.#power;
    const hosts = Promise.all(['client' as const, 'server' as const].map((name) => this.#host(name)));
    onStep('booting fw-a, which has both addresses');
    await startProgram('fabric', 'cloud-ip/fabric-server', [JSON.stringify(this.#plan)]);
    await Promise.all([hosts, first.start()]);
    await startProgram('server', 'echo-server');
    // The second node starts as soon as the first has won, so that the roles at the start are always the same.
    await until('fw-a did not become active', () => first.ha === 'active');
    onStep('booting fw-b');
    await second.start();
    await until('fw-b did not become passive', () => second.ha === 'passive');
    onStep('waiting until client and server reach each other');
    await Promise.all([
      until('no SSH on fw-a', () => greets(address4('mgmt', 11))),
      until('no SSH on fw-b', () => greets(address4('mgmt', 12))),
      until('no path', () => reachesServer(END_HOSTS.server.v4)),
    ]);
    if (this.#witness) this.#sender = await startWitness();
  }

  async #host(name: 'client' | 'server'): Promise<void> {
    const machine = await Machine.assemble(name, cabling(name), this.#fabric);
    if (!(await machine.boot())) throw new KnownError(`the lab's machine ${name} does not boot`);
  }

  async power(node: NodeName, action: PowerAction): Promise<PowerAnswer> {
    const supply = this.#power[node];
    if (action !== 'status') await supply.act(action);
    return { node, power: supply.state };
  }

  /** Does nothing in a lab without a witness. */
  sendWitness(on: boolean): void {
    this.#sender?.send(on);
  }

  status(): LabStatus {
    const nodes = Object.values(this.#power).map(({ node, state, ha }) => ({ node, power: state, ha }));
    return { plan: this.#plan, witness: this.#witness, nodes };
  }
}
