import { KnownError } from '../../model/error.js';
import type { DnsPlan } from '../../model/lab-plan.js';
import { run, words } from '../command.js';
import type { LabOptions, RunningLab } from '../design.js';
import { pairLab } from '../pair-lab.js';
import { startProgram } from '../program.js';
import { greets, until } from '../settle.js';
import { Site } from '../site.js';
import { NODES } from '../topology.js';
import { STATE_FILE } from './gateway.js';
import { machineFiles } from './machine-files.js';
import type { MonitorOrder } from './monitor.js';
import { makeUpdateKey } from './name-service.js';
import { cabling, DNS_MACHINES, jumpLines, loginAddress, SERVICE, switchLines } from './topology.js';

/** What the client's own resolver says now. */
const clientResolves = async (): Promise<boolean> => {
  const ask = words(`netns exec client kdig @127.0.0.1 +short +timeout=1 +retry=0 ${SERVICE} A`);
  return (await run('ip', ask).catch(() => '')).trim() !== '';
};

/** Builds everything; resolves when fw-a serves, fw-b stands by and the client resolves the name. Throws KnownError. */
export const buildDns = async (plan: DnsPlan, options: LabOptions): Promise<RunningLab> => {
  const { onStep, log } = options;
  if (options.witness)
    throw new KnownError('the lab dns has no witness: no path moves in it, only the record does', {
      remedy: 'leave out --witness; transitions.jsonl has the true instants anyway',
    });
  onStep('building switches, machines and keys');
  const key = makeUpdateKey();
  const site = await Site.build({
    machines: DNS_MACHINES,
    filesOf: (machine) => machineFiles(machine, plan, key),
    cabling,
    fabric: switchLines(),
    jump: jumpLines(),
  });
  const power = site.supplies({ boot_ns: plan.boot_ns, stateFile: STATE_FILE, log });
  onStep('booting fw-a, fw-b, the name server and the monitor');
  await Promise.all([
    site.boot('client', 'server', 'monitor', 'dns'),
    ...NODES.map((node) => power[node].start()),
  ]);
  await Promise.all([
    startProgram('server', 'echo-server'),
    ...NODES.map((node) => until(`no SSH on ${node}`, () => greets(loginAddress(node)))),
  ]);
  onStep('waiting until fw-a serves and the client resolves its name');
  const order: MonitorOrder = { plan, key };
  await Promise.all([
    startProgram('monitor', 'dns/monitor', [JSON.stringify(order)]),
    until('no answer to the client', clientResolves),
  ]);
  return pairLab({ plan, power, witness: null, recordsPower: true });
};
