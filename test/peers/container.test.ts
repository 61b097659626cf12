import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeDebian } from './debian.js';
import { describePeer } from './peer.js';

/*
 * The Containerfile by buildah, without an engine: its two bases are made by debootstrap, since no registry need be there.
 * What it makes is run in a chroot of buildah's, which has the network and the rights of this host.
 */

const root = join(import.meta.dirname, '../..');
const SLOW = 1_800_000;

describePeer('container', 'the image of the Containerfile', () => {
  let folder = '';
  const buildah = async (...args: string[]): Promise<string> => {
    const storage = ['--root', join(folder, 'images'), '--runroot', join(folder, 'run')];
    const { stdout, stderr, exitCode } = await execa(
      'buildah',
      [...storage, '--storage-driver', 'vfs', ...args],
      { reject: false, cwd: root, env: { BUILDAH_ISOLATION: 'chroot' } },
    );
    if (exitCode !== 0)
      throw new Error(`buildah ${args.join(' ')}: ${stdout.slice(-2000)} ${stderr.slice(-4000)}`);
    return stdout;
  };
  const image = async (name: string, from: string, ...steps: string[][]): Promise<void> => {
    const container = (await buildah('from', from)).trim();
    for (const [step = '', ...args] of steps) await buildah(step, container, ...args);
    await buildah('commit', '--rm', container, name);
  };
  let container = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seqgap-container-'));
    const debian = join(folder, 'debian');
    await makeDebian(debian, ['ca-certificates', 'gcc', 'libc6-dev', 'libatomic1', 'binutils']);
    // As the image of Node has it: the program, npm and the headers below /usr/local.
    await execa('sh', [
      '-ec',
      `mkdir -p "$1/lib/node_modules" "$1/bin" "$1/include"
       cp -L "$2" "$1/bin/node"; cp -aL "$3" "$1/lib/node_modules/npm"; cp -aL "$4" "$1/include/node"
       for each in npm npx; do ln -s ../lib/node_modules/npm/bin/$each-cli.js "$1/bin/$each"; done`,
      'sh',
      join(folder, 'local'),
      process.execPath,
      join(process.execPath, '../../lib/node_modules/npm'),
      join(process.execPath, '../../include/node'),
    ]);
    await image('localhost/base', 'scratch', ['copy', debian, '/'], ['config', '--cmd', 'sh']);
    await image('localhost/node', 'localhost/base', ['copy', join(folder, 'local'), '/usr/local']);
    const { stdout: registry } = await execa('npm', ['config', 'get', 'registry']);
    const certificates = '/etc/ssl/certs/ca-certificates.crt';
    await writeFile(join(folder, 'npmrc'), `registry=${registry}\ncafile=${certificates}\n`);
    const volumes = [`${folder}/npmrc:/usr/local/etc/npmrc:ro`, `${certificates}:${certificates}:ro`].flatMap(
      (volume) => ['--volume', volume],
    );
    const bases = ['BUILD=localhost/node', 'BASE=localhost/base'].flatMap((each) => ['--build-arg', each]);
    for (const target of ['run', 'lab'])
      await buildah(
        'build',
        ...bases,
        ...volumes,
        '--layers',
        '--target',
        target,
        '--tag',
        `localhost/${target}`,
        '.',
      );
    container = (await buildah('from', 'localhost/run')).trim();
  }, SLOW);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const run = (...args: string[]): Promise<string> => buildah('run', container, '--', ...args);

  test('begins with seqgap, as a user without rights', { timeout: SLOW }, async () => {
    const { OCIv1 } = JSON.parse(await buildah('inspect', '--type', 'image', 'localhost/run')) as {
      OCIv1: { config: { Entrypoint: string[]; User: string; WorkingDir: string } };
    };
    expect(OCIv1.config).toMatchObject({ Entrypoint: ['seqgap'], User: 'seqgap', WorkingDir: '/data' });
    expect(await run('id', '-u')).toBe('1000');
    expect(await run('seqgap', '--version')).toMatch(/^\d+\.\d+\.\d+/);
  });

  test('probes, and checks the scenarios of the package', { timeout: SLOW }, async () => {
    expect(await run('seqgap', 'check', 'scenarios/lab/vrrp-crash.yaml')).toContain('Pair');
    expect(await run('seqgap', 'watch', '127.0.0.1', '--duration', '2s')).toMatch(/127\.0\.0\.1/);
  });

  test('the image for labs has their programs', { timeout: SLOW }, async () => {
    const lab = (await buildah('from', 'localhost/lab')).trim();
    expect(await buildah('run', lab, '--', 'sh', '-c', 'command -v keepalived nft conntrackd sshd')).toMatch(
      /keepalived\n.*nft\n.*conntrackd\n.*sshd$/,
    );
  });
});
