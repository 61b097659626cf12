import { afterAll, beforeAll, expect, test } from 'vitest';
import { machineFile, type MachineFile } from '../../src/lab/ground/machine-files.js';
import { HA_ADDRESS, isNode, NODES, peerOf, type NodeName } from '../../src/lab/ground/topology.js';
import { until, type Tool } from '../lab/lab-kit.js';
import { bootWith, describePair, on, openPair, runTrial } from './lab-pair.js';

const member = (node: NodeName, id: number): string => `    node {
        name: ${node}
        nodeid: ${id}
        ring0_addr: ${HA_ADDRESS[node]}
    }
`;

const COROSYNC = `totem {
    version: 2
    cluster_name: pair
    transport: knet
    token: 1000
}
nodelist {
${NODES.map((node, index) => member(node, index + 1)).join('')}}
quorum {
    provider: corosync_votequorum
    two_node: 1
    wait_for_all: 0
}
logging {
    to_syslog: no
    to_logfile: yes
    logfile: /var/log/corosync/corosync.log
}
`;

/** What both keep in memory and on disk is a machine's own, and gone with its power. */
const START = `mount -t tmpfs tmpfs /dev/shm
for folder in corosync pacemaker; do mount -t tmpfs tmpfs /var/lib/$folder; done
mkdir -p /var/log/corosync /run/resource-agents
for folder in /var/lib/pacemaker /var/lib/pacemaker/cib /var/lib/pacemaker/pengine /var/lib/pacemaker/blackbox /var/lib/pacemaker/cores /var/log/pacemaker; do
    install -d -o hacluster -g haclient -m 750 $folder
done
corosync >>/var/log/start.log 2>&1
setsid pacemakerd >>/var/log/start.log 2>&1 </dev/null &
`;

const files = (): MachineFile[] => [
  machineFile('etc/corosync/corosync.conf', COROSYNC),
  machineFile('start.sh', START),
  machineFile('stop.sh', 'pkill -TERM -x pacemakerd\n'),
];

const address = (id: string, ip: string, segment: string): string =>
  `<primitive id="${id}" class="ocf" provider="heartbeat" type="IPaddr2"><instance_attributes id="${id}-a">` +
  `<nvpair id="${id}-ip" name="ip" value="${ip}"/><nvpair id="${id}-mask" name="cidr_netmask" value="24"/>` +
  `<nvpair id="${id}-nic" name="nic" value="${segment}"/></instance_attributes></primitive>`;

const ADDRESSES = `<group id="addresses">${address('vip', '10.4.3.1', 'trust')}${address('inner', '10.4.4.1', 'untrust')}</group>`;

describePair('pacemaker', 'Pacemaker and Corosync, a live pair', () => {
  let tool: Tool;
  const cluster = (line: string): Promise<string> => on(tool, 'fw-a', line);
  const holder = async (): Promise<string | undefined> =>
    /\bvip\b.*Started ([\w-]+)/.exec(await cluster('crm_mon -1 || :'))?.[1];

  beforeAll(async () => {
    tool = await openPair();
    await bootWith(tool, files);
    await until(async () => (await cluster('crm_mon -1 || :')).includes('Online: [ fw-a fw-b ]'));
    await cluster('crm_attribute -t crm_config -n stonith-enabled -v false');
    await cluster('crm_attribute -t rsc_defaults -n resource-stickiness -v 100');
    await cluster(`cibadmin --create --scope resources --xml-text '${ADDRESSES}'`);
    await until(async () => isNode((await holder()) ?? ''));
  });
  afterAll(() => tool.dispose());

  const trial = async (action: string): Promise<void> => {
    const before = (await holder()) ?? '';
    const { trials } = await runTrial(tool, {
      name: `pacemaker-${action}`,
      node: (name) => `driver: pacemaker, params: { name: ${name} }, power: { driver: lab }`,
      action,
    });
    expect(trials).toMatchObject([{ status: 'ok', node: before, action }]);
    // It came back, and the other one kept the addresses.
    if (!isNode(before)) throw new Error(`no node has them: ${before}`);
    expect(await holder()).toBe(peerOf(before));
  };

  test('a whole trial by standby, taken back', () => trial('switchover'));
  test('a whole trial by a power cut', () => trial('crash'));
});
