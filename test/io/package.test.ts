import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
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
/** Why it carries no engines; null: it does. */
let carried: string | null = null;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-package-'));
  await execa(process.execPath, ['scripts/man.mjs'], { cwd: root });
  // `npm run test:nodes` makes them; the compiler for other hosts is no part of the set-up.
  carried = existsSync(join(root, 'prebuilds')) ? null : 'no engines for other hosts (npm run native:carry)';
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

test('the engine of every kind of host is in it', async (context) => {
  context.skip(carried !== null, `skipped: ${carried}`);
  const { stdout } = await execa('tar', ['-tzf', tarball]);
  const names = stdout.split('\n').filter((name) => name.startsWith('package/prebuilds/'));
  expect(names.map((name) => name.slice('package/prebuilds/'.length)).sort()).toEqual([
    'linux-arm64-glibc.node',
    'linux-arm64-musl.node',
    'linux-x64-glibc.node',
    'linux-x64-musl.node',
  ]);
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

  test('works without net-ping, with the engine that it carries', async (context) => {
    context.skip(carried !== null, `skipped: ${carried}`);
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
    expect(examined.all).not.toContain('bug');
    const can = process.getuid?.() === 0;
    if (can) expect(examined.all).toMatch(/icmp-engine +native: /);
    const watch = ['watch', '127.0.0.1', '--duration', '1s'];
    const watched = await seqgap(...watch);
    expect(watched.code).toBe(0);
    expect(watched.all.includes("using the system's ping")).toBe(!can);
    expect(watched.all).toMatch(/127\.0\.0\.1 +\d+ +0 +0/);

    // What the last fallback takes: the system's ping.
    await rm(join(home, 'prebuilds'), { recursive: true });
    const without = await seqgap('doctor', '--scenario', 'keepalived-switchover.yaml');
    expect(without.all).toContain('net-ping is not installed');
    const pinged = await seqgap(...watch);
    expect(pinged).toMatchObject({ code: 0, all: expect.stringContaining("using the system's ping") });
    expect(pinged.all).toMatch(/127\.0\.0\.1 +\d+ +0 +0/);
  });
});

describe('installed where there is a compiler', { timeout: SLOW }, () => {
  const compiles =
    spawnSync('c++', ['--version']).status === 0 && spawnSync('make', ['--version']).status === 0;
  test.runIf(compiles)(
    'net-ping is built for the Node that runs (needs c++, make, python3)',
    async (context) => {
      const prefix = join(folder, 'whole');
      const install = [
        'install',
        '-g',
        '--prefix',
        prefix,
        '--prefer-offline',
        '--no-audit',
        '--no-fund',
        tarball,
      ];
      const { exitCode, stderr } = await execa('npm', install, {
        env: { npm_config_nodedir: dirname(dirname(await realpath(process.execPath))) },
        reject: false,
      });
      context.skip(
        exitCode !== 0 && UNREACHABLE.test(stderr),
        `skipped: the registry cannot be reached: ${stderr}`,
      );
      const home = join(prefix, 'lib/node_modules/seqgap');
      const script = "console.log(typeof require('net-ping').createSession)";
      expect((await execa(process.execPath, ['-e', script], { cwd: home })).stdout).toBe('function');
    },
  );
});
