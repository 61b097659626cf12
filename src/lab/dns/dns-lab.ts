import { KnownError } from '../../model/error.js';
import type { DnsPlan } from '../../model/lab-plan.js';
import { run, words, startProgram } from '../ground/command.js';
import { machineFile, type Outfit } from '../ground/machine-files.js';
import { until } from '../ground/settle.js';
import { Site, type LabOptions, type RunningLab } from '../ground/site.js';
import { NODES } from '../ground/topology.js';
import { STATE_FILE, gatewayScript, idleRules, serviceRules } from './gateway.js';
import type { MonitorOrder } from './monitor.program.js';
import { makeUpdateKey, dnsmasqConfig, knotConfig, zoneFile, type UpdateKey } from './name-service.js';
import { network, SERVICE } from './topology.js';

/** What the client's own resolver says now. */
const clientResolves = async (): Promise<boolean> => {
  const ask = words(`netns exec client kdig @127.0.0.1 +short +timeout=1 +retry=0 ${SERVICE} A`);
  return (await run('ip', ask).catch(() => '')).trim() !== '';
};

/** Builds everything; resolves when fw-a serves, fw-b stands by and the client resolves the name. Throws KnownError. */
export const buildDns = async (plan: DnsPlan, options: LabOptions): Promise<RunningLab> => {
  const { onStep } = options;
  if (options.witness)
    throw new KnownError('the lab dns has no witness: no path moves in it, only the record does', {
      remedy: 'leave out --witness; transitions.jsonl has the true instants anyway',
    });
  onStep('building switches, machines and keys');
  const key = makeUpdateKey();
  const site = await Site.build(
    {
      network,
      fabric: network.switchLines('trust'),
      outfit: (machine) => outfit(machine, plan, key),
      stateFile: STATE_FILE,
    },
    plan,
    options,
  );
  onStep('booting fw-a, fw-b, the name server and the monitor');
  await Promise.all([site.bootOthers(), ...NODES.map((node) => site.nodes[node].start())]);
  await site.untilLogin();
  onStep('waiting until fw-a serves and the client resolves its name');
  const order: MonitorOrder = { plan, key };
  await Promise.all([
    startProgram('monitor', 'dns/monitor', [JSON.stringify(order)]),
    until('no answer to the client', clientResolves),
  ]);
  return site.running({ recordsPower: true });
};

export const outfit = (machine: (typeof network.machines)[number], plan: DnsPlan, key: UpdateKey): Outfit => {
  switch (machine) {
    case 'server':
    case 'monitor':
      return {};
    case 'client':
      return {
        files: [
          machineFile('dnsmasq.conf', dnsmasqConfig),
          machineFile('start.sh', 'dnsmasq --conf-file=/run/machine/dnsmasq.conf\n'),
        ],
      };
    case 'dns':
      return {
        files: [
          machineFile('knot.conf', knotConfig(key)),
          machineFile('zone', zoneFile(plan)),
          machineFile('start.sh', 'mkdir -p /run/knot\nknotd --daemonize --config /run/machine/knot.conf\n'),
        ],
      };
    case 'fw-a':
    case 'fw-b':
      return {
        rules: idleRules,
        settings: ['net/ipv4/ip_forward=1'],
        files: [
          machineFile('service.nft', serviceRules(machine)),
          machineFile('etc/init.d/gateway', gatewayScript(plan), 0o755),
          // A node that comes back is the standby: whoever started the other one decides.
          machineFile('start.sh', '/etc/init.d/gateway stop >/dev/null\n'),
        ],
      };
  }
};
