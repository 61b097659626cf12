import { KnownError } from '../../model/error.js';
import type { DnsPlan } from '../../model/lab-plan.js';
import type { LabOptions, RunningLab } from '../running-lab.js';
import { run, words, startProgram } from '../ground/command.js';
import {
  commonFiles,
  machineFile,
  powerFiles,
  settingLines,
  type MachineFile,
} from '../ground/machine-files.js';
import { pairLab } from '../ground/pair-lab.js';
import { greets, until } from '../ground/settle.js';
import { Site } from '../ground/site.js';
import { NODES } from '../ground/topology.js';
import { STATE_FILE, gatewayScript, idleRules, serviceRules } from './gateway.js';
import type { MonitorOrder } from './monitor.js';
import { makeUpdateKey, dnsmasqConfig, knotConfig, zoneFile, type UpdateKey } from './name-service.js';
import {
  cabling,
  DNS_MACHINES,
  jumpLines,
  loginAddress,
  SERVICE,
  switchLines,
  machineDownLines,
  machineLines,
  type DnsMachine,
} from './topology.js';

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
    startProgram('server', 'ground/echo-server'),
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

/** What a machine finds on its tmpfs when it starts. Keys for SSH are added by site.ts. */
export const machineFiles = (machine: DnsMachine, plan: DnsPlan, key: UpdateKey): MachineFile[] => {
  const common = commonFiles({ up: machineLines(machine), down: machineDownLines(machine) });
  const plain = [...common, machineFile('rules.nft', ''), machineFile('settings.sh', '')];
  switch (machine) {
    case 'server':
    case 'monitor':
      return plain;
    case 'client':
      return [
        ...plain,
        machineFile('dnsmasq.conf', dnsmasqConfig),
        machineFile('start.sh', 'dnsmasq --conf-file=/run/machine/dnsmasq.conf\n'),
      ];
    case 'dns':
      return [
        ...plain,
        machineFile('knot.conf', knotConfig(key)),
        machineFile('zone', zoneFile(plan)),
        machineFile('start.sh', 'mkdir -p /run/knot\nknotd --daemonize --config /run/machine/knot.conf\n'),
      ];
    case 'fw-a':
    case 'fw-b':
      return [
        ...common,
        ...powerFiles(),
        machineFile('rules.nft', idleRules),
        machineFile('service.nft', serviceRules(machine)),
        machineFile('settings.sh', `${settingLines(['net/ipv4/ip_forward=1'])}\n`),
        machineFile('etc/init.d/gateway', gatewayScript(plan), 0o755),
        // A node that comes back is the standby: whoever started the other one decides.
        machineFile('start.sh', '/etc/init.d/gateway stop >/dev/null\n'),
      ];
  }
};
