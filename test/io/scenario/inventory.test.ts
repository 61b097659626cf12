import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { messageOf } from '../../../src/model/error.js';
import { forgetSecrets, redact } from '../../../src/model/secret.js';
import { fillFromInventories } from '../../../src/scenario/inventory.js';
import { loadScenario, type LoadedScenario } from '../../../src/scenario/load.js';
import { readSource } from '../../../src/yaml/source.js';
import { scratch } from '../../unit/scenario/written.js';

/* What `ansible-inventory` says is said by a script here; test/peers/inventory.test.ts asks the real one. */

afterEach(() => {
  forgetSecrets();
  vi.unstubAllEnvs();
});

const group = (...hosts: string[]): object => ({ hosts });

const INVENTORY = {
  _meta: {
    hostvars: {
      'FW-A.example.net': {
        ansible_host: '192.0.2.11',
        ansible_port: 2222,
        ansible_user: 'admin',
        ansible_ssh_private_key_file: '/etc/hosts',
        seqgap: { serial: '0011C1', params: { unit: 7 } },
      },
      'fw-b': { ansible_host: '192.0.2.12', ansible_user: 'admin', seqgap: { params: { port: 8 } } },
      bare: { ansible_user: 'admin' },
      'prober-1': { ansible_host: '198.51.100.1', ansible_user: 'probe' },
      'prober-2.example.net': {},
      'fw-b.other': { ansible_host: '192.0.2.13' },
      template: { ansible_host: '{{ from_vault }}' },
      hopping: { ansible_host: '10.0.0.1', ansible_ssh_common_args: '-o ProxyJump=bastion' },
      boxed: { ansible_host: 'box', ansible_connection: 'docker' },
      odd: { ansible_host: '192.0.2.14', seqgap: 'text' },
    },
  },
  all: { children: ['ungrouped', 'sites'] },
  sites: { children: ['fw', 'sites'] },
  fw: group('FW-A.example.net', 'fw-b'),
  three: group('FW-A.example.net', 'fw-b', 'bare'),
  without: group('FW-A.example.net', 'bare'),
  twins: group('fw-b', 'fw-b.other'),
  templates: group('template', 'fw-b'),
  hops: group('hopping', 'fw-b'),
  odds: group('odd', 'fw-b'),
  probers: group('prober-1', 'prober-2.example.net'),
  boxes: group('boxed'),
  none: {},
};

/** A folder with an inventory and the program that reads it: a shell script, which by default says INVENTORY. */
const host = async (script = 'cat "$0.json"'): Promise<string> => {
  const folder = await scratch();
  await mkdir(join(folder, 'bin'));
  const program = join(folder, 'bin/ansible-inventory');
  await writeFile(`${program}.json`, JSON.stringify(INVENTORY));
  await writeFile(join(folder, 'inventory.yml'), '');
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  vi.stubEnv('PATH', `${folder}/bin:${process.env['PATH']}`);
  return folder;
};

const scenario = (nodes: string, vantages = '{}', from = 'local', trigger = 'active'): string => `name: pair
nodes: ${nodes}
vantages: ${vantages}
streams:
  - { name: ping, type: icmp, from: ${from}, to: 203.0.113.4, every: 20ms }
trigger: { node: ${trigger}, action: switchover }
`;

const load = async (folder: string, text: string): Promise<LoadedScenario> => {
  const file = join(folder, 'pair.yaml');
  await writeFile(file, text);
  return loadScenario(file, { env: { PANOS: 'a-very-secret-key' } });
};
/** What is said of it, without the folder. */
const word = async (text: string, script?: string): Promise<string> => {
  const folder = await host(script);
  const said = await load(folder, text).then(() => 'nothing is wrong', messageOf);
  return said.replaceAll(`${folder}/`, '');
};
const FROM = '{ from: inventory.yml#fw, driver: keepalived }';

describe('nodes from an inventory', () => {
  test('are the hosts of the group, with their logins, keys of their own and those of both', async () => {
    const folder = await host();
    const { scenario: plan } = await load(
      folder,
      scenario('{ from: inventory.yml#sites, driver: vyos, ssh: { user: seqgap }, params: { unit: 1 } }'),
    );
    expect(plan.nodes).toMatchObject([
      {
        name: 'fw-a',
        driver: 'vyos',
        serial: '0011C1',
        params: { unit: '7' },
        ssh: { host: '192.0.2.11', port: 2222, user: 'seqgap', key: '/etc/hosts' },
      },
      { name: 'fw-b', params: { unit: '1', port: '8' }, ssh: { host: '192.0.2.12', user: 'seqgap' } },
    ]);
  });

  test('by an API have it at the host, and their secret from where it is said', async () => {
    const folder = await host();
    const nodes = "{ from: 'inventory.yml#fw', driver: panos, http: { key: '${env:PANOS}' } }";
    const { scenario: plan } = await load(folder, scenario(nodes));
    expect(plan.nodes).toMatchObject([
      { ssh: null, http: { url: 'https://192.0.2.11', apiKey: 'a-very-secret-key' } },
      { ssh: null, http: { url: 'https://192.0.2.12', apiKey: 'a-very-secret-key' } },
    ]);
    expect(redact(JSON.stringify(plan))).not.toContain('very-secret');
  });

  test('are known by their names to the rest', async () => {
    expect(await word(scenario(FROM, '{}', 'local', 'fw-c'))).toMatch(
      /^pair\.yaml:6:18: trigger\.node: "fw-c" is not/,
    );
  });

  test('what is wrong beside `from` is told where it stands', async () => {
    expect(await word(scenario('{ from: inventory.yml#fw, drivr: vyos }'))).toMatch(
      /^pair\.yaml:2:34: nodes\.fw-a\.drivr: unknown key; did you mean "driver"\?/m,
    );
  });
});

test('vantages from an inventory stand beside others', async () => {
  const folder = await host();
  const vantages = '{ from: inventory.yml#probers, push: true, here: { netns: client } }';
  const { scenario: plan } = await load(folder, scenario(FROM, vantages, 'prober-2'));
  expect(plan.vantages.map(({ name, kind, push }) => [name, kind, push])).toEqual([
    ['local', 'local', undefined],
    ['here', 'netns', undefined],
    ['prober-1', 'ssh', true],
    ['prober-2', 'ssh', true],
  ]);
  expect(plan.vantages[2]?.prefix.at(-1)).toBe('probe@198.51.100.1');
  expect(plan.vantages[3]?.prefix.at(-1)).toBe('prober-2.example.net');
});

describe('one clear line for', () => {
  const of = (group: string): string => scenario(`{ from: inventory.yml#${group}, driver: vyos }`);
  test.each([
    ['a group that there is not', of('fv'), '"fv" is not a group of inventory.yml; did you mean "fw"?'],
    [
      'three hosts',
      of('three'),
      'group three of inventory.yml has 3 hosts (FW-A.example.net, fw-b, bare); a pair has 2',
    ],
    ['no hosts', of('none'), 'group none of inventory.yml has 0 hosts; a pair has 2'],
    ['a host without an address', of('without'), 'host bare of inventory.yml: it has no ansible_host'],
    [
      'two of one name',
      of('twins'),
      'host fw-b.other of inventory.yml would be "fw-b", as something else here is',
    ],
    [
      'an address that only Ansible knows',
      of('templates'),
      'host template of inventory.yml: its ansible_host is a template, which only Ansible fills',
    ],
    [
      'a host behind another',
      of('hops'),
      'host hopping of inventory.yml: it is reached by way of another (ansible_ssh_common_args), which is not read; give ssh.jump beside from, or set it in ssh’s configuration',
    ],
    [
      'keys of its own that are none',
      of('odds'),
      'host odd of inventory.yml: its variable seqgap is no mapping',
    ],
    ['a file that there is not', of('fw').replace('inventory.yml', 'inv.yml'), 'there is no inv.yml'],
    [
      'no group',
      scenario('{ from: inventory.yml, driver: vyos }'),
      '"inventory.yml" is not the file of an inventory and a group of it, such as inventory.yml#fw',
    ],
  ])('%s', async (_, text, wanted) => {
    expect(await word(text)).toBe(`pair.yaml:2:16: nodes.from: ${wanted}`);
  });

  test('a vantage that is reached in another way', async () => {
    expect(await word(scenario(FROM, '{ from: inventory.yml#boxes }'))).toBe(
      'pair.yaml:3:19: vantages.from: host boxed of inventory.yml: it is reached by docker, not by ssh',
    );
  });

  test.each([
    [
      'a program that cannot read it',
      'echo "[WARNING]: x" >&2; echo "ERROR! the file is broken" >&2; exit 4',
      'ansible-inventory cannot read it: ERROR! the file is broken',
    ],
    ['one that is killed', 'kill -9 $$', 'ansible-inventory cannot read it: it ended with code null'],
    ['no JSON', 'echo no', 'ansible-inventory said something that is no inventory'],
    ['another JSON', 'echo "[1]"', 'ansible-inventory said something that is no inventory'],
    ['more than anybody has', 'exec cat /dev/zero', 'ansible-inventory says more than 64 MiB'],
  ])('%s', async (_, script, wanted) => {
    expect(await word(scenario(FROM), script)).toBe(`pair.yaml:2:16: nodes.from: ${wanted}`);
  });

  test('a host without Ansible', async () => {
    const folder = await host();
    vi.stubEnv('PATH', folder);
    expect(messageOf(await load(folder, scenario(FROM)).catch((error: unknown) => error))).toContain(
      ':2:16: nodes.from: needs ansible-inventory, which is not on this host; install ansible-core, or write the hosts here',
    );
  });

  test('a program that hangs', async () => {
    const folder = await host('exec sleep 3600');
    const file = join(folder, 'pair.yaml');
    await writeFile(file, scenario(FROM));
    expect(fillFromInventories(await readSource(file), 200)).toEqual([
      {
        path: ['nodes', 'from'],
        at: 'value',
        message: 'ansible-inventory gave no answer within 0.2 s',
      },
    ]);
  });
});
