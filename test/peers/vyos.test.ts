import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { machineFile, type MachineFile } from '../../src/lab/ground/machine-files.js';
import { LOGIN_ADDRESS, NODES, type NodeName } from '../../src/lab/ground/topology.js';
import { until, type Tool } from '../lab/lab-kit.js';
import { blocks, page } from '../unit/docs/markdown.js';
import { bootWith, describePair, on, openPair, runTrial } from './lab-pair.js';

/*
 * keepalived as VyOS drives it: configured, stopped and started by a commit, asked by `show vrrp`, with SNMP on. The command line
 * is one of ours (vyos/).
 */

/** What is configured when a node boots. */
const CONFIG = (node: NodeName): string =>
  [
    ...(['trust', 'untrust'] as const).flatMap((segment, index) => [
      `vrrp group ${segment} address '10.4.${3 + index}.1/24'`,
      `vrrp group ${segment} advertise-interval '1'`,
      `vrrp group ${segment} interface '${segment}'`,
      `vrrp group ${segment} priority '${node === 'fw-a' ? 200 : 100}'`,
      `vrrp group ${segment} vrid '${10 + index}'`,
    ]),
    "vrrp sync-group both member 'trust'",
    "vrrp sync-group both member 'untrust'",
  ]
    .map((line) => `set high-availability ${line}\n`)
    .join('');

const SHOW = 'show configuration commands | match "set high-availability"';

/** Whoever logs in has the command line. */
const START = `mkdir -p /run/vyos /run/keepalived /run/snmp
cp /run/machine/config /run/vyos/config
echo 'ForceCommand /run/machine/shell.sh' >>/run/machine/sshd_config
until [ -s /run/sshd.pid ]; do sleep 0.05; done
kill -HUP $(cat /run/sshd.pid)
SNMP_PERSISTENT_DIR=/run/snmp snmpd -C -c /run/machine/snmpd.conf -Lf /var/log/snmpd.log -p /run/snmpd.pid
. /run/machine/commit.sh
commit
`;

const script = (name: string): string => readFileSync(join(import.meta.dirname, 'vyos', name), 'utf8');

const files = (node: NodeName): MachineFile[] => [
  machineFile('config', CONFIG(node)),
  machineFile('commit.sh', script('commit.sh')),
  machineFile('shell.sh', script('shell.sh'), 0o755),
  machineFile('snmpd.conf', 'rocommunity public\nmaster agentx\nagentXSocket unix:/run/agentx\n'),
  machineFile('start.sh', START),
  machineFile('stop.sh', 'pkill -TERM -x keepalived\n'),
];

/** What docs/platforms.md asks by SNMP, of an instance of fw-b. */
const snmp = (instance: 1 | 2): string => {
  const [observer = {}] = parse(blocks(page('platforms.md'), 'yaml')[0] ?? '') as Record<string, unknown>[];
  const text = JSON.stringify({ ...observer, name: `instance-${instance}`, every: '200ms' });
  return text.replace('192.0.2.11', LOGIN_ADDRESS['fw-b']).replace('.1"', `.${instance}"`);
};

describePair('snmp', 'keepalived as VyOS drives it, a live pair', () => {
  let tool: Tool;
  /** Who has the address of each side. */
  const holders = async (): Promise<NodeName[][]> => {
    const held = await Promise.all(NODES.map((node) => tool.jump(`ip -n ${node} -o -4 addr show || :`)));
    return ['10.4.3.1/', '10.4.4.1/'].map((address) =>
      NODES.filter((_, index) => held[index]?.includes(` ${address}`)),
    );
  };
  const hasBoth = (node: NodeName): Promise<void> =>
    until(async () => (await holders()).every((each) => each.join() === node));
  /** Typed on a node. @returns all that it printed. */
  const type = (node: NodeName, ...lines: string[]): Promise<string> =>
    on(tool, node, `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} | /run/machine/shell.sh`);

  beforeAll(async () => {
    tool = await openPair();
    const folder = join(String(tool.env['XDG_STATE_HOME']), 'snmp');
    await mkdir(folder);
    await writeFile(join(folder, 'snmp.conf'), 'mibs :\ndefVersion 2c\ndefCommunity public\n');
    Object.assign(tool.env, { SNMPCONFPATH: folder, SNMP_PERSISTENT_DIR: folder });
    await bootWith(tool, files);
    await hasBoth('fw-a');
  });
  afterAll(() => tool.dispose());

  test('a whole trial by the disable: the peer takes both addresses, and gives them back', async () => {
    const { trials, timeline = [] } = await runTrial(tool, {
      name: 'vyos-switchover',
      node: () => 'driver: vyos, power: { driver: lab }',
      action: 'switchover',
      observe: [snmp(1), snmp(2)],
    });
    expect(trials).toMatchObject([{ status: 'ok', node: 'fw-a', action: 'switchover' }]);
    const taken = timeline.map(({ milestone }) => milestone).filter((each) => each.startsWith('instance-'));
    expect(taken.toSorted()).toEqual(['instance-1 = 2', 'instance-2 = 2']);
    expect(await type('fw-a', SHOW)).not.toContain('disable');
    await hasBoth('fw-a');
  });

  test('one group of a sync-group: nobody takes its address, and the driver does not touch it', async () => {
    const trial = runTrial(tool, {
      name: 'vyos-group',
      node: () => 'driver: vyos, params: { group: trust }, power: { driver: lab }',
      action: 'switchover, variant: group',
    });
    await expect(trial).rejects.toThrow(/the group is there, and no sync-group/);
    expect(await type('fw-a', SHOW)).not.toContain('disable');

    const group = 'high-availability vrrp group trust disable';
    await type('fw-a', 'configure', `set ${group}`, 'commit', 'exit');
    const nobody = async (): Promise<boolean> => (await holders())[0]?.length === 0;
    await until(nobody);
    // A peer that hears nothing takes over after three advertisements and the skew: 3.6 s.
    for (let tries = 0; tries < 20; tries++) {
      await sleep(300);
      expect(await nobody()).toBe(true);
    }
    await type('fw-a', 'configure', `delete ${group}`, 'commit', 'exit');
    await hasBoth('fw-a');
  });
});
