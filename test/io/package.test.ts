import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
/** Only what hangs fails by it. */
const SLOW = 600_000;

let folder = '';
let tarball = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-package-'));
  await execa(process.execPath, ['scripts/man.mjs'], { cwd: root });
  // The program is built already: `prepare` would do it again.
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  await execa('npm', pack, { cwd: root });
  const name = (await readdir(folder)).find((each) => each.endsWith('.tgz'));
  tarball = join(folder, name ?? '');
}, SLOW);
afterAll(() => rm(folder, { recursive: true }));

test('publint has nothing to say', { timeout: SLOW }, async () => {
  const bytes = await readFile(tarball);
  const { messages, pkg } = await publint({
    pack: {
      tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
    },
    strict: true,
  });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

test('what is in it, and what is not', async () => {
  const { stdout } = await execa('tar', ['-tzf', tarball]);
  const files = stdout.split('\n').map((name) => name.replace(/^package\//, ''));
  for (const wanted of [
    'dist/cli.js',
    'man/seqgap.1',
    'drivers/panos.yaml',
    'scenarios/lab/vrrp-crash.yaml',
    'docs/method.md',
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
  ])
    expect(files).toContain(wanted);
  expect(files.filter((name) => /^(?:src|test|bench|results|\.)|\.tsbuildinfo$/.test(name))).toEqual([]);
  // Maps say where in the source a bug is; the source itself is not in them.
  const map = await execa('tar', ['-xzOf', tarball, 'package/dist/cli.js.map']);
  expect(JSON.parse(map.stdout)).not.toHaveProperty('sourcesContent');
});

/** The network, not the package. */
const UNREACHABLE = /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENOTCACHED|network|E5\d\d/;

/** Node, npm and a shell, and nothing that could build a native part. */
const bareHost = async (): Promise<{ readonly npm: string; readonly path: string }> => {
  const path = join(folder, 'bin');
  await mkdir(path);
  await symlink(process.execPath, join(path, 'node'));
  await symlink('/bin/sh', join(path, 'sh'));
  const { stdout } = await execa('sh', ['-c', 'command -v npm']);
  return { npm: await realpath(stdout), path };
};

describe('installed for everyone, on a host without a compiler', { timeout: SLOW }, () => {
  const prefix = (): string => join(folder, 'prefix');

  test('works without net-ping', async (context) => {
    const { npm, path } = await bareHost();
    const install = [
      'install',
      '-g',
      '--prefix',
      prefix(),
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      tarball,
    ];
    const { exitCode, stderr } = await execa(process.execPath, [npm, ...install], {
      env: { PATH: path, npm_config_fetch_retries: '1' },
      reject: false,
    });
    context.skip(
      exitCode !== 0 && UNREACHABLE.test(stderr),
      `skipped: the registry cannot be reached: ${stderr}`,
    );
    expect(stderr).not.toMatch(/npm error/i);
    expect(exitCode).toBe(0);

    const home = join(prefix(), 'lib/node_modules/seqgap');
    expect(await readdir(join(home, 'node_modules'))).not.toContain('net-ping');
    const seqgap = async (...words: string[]) => {
      const { exitCode: code, all } = await execa(join(prefix(), 'bin/seqgap'), words, {
        cwd: folder,
        env: { NO_COLOR: '1', PATH: `${path}:${process.env['PATH'] ?? dirname(process.execPath)}` },
        reject: false,
        all: true,
      });
      return { code, all };
    };
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await seqgap('--version')).toEqual({ code: 0, all: version });
    const scenario = join(home, 'scenarios/lab/vrrp-crash.yaml');
    const checked = await seqgap('check', scenario);
    expect(checked).toMatchObject({ code: 0, all: expect.stringMatching(/^lab-vrrp-crash: /) });
    const wrote = await seqgap(
      'init',
      'keepalived',
      '--node',
      '192.0.2.11',
      '--node',
      '192.0.2.12',
      '--target',
      '198.51.100.4',
    );
    expect(wrote).toMatchObject({
      code: 0,
      all: expect.stringContaining('is written, and passes the check'),
    });
    const examined = await seqgap('doctor', '--scenario', 'keepalived-switchover.yaml');
    expect(examined.all).toContain('net-ping is not installed');
    expect(examined.all).not.toContain('bug');
    // What the fallback takes: the system's ping.
    const watched = await seqgap('watch', '127.0.0.1', '--duration', '1s');
    expect(watched).toMatchObject({ code: 0, all: expect.stringContaining("using the system's ping") });
    expect(watched.all).toMatch(/127\.0\.0\.1 +\d+ +0 +0/);
  });
});
