import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { NodePlan } from '../../../src/model/plan.js';
import { bind, type Bound } from '../../../src/trigger/ask/bound.js';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import { LocalTransport } from '../../../src/trigger/transport/local.js';
import { commandLine } from '../../../src/trigger/transport/quote.js';
import { askRole } from '../../../src/trigger/ask/role.js';
import type { Transport } from '../../../src/trigger/transport/transport.js';

const CONFIG = `
global_defs { vrrp_startup_delay 0 }
vrrp_instance ONE { interface v0
 virtual_router_id 5
 version 3
 priority 100
 advert_int 0.1
 virtual_ipaddress { 10.9.0.100/24 } }
`;
/** Stays BACKUP for as long as the test lasts: 3 x 30 s. */
const SLOW = CONFIG.replace('ONE', 'TWO')
  .replace('_id 5', '_id 6')
  .replace('0.1', '30')
  .replace('.100/', '.101/');

const installed = async (): Promise<boolean> =>
  process.getuid?.() === 0 && (await execa('keepalived', ['--version'], { reject: false })).exitCode === 0;

describe.skipIf(!(await installed()))(
  'the keepalived driver with a real keepalived (needs root and keepalived)',
  () => {
    let powerOff: () => Promise<void>;
    let bound: Bound;

    /** Runs in the machine's namespaces: its /run, /tmp and network are its own. */
    const inMachine = async (command: string): Promise<string> =>
      (await execa('nsenter', ['-a', '-t', String(init), 'sh', '-c', command])).stdout;
    let init = 0;

    beforeAll(async () => {
      const script = `mount -t tmpfs run /run; mount -t tmpfs tmp /tmp
      ip link set lo up; ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up
      ip addr add 10.9.0.1/24 dev v0; echo ready; exec cat`;
      const alone = 'unshare --net --mount --pid --fork --kill-child --mount-proc'.split(' ');
      const machine = execa('setpriv', ['--pdeathsig', 'KILL', ...alone, 'sh', '-ec', script], {
        reject: false,
        stdin: 'pipe',
      });
      powerOff = async () => {
        machine.kill('SIGKILL');
        await machine;
      };
      await new Promise((resolve) => machine.stdout.once('data', resolve));
      init = Number((await execa('pgrep', ['-P', String(machine.pid)])).stdout);

      const driver = (await loadDrivers()).get('keepalived');
      if (driver === undefined) throw new Error('there is a keepalived driver');
      const local = new LocalTransport(systemClock);
      const transport: Transport = {
        words: 'machine',
        reach_ns: local.reach_ns,
        exec: (command, options) =>
          local.exec(['nsenter', '-a', '-t', String(init), 'sh', '-c', commandLine(command)], options),
        close: () => Promise.resolve(),
      };
      const node: NodePlan = {
        name: 'fw-a',
        driver: 'keepalived',
        ssh: null,
        http: null,
        serial: null,
        params: { vip: '10.9.0.100' },
        power: null,
      };
      bound = bind(driver, node, { peer: null, seqgap: ['seqgap'] }, () => transport);
    });
    afterAll(() => powerOff());

    const configure = (text: string): Promise<string> =>
      inMachine(`printf '%s' '${text}' >/run/keepalived.conf`);
    /** As the machine's init would: without whatever TMPDIR these tests have. */
    const start = (environment = '-u TMPDIR'): Promise<string> =>
      inMachine(`env ${environment} keepalived -f /run/keepalived.conf`);
    const stop = (): Promise<string> =>
      inMachine('kill $(cat /run/keepalived.pid); while [ -e /run/keepalived.pid ]; do sleep 0.02; done');

    test('says STOPPED, then MASTER, to many askers at once, and STOPPED again', async () => {
      expect(await askRole(bound)).toMatchObject({ role: 'suspended', raw: 'STOPPED' });
      await configure(CONFIG);
      await start();
      await expect
        .poll(() => askRole(bound), { timeout: 10_000 })
        .toMatchObject({ role: 'active', raw: 'MASTER' });
      const answers = await Promise.all(Array.from({ length: 12 }, () => askRole(bound)));
      expect(new Set(answers.map(({ raw, error }) => error ?? raw))).toEqual(new Set(['MASTER']));
      expect(await inMachine('ls /tmp')).toBe('');
      await stop();
      expect(await askRole(bound)).toMatchObject({ role: 'suspended', raw: 'STOPPED' });
    });

    test('finds the dump where keepalived has a TMPDIR of its own', async () => {
      await configure(CONFIG);
      await inMachine('mkdir -p /tmp/user/0');
      await start('TMPDIR=/tmp/user/0');
      await expect
        .poll(() => askRole(bound), { timeout: 10_000 })
        .toMatchObject({ role: 'active', raw: 'MASTER' });
      expect(await inMachine('ls /tmp/user/0')).toBe('');
      await stop();
      await inMachine('rm -r /tmp/user');
    });

    test('says that instances disagree', async () => {
      await configure(`${CONFIG}${SLOW}`);
      await start();
      await expect
        .poll(() => askRole(bound), { timeout: 10_000 })
        .toMatchObject({ role: 'transitioning', raw: 'MASTER, BACKUP' });
      await stop();
    });

    test('does not take a stale pid file for a running keepalived', async () => {
      await inMachine('echo 1 >/run/keepalived.pid');
      expect(await askRole(bound)).toMatchObject({ role: 'suspended', raw: 'STOPPED' });
    });
  },
);
