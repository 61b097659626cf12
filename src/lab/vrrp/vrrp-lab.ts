import type { VrrpPlan } from '../../model/lab-plan.js';
import { formatDuration } from '../../model/duration.js';
import type { LabOptions, RunningLab } from '../running-lab.js';
import { machineFiles } from '../ground/machine-files.js';
import { pairLab } from '../ground/pair-lab.js';
import { startProgram } from '../ground/command.js';
import { greets, reachesServer, until } from '../ground/settle.js';
import { Site } from '../ground/site.js';
import { END_HOSTS, MACHINES, address4, cabling, jumpLines, switchLines } from '../ground/topology.js';
import { startWitness } from '../witness/witness.js';

/** Builds everything; resolves when client and server reach each other and the pair has settled. Throws KnownError. */
export const buildVrrp = async (plan: VrrpPlan, options: LabOptions): Promise<RunningLab> => {
  const { onStep, log } = options;
  onStep('building switches, machines and keys');
  const site = await Site.build({
    machines: MACHINES,
    filesOf: (machine) => machineFiles(machine, plan),
    cabling,
    fabric: switchLines(),
    jump: jumpLines(),
  });
  const power = site.supplies({ boot_ns: plan.boot_ns, stateFile: '/run/vrrp.state', log });
  const { 'fw-a': first, 'fw-b': second } = power;
  const hosts = site.boot('client', 'server');
  onStep(`booting fw-a; VRRP election takes 3 to 4 x ${formatDuration(plan.advert_ns)}`);
  await Promise.all([hosts, first.start()]);
  await startProgram('server', 'ground/echo-server');
  // The second node starts as soon as the first has won, so that the roles at the start are always the same.
  await until('fw-a did not become master', () => first.ha === 'MASTER');
  onStep('booting fw-b');
  await second.start();
  await until('fw-b did not become backup', () => second.ha === 'BACKUP');
  onStep('waiting until client and server reach each other');
  await Promise.all([
    until('no SSH on fw-a', () => greets(address4('mgmt', 11))),
    until('no SSH on fw-b', () => greets(address4('mgmt', 12))),
    until('no IPv4 path', () => reachesServer(END_HOSTS.server.v4)),
    until('no IPv6 path', () => reachesServer(END_HOSTS.server.v6)),
  ]);
  return pairLab({
    plan,
    power,
    witness: options.witness ? await startWitness() : null,
    recordsPower: false,
  });
};
