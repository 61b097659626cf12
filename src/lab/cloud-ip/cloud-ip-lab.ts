import type { CloudIpPlan } from '../../model/lab-plan.js';
import type { LabOptions, RunningLab } from '../design.js';
import { pairLab } from '../pair-lab.js';
import { startProgram } from '../program.js';
import { greets, reachesServer, until } from '../settle.js';
import { Site } from '../site.js';
import { END_HOSTS, MACHINES, address4 } from '../topology.js';
import { startWitness } from '../witness.js';
import { HA_FILES } from './ha-files.js';
import { machineFiles } from './machine-files.js';
import { cabling, fabricLines, fabricSettings, jumpLines } from './topology.js';

/** Builds everything; resolves when client and server reach each other and the pair has settled. Throws KnownError. */
export const buildCloudIp = async (plan: CloudIpPlan, options: LabOptions): Promise<RunningLab> => {
  const { onStep, log } = options;
  onStep('building the fabric, machines and keys');
  const site = await Site.build({
    machines: MACHINES,
    filesOf: (machine) => machineFiles(machine, plan),
    cabling,
    fabric: fabricLines(),
    fabricSettings,
    jump: jumpLines(),
  });
  const power = site.supplies({ boot_ns: plan.boot_ns, stateFile: HA_FILES.role, log });
  const { 'fw-a': first, 'fw-b': second } = power;
  const hosts = site.boot('client', 'server');
  onStep('booting fw-a, which has both addresses');
  await startProgram('fabric', 'cloud-ip/fabric-server', [JSON.stringify(plan)]);
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
  return pairLab({
    plan,
    power,
    witness: options.witness ? await startWitness() : null,
    // The fabric writes down what its API did; the power is no part of the cloud.
    recordsPower: false,
  });
};
