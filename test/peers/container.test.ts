import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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

const BASES = `
FROM scratch AS base
ADD debian.tar /
CMD ["bash"]

FROM base AS node
RUN apt-get update && apt-get install --yes --no-install-recommends binutils gcc libatomic1 libc6-dev
COPY local /usr/local
`;

/** As the image of Node has it: the program, npm and the headers below /usr/local. */
const NODE = `
local=$1 program=$2 prefix=$(dirname "$(dirname "$2")")
mkdir -p "$local/lib/node_modules" "$local/bin" "$local/include"
cp -L "$program" "$local/bin/node"
cp -aL "$prefix/lib/node_modules/npm" "$local/lib/node_modules/npm"
cp -aL "$prefix/include/node" "$local/include/node"
for each in npm npx; do ln -s ../lib/node_modules/npm/bin/$each-cli.js "$local/bin/$each"; done
`;

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
  let container = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seqgap-container-'));
    const bases = join(folder, 'bases');
    await mkdir(bases);
    await makeDebian(join(folder, 'debian'), []);
    await execa('tar', ['-C', join(folder, 'debian'), '-cf', join(bases, 'debian.tar'), '.']);
    await execa('sh', ['-ec', NODE, 'sh', join(bases, 'local'), process.execPath]);
    await writeFile(join(bases, 'Containerfile'), BASES);
    for (const target of ['base', 'node'])
      await buildah('build', '--layers', '--target', target, '--tag', `localhost/${target}`, bases);
    const { stdout: registry } = await execa('npm', ['config', 'get', 'registry']);
    // The authorities of this host, which may know the registry by one of its own.
    await writeFile(join(folder, 'npmrc'), `registry=${registry}\ncafile=/usr/local/etc/authorities\n`);
    const volumes = [
      `${folder}/npmrc:/usr/local/etc/npmrc:ro`,
      '/etc/ssl/certs/ca-certificates.crt:/usr/local/etc/authorities:ro',
    ].flatMap((volume) => ['--volume', volume]);
    const from = ['BUILD=localhost/node', 'BASE=localhost/base'].flatMap((each) => ['--build-arg', each]);
    for (const target of ['run', 'lab'])
      await buildah(
        'build',
        ...from,
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
    // An engine allows ping sockets; in this host's network there may be none.
    const watch = ['seqgap', 'watch', '127.0.0.1', '--duration', '2s'];
    const raw = await buildah('run', '--cap-add', 'CAP_NET_RAW', container, '--', ...watch);
    expect(raw).toMatch(/^127\.0\.0\.1 +\d+ +0 +0/m);
  });

  test('the image for labs has their programs', { timeout: SLOW }, async () => {
    const lab = (await buildah('from', 'localhost/lab')).trim();
    expect(
      await buildah(
        'run',
        lab,
        '--',
        'sh',
        '-c',
        'for each in keepalived nft conntrackd sshd; do command -v $each; done',
      ),
    ).toMatch(/keepalived\n.*nft\n.*conntrackd\n.*sshd$/);
  });
});
