import { afterAll, beforeAll, expect, test } from 'vitest';
import { machineFile, type MachineFile } from '../../src/lab/ground/machine-files.js';
import type { NodeName } from '../../src/lab/ground/topology.js';
import { until, type Tool } from '../lab/lab-kit.js';
import { bootWith, describePair, on, openPair, runTrial } from './lab-pair.js';

const VRID = 5;

const vrrpd = (node: NodeName): string => `interface trust
 vrrp ${VRID} version 3
 vrrp ${VRID} priority ${node === 'fw-a' ? 200 : 100}
 vrrp ${VRID} advertisement-interval 200
 vrrp ${VRID} ip 10.4.3.1
`;

/**
 * vrrpd wants a macvlan with the virtual MAC address, and takes its carrier away where the node is not the master. Answers of
 * the server find the way back by themselves: each node translates to its own address.
 */
const START = `mount -t tmpfs tmpfs /var/tmp
ip link add vrrp-trust link trust type macvlan mode bridge
ip link set vrrp-trust address 00:00:5e:00:01:0${VRID}
ip addr add 10.4.3.1/24 dev vrrp-trust
sysctl -qw net.ipv4.conf.vrrp-trust.ignore_routes_with_linkdown=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.vrrp-trust.rp_filter=0
ip link set vrrp-trust up
nft add rule inet firewall forward iifname vrrp-trust oifname untrust ct state new accept
nft 'table ip translation { chain postrouting { type nat hook postrouting priority srcnat; oifname untrust masquerade; }; }'
install -d -o frr -g frr /run/frr /var/log/frr
/usr/lib/frr/zebra -d -f /etc/frr/zebra.conf >>/var/log/frr/start.log 2>&1
/usr/lib/frr/vrrpd -d -f /etc/frr/vrrpd.conf >>/var/log/frr/start.log 2>&1
`;

const files = (node: NodeName): MachineFile[] => [
  machineFile('etc/frr/zebra.conf', ''),
  machineFile('etc/frr/vrrpd.conf', vrrpd(node)),
  machineFile('etc/frr/vtysh.conf', ''),
  machineFile('start.sh', START),
  machineFile('stop.sh', 'pkill -TERM -x vrrpd\n'),
];

describePair('frr', 'vrrpd of FRR, a live pair', () => {
  let tool: Tool;
  const said = (node: NodeName): Promise<string> => on(tool, node, "vtysh -c 'show vrrp json' || :");

  beforeAll(async () => {
    tool = await openPair();
    await bootWith(tool, files);
    await until(async () => (await said('fw-a')).includes('"Master"'));
    await until(async () => (await said('fw-b')).includes('"Backup"'));
  });
  afterAll(() => tool.dispose());

  // With the higher priority fw-a takes its role back as soon as it can.
  test.each(['switchover', 'crash'])('a whole trial by %s', async (action) => {
    const { trials } = await runTrial(tool, {
      name: `frr-${action}`,
      node: () => `driver: frr, params: { interface: trust, vrid: ${VRID} }, power: { driver: lab }`,
      action,
    });
    expect(trials).toMatchObject([{ status: 'ok', node: 'fw-a', action }]);
    expect(await said('fw-a')).toMatch(/"shutdown":\s*false[^]*"status":\s*"Master"/);
  });
});
