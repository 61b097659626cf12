import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { RunRecord } from '../../src/model/run.js';
import { openNamespace, type Namespace } from '../io/probe/namespace.js';
import { makeFilePair, type FilePair } from '../io/run/file-pair.js';
import { startSshd, type Sshd } from '../io/trigger/sshd.js';
import { describePeer } from './peer.js';

/* docs/recipes/ansible by the real Ansible: five jump hosts (an sshd each, with folders of its own), two pairs behind each. */

const root = join(import.meta.dirname, '../..');
const SLOW = 1_500_000;
const JUMPS = ['jump-1', 'jump-2', 'jump-3', 'jump-4', 'jump-5'];
const PAIRS = Array.from({ length: 10 }, (_, index) => `pair-${index + 1}`);
/** Its limit is below any outage of the pairs. */
const STRICT = 'pair-10';
const NIGHT = new Date().toISOString().slice(0, 10);

/** A pair of its own names and address, in the one network namespace of all. */
const makePair = async (name: string): Promise<FilePair> => {
  const number = PAIRS.indexOf(name) + 1;
  const address = `127.0.1.${number}`;
  const pair = await makeFilePair({
    to: address,
    extra: `limits: { ping.longest: ${name === STRICT ? '100ms' : '20s'} }`,
  });
  const own = (text: string): string =>
    text
      .replaceAll(/\bfw-([ab])\b/g, `${name}-$1`)
      .replace('name: file-pair', `name: ${name}`)
      .replaceAll('table inet cut', `table inet cut_${number}`)
      .replaceAll(/(add (?:chain|rule)) inet cut/g, `$1 inet cut_${number}`)
      .replace('icmp type', `ip daddr ${address} icmp type`)
      // All of them at once, on a host that may be busy.
      .replace('timeout: 3s', 'timeout: 60s')
      .replace('give-up: 5s, restore: 3s', 'give-up: 60s, restore: 60s')
      .replace('within: 2s', 'within: 60s');
  for (const file of ['scenario.yaml', 'switch.sh', 'drivers/file.yaml'])
    await pair.write(file, own(await pair.read(file)));
  for (const file of ['role', 'ready'])
    for (const node of ['a', 'b'])
      await pair.write(`${name}-${node}.${file}`, await pair.read(`fw-${node}.${file}`));
  return pair;
};

describePeer('ansible', 'the recipe for Ansible', () => {
  let folder = '';
  let namespace: Namespace;
  const jumps: Sshd[] = [];
  const pairs = new Map<string, FilePair>();
  const of = (name: string): FilePair => pairs.get(name) as FilePair;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seqgap-ansible-'));
    await cp(join(root, 'docs/recipes/ansible'), folder, { recursive: true });
    for (const name of ['home', 'scenarios']) await mkdir(join(folder, name));
    const build = ['scripts/executable.mjs', '--node', process.execPath, '--out', join(folder, 'release')];
    await execa(process.execPath, build, { cwd: root });
    namespace = await openNamespace();
    const options = { within: namespace.prefix, own: ['/opt', '/root', '/var/cache'] };
    for (const _ of JUMPS) jumps.push(await startSshd(['Subsystem sftp internal-sftp'], options));
    for (const name of PAIRS) {
      pairs.set(name, await makePair(name));
      await cp(of(name).scenario, join(folder, `scenarios/${name}.yaml`));
    }
    const login = ({ port, dir }: Sshd): object => ({
      ansible_host: '127.0.0.1',
      ansible_port: port,
      ansible_user: 'root',
      ansible_ssh_private_key_file: `${dir}/client`,
      ansible_ssh_common_args: `-o UserKnownHostsFile=${dir}/known_hosts`,
    });
    const behind = (name: string, index: number): object => ({
      jump: JUMPS[index % JUMPS.length],
      seqgap_run: ['--drivers', join(of(name).dir, 'drivers'), '--label', 'site=test'],
    });
    const inventory = {
      jump_hosts: {
        hosts: Object.fromEntries(JUMPS.map((name, index) => [name, login(jumps[index] as Sshd)])),
      },
      pairs: { hosts: Object.fromEntries(PAIRS.map((name, index) => [name, behind(name, index)])) },
    };
    await writeFile(join(folder, 'inventory.yml'), stringify(inventory));
  }, SLOW);
  afterAll(async () => {
    await Promise.all(jumps.map((each) => each.stop()));
    await Promise.all([...pairs.values()].map((each) => each.remove()));
    namespace.close();
    await rm(folder, { recursive: true, force: true });
  });

  const playbook = (...more: string[]) => {
    const here = join(folder, 'release/seqgap-*-linux-*64');
    const [file = '', ...args] = [
      ...namespace.prefix,
      ...['sh', '-c', `exec ansible-playbook failover.yml -e "seqgap_here=$(echo ${here})" "$@"`, 'sh'],
      ...more,
    ];
    const env = {
      HOME: join(folder, 'home'),
      SEQGAP_UNPACK_IN: join(folder, 'home/unpacked'),
      LC_ALL: 'C.UTF-8',
      ANSIBLE_NOCOLOR: '1',
    };
    return execa(file, args, { cwd: folder, env, all: true, reject: false, detached: true });
  };
  /** `ok=9 changed=1 failed=0` of a host, by the word. */
  const recap = (said: string, host: string, word: string): number =>
    Number(new RegExp(`^${host} .*\\b${word}=(\\d+)`, 'm').exec(said)?.[1]);
  const at = async ({ dir, port }: Sshd, command: string): Promise<string> => {
    const [file = '', ...args] = [
      ...namespace.prefix,
      ...[
        'ssh',
        '-n',
        '-p',
        String(port),
        '-i',
        `${dir}/client`,
        '-o',
        `UserKnownHostsFile=${dir}/known_hosts`,
      ],
      ...['root@127.0.0.1', command],
    ];
    return (await execa(file, args)).stdout;
  };
  const activeNodes = (): Promise<string[]> =>
    Promise.all(PAIRS.map(async (name) => (await of(name).read(`${name}-a.role`)).trim()));
  const runsOf = async (name: string): Promise<string[]> =>
    (await readdir(join(folder, 'store/results', name))).filter((each) => /^\d{8}T/.test(each));

  test('--check says what would happen, and touches nothing', { timeout: SLOW }, async () => {
    const { exitCode, all } = await playbook('--check');
    expect(exitCode, all).toBe(0);
    for (const jump of JUMPS) expect(recap(all, jump, 'changed'), all).toBeGreaterThanOrEqual(3);
    for (const name of PAIRS) expect(all).toMatch(new RegExp(`^changed: \\[${name} -> jump-\\d`, 'm'));
    for (const each of jumps) expect(await at(each, 'ls -A /opt')).toBe('');
    expect(new Set(await activeNodes())).toEqual(new Set(['active']));
    expect(await readdir(folder)).not.toContain('store');
  });

  test('killed half-way and run again: each pair has failed over once', { timeout: SLOW }, async () => {
    const killed = playbook('--forks', '4');
    while (!(await activeNodes()).includes('standby')) {
      expect(killed.exitCode, 'it ended before').toBeNull();
      await sleep(50);
    }
    process.kill(-(killed.pid as number), 'SIGKILL');
    await killed;
    expect(await activeNodes(), 'the others are still to come').toContain('active');

    const { exitCode, all } = await playbook();
    expect(all).not.toMatch(/unreachable=[1-9]/);
    for (const name of PAIRS) {
      const [run = '', ...others] = await runsOf(name);
      expect(others, name).toEqual([]);
      const text = await readFile(join(folder, 'store/results', name, run, 'run.json'), 'utf8');
      const record = JSON.parse(text) as RunRecord;
      expect([record.status, record.restored, record.labels], name).toEqual([
        'complete',
        true,
        { site: 'test' },
      ]);
      expect(await readFile(join(folder, `store/${name}.xml`), 'utf8').catch(() => all), name).toContain(
        '<testsuite',
      );
    }
    expect(new Set(await activeNodes())).toEqual(new Set(['standby']));
    // One gate for all: the pair whose limit is exceeded makes the night red.
    expect(recap(all, STRICT, 'failed')).toBe(1);
    expect(exitCode).toBe(2);
  });

  test('the same night again: nothing is changed, nobody fails over', { timeout: SLOW }, async () => {
    const { all } = await playbook();
    for (const host of [...JUMPS, ...PAIRS]) expect(recap(all, host, 'changed'), all).toBe(0);
    for (const name of PAIRS) expect(await runsOf(name)).toHaveLength(1);
    expect(await at(jumps[0] as Sshd, `ls /opt/seqgap/nights/${NIGHT}`)).toContain('pair-1.code');
  });

  test('a scenario that is wrong: only that pair is red, and may try again', { timeout: SLOW }, async () => {
    const file = join(folder, 'scenarios/pair-1.yaml');
    const right = await readFile(file, 'utf8');
    const next = ['-e', 'night=2099-01-01', '--limit', 'jump-1,pair-1'];
    await writeFile(file, `${right}nonsense: 1\n`);
    const wrong = await playbook(...next);
    expect(wrong.all).toMatch(/pair-1\.yaml:\d+:1: nonsense: unknown key/);
    expect(wrong.exitCode).toBe(2);
    await writeFile(file, right);
    // The gate finds no run since that day.
    await playbook(...next);
    expect(await at(jumps[0] as Sshd, 'cat /opt/seqgap/nights/2099-01-01/pair-1.code')).toMatch(/^[0-2]$/);
    expect(await runsOf('pair-1')).toHaveLength(2);
  });

  test('an executable that is missing is said by its folder', { timeout: SLOW }, async () => {
    const { all, exitCode } = await playbook('-e', `seqgap_release=${folder}/home`, '--limit', 'jump-1');
    expect(all).toMatch(/one executable for \w+ is needed in .*\/home/);
    expect(exitCode).toBe(2);
  });
});
