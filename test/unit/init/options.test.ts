import { describe, expect, test } from 'vitest';
import { collectAnswers } from '../../../src/cli/init/collect.js';
import type { Given } from '../../../src/cli/init/params.js';
import { labNames, labScenario } from '../../../src/cli/init/lab-scenario.js';
import { type Ask, askNobody } from '../../../src/cli/init/answers.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';

const drivers = await loadDrivers();
const NOTHING = { node: [], param: [], 'power-node': [], 'power-param': [] };
const PAIR = {
  ...NOTHING,
  platform: 'keepalived',
  node: ['192.0.2.11', '192.0.2.12'],
  target: '198.51.100.4',
};

const collect = (given: Partial<Given>, ask: Ask = askNobody) =>
  collectAnswers({ ...NOTHING, ...given }, drivers, ask);

describe('what is missing is named by its option', () => {
  test.each([
    [{}, 'add PLATFORM (such as: seqgap init keepalived)'],
    [{ platform: 'keepalived' }, 'add --node NAME=ADDRESS'],
    [{ platform: 'keepalived', node: ['192.0.2.11'] }, 'add --node NAME=ADDRESS'],
    [{ ...PAIR, target: undefined }, 'add --target HOST'],
    [{ ...PAIR, platform: 'srx' }, 'add --param fw-a.node-id=VALUE'],
    [{ ...PAIR, platform: 'srx', param: ['fw-a.node-id=0'] }, 'add --param fw-b.node-id=VALUE'],
    [{ ...PAIR, platform: 'generic-ssh', param: ['role=x'] }, 'add --param fw-a.switchover=VALUE'],
    [{ ...PAIR, power: 'proxmox' }, 'add --power-node fw-a=ADDRESS'],
    [{ ...PAIR, power: 'azure', 'power-param': ['group=g'] }, 'add --power-param fw-a.vm=VALUE'],
    [
      { ...PAIR, power: 'generic-exec', action: 'crash', 'power-param': ['status=x', 'on=x'] },
      'add --power-param fw-a.crash=VALUE',
    ],
  ])('%j', async (given, remedy) => {
    await expect(collect(given)).rejects.toMatchObject({ name: 'KnownError', exitCode: 64, remedy });
  });
});

describe('what cannot be meant', () => {
  test.each([
    [
      { ...PAIR, platform: 'kepalived' },
      'PLATFORM: "kepalived" is not a platform; did you mean "keepalived"?',
    ],
    [{ ...PAIR, platform: 'azure' }, 'PLATFORM: "azure" is not a platform'],
    [{ ...PAIR, power: 'panos' }, '--power: "panos" is not a power driver'],
    [{ ...PAIR, power: 'lab' }, '--power: "lab" is not a power driver'],
    [{ ...PAIR, action: 'crash' }, '--action: "crash" is not an action of these drivers'],
    [{ ...PAIR, node: ['1.2.3', '192.0.2.12'] }, '--node: "1.2.3" is no address'],
    [{ ...PAIR, node: ['FW A=192.0.2.11', '192.0.2.12'] }, '--node: "FW A" is no name'],
    [{ ...PAIR, node: ['fw-b=192.0.2.11', '192.0.2.12'] }, 'both nodes are called fw-b'],
    [{ ...PAIR, node: ['192.0.2.11', '192.0.2.12', '192.0.2.13'] }, '--node is given 3 times'],
    [
      { ...PAIR, target: '198.51.100.4:80' },
      '--target: "198.51.100.4:80" has a port, which ICMP does not know',
    ],
    [{ ...PAIR, tcp: '70000' }, '--tcp: "70000" is not a port from 1 to 65535'],
    [{ ...PAIR, repeat: '0' }, '--repeat: "0" is not a number of trials from 1 to 1000'],
    [{ ...PAIR, from: 'exec:' }, '--from: "exec:" is no place to probe from'],
    [{ ...PAIR, login: '-----BEGIN PRIVATE KEY-----' }, '--login: the key itself was given'],
    [{ ...PAIR, user: '-oProxyCommand=x' }, '--user: "-oProxyCommand=x" is no user name'],
    [
      { ...PAIR, param: ['vipp=x'] },
      '--param: "vipp" is not a parameter of driver keepalived; did you mean "vip"?',
    ],
    [{ ...PAIR, param: ['fw-c.vip=x'] }, '--param: "fw-c" is not a node; did you mean "fw-a"?'],
    [{ ...PAIR, param: ['vip'] }, '--param: "vip" is no parameter'],
    [{ ...PAIR, 'power-param': ['vm=x'] }, '--power-param is given, but no driver that it could be for'],
    [{ ...PAIR, platform: 'manual' }, '--node: without a driver no node is asked or moved'],
    [
      { ...PAIR, platform: 'panos', user: 'admin' },
      '--user has no meaning here: driver panos takes an API key',
    ],
    [
      { ...PAIR, platform: 'bigip', login: 'agent' },
      '--login has no meaning here: driver bigip does not log in by SSH',
    ],
    [{ ...PAIR, 'power-node': ['192.0.2.5'] }, '--power-node has no meaning here: there is no power driver'],
    [
      { ...PAIR, power: 'azure', 'power-user': 'x', 'power-param': ['group=g', 'vm=v'] },
      '--power-user has no meaning here',
    ],
    [{ ...PAIR, power: 'proxmox', 'power-node': ['fw-c=192.0.2.5'] }, '--power-node: "fw-c" is not a node'],
    [{ ...PAIR, name: 'Two Words' }, '--name: "Two Words" is no name'],
  ])('%j', async (given, message) => {
    const wrong = await collect(given).catch((error: unknown) => error);
    expect(wrong).toMatchObject({ name: 'KnownError', exitCode: 64 });
    expect((wrong as Error).message).toContain(message);
  });
});

test('a parameter of one node goes before that of both', async () => {
  const { equipment } = await collect({ ...PAIR, platform: 'srx', param: ['fw-b.node-id=1', 'node-id=0'] });
  expect(equipment?.nodes.map(({ params }) => params)).toEqual([{ 'node-id': '0' }, { 'node-id': '1' }]);
});

test('what is asked: all that is not given, in this order', async () => {
  const asked: string[] = [];
  const answers: Record<string, string> = { '--node': '192.0.2.1', '--power-node': '192.0.2.5' };
  const ask: Ask = async ({ option, preset, parse }) => {
    const name = option.split(' ', 1).join();
    asked.push(name);
    const second = asked.filter((each) => each === '--node').length === 2;
    return parse(name === '--node' && second ? '192.0.2.2' : (answers[name] ?? preset ?? 'x'));
  };
  await collect({ platform: 'keepalived', power: 'proxmox' }, ask);
  expect(asked).toEqual([
    ...['--node', '--node', '--user', '--login', '--action'],
    ...['--power-node', '--power-node', '--power-user', '--power-param', '--power-param'],
    ...['--from', '--target', '--tcp', '--control', '--shell', '--repeat', '--name'],
  ]);
});

describe('--lab', () => {
  const about = { file: 'mine.yaml', schema: null };

  test('every ready scenario loads as it is written', async () => {
    const names = await labNames();
    expect(names).toContain('vrrp-crash');
    for (const name of names) {
      const text = await labScenario(name, about);
      expect(parseScenario(text, 'mine.yaml').scenario.lab).not.toBeNull();
      expect(text).not.toContain('yaml-language-server');
      expect(text).not.toContain(`scenarios/lab/${name}.yaml`);
    }
  });

  test('a design is the first scenario of it', async () => {
    const text = await labScenario('vrrp', { file: 'mine.yaml', schema: 'schema.json' });
    expect(text).toMatch(/^# yaml-language-server: \$schema=schema\.json\n/);
    expect(text).toContain('\nname: lab-vrrp-crash\n');
    expect(text).toContain('seqgap check mine.yaml');
  });

  test('one that there is not', async () => {
    await expect(labScenario('vrpp', about)).rejects.toThrow('--lab: "vrpp" is not a lab');
  });
});
