import { mkdir } from 'node:fs/promises';
import { KnownError } from '../../model/error.js';
import type { LbPlan } from '../../model/plan.js';
import { formatDuration } from '../../scenario/duration.js';
import { ns } from '../../model/time.js';
import { run } from '../command.js';
import type { LabStatus, PowerAction, PowerAnswer } from '../control.js';
import type { LabOptions, RunningLab } from '../design.js';
import { IpBatch } from '../ip-batch.js';
import { makeKeys } from '../keys.js';
import { Machine, writeMachineFiles } from '../machine.js';
import { labPaths } from '../place.js';
import { PowerSupply } from '../power.js';
import { startProgram } from '../program.js';
import { reachesServer, until } from '../settle.js';
import { END_HOSTS, NODES, type NodeName } from '../topology.js';
import { epochSeconds, recordTransition } from '../transitions.js';
import { startWitness, type Witness } from '../witness.js';
import { machineFiles } from './machine-files.js';
import { readTargets } from './target-record.js';
import { LB_MACHINES, cabling, jumpLines, jumpPortLines, switchLines, type LbMachine } from './topology.js';

const stateOf = (node: NodeName): string | null =>
  readTargets().find(({ target }) => target === node)?.state ?? null;

/** The balancer, its nodes and the end hosts, alive in this process's namespaces. */
export class LbLab implements RunningLab {
  readonly #plan: LbPlan;
  readonly #witness: boolean;
  readonly #fabric: IpBatch;
  readonly #power: Readonly<Record<NodeName, PowerSupply>>;
  #sender: Witness | null = null;

  private constructor(plan: LbPlan, { witness, log }: LabOptions, fabric: IpBatch) {
    const supply = (node: NodeName): PowerSupply =>
      new PowerSupply({ node, cabling: cabling(node), fabric, boot_ns: plan.boot_ns, stateFile: '', log });
    this.#plan = plan;
    this.#witness = witness;
    this.#fabric = fabric;
    this.#power = { 'fw-a': supply('fw-a'), 'fw-b': supply('fw-b') };
  }

  /** Builds everything; resolves when both nodes are healthy and client and server reach each other. */
  static async build(plan: LbPlan, options: LabOptions): Promise<LbLab> {
    options.onStep('building switches, machines and keys');
    await mkdir(labPaths.machine(''), { recursive: true });
    await run('ip', ['netns', 'add', 'fabric']);
    const fabric = new IpBatch('fabric');
    const jump = new IpBatch(null);
    await Promise.all([
      makeKeys(),
      ...LB_MACHINES.map((machine) => writeMachineFiles(machine, machineFiles(machine, plan))),
    ]);
    await fabric.apply(switchLines());
    await jump.apply(jumpLines());
    await fabric.apply(jumpPortLines());
    await jump.close();
    const lab = new LbLab(plan, options, fabric);
    await lab.#start(options.onStep);
    return lab;
  }

  async #start(onStep: (text: string) => void): Promise<void> {
    const { probe_ns, threshold } = this.#plan;
    onStep('booting fw-a, fw-b and the balancer');
    const hosts = (['client', 'server', 'lb'] as const).map((name) => this.#host(name));
    await Promise.all([...hosts, ...NODES.map((node) => this.#power[node].start())]);
    await Promise.all([
      startProgram('server', 'echo-server'),
      startProgram('lb', 'lb/balancer', [JSON.stringify(this.#plan)]),
    ]);
    onStep(`waiting for ${threshold} good health probes, ${formatDuration(ns(probe_ns))} apart`);
    for (const node of NODES) await until(`${node} is not healthy`, () => stateOf(node) === 'healthy');
    await until('no path', () => reachesServer(END_HOSTS.server.v4));
    if (this.#witness) this.#sender = await startWitness();
  }

  async #host(name: LbMachine): Promise<void> {
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

  /** Does nothing in a lab without a witness. */
  sendWitness(on: boolean): void {
    this.#sender?.send(on);
  }

  status(): LabStatus {
    const nodes = NODES.map((node) => ({ node, power: this.#power[node].state, ha: stateOf(node) }));
    return { plan: this.#plan, witness: this.#witness, nodes };
  }
}
