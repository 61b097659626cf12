import type { DnsPlan } from '../../model/plan.js';
import { powerFiles, settingLines, type MachineFile } from '../machine-files.js';
import { MACHINE_INIT } from '../machine-init.js';
import { sshdConfig } from '../sshd.js';
import { gatewayScript, idleRules, serviceRules } from './gateway.js';
import { dnsmasqConfig, knotConfig, zoneFile, type UpdateKey } from './name-service.js';
import { machineDownLines, machineLines, type DnsMachine } from './topology.js';

/** What a machine finds on its tmpfs when it starts. Keys for SSH are added by keys.ts. */
export const machineFiles = (machine: DnsMachine, plan: DnsPlan, key: UpdateKey): MachineFile[] => {
  const file = (path: string, text: string, mode = 0o644): MachineFile => ({ path, text, mode });
  const common = [
    file('up.batch', `${machineLines(machine).join('\n')}\n`),
    file('down.batch', `${machineDownLines(machine).join('\n')}\n`),
    file('init.sh', MACHINE_INIT),
    file('sshd_config', sshdConfig),
  ];
  const plain = [...common, file('rules.nft', ''), file('settings.sh', '')];
  switch (machine) {
    case 'server':
    case 'monitor':
      return plain;
    case 'client':
      return [
        ...plain,
        file('dnsmasq.conf', dnsmasqConfig),
        file('start.sh', 'dnsmasq --conf-file=/run/machine/dnsmasq.conf\n'),
      ];
    case 'dns':
      return [
        ...plain,
        file('knot.conf', knotConfig(key)),
        file('zone', zoneFile(plan)),
        file('start.sh', 'mkdir -p /run/knot\nknotd --daemonize --config /run/machine/knot.conf\n'),
      ];
    case 'fw-a':
    case 'fw-b':
      return [
        ...common,
        ...powerFiles(),
        file('rules.nft', idleRules),
        file('service.nft', serviceRules(machine)),
        file('settings.sh', `${settingLines(['net/ipv4/ip_forward=1'])}\n`),
        file('etc/init.d/gateway', gatewayScript(plan), 0o755),
        // A node that comes back is the standby: whoever started the other one decides.
        file('start.sh', '/etc/init.d/gateway stop >/dev/null\n'),
      ];
  }
};
