import { chmod, copyFile, cp, mkdir, mkdtemp, open, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Finding } from '../../../src/cli/doctor/finding.js';
import { asNobody } from '../nobody.js';

/* Why there is no native engine, each cause as it really comes, and that the remedy for it helps. */

const root = join(import.meta.dirname, '../../..');
const isRoot = process.getuid?.() === 0;
const compiles = await execa('cc', ['--version']).then(
  () => true,
  () => false,
);
const ARM64 = 183;
const X64 = 62;

/** A package that was installed without net-ping, and with neither a built engine nor a carried one. */
let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'seqgap-native-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  await chmod(home, 0o755);
  for (const part of [
    'dist',
    'native',
    'drivers',
    'package.json',
    'scripts/native.mjs',
    'scripts/lab-packages.json',
  ])
    await cp(join(root, part), join(home, part), { recursive: true });
  await mkdir(join(home, 'node_modules'));
  await symlink(join(root, 'node_modules/ssh2'), join(home, 'node_modules/ssh2'));
});

const build = (env: Readonly<Record<string, string>> = {}, node = process.execPath) =>
  execa(node, [join(home, 'scripts/native.mjs'), '--build'], { env });

const engine = async (prefix: readonly string[] = []): Promise<Finding | undefined> => {
  const [program, ...args] = [...prefix, process.execPath, join(home, 'dist/cli.js'), 'doctor', '--json'];
  const { stdout } = await execa(program, [...args, '--out', tmpdir()], { reject: false });
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
  return findings.find(({ check }) => check === 'icmp-engine');
};

const told = (detail: RegExp, remedy: RegExp, status: 'warn' | 'fail' = 'warn') => ({
  status,
  detail: expect.stringMatching(detail) as string,
  remedy: expect.stringMatching(remedy) as string,
});
const native = { status: 'ok', detail: expect.stringMatching(/^native: /) as string };

describe.runIf(compiles && isRoot && process.platform === 'linux')(
  'no native engine (needs cc, root)',
  () => {
    test('for want of a compiler: where there is one it is built', async () => {
      await build({ PATH: '', CC: 'no-such-compiler' });
      expect(await engine()).toMatchObject(
        told(
          /^ping, .*not built: there is no C compiler \(no-such-compiler: ENOENT\); .*carries none for/,
          /gcc .*--build$/,
        ),
      );
      await build();
      expect(await engine()).toMatchObject(native);
    });

    test('for want of headers: where they are named it is built', async () => {
      const node = join(home, 'bin/node');
      await mkdir(dirname(node));
      await copyFile(process.execPath, node);
      await build({ npm_config_nodedir: '' }, node);
      expect(await engine()).toMatchObject(
        told(/Node's headers .* are not beside/, /^npm_config_nodedir=FOLDER node/),
      );
      await build({ npm_config_nodedir: dirname(dirname(await realpath(process.execPath))) }, node);
      expect(await engine()).toMatchObject(native);
    });

    test('for this processor: the one that is carried serves, or it is built anew', async () => {
      await build();
      const built = join(home, 'build/native/engine.node');
      const carried = join(home, 'prebuilds', `linux-${process.arch}-glibc.node`);
      await mkdir(dirname(carried));
      await copyFile(built, carried);
      const file = await open(built, 'r+');
      await file.write(Buffer.from([process.arch === 'x64' ? ARM64 : X64, 0]), 0, 2, 18);
      await file.close();
      expect(await engine()).toMatchObject(native);
      await rm(carried);
      expect(await engine()).toMatchObject(
        told(/cannot be loaded: .*engine\.node is for another processor/, /native\.mjs --build/),
      );
      await build();
      expect(await engine()).toMatchObject(native);
    });

    test('on a file system without programs', async () => {
      await build();
      const noexec = [
        'unshare',
        '--mount',
        'sh',
        '-ec',
        `mount --bind "$0" "$0"; mount -o remount,bind,noexec "$0"; exec "$@"`,
      ];
      expect(await engine([...noexec, home])).toMatchObject(
        told(/cannot be loaded: .*failed to map segment/, /remount,exec/),
      );
    });

    test('that this user may read', async () => {
      await build();
      await chmod(join(home, 'build/native/engine.node'), 0o600);
      expect(await engine(asNobody())).toMatchObject(
        told(/cannot be loaded: .*ermission denied/, /chmod -R a\+rX/),
      );
    });

    test('without a right to ICMP: a group for ping sockets is enough', async () => {
      await build();
      const user = (range: string): readonly string[] => [
        ...[
          'unshare',
          '--net',
          'sh',
          '-ec',
          `sysctl -qw net.ipv4.ping_group_range="$0"; ip link set lo up; exec "$@"`,
          range,
        ],
        ...asNobody('--bounding-set', '-all'),
      ];
      // Its ping has no right either.
      expect(await engine(user('1 0'))).toMatchObject(
        told(/^none: neither/, /^run as root, .*setcap .*ping_group_range/, 'fail'),
      );
      expect(await engine(user('0 65535'))).toMatchObject(native);
    });
  },
);
