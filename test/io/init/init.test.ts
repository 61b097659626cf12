import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const program = new URL('../../../dist/cli.js', import.meta.url).pathname;
const PAIR = ['--node', '192.0.2.11', '--node', '192.0.2.12', '--target', '198.51.100.4', '--yes'];
/** Only what hangs fails by it. */
const BUSY = { timeout: 300_000 };

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-init-'));
});
afterEach(() => rm(folder, { recursive: true }));

const seqgap = async (words: readonly string[], options: Options = {}) => {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [program, ...words], {
    cwd: folder,
    reject: false,
    stdin: 'ignore',
    ...options,
  });
  return { exitCode, stdout: String(stdout), stderr: String(stderr) };
};

describe('seqgap init without questions', BUSY, () => {
  test('writes a file that passes the check, and says what to type next', async () => {
    const { exitCode, stdout, stderr } = await seqgap(['init', 'panos', ...PAIR, '--out', 'new/fw.yaml']);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^new\/fw\.yaml is written, and passes the check\.\n/);
    const commands = [...stdout.matchAll(/^ {2}(\S.*?) {3}/gm)].map(([, command]) => command?.trim());
    expect(commands).toEqual([
      'read -rs PANOS_KEY && export PANOS_KEY',
      'seqgap check new/fw.yaml',
      'seqgap doctor --scenario new/fw.yaml',
      'seqgap run new/fw.yaml --dry-run',
      'seqgap run new/fw.yaml',
    ]);
    const env = { PANOS_KEY: 'a key for this test' };
    expect(await seqgap(['check', 'new/fw.yaml'], { env })).toMatchObject({ exitCode: 0 });
    const dry = await seqgap(['run', 'new/fw.yaml', '--dry-run'], { env });
    expect(dry).toMatchObject({ exitCode: 0, stderr: '' });
    expect(dry.stdout).toContain('if fw-a is active: switchover by panos over https://192.0.2.11\n');
  });

  test('leaves a file alone, but for --force', async () => {
    await writeFile(join(folder, 'keepalived-switchover.yaml'), 'mine\n');
    const refused = await seqgap(['init', 'keepalived', ...PAIR]);
    expect(refused.exitCode).toBe(64);
    expect(refused.stderr).toBe(
      'seqgap: keepalived-switchover.yaml exists already\n  → choose another file with --out, or replace it with --force',
    );
    expect(await readFile(join(folder, 'keepalived-switchover.yaml'), 'utf8')).toBe('mine\n');
    expect(await seqgap(['init', 'keepalived', ...PAIR, '--force'])).toMatchObject({ exitCode: 0 });
    expect(await readFile(join(folder, 'keepalived-switchover.yaml'), 'utf8')).toContain(
      'driver: keepalived',
    );
    expect(await readdir(folder)).toEqual(['keepalived-switchover.yaml']);
  });

  test('names the option that is missing, and writes nothing', async () => {
    const { exitCode, stderr } = await seqgap(['init', 'keepalived', '--node', '192.0.2.11']);
    expect(exitCode).toBe(64);
    expect(stderr).toContain('→ add --node NAME=ADDRESS');
    expect(await readdir(folder)).toEqual([]);
  });

  test('writes nothing that would not pass the check', async () => {
    const { exitCode, stderr } = await seqgap([
      'init',
      'asa',
      ...PAIR,
      '--param',
      'unit=Primary',
      '--param',
      'enable=hunter2hunter2',
    ]);
    expect(exitCode).toBe(64);
    expect(stderr).toContain('is a secret and may not stand in the scenario');
    expect(stderr).not.toContain('hunter2');
    expect(await readdir(folder)).toEqual([]);
  });

  test('a lab', async () => {
    expect(await seqgap(['init', '--lab', 'vrrp'])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await seqgap(['check', 'vrrp.yaml'])).toMatchObject({ exitCode: 0 });
    const both = await seqgap(['init', '--lab', 'vrrp', 'keepalived']);
    expect(both).toMatchObject({ exitCode: 64, stdout: '' });
    expect(both.stderr).toContain('--lab writes a ready scenario, without a platform');
  });

  test('drivers of one’s own', async () => {
    const own = join(folder, 'drivers');
    const from = new URL('../../../drivers/keepalived.yaml', import.meta.url);
    const text = (await readFile(from, 'utf8')).replace('name: keepalived', 'name: carp');
    await execa('mkdir', [own]);
    await writeFile(join(own, 'carp.yaml'), text);
    const { exitCode, stdout } = await seqgap(['init', 'carp', ...PAIR, '--drivers', 'drivers']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('seqgap run carp-switchover.yaml --dry-run --drivers drivers');
  });
});

/** Types each answer when its question stands there, on a terminal of its own. */
const typing = async (words: readonly string[], answers: readonly (readonly [string, string])[]) => {
  const command = ['stty rows 60 cols 200;', process.execPath, program, ...words].join(' ');
  const terminal = execa('script', ['-qec', command, '/dev/null'], { cwd: folder, reject: false });
  let seen = '';
  let from = 0;
  let next = 0;
  terminal.stdout.on('data', (chunk: Buffer) => {
    seen += chunk.toString();
    for (let answer = answers[next]; answer !== undefined; answer = answers[next]) {
      const at = seen.indexOf(answer[0], from);
      if (at === -1) return;
      from = at + answer[0].length;
      next += 1;
      terminal.stdin.write(answer[1]);
    }
  });
  const { exitCode } = await terminal;
  return { exitCode, seen: seen.replaceAll('\r', ''), left: answers.slice(next) };
};

const BEGIN = [
  ['Platform of the pair: ', 'kepalived\r'],
  ['did you mean "keepalived"?', ''],
  ['Platform of the pair: ', 'keepalived\r'],
  ['of the first node', '192.0.2.11\r'],
  ['of the second node', 'other=192.0.2.12\r'],
] as const;

describe('seqgap init on a terminal', BUSY, () => {
  test('asks, asks again what cannot be meant, takes a number for a name and Enter for the usual', async () => {
    const { exitCode, seen, left } = await typing(
      ['init'],
      [
        ...BEGIN,
        ['log in as [root]: ', '\r'],
        ['Log in by', '\r'],
        ['power of the nodes', 'libvirt\r'],
        ['active node [switchover]: ', '1\r'],
        ['fw-a, domain', 'vm-1\r'],
        ['other, domain', 'vm-2\r'],
        ['probe from', '\r'],
        ['answers ping', '198.51.100.4\r'],
        ['TCP port', '\r'],
        ['without the pair', '\r'],
        ['SSH session', '\r'],
        ['trials [4]: ', '\r'],
        ['Name of the scenario [keepalived-switchover]: ', 'mine\r'],
      ],
    );
    expect(left).toEqual([]);
    expect(exitCode).toBe(0);
    expect(seen).toContain('mine.yaml is written, and passes the check.');
    expect(await readdir(folder)).toEqual(['mine.yaml']);
    const { stdout } = await seqgap(['check', 'mine.yaml', '--json']);
    const { scenarios } = JSON.parse(stdout) as { scenarios: { scenario: { nodes: unknown } }[] };
    expect(scenarios[0]?.scenario.nodes).toMatchObject([
      { name: 'fw-a', power: { driver: 'libvirt', params: { domain: 'vm-1' } } },
      { name: 'other', power: { driver: 'libvirt', params: { domain: 'vm-2' } } },
    ]);
  });

  test.each([
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
  ])('%s at a question leaves nothing behind', async (_name, key) => {
    const { exitCode, seen, left } = await typing(['init'], [...BEGIN, ['log in as [root]: ', key]]);
    expect(left).toEqual([]);
    expect(seen).toContain('seqgap: left: nothing was written');
    expect(seen).not.toContain('bug');
    expect(exitCode).toBe(2);
    expect(await readdir(folder)).toEqual([]);
  });

  test('asks nothing with --yes', async () => {
    const { exitCode, seen } = await typing(['init', 'keepalived', ...PAIR], []);
    expect(exitCode).toBe(0);
    expect(seen).toMatch(/^keepalived-switchover\.yaml is written/);
  });
});
