import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { makeCertificates, startApi, type Api, type Certificates } from '../trigger/api.js';
import { PASSWORD as DEVICE_PASSWORD, startDevice, type CommandOf, type Device } from '../trigger/device.js';
import { canRunSshd, startSshd, type Sshd } from '../trigger/sshd.js';

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

/** A driver of files: the same questions over any transport. */
const driverOf = (transport: string, more: string, run: (name: string) => string): string => `name: box
title: A box
about: For tests
transport: ${transport}
${more}
identity: { run: ${run('serial')}, timeout: 2s, extract: { regex: '^serial (\\S+)$' } }
role: { run: ${run('state')}, timeout: 2s, extract: { regex: '^role of {{identity}}: (\\w+)$' }, words: { UP: active, DOWN: standby } }
leftover: [{ about: not forced, run: ${run('state')}, timeout: 2s, extract: { regex: '^forced: (\\w+)$' }, good: ['no'] }]
actions:
  switchover:
    about: hands over
    run: [${run('change')}]
    undo: { about: takes it back, done: { run: ${run('flag')}, timeout: 2s, extract: { regex: '^flag (\\w+)$' }, good: ['off'] }, run: [${run('change')}] }
    confirm: { node: [standby], peer: [active] }
samples: [{ of: role, output: x, expect: { role: unknown, raw: '' } }]
`;

const STATE = 'role of FW-0042: UP\nforced: no\npassword: hunter2hunter2\n';
const FILES: Readonly<Record<string, string>> = {
  serial: 'serial FW-0042\n',
  state: STATE,
  flag: 'flag off\n',
};

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'seqgap-try-'));
  await mkdir(join(dir, 'files'));
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(dir, 'files', name), text);
});
afterEach(() => rm(dir, { recursive: true }));

const withDriver = (text: string): Promise<void> => writeFile(join(dir, 'box.yaml'), text);
const file = (name: string): string => `[cat, '${join(dir, 'files', name)}']`;
const onHost = (transport: string): Promise<void> => withDriver(driverOf(transport, '', file));

const seqgap = (words: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  execa(process.execPath, [CLI, 'drivers', ...words], {
    cwd: dir,
    env,
    reject: false,
    all: true,
    timeout: 60_000,
  });
const trying = (...words: string[]) => seqgap(['try', './box.yaml', ...words]);

interface Written {
  readonly driver: string;
  readonly samples: readonly { readonly of: string; readonly output: string; readonly expect: object }[];
}
const written = async (name = 'box-samples.yaml'): Promise<Written> =>
  parse(await readFile(join(dir, name), 'utf8')) as Written;

/** What every transport has to show of the same box. */
const isShown = async ({
  stdout,
  exitCode,
}: {
  readonly stdout: string;
  readonly exitCode?: number | undefined;
}) => {
  expect(stdout).toMatch(/serial FW-0042 +│ identity: FW-0042/);
  expect(stdout).toMatch(/role of FW-0042: UP +│ role: active \(UP\)\n +forced: no +│ leftover\.0: yes/);
  expect(stdout).toMatch(/flag off +│ undo\.switchover: yes/);
  expect(stdout).toContain('Every answer was understood.');
  expect(exitCode).toBe(0);
  const { driver, samples } = await written();
  expect([driver, samples.map(({ of }) => of)]).toEqual([
    'box',
    ['identity', 'role', 'leftover.0', 'undo.switchover'],
  ]);
};

describe('commands of this host', () => {
  beforeEach(() => onHost('exec'));

  test('are shown beside what is read, and the samples are a test', async () => {
    await isShown(await trying('--node', 'fw-a'));
    const path = join(dir, 'box-samples.yaml');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const text = await readFile(path, 'utf8');
    // Neither the serial number nor the password of the device.
    expect(text).not.toMatch(/FW-0042|hunter2/);
    expect(text).toMatch(/role of FW-\d{4}: UP\n +forced: no\n +password: \*\*\*/);
    const held = await seqgap(['test', './box-samples.yaml', '--drivers', '.']);
    // The samples are no driver, and stand in the same folder.
    expect(held.exitCode).toBe(64);
    await mkdir(join(dir, 'mine'));
    await writeFile(join(dir, 'mine/box.yaml'), await readFile(join(dir, 'box.yaml')));
    const fine = await seqgap(['test', './box-samples.yaml', '--drivers', 'mine']);
    expect(fine).toMatchObject({ exitCode: 0, stdout: 'ok      box (box-samples.yaml): 4 samples' });
    // Who has such a device says what it should have been.
    await writeFile(path, text.replace('role: active', 'role: standby'));
    const wrong = await seqgap(['test', './box-samples.yaml', '--drivers', 'mine']);
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stdout).toMatch(
      /^FAILED {2}box \(box-samples\.yaml\): sample 2 \(role\): expected .*standby.* got .*active/,
    );
  });

  test('write nothing in the place of a file', async () => {
    await writeFile(join(dir, 'box-samples.yaml'), 'mine');
    const { exitCode, stderr } = await trying('--node', 'fw-a');
    expect([exitCode, stderr]).toEqual([64, expect.stringContaining('it is there already')]);
    expect(await readFile(join(dir, 'box-samples.yaml'), 'utf8')).toBe('mine');
  });

  test('that are not understood are said to be', async () => {
    await writeFile(join(dir, 'files/state'), '<html>502</html>\n');
    await rm(join(dir, 'files/flag'));
    const { stdout, exitCode } = await trying('--node', 'fw-a', '--to', 'other.yaml');
    expect(stdout).toMatch(/<html>502<\/html> +│ role: NOT UNDERSTOOD\n +│ leftover\.0: no/);
    expect(stdout).toMatch(/asked {2}cat .*flag\n +undo\.switchover: exit 1: cat: /);
    expect(stdout).toContain('Not answered or not understood: role, leftover.0, undo.switchover');
    expect(exitCode).toBe(2);
    expect((await written('other.yaml')).samples.find(({ of }) => of === 'role')?.expect).toEqual({
      role: 'unknown',
      raw: '',
    });
  });

  test('with hostile answers do nothing to the terminal or the CI', async () => {
    const hostile =
      '\u001b[2J\u001b]0;owned\u0007\n::error::owned\n##vso[task.setvariable]owned\nrole of FW-0042: UP\nforced: no\u202e\n';
    await writeFile(join(dir, 'files/state'), hostile);
    const { all, exitCode } = await trying('--node', 'fw-a');
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(all).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f\u202e]|^\s*::error|##vso/m);
    expect(all).toContain('role: active (UP)');
    expect(exitCode).toBe(0);
    const { samples } = await written();
    expect(samples[1]?.output).toContain('\u001b[2J');
  });

  test('that hang end by their time, and a node that says nothing is left', async () => {
    await withDriver(
      driverOf('exec', '', (name) => `[sleep, "60${name.length}"]`).replaceAll(
        'timeout: 2s',
        'timeout: 200ms',
      ),
    );
    const { stdout, exitCode } = await trying('--node', 'fw-a');
    expect(stdout.match(/timed out|no answer within/g)?.length).toBeGreaterThan(1);
    expect(stdout).toContain('No answer, so no samples were written.');
    expect(exitCode).toBe(2);
  });

  test('end with Ctrl-C, and what was read is kept', async () => {
    await withDriver(
      driverOf('exec', '', (name) => (name === 'state' ? '[sleep, "600"]' : file(name))).replaceAll(
        'timeout: 2s',
        'timeout: 500s',
      ),
    );
    const child = trying('--node', 'fw-a');
    for await (const line of child.iterable()) if (line.includes('identity: FW-0042')) child.kill('SIGINT');
    const { signal, stderr } = await child;
    expect([signal, stderr]).toEqual(['SIGINT', 'stopped: nothing was changed']);
    expect((await written()).samples.map(({ of }) => of)).toEqual(['identity']);
  });

  test('are a record for programs', async () => {
    const { stdout } = await trying('--node', 'fw-a', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      format: 1,
      driver: 'box',
      nodes: [
        { node: 'fw-a', ended: null, asked: [{ of: ['identity'], answer: 'serial FW-0042\n' }, {}, {}] },
      ],
      written: { file: 'box-samples.yaml', samples: 4 },
    });
  });

  test.each([
    [['--node', 'x', '--param', 'group'], '--param: "group" is not NAME=VALUE'],
    [['--node', 'x', '--param', 'group=1'], '"group" is not a parameter of driver box'],
  ])('%j is refused', async (words, message) => {
    const { exitCode, stderr } = await trying(...words);
    expect([exitCode, stderr]).toEqual([64, expect.stringContaining(message)]);
  });
});

describe.skipIf(!canRunSshd)('a host by SSH (a real sshd; needs root)', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());
  const login = (known: string | null = null): string[] => {
    const { user, host, port, key, knownHosts } = sshd.login();
    return [
      '--node',
      `${user}@${host}:${port}`,
      '--key',
      key ?? '',
      '--known-hosts',
      known ?? knownHosts ?? '',
    ];
  };

  test('is asked and shown', async () => {
    await onHost('ssh');
    const result = await trying(...login());
    expect(result.stdout).toContain(`node: A box, ssh root@127.0.0.1:${sshd.port}\n`);
    await isShown(result);
    expect(await readFile(join(dir, 'box-samples.yaml'), 'utf8')).not.toContain('127.0.0.1');
  });

  test('whose key is not known is not asked', async () => {
    await onHost('ssh');
    await writeFile(join(dir, 'empty'), '');
    const { stdout, exitCode } = await trying(...login('empty'));
    expect(stdout).toMatch(/identity: .*(?:host key|not known)/);
    expect(exitCode).toBe(2);
  });
});

describe('a command line by SSH', () => {
  let device: Device;
  afterEach(() => device.stop());
  const cat =
    (name: string): CommandOf =>
    (terminal) =>
      terminal.write(FILES[name] ?? '');
  const start = async (commands: Readonly<Record<string, CommandOf>> = {}): Promise<string[]> => {
    device = await startDevice({
      commands: {
        'show serial': cat('serial'),
        'show state': cat('state'),
        'show flag': cat('flag'),
        ...commands,
      },
      prompt: () => 'fw> ',
    });
    await withDriver(
      driverOf('shell', "shell: { prompt: 'fw>', start: [no pager] }", (name) => `show ${name}`),
    );
    await writeFile(join(dir, 'pw'), `${DEVICE_PASSWORD}\n`);
    return ['--node', `admin@127.0.0.1:${device.port}`, '--password', 'file:pw', '--host-key', 'ignore'];
  };

  test('is asked and shown; nothing else is typed', async () => {
    await isShown(await trying(...(await start())));
    expect(new Set(device.typed)).toEqual(new Set(['no pager', 'show serial', 'show state', 'show flag']));
  });

  test('that shows its own password is not shown with it', async () => {
    const login = await start({
      'show state': (terminal) => terminal.write(`${STATE}key is ${DEVICE_PASSWORD}\n`),
    });
    const { all } = await trying(...login);
    expect(all).toContain('key is ***');
    expect(await readFile(join(dir, 'box-samples.yaml'), 'utf8')).not.toContain(DEVICE_PASSWORD);
  });

  test('that hangs ends by its time', async () => {
    const login = await start({ 'show state': () => new Promise(() => undefined) });
    const { stdout, exitCode } = await trying(...login);
    expect(stdout).toMatch(/identity: FW-0042[^]*role, leftover\.0: (?:timed out|no answer)/);
    expect(exitCode).toBe(2);
  });

  test('with a password on the command line is refused, and does not say it', async () => {
    const [node = '', to = ''] = await start();
    const { exitCode, all } = await trying(node, to, '--password', DEVICE_PASSWORD);
    expect([exitCode, all]).toEqual([
      64,
      expect.stringContaining('--password: is neither env:NAME nor file:PATH'),
    ]);
    expect(all).not.toContain(DEVICE_PASSWORD);
    expect(device.typed).toEqual([]);
  });
});

describe('an API', () => {
  let certificates: Certificates;
  let api: Api | null = null;
  beforeAll(async () => {
    certificates = await makeCertificates();
  });
  afterAll(() => certificates.remove());
  afterEach(() => api?.stop());

  test('is asked by GET alone, and shown', async () => {
    api = await startApi(
      certificates,
      ({ line }, response) => void response.end(FILES[line.split('/')[1] ?? ''] ?? ''),
    );
    await withDriver(
      driverOf(
        'http',
        'http: { auth: basic }',
        (name) => `{ ${name === 'change' ? 'post' : 'get'}: /${name} }`,
      ),
    );
    const { url, user, password, ca } = api.login;
    const node = url.replace('//', `//${user}@`);
    const result = await seqgap(
      ['try', './box.yaml', '--node', node, '--password', 'env:PW', '--ca', ca ?? ''],
      { PW: password ?? '' },
    );
    await isShown(result);
    expect(api.asked.map(({ line }) => line)).toEqual(['GET /serial', 'GET /state', 'GET /flag']);
    const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    expect(api.asked[0]?.headers.authorization).toBe(basic);
  });

  test('with a password in its URL is refused', async () => {
    await withDriver(driverOf('http', 'http: { auth: basic }', (name) => `{ get: /${name} }`));
    const { exitCode, all } = await trying('--node', 'https://a:secret-of-it@127.0.0.1');
    expect([exitCode, all]).toEqual([64, expect.stringContaining('a password may not stand in the URL')]);
  });
});
