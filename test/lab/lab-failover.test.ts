import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTruth, truthOutage, type TruthGap } from '../../src/lab/witness/truth.js';
import type { LabStatus } from '../../src/lab/ask.js';
import { labPaths } from '../../src/lab/paths.js';
import { labObstacle, openSession, openTool, until, type Tool } from './lab-kit.js';

const obstacle = labObstacle();
const ADVERT_S = 0.2;
const ssh = `ssh -o BatchMode=yes -o ConnectTimeout=5 -o UserKnownHostsFile=${labPaths.knownHosts} -i ${labPaths.sshKey}`;

/** The lab's truth file, as seen from the host. */
const truthOf = (tool: Tool): Promise<TruthGap[]> => readTruth(`${tool.root()}${labPaths.truth}`);

const settled = async (tool: Tool): Promise<boolean> => {
  const words = (await tool.status()).nodes.map(({ power, ha }) => `${power} ${ha}`).toSorted();
  return words.join() === 'on BACKUP,on MASTER';
};

const masterOrNone = async (tool: Tool): Promise<'fw-a' | 'fw-b' | null> =>
  (await tool.status()).nodes.find(({ ha }) => ha === 'MASTER')?.node ?? null;

const master = async (tool: Tool): Promise<'fw-a' | 'fw-b'> => {
  const node = await masterOrNone(tool);
  if (node === null) throw new Error('no master');
  return node;
};

const other = (node: string): string => (node === 'fw-a' ? 'fw-b' : 'fw-a');
const address = (node: string): string => (node === 'fw-a' ? '10.4.0.11' : '10.4.0.12');

describe.skipIf(obstacle !== null)(`a pair with state sync ${obstacle ?? ''}`, () => {
  let tool: Tool;

  beforeAll(async () => {
    // As libpam-tmpdir sets it on hardened hosts; no machine has such a folder.
    tool = openTool({ TMPDIR: '/tmp/user/0' });
    await tool.run('lab', 'up', '--advert', '200ms', '--boot', '1s', '--witness');
  });
  afterAll(() => tool.dispose());

  test('is ready when "lab up" returns', async () => {
    const said = JSON.parse(await tool.run('lab', 'status', '--json')) as { lab: LabStatus };
    expect(said.lab).toEqual(await tool.status());
    const { nodes, witness, plan } = said.lab;
    expect(nodes.map(({ node, power, ha }) => `${node} ${power} ${ha}`)).toEqual([
      'fw-a on MASTER',
      'fw-b on BACKUP',
    ]);
    expect({ witness, advert: plan.design === 'vrrp' && plan.advert_ns }).toEqual({
      witness: true,
      advert: 2e8,
    });
  });

  test('answers pings in both families, and its control host without crossing the pair', async () => {
    for (const [target, ttl] of [
      ['10.4.4.4', 63],
      ['fd00:4:4::4', 63],
      ['10.4.3.250', 64],
    ] as const)
      expect(await tool.jump(`ip netns exec client ping -n -c 1 ${target}`)).toContain(`ttl=${ttl}`);
  });

  test('lets root in by key, checked against its known_hosts, also across the pair', async () => {
    expect(await tool.jump(`${ssh} root@10.4.0.12 hostname`)).toBe('fw-b\n');
    for (const target of ['10.4.4.4', 'fd00:4:4::4'])
      expect(await tool.jump(`ip netns exec client ${ssh} root@${target} hostname`)).toBe('server\n');
  });

  test('takes nothing of this host’s environment into a machine', async () => {
    const variables = await tool.run('lab', 'exec', 'fw-a', '--', 'cat', '/proc/1/environ');
    expect(variables.split('\0').map((each) => each.replace(/=.*/s, ''))).not.toContain('TMPDIR');
    const dump = 'kill -s $(keepalived --signum=JSON) $(cat /run/keepalived.pid)';
    await tool.run('lab', 'exec', 'fw-a', '--', 'sh', '-c', dump);
    await until(async () =>
      (await tool.run('lab', 'exec', 'fw-a', '--', 'ls', '/tmp')).includes('keepalived.json'),
    );
  });

  test('a second lab is refused with the remedy', async () => {
    await expect(tool.run('lab', 'up')).rejects.toThrow(/already up[\s\S]*seqgap lab down/);
  });

  test('a power cut: the peer takes over, established sessions live, the node comes back in sync', async () => {
    const sessions = [await openSession(tool, '10.4.4.4'), await openSession(tool, 'fd00:4:4::4')];
    const node = await master(tool);
    const before = Date.now() / 1000;
    expect(JSON.parse(await tool.run('lab', 'power', node, 'crash'))).toEqual({ node, power: 'booting' });
    await until(() => settled(tool));
    expect(await master(tool)).toBe(other(node));
    for (const session of sessions) {
      await session.more(20);
      expect(session.echoed).toEqual(session.echoed.map((_, index) => index + 1));
      await session.close();
    }
    // The lab's truth: 3 advertisements at most and 2 at least, plus the skew of either node (RFC 5798 §6.1).
    for (const family of [4, 6] as const) {
      const outage = truthOutage(await truthOf(tool), { family, from: before, to: Date.now() / 1000 });
      expect(outage?.hi_s).toBeGreaterThan(2.4 * ADVERT_S);
      expect(outage?.lo_s).toBeLessThan(3.61 * ADVERT_S + 1);
    }
    const counts = async (name: string, cache: string): Promise<number> => {
      const text = await tool.run('lab', 'exec', name, '--', 'conntrackd', '-s');
      return Number(new RegExp(`cache ${cache}:\\s+current active connections:\\s+(\\d+)`).exec(text)?.[1]);
    };
    const alive = await openSession(tool, '10.4.4.4');
    await until(async () => (await counts(node, 'external')) >= 1);
    expect(await counts(other(node), 'internal')).toBeGreaterThanOrEqual(1);
    await alive.close();
  });

  test('a graceful switchover is far shorter than a crash, but an outage', async () => {
    await until(() => settled(tool));
    const node = await master(tool);
    const before = Date.now() / 1000;
    await tool.jump(`${ssh} root@${address(node)} service keepalived stop`);
    await until(async () => (await masterOrNone(tool)) === other(node));
    const gaps = await truthOf(tool);
    const outage = truthOutage(gaps, { family: 4, from: before, to: Date.now() / 1000 });
    // After priority 0 the peer waits its skew time only: at most 0.61 advertisements.
    expect(outage?.lo_s).toBeGreaterThan(0);
    expect(outage?.lo_s).toBeLessThan(2.4 * ADVERT_S);
    expect(await tool.jump(`${ssh} root@${address(node)} service keepalived status || true`)).toContain(
      'not running',
    );
    await tool.jump(`${ssh} root@${address(node)} service keepalived start`);
    await until(() => settled(tool));
  });

  test('"reboot" on a node hands over, and the machine boots anew', async () => {
    const node = await master(tool);
    const boots = `${ssh} root@${address(node)} cat /proc/1/stat | cut -d" " -f22`;
    const first = await tool.jump(boots);
    await tool.jump(`${ssh} root@${address(node)} reboot`);
    await until(async () => (await masterOrNone(tool)) === other(node));
    await until(() => settled(tool));
    expect(await tool.jump(boots)).not.toBe(first);
    expect(await master(tool)).toBe(other(node));
  });

  test('a master whose keepalived is kept from running loses its role, as on a busy host', async () => {
    const node = await master(tool);
    const all = (signal: string) =>
      tool.run('lab', 'exec', node, '--', 'pkill', `-${signal}`, '-x', 'keepalived');
    await all('STOP');
    await until(async () =>
      (await tool.status()).nodes.some((each) => each.node !== node && each.ha === 'MASTER'),
    );
    await all('CONT');
    await until(() => settled(tool));
  });

  test('power off stays off until on; a crash needs power; on is idempotent', async () => {
    expect(JSON.parse(await tool.run('lab', 'power', 'fw-b', 'off'))).toEqual({ node: 'fw-b', power: 'off' });
    await expect(tool.run('lab', 'power', 'fw-b', 'crash')).rejects.toThrow(/fw-b is off/);
    await expect(tool.run('lab', 'exec', 'fw-b', '--', 'true')).rejects.toThrow(/no power/);
    expect(await tool.run('lab', 'exec', 'jump', '--', 'ls', '/run/netns')).not.toContain('fw-b');
    for (let times = 0; times < 2; times++) await tool.run('lab', 'power', 'fw-b', 'on');
    await until(() => settled(tool));
    await tool.run('lab', 'power', 'fw-b', 'on');
    expect((await tool.status()).nodes.map(({ power }) => power)).toEqual(['on', 'on']);
  });

  test('"poweroff" on a node turns it off', async () => {
    await tool.jump(`${ssh} root@10.4.0.11 poweroff`);
    await until(async () => (await tool.status()).nodes[0]?.power === 'off');
    await tool.run('lab', 'power', 'fw-a', 'on');
    await until(() => settled(tool));
  });

  test('it writes nothing in the host’s /etc, /run or /var/log', async () => {
    expect(await readFile('/etc/keepalived/keepalived.conf', 'utf8').catch(() => '')).not.toContain('TRUST4');
    await expect(readFile(labPaths.sshKey)).rejects.toThrow('ENOENT');
  });
});

describe.skipIf(obstacle !== null)(`a pair without state sync ${obstacle ?? ''}`, () => {
  let tool: Tool;

  beforeAll(async () => {
    tool = openTool();
    await tool.run('lab', 'up', '--advert', '100ms', '--boot', '1s', '--sync', 'none');
  });
  afterAll(() => tool.dispose());

  test('a session that was established is blackholed by a crash, a new one is not', async () => {
    const old = await openSession(tool, '10.4.4.4');
    await old.more(5);
    await tool.run('lab', 'power', 'fw-a', 'crash');
    await until(async () => (await masterOrNone(tool)) === 'fw-b');
    const echoed = old.echoed.length;
    const fresh = await openSession(tool, '10.4.4.4');
    // Three seconds: long after the retransmission that an outage of 0.4 s leaves waiting (RFC 6298).
    await fresh.more(60);
    expect(old.echoed.length).toBe(echoed);
    await Promise.all([old.close(), fresh.close()]);
    await until(() => settled(tool));
  });
});
