import { byRules, link, peer, role, type ReadLine, type RecordForm, type Rule } from '../form.js';

const group = (name: string | undefined): string | null => name?.replace(/\.$/, '') ?? null;

/** By what sod, the failover daemon, says; its codes are those of BIG-IP 11 to 17. */
const RULES: readonly Rule[] = [
  [/ 010c0053:\d: Active for traffic group (\S+)/, ([, name]) => [role('active', null, group(name))]],
  [/ 010c0052:\d: Standby for traffic group (\S+)/, ([, name]) => [role('standby', null, group(name))]],
  [/ 010c0019:\d: Active\b/, () => [role('active')]],
  [/ 010c0018:\d: Standby\b/, () => [role('standby')]],
  [/ 010c\w{4}:\d: Offline\b/, () => [role('faulted')]],
  [/ 010c\w{4}:\d: Leaving (?:active|standby|offline)\b/i, () => [role('transitioning')]],
  [
    / 010c0083:\d: No failover status messages received for [\d.]+ seconds, from device (\S+)/,
    ([, device]) => [peer('hello-lost', device)],
  ],
  [
    / 010c0084:\d: Failover status message received after [\d.]+ second gap, from device (\S+)/,
    ([, device]) => [peer('peer-found', device)],
  ],
  [
    / 010c007e:\d: Not receiving status updates from peer device (\S+)/,
    ([, device]) => [peer('peer-lost', device)],
  ],
  [
    / 010c007f:\d: Receiving status updates from peer device (\S+)/,
    ([, device]) => [peer('peer-found', device)],
  ],
  [/ 01bb0003:\d: Trunk: (\S+) is (UP|DOWN)\b/, ([, name = '', word]) => [link(name, word === 'UP')]],
  [/ 01b5004a:\d: Link: (\S+) is (UP|DOWN|DISABLED)\b/, ([, name = '', word]) => [link(name, word === 'UP')]],
  [
    / 010(?:70638|70727):\d: Pool \S+ member (\S+) monitor status (\w+)/,
    ([, member = '', word = '']) => [
      {
        kind: 'health',
        subject: member,
        value: word === 'up' ? 'healthy' : word === 'down' ? 'unhealthy' : word,
      },
    ],
  ],
  [/\bsod\[\d+\]: \w{8}:\d: .*\b(?:active|standby|peer)\b/i, () => null],
];

const read: ReadLine = ({ text }) => byRules(RULES, text);

export const bigIp: RecordForm = {
  name: 'BIG-IP ltm log',
  example: 'notice sod[5359]: 010c0053:5: Active for traffic group traffic-group-1.',
  knows: (line) =>
    line.includes(']: 0') &&
    / (?:sod|mcpd|lacpd|tmm\d*|bigd|chmand|overdog)\[\d+\]: [\da-f]{8}:\d: /.test(line),
  open: () => read,
};
