import type { LbPlan } from '../../model/lab-plan.js';
import { ns } from '../../model/time.js';
import { formatDuration } from '../../model/duration.js';
import type { LabOptions, RunningLab } from '../design.js';
import { pairLab } from '../pair-lab.js';
import { startProgram } from '../program.js';
import { reachesServer, until } from '../settle.js';
import { Site } from '../site.js';
import { END_HOSTS, NODES, type NodeName } from '../topology.js';
import { startWitness } from '../witness.js';
import { machineFiles } from './machine-files.js';
import { readTargets } from './target-record.js';
import { LB_MACHINES, cabling, jumpLines, switchLines } from './topology.js';

const stateOf = (node: NodeName): string | null =>
  readTargets().find(({ target }) => target === node)?.state ?? null;

/** Builds everything; resolves when both nodes are healthy and client and server reach each other. Throws KnownError. */
export const buildLb = async (plan: LbPlan, options: LabOptions): Promise<RunningLab> => {
  const { onStep, log } = options;
  onStep('building switches, machines and keys');
  const site = await Site.build({
    machines: LB_MACHINES,
    filesOf: (machine) => machineFiles(machine, plan),
    cabling,
    fabric: switchLines(),
    jump: jumpLines(),
  });
  const power = site.supplies({ boot_ns: plan.boot_ns, stateFile: '', log });
  onStep('booting fw-a, fw-b and the balancer');
  await Promise.all([site.boot('client', 'server', 'lb'), ...NODES.map((node) => power[node].start())]);
  await Promise.all([
    startProgram('server', 'echo-server'),
    startProgram('lb', 'lb/balancer', [JSON.stringify(plan)]),
  ]);
  onStep(`waiting for ${plan.threshold} good health probes, ${formatDuration(ns(plan.probe_ns))} apart`);
  for (const node of NODES) await until(`${node} is not healthy`, () => stateOf(node) === 'healthy');
  await until('no path', () => reachesServer(END_HOSTS.server.v4));
  return pairLab({
    plan,
    power,
    witness: options.witness ? await startWitness() : null,
    haOf: stateOf,
    recordsPower: true,
  });
};
