import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import yargs from 'yargs';
import { checkCommand } from '../../../src/cli/check.js';
import { EXIT } from '../../../src/model/error.js';
import { forgetSecrets } from '../../../src/model/secret.js';
import { scenarioJsonSchema } from '../../../src/scenario/schema.js';
import { MINIMAL, written } from './written.js';

let out = '';
let errors = '';

beforeEach(() => {
  [out, errors] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((out += String(text))));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((errors += String(text))));
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  forgetSecrets();
  process.exitCode = undefined;
});

const check = async (...words: string[]): Promise<unknown> =>
  yargs(['check', ...words])
    .command({ ...checkCommand, command: 'check [scenario..]' })
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new Error(message);
    })
    .parseAsync();

describe('seqgap check', () => {
  test('says the plan and its warnings, and succeeds', async () => {
    await check(await written(MINIMAL));
    expect(out).toMatch(/^minimal\n {2}version unversioned\n/);
    expect(out).toMatch(/\nwarning: no control stream/);
    expect(errors).toBe('');
    expect(process.exitCode).toBeUndefined();
  });

  test('checks every file, says all problems, and fails with 64', async () => {
    const good = await written(MINIMAL);
    const bad = await written(MINIMAL.replace('every', 'evry').replace('action', 'acton'));
    await check(bad, good, `${good}.none`);
    expect(out).toMatch(/^minimal\n/);
    expect(errors).toBe(
      `${bad}:4:45: streams[0].evry: unknown key; did you mean "every"?\n` +
        `${bad}:5:12: trigger.acton: unknown key; did you mean "action"?\n` +
        `${good}.none: no such file\n  → name a scenario, see scenarios/lab\n`,
    );
    expect(process.exitCode).toBe(EXIT.usage);
  });

  test('--json has the plan as resolved, or the problems with their places', async () => {
    const good = await written(MINIMAL);
    const bad = await written(MINIMAL.replace('every: 10ms', 'every: 10'));
    await check('--json', good, bad);
    const document = JSON.parse(out) as { format: number; scenarios: unknown[] };
    expect(document.format).toBe(1);
    expect(document.scenarios).toMatchObject([
      { file: good, valid: true, problems: [], error: null, scenario: { name: 'minimal' } },
      {
        file: bad,
        valid: false,
        max_s: null,
        scenario: null,
        problems: [{ file: bad, line: 4, column: 52, path: 'streams[0].every', message: expect.any(String) }],
      },
    ]);
    expect(process.exitCode).toBe(EXIT.usage);
  });

  test('no output has a secret, even one that looks like a number', async () => {
    vi.stubEnv('FW_PASSWORD', '1000');
    vi.stubEnv('FW_KEY', 'hunter2');
    const file = await written(`${MINIMAL}nodes:
  fw-a:
    driver: panos
    ssh: { host: fw-a, user: root, password: '\${env:FW_PASSWORD}' }
    http: { url: 'https://fw-a', key: 'key \${env:FW_KEY}' }
`);
    await check('--json', file);
    expect(JSON.parse(out)).toMatchObject({
      scenarios: [{ scenario: { nodes: [{ ssh: { password: '***' }, http: { apiKey: '***' } }] } }],
    });
    await check(file);
    expect(out + errors).not.toContain('hunter2');
  });

  test('--schema prints the JSON Schema and needs no scenario', async () => {
    await check('--schema');
    expect(JSON.parse(out)).toEqual(scenarioJsonSchema());
  });

  test('without a scenario it says what it needs', async () => {
    await expect(check()).rejects.toMatchObject({ message: 'no scenario to check', exitCode: EXIT.usage });
  });
});

/** A pair by SSH that keepalived's driver can switch. */
const PAIR = `name: pair
nodes:
  fw-a:
    driver: keepalived
    ssh: { host: 192.0.2.11, user: root }
  fw-b:
    driver: keepalived
    ssh: { host: 192.0.2.12, user: root }
streams:
  - { name: ping, type: icmp, to: 198.51.100.4, every: 20ms }
trigger: { node: active, action: switchover }
`;

describe('check knows the drivers', () => {
  const problems = async (text: string, ...words: string[]): Promise<string[]> => {
    const file = await written(text);
    await check(file, ...words);
    return errors
      .trim()
      .split('\n')
      .map((line) => line.replace(`${file}:`, ''));
  };

  test('a pair that is right', async () => {
    await check(await written(PAIR));
    expect(errors).toBe('');
    expect(process.exitCode).toBeUndefined();
  });

  test('a driver that there is not, of both nodes, an observer and the power', async () => {
    const text = `${PAIR.replaceAll('keepalived', 'keepalvd').replace('root }\n', 'root }\n    power: { driver: proxmx }\n')}observe: [{ name: o, driver: awz, query: routes }]\n`;
    expect(await problems(text)).toEqual([
      '4:13: nodes.fw-a.driver: "keepalvd" is not a driver; did you mean "keepalived"?',
      '6:22: nodes.fw-a.power.driver: "proxmx" is not a driver; did you mean "proxmox"?',
      '8:13: nodes.fw-b.driver: "keepalvd" is not a driver; did you mean "keepalived"?',
      '13:30: observe[0].driver: "awz" is not a driver; did you mean "aws"?',
    ]);
    expect(process.exitCode).toBe(EXIT.usage);
  });

  test.each([
    [
      'action: switchover',
      'action: crash',
      '11:34: trigger.action: no action "crash" in keepalived; give the node a `power:` driver',
    ],
    [
      'action: switchover',
      'action: switchover, variant: hard',
      '11:55: trigger.variant: no action "switchover-hard"',
    ],
    [
      'root }\n',
      'root }\n    params: { vp: 10.0.0.1 }\n',
      '6:15: nodes.fw-a.params.vp: "vp" is not a parameter of driver keepalived; did you mean "vip"?',
    ],
    [
      'root }\n',
      'root }\n    power: { driver: proxmox }\n',
      '6:12: nodes.fw-a.power.vmid: driver proxmox needs',
    ],
    [
      'root }\n',
      'root }\n    serial: X1\n',
      '6:13: nodes.fw-a.serial: driver keepalived cannot tell a serial number',
    ],
    [
      '    ssh: { host: 192.0.2.11, user: root }\n',
      '',
      '4:13: nodes.fw-a.driver: driver keepalived needs SSH',
    ],
    ['192.0.2.12', '192.0.2.11', '8:18: nodes.fw-b.ssh.host: is the address of fw-a too'],
    ['user: root }', 'user: root, key: /none/key }', '5:47: nodes.fw-a.ssh.key: /none/key: no such file'],
    [
      'user: root }',
      'user: root, known-hosts: /none/kh }',
      '5:55: nodes.fw-a.ssh.known-hosts: /none/kh: no such file',
    ],
    ['user: root }', 'user: root, key: /etc }', '5:47: nodes.fw-a.ssh.key: /etc is no file'],
  ])('%s -> %s', async (from, to, wanted) => {
    const text = PAIR.replace(from, to);
    const found = await problems(text);
    // What is left out of the message is the rest of the sentence; another problem may follow from it.
    expect(
      found.some((line) => line.startsWith(wanted)),
      found.join('\n'),
    ).toBe(true);
    expect(process.exitCode).toBe(EXIT.usage);
  });

  test('a failback that cannot be made', async () => {
    const text = `${PAIR}trial: { failback: measure }\n`.replaceAll(
      'driver: keepalived',
      'driver: generic-ssh',
    );
    expect((await problems(text)).join('\n')).toMatch(/nodes\.fw-a\.params|trial\.failback/);
  });

  test('a port, a user or a parameter of its own tells two nodes of one host apart', async () => {
    for (const [from, to] of [
      ['192.0.2.12, user: root', '192.0.2.11, user: root, port: 2222'],
      ['192.0.2.12, user: root', '192.0.2.11, user: admin'],
    ] as const) {
      await check(await written(PAIR.replace(from, to)));
      expect(errors).toBe('');
    }
  });

  test('drivers of one’s own, with --drivers', async () => {
    const none = (await import('./written.js')).scratch;
    const folder = await none();
    const { copyFile, readFile, writeFile } = await import('node:fs/promises');
    await copyFile('drivers/keepalived.yaml', `${folder}/mine.yaml`);
    await writeFile(
      `${folder}/mine.yaml`,
      (await readFile(`${folder}/mine.yaml`, 'utf8')).replace('name: keepalived', 'name: mine'),
    );
    await check(await written(PAIR.replaceAll('keepalived', 'mine')), '--drivers', folder);
    expect(errors).toBe('');
  });
});

describe('check without secrets', () => {
  const text = PAIR.replace('user: root }', "user: root, password: '${env:NO_SUCH_SECRET}' }").replace(
    '192.0.2.12',
    "'${env:NO_SUCH_HOST}'",
  );

  test('names them with their places, and passes', async () => {
    const file = await written(text);
    await check(file);
    expect(errors).toBe(
      `${file}:5:52: nodes.fw-a.ssh.password: the environment variable NO_SUCH_SECRET is not set: looked at as if it were there\n` +
        `${file}:8:18: nodes.fw-b.ssh.host: the environment variable NO_SUCH_HOST is not set: looked at as if it were there\n`,
    );
    expect(out).toMatch(/^pair\n/);
    expect(process.exitCode).toBeUndefined();
  });

  test('checks everything else', async () => {
    await check(await written(text.replace('switchover', 'swichover')));
    expect(errors).toContain('did you mean "switchover"?');
    expect(errors).toContain('NO_SUCH_SECRET is not set');
    expect(process.exitCode).toBe(EXIT.usage);
  });

  test('fails with 64 where they are asked for', async () => {
    await check(await written(text), '--secrets');
    expect(errors).toContain('NO_SUCH_SECRET is not set');
    expect(process.exitCode).toBe(EXIT.usage);
  });

  test('has them apart as JSON', async () => {
    await check(await written(text), '--json');
    expect(JSON.parse(out)).toMatchObject({
      scenarios: [{ valid: true, problems: [], absent: [{ line: 5 }, { line: 8 }] }],
    });
  });

  test('where no plan can be made without them, it fails and says which', async () => {
    await check(await written(MINIMAL.replace('10ms', "'${env:NO_SUCH_TIME}'")));
    expect(errors).toContain('streams[0].every: the environment variable NO_SUCH_TIME is not set');
    expect(process.exitCode).toBe(EXIT.usage);
  });
});
