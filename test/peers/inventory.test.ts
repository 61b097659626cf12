import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLI } from '../io/run/file-pair.js';
import { describePeer } from './peer.js';

const INI = `
[fw]
fw-a ansible_host=192.0.2.11 ansible_user=admin
fw-b ansible_host=192.0.2.12

[fw:vars]
seqgap={"params": {"unit": "3"}}

[edge:children]
fw
`;
const YAML = `
fw:
  hosts:
    fw-a: { ansible_host: 192.0.2.11, ansible_user: admin }
    fw-b: { ansible_host: 192.0.2.12 }
  vars: { seqgap: { params: { unit: 3 } } }
edge: { children: { fw: } }
`;
/** A dynamic inventory. */
const SCRIPT = `#!/bin/sh
echo '{ "edge": ["fw-a", "fw-b"], "_meta": { "hostvars": {
  "fw-a": { "ansible_host": "192.0.2.11", "ansible_user": "admin", "seqgap": { "params": { "unit": 3 } } },
  "fw-b": { "ansible_host": "192.0.2.12", "seqgap": { "params": { "unit": "3" } } } } } }'
`;

describePeer('ansible', 'a scenario and the real ansible-inventory', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seqgap-inventory-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const check = async (name: string, text: string, mode = 0o644, group = 'edge') => {
    await writeFile(join(folder, name), text, { mode });
    await writeFile(
      join(folder, 'pair.yaml'),
      `name: pair
nodes: { from: ${name}#${group}, driver: keepalived }
streams: [{ name: ping, type: icmp, to: 203.0.113.4, every: 20ms }]
trigger: { node: fw-a, action: switchover }
`,
    );
    const args = [CLI, 'check', '--json', join(folder, 'pair.yaml')];
    const { stdout } = await execa(process.execPath, args, { reject: false });
    return (JSON.parse(stdout) as { scenarios: [{ problems: object[]; scenario: { nodes: object[] } }] })
      .scenarios[0];
  };

  test.each([
    ['INI', 'inventory.ini', INI, 0o644],
    ['YAML', 'inventory.yml', YAML, 0o644],
    ['a script', 'inventory.sh', SCRIPT, 0o755],
  ])('%s', async (_, name, text, mode) => {
    const { scenario, problems } = await check(name, text, mode);
    // keepalived has no such parameter: that it is told shows that it came through.
    expect(problems).toMatchObject([
      { path: 'nodes.fw-a.params.unit', line: 2 },
      { path: 'nodes.fw-b.params.unit', line: 2 },
    ]);
    expect(scenario).toBeNull();
    const good = await check(name, text.replaceAll(/"?unit"?[=:] ?"?3"?/g, ''), mode);
    expect(good.problems).toEqual([]);
    expect(good.scenario.nodes).toMatchObject([
      { name: 'fw-a', ssh: { host: '192.0.2.11', user: 'admin' } },
      { name: 'fw-b', ssh: { host: '192.0.2.12' } },
    ]);
  });

  test('what it cannot read is said', async () => {
    expect((await check('broken.yml', 'fw: [nonsense')).problems).toMatchObject([
      { path: 'nodes.from', line: 2, message: expect.stringMatching(/ansible-inventory cannot read it/) },
    ]);
    expect((await check('inventory.yml', YAML, 0o644, 'edges')).problems).toMatchObject([
      { message: expect.stringMatching(/"edges" is not a group of inventory\.yml; did you mean "edge"\?/) },
    ]);
  });
});
