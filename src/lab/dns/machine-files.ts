import type { DnsPlan } from '../../model/lab-plan.js';
import { commonFiles, machineFile, powerFiles, settingLines, type MachineFile } from '../machine-files.js';
import { gatewayScript, idleRules, serviceRules } from './gateway.js';
import { dnsmasqConfig, knotConfig, zoneFile, type UpdateKey } from './name-service.js';
import { machineDownLines, machineLines, type DnsMachine } from './topology.js';

/** What a machine finds on its tmpfs when it starts. Keys for SSH are added by keys.ts. */
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
