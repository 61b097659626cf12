import { mkdir } from 'node:fs/promises';
import { KnownError } from '../../model/error.js';
import type { DnsPlan } from '../../model/plan.js';
import { run, words } from '../command.js';
import type { LabStatus, PowerAction, PowerAnswer } from '../control.js';
import type { LabOptions, RunningLab } from '../design.js';
import { IpBatch } from '../ip-batch.js';
import { makeKeys } from '../keys.js';
import { Machine, writeMachineFiles } from '../machine.js';
import { labPaths } from '../place.js';
import { PowerSupply } from '../power.js';
import { startProgram } from '../program.js';
import { greets, until } from '../settle.js';
import { NODES, type NodeName } from '../topology.js';
import { epochSeconds, recordTransition } from '../transitions.js';
import { STATE_FILE } from './gateway.js';
import { machineFiles } from './machine-files.js';
import type { MonitorOrder } from './monitor.js';
import { makeUpdateKey } from './name-service.js';
import {
  cabling,
  DNS_MACHINES,
  jumpLines,
  jumpPortLines,
  loginAddress,
  SERVICE,
  switchLines,
  type DnsMachine,
} from './topology.js';

/** What the client's own resolver says now. */
const clientResolves = async (): Promise<boolean> => {
  const ask = words(`netns exec client kdig @127.0.0.1 +short +timeout=1 +retry=0 ${SERVICE} A`);
  return (await run('ip', ask).catch(() => '')).trim() !== '';
};

/** The two nodes, the monitor, the name server and the end hosts, alive in this process's namespaces. */
export class DnsLab implements RunningLab {
  readonly #plan: DnsPlan;
  readonly #fabric: IpBatch;
  readonly #power: Readonly<Record<NodeName, PowerSupply>>;

  private constructor(plan: DnsPlan, { log }: LabOptions, fabric: IpBatch) {
    const supply = (node: NodeName): PowerSupply =>
      new PowerSupply({
        node,
        cabling: cabling(node),
        fabric,
        boot_ns: plan.boot_ns,
        stateFile: STATE_FILE,
        log,
      });
    this.#plan = plan;
    this.#fabric = fabric;
    this.#power = { 'fw-a': supply('fw-a'), 'fw-b': supply('fw-b') };
  }

  /** Builds everything; resolves when fw-a serves, fw-b stands by and the client resolves the name. Throws KnownError. */
  static async build(plan: DnsPlan, options: LabOptions): Promise<DnsLab> {
    if (options.witness)
      throw new KnownError('the lab dns has no witness: no path moves in it, only the record does', {
        remedy: 'leave out --witness; transitions.jsonl has the true instants anyway',
      });
    options.onStep('building switches, machines and keys');
    await mkdir(labPaths.machine(''), { recursive: true });
    await run('ip', ['netns', 'add', 'fabric']);
    const fabric = new IpBatch('fabric');
    const jump = new IpBatch(null);
    const key = makeUpdateKey();
    await Promise.all([
      makeKeys(),
      ...DNS_MACHINES.map((machine) => writeMachineFiles(machine, machineFiles(machine, plan, key))),
    ]);
    await fabric.apply(switchLines());
    await jump.apply(jumpLines());
    await fabric.apply(jumpPortLines());
    await jump.close();
    const lab = new DnsLab(plan, options, fabric);
    await lab.#start(options.onStep, { plan, key });
    return lab;
  }

  async #start(onStep: (text: string) => void, order: MonitorOrder): Promise<void> {
    onStep('booting fw-a, fw-b, the name server and the monitor');
    const hosts = (['client', 'server', 'monitor', 'dns'] as const).map((name) => this.#host(name));
    await Promise.all([...hosts, ...NODES.map((node) => this.#power[node].start())]);
    await Promise.all([
      startProgram('server', 'echo-server'),
      ...NODES.map((node) => until(`no SSH on ${node}`, () => greets(loginAddress(node)))),
    ]);
    onStep('waiting until fw-a serves and the client resolves its name');
    await Promise.all([
      startProgram('monitor', 'dns/monitor', [JSON.stringify(order)]),
      until('no answer to the client', clientResolves),
    ]);
  }

  async #host(name: DnsMachine): Promise<void> {
    const machine = await Machine.assemble(name, cabling(name), this.#fabric);
    if (!(await machine.boot())) throw new KnownError(`the lab's machine ${name} does not boot`);
  }

  async power(node: NodeName, action: PowerAction): Promise<PowerAnswer> {
    const supply = this.#power[node];
    if (action === 'status') return { node, power: supply.state };
    const after = epochSeconds();
    await supply.act(action);
    const value = action === 'on' ? 'on' : 'cut';
    recordTransition({ what: 'power', subject: node, value, after, before: epochSeconds() });
    return { node, power: supply.state };
  }

  /** There is none. */
  sendWitness(): void {}

  status(): LabStatus {
    const nodes = NODES.map((node) => ({ node, power: this.#power[node].state, ha: this.#power[node].ha }));
    return { plan: this.#plan, witness: false, nodes };
  }
}
