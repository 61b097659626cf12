import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  makeFilePair,
  privileged,
  runPair,
  seqgap as builtProgram,
  startRun,
  type FilePair,
} from '../run/file-pair.js';
import { hostEntry, withConfig } from '../ssh/configured.js';
import { freePort, startSshd } from '../trigger/sshd.js';

/* One file, made by the repository's script, on hosts that have nothing but a shell. */

const root = join(import.meta.dirname, '../../..');
const SLOW = 600_000;
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };

let folder = '';
let program = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-executable-'));
  const build = ['scripts/executable.mjs', '--node', process.execPath, '--out', folder];
  await execa(process.execPath, build, { cwd: root });
  program = join(folder, `seqgap-${version}-linux-${arch()}`);
  process.env['SEQGAP_EXECUTABLES'] = folder;
}, SLOW);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the executable, without a Node', { timeout: SLOW }, () => {
  let home = '';
  const seqgap = async (
    ...args: string[]
  ): Promise<{ code: number | undefined; stdout: string; stderr: string }> => {
    const env = { HOME: home, PATH: '/nowhere', SEQGAP_UNPACK_IN: join(home, 'at') };
    const { exitCode, stdout, stderr } = await execa(program, args, {
      env,
      extendEnv: false,
      reject: false,
      cwd: home,
    });
    return { code: exitCode, stdout, stderr };
  };
  beforeAll(async () => {
    home = await mkdtemp(join(folder, 'home-'));
  });

  test('says its version, knows its drivers and its scenarios', async () => {
    expect(await seqgap('--version')).toEqual({ code: 0, stdout: version, stderr: '' });
    expect((await seqgap('drivers', 'list')).stdout).toMatch(/panos/);
    const { code, stdout } = await seqgap('check', 'scenarios/lab/vrrp-crash.yaml');
    expect(stdout).toContain('vrrp');
    expect(code).toBe(0);
  });

  test('probes with the native engine', async () => {
    const { stdout } = await seqgap('doctor', '--json');
    expect(stdout).toMatch(/native/);
  });

  test('nowhere to unpack: every place is named, no stack', async () => {
    await writeFile(join(home, 'file'), '');
    const env = { PATH: '/nowhere', SEQGAP_UNPACK_IN: join(home, 'file/x') };
    const { exitCode, stderr } = await execa(program, ['--version'], {
      env,
      extendEnv: false,
      reject: false,
    });
    expect(exitCode).toBe(73);
    expect(stderr).toMatch(
      /^seqgap: nowhere to unpack what this file holds\n.*file\/x.*\n {2}→ name a folder/,
    );
  });
});

describe('the Debian package', { timeout: SLOW }, () => {
  let unpacked = '';
  let deb = '';
  beforeAll(async () => {
    const args = ['scripts/deb.mjs', '--from', folder, '--out', folder, '--compression', 'none'];
    await execa(process.execPath, args, { cwd: root });
    deb = join(folder, (await readdir(folder)).find((name) => name.endsWith('.deb')) as string);
    unpacked = await mkdtemp(join(folder, 'deb-'));
    await execa('dpkg-deb', ['-x', deb, unpacked]);
  });

  test('holds the executable, its manual, completion and every licence', async () => {
    const { stdout } = await execa(join(unpacked, 'usr/bin/seqgap'), ['--version']);
    expect(stdout).toBe(version);
    const share = join(unpacked, 'usr/share');
    await execa('sh', ['-c', `gzip -dc ${share}/man/man1/seqgap.1.gz | grep -q seqgap`]);
    await execa('bash', ['-n', join(share, 'bash-completion/completions/seqgap')]);
    const licences = await readFile(join(share, 'doc/seqgap/copyright'), 'utf8');
    for (const name of ['MIT', 'ssh2', 'echarts', 'Libraries']) expect(licences).toContain(name);
  });

  test('is made of each executable that there is, for its processor', async () => {
    const both = await mkdtemp(join(folder, 'both-'));
    const make = (...more: string[]) =>
      execa(process.execPath, ['scripts/deb.mjs', '--from', both, '--out', both, ...more], {
        cwd: root,
        reject: false,
      });
    expect((await make()).stderr).toMatch(/there is no executable of [\d.]+ in .*both-/);
    for (const each of ['x64', 'arm64'])
      await writeFile(join(both, `seqgap-${version}-linux-${each}`), `for ${each}`);
    await writeFile(join(both, 'LICENSES.txt'), 'MIT');
    await make('--compression', 'none');
    for (const [name, content] of [
      ['amd64', 'for x64'],
      ['arm64', 'for arm64'],
    ] as const) {
      const file = join(both, `seqgap_${version}_${name}.deb`);
      expect((await execa('dpkg-deb', ['-f', file, 'Architecture'])).stdout).toBe(name);
      await execa('dpkg-deb', ['-x', file, join(both, name)]);
      expect(await readFile(join(both, name, 'usr/bin/seqgap'), 'utf8')).toBe(content);
    }
  });

  test('says what it is, for dpkg, and belongs to root', async () => {
    const { stdout } = await execa('dpkg-deb', ['-f', deb]);
    expect(stdout).toMatch(/^Package: seqgap\nVersion: \d/);
    expect(stdout).toMatch(/^Architecture: (?:amd64|arm64)$/m);
    const { stdout: listed } = await execa('dpkg-deb', ['-c', deb]);
    expect(listed.split('\n').every((line) => / root\/root /.test(line))).toBe(true);
    expect(listed).toMatch(/^-rwxr-xr-x .*\.\/usr\/bin\/seqgap$/m);
  });
});

/**
 * A far host: its own temporary folder and no variables of ours. `far.sh` gets the command of the prefix; the files beside
 * it say what goes wrong.
 */
const FAR = `
cd "$(dirname "$0")"
export TMPDIR=$PWD/far HOME=$PWD/home PATH=$PWD/bin:/usr/bin:/bin
unset SEQGAP_EXECUTABLES XDG_STATE_HOME
if [ $# = 1 ] && [ -s cut ]; then
  n=$(( $(cat calls 2>/dev/null || echo 0) + 1 )); echo $n >calls
  read -r at octets <cut
  case " $at " in *",$n,"*) stdbuf -o0 head -c $octets | "$@"; exit 255 ;; esac
fi
exec "$@"
`;

describe.skipIf(!privileged)('a vantage to which it is pushed', { timeout: SLOW }, () => {
  let pair: FilePair;
  beforeEach(async () => {
    await make();
  });
  const make = async (trial = ''): Promise<void> => {
    pair = await makeFilePair({ from: 'far', trial });
    const scenario = await pair.read('scenario.yaml');
    await pair.write(
      'scenario.yaml',
      scenario.replace('vantages:\n', `vantages:\n  far: { exec: [sh, ${pair.dir}/far.sh], push: true }\n`),
    );
    await pair.write('far.sh', FAR);
    for (const name of ['far', 'home', 'bin']) await mkdir(join(pair.dir, name));
  };
  afterEach(() => pair.remove());

  const left = (): Promise<string[]> => readdir(join(pair.dir, 'far'));
  const isGone = async (): Promise<boolean> => (await left()).length === 0;
  const until = async (test: () => Promise<boolean>): Promise<void> => {
    while (!(await test())) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  /** A program there that is not what it is elsewhere. */
  const place = async (name: string, text: string): Promise<void> => {
    await writeFile(join(pair.dir, 'bin', name), `#!/bin/sh\n${text}\n`);
    await chmod(join(pair.dir, 'bin', name), 0o755);
  };

  test('probes from there, in every trial, and nothing is left', async () => {
    await pair.remove();
    await make(', repeat: 2');
    const { code, stderr, stdout } = await runPair(pair);
    expect(stderr).toMatch(/far: copying seqgap there, \d+ MiB/);
    expect(stdout + stderr).not.toMatch(/may still be there/);
    expect(stdout).toMatch(/2 (?:of 2 )?trials|trials +2/);
    expect(code).toBe(0);
    expect(await left()).toEqual([]);
  });

  test('a connection that breaks: the copy goes on from where it was', async () => {
    // Machine, look, hold; the fourth and the fifth are copies.
    await pair.write('cut', ',4,5, 3000000\n');
    const { code, stderr } = await runPair(pair);
    expect(stderr.match(/copying broke off .*it goes on from where it was/g)).toHaveLength(2);
    expect(code).toBe(0);
    expect(await left()).toEqual([]);
  });

  test('a host that dies while it is copied to: nothing is touched, and nothing is left', async () => {
    await pair.write('cut', ',4,5,6,7,8,9, 2000\n');
    const { code, stderr } = await runPair(pair);
    expect(stderr).toMatch(/vantage far: seqgap could not be copied there: /);
    expect(code).toBe(2);
    expect(await pair.read('fw-a.role')).toBe('active\n');
    expect(await left()).toEqual([]);
  });

  test('half a file is never started', async () => {
    await place('sha256sum', 'echo 00  $1');
    const { code, stderr } = await runPair(pair);
    expect(stderr).toMatch(/vantage far: what arrived there is not what was sent/);
    expect(code).toBe(2);
    expect(await left()).toEqual([]);
  });

  test.each([
    ['another processor', 'uname', 'echo Linux riscv64', /there is no executable for Linux riscv64/],
    ['no room', 'df', 'echo Filesystem; echo /dev/x 9 9 1234 9% /', /1234 KiB are free, \d+ are needed/],
    [
      'an old C library',
      'getconf',
      'echo glibc 2.17',
      /its C library is glibc 2\.17; .* needs glibc 2\.28 or/,
    ],
  ])('%s: a word, and nothing is left', async (_, name, text, word) => {
    await place(name, text);
    const { code, stderr } = await runPair(pair);
    expect(stderr).toMatch(word);
    expect(stderr).toMatch(/vantage far: /);
    expect(code).toBe(2);
    expect(await left()).toEqual([]);
  });

  test('musl: a word, and nothing is left', async () => {
    await place('getconf', 'exit 1');
    await place('ls', 'echo /lib/ld-musl-x86_64.so.1');
    const { code, stderr } = await runPair(pair);
    expect(stderr).toMatch(/vantage far: its C library is musl; the executable needs glibc 2\.28 or newer/);
    expect(code).toBe(2);
    expect(await left()).toEqual([]);
  });

  test('a processor that is another than it says: what was copied does not run', async () => {
    const other = arch() === 'x64' ? ['arm64', 'aarch64', 183] : (['x64', 'x86_64', 62] as const);
    const header = Buffer.from('7f454c4602010100'.padEnd(128, '0'), 'hex');
    header.writeUInt16LE(2, 16);
    header.writeUInt16LE(Number(other[2]), 18);
    const file = join(folder, `seqgap-${version}-linux-${other[0]}`);
    await writeFile(file, header);
    await place(
      'uname',
      `case $1 in -m) echo ${other[1]} ;; -s) echo Linux ;; *) echo Linux ${other[1]} ;; esac`,
    );
    const { code, stderr } = await runPair(pair);
    await rm(file);
    expect(stderr).toMatch(/vantage far: seqgap was copied there, but does not run: /);
    expect(code).toBe(2);
    expect(await left()).toEqual([]);
  });

  test('one whose executable is not beside ours: its name, and where it was looked for', async () => {
    const other = arch() === 'x64' ? ['arm64', 'aarch64'] : ['x64', 'x86_64'];
    await place('uname', `case $1 in -m) echo ${other[1]} ;; *) echo Linux ;; esac`);
    const args = ['run', pair.scenario, '--yes', '--out', pair.out, '--drivers', join(pair.dir, 'drivers')];
    const env = { XDG_STATE_HOME: pair.dir, SEQGAP_UNPACK_IN: join(pair.dir, 'at') };
    const { exitCode, stderr } = await execa(program, args, { env, reject: false });
    expect(stderr).toContain(`vantage far: push needs seqgap-${version}-linux-${other[0]}, which is not in`);
    expect(stderr).toContain(folder);
    expect(exitCode).toBe(2);
    expect(await left()).toEqual([]);
  });

  test('a disk that is full before the copy is whole: not tried again, and nothing is left', async () => {
    await place('df', 'echo Filesystem; echo /dev/x 9 9 9999999 9% /');
    const small = `mount -t tmpfs -o size=8m far ${pair.dir}/far`;
    const { code, stderr } = await runPair(pair, [], small);
    expect(stderr).toMatch(/vantage far: seqgap could not be copied there: .*No space left on device/);
    expect(stderr).not.toMatch(/copying broke off|may still be there/);
    expect(code).toBe(2);
  });

  test('a folder from which nothing may be executed is none', async () => {
    await pair.write(
      'far.sh',
      FAR.replace(
        'if [',
        'grep -q " $TMPDIR " /proc/mounts || exec unshare -m sh -c "mount -t tmpfs -o noexec far $TMPDIR; exec sh $PWD/far.sh $*"\nif [',
      ),
    );
    const { code, stderr } = await runPair(pair);
    expect(stderr).toMatch(/far: copying/);
    expect(code).toBe(0);
    expect(await left()).toEqual([]);
  });

  test('killed (SIGKILL) while it probes: the far host removes it by itself', async () => {
    const { finished } = startRun(pair, [], 'echo $$ >' + join(pair.dir, 'runner'));
    await until(async () => /outage|steady/.test(await events()));
    process.kill(Number(await pair.read('runner')), 'SIGKILL');
    await finished;
    await until(isGone);
  });
  const events = async (): Promise<string> => {
    const runs = await readdir(pair.out, { recursive: true }).catch(() => []);
    const file = runs.find((name) => name.endsWith('events.jsonl'));
    return file === undefined ? '' : readFile(join(pair.out, file), 'utf8');
  };

  test('Ctrl-C while it is copied: nothing is left', async () => {
    await place('gzip', 'sleep 3600');
    const { finished } = startRun(pair, [], 'echo $$ >' + join(pair.dir, 'runner'));
    await until(async () => (await left()).length > 0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    process.kill(Number(await pair.read('runner')), 'SIGINT');
    const { code } = await finished;
    expect(code).not.toBe(0);
    expect(await left()).toEqual([]);
  });

  /** Processes of the far host, and how they are called. */
  const running = async (): Promise<string> =>
    (await execa('pgrep', ['-af', `${pair.dir}/far/`], { reject: false })).stdout;

  describe('which is the far end as well', () => {
    const REFLECT = 'reflect: { bind: 127.0.0.1 }';
    const reflecting = async (reflect = REFLECT, trial = ''): Promise<void> => {
      await pair.remove();
      await make(trial);
      const text = await pair.read('scenario.yaml');
      const stream = '  - { name: way, type: stamp, to: 127.0.0.1, every: 50ms }\ntrigger:';
      const session = 'sessions: [{ name: echo, type: tcp, to: "127.0.0.1:7", heartbeat: 100ms }]\ntrigger:';
      await pair.write(
        'scenario.yaml',
        text
          .replace('from: far', 'from: local')
          .replace('push: true', `push: true, ${reflect}`)
          .replace('trigger:', stream)
          .replace('trigger:', session),
      );
    };
    /** Probes are answered there. */
    const isAnswered = async (): Promise<void> => {
      await until(async () => /steady/.test(await events()));
      expect(await running()).toMatch(/reflect --end-with-input/);
    };

    test('reflects for the time of the run', async () => {
      await reflecting();
      const { code, stderr } = await runPair(pair);
      expect(stderr).not.toMatch(/may still be there/);
      const run = (await readdir(join(pair.out, 'file-pair'))).find((name) => /^\d/.test(name)) ?? '';
      const tables = join(pair.out, 'file-pair', run);
      const rows = async (name: string): Promise<Record<string, string>[]> =>
        parse(await readFile(join(tables, name), 'utf8'), { columns: true });
      const [echo] = await rows('sessions.csv');
      expect(Number(echo?.['bytes'])).toBeGreaterThan(0);
      const way = (await rows('streams.csv')).filter((row) => row['stream'] === 'way');
      // The direction is known by a reflector that counts.
      expect(way.map(({ direction }) => direction)).toEqual(['round-trip', 'forward', 'reverse']);
      expect(Number(way[1]?.['received'])).toBeGreaterThan(0);
      expect(code, stderr).toBe(0);
      expect([await left(), await running()]).toEqual([[], '']);
    });

    test('a port that is taken: nothing is touched, and nothing is left', async () => {
      await reflecting('reflect: { bind: 127.0.0.1, http: 7 }');
      const { code, stderr } = await runPair(pair);
      expect(stderr).toMatch(
        /vantage far: its reflector does not listen: seqgap: cannot listen on port 7: EADDRINUSE/,
      );
      expect(code).toBe(2);
      expect(await pair.read('fw-a.role')).toBe('active\n');
      expect([await left(), await running()]).toEqual([[], '']);
    });

    test('one that is killed ends the run: what it does not answer is no outage', async () => {
      await reflecting(REFLECT, ', repeat: 100');
      const { finished } = startRun(pair);
      await isAnswered();
      await execa('pkill', ['-KILL', '-f', `${pair.dir}/far/.* reflect`]);
      const { code, stderr } = await finished;
      expect(stderr).toMatch(/vantage far: its reflector ended by itself: /);
      expect(code).toBe(2);
      expect([await left(), await running()]).toEqual([[], '']);
    });

    test('the runner is killed (SIGKILL): it ends by itself, and nothing is left', async () => {
      await reflecting(REFLECT, ', repeat: 100');
      const { finished } = startRun(pair, [], 'echo $$ >' + join(pair.dir, 'runner'));
      await isAnswered();
      process.kill(Number(await pair.read('runner')), 'SIGKILL');
      await finished;
      await until(isGone);
      await until(async () => (await running()) === '');
    });

    test('Ctrl-C: it ends, and nothing is left', async () => {
      await reflecting(REFLECT, ', repeat: 100');
      const { finished } = startRun(pair, [], 'echo $$ >' + join(pair.dir, 'runner'));
      await isAnswered();
      process.kill(Number(await pair.read('runner')), 'SIGINT');
      await finished;
      expect([await left(), await running()]).toEqual([[], '']);
    });
  });

  test('over ssh by way of a bastion, to two hosts, the far end of a session too', async () => {
    const far = { own: ['/opt'] };
    const sshds = await Promise.all([
      startSshd(),
      startSshd(['SetEnv TMPDIR=/opt'], far),
      startSshd(['SetEnv TMPDIR=/opt'], far),
    ]);
    const tcp = await freePort();
    try {
      const [bastion, one, two] = sshds;
      await withConfig(
        hostEntry('bastion', bastion) +
          hostEntry('far', one, 'ProxyJump bastion') +
          hostEntry('other', two, 'ProxyJump bastion'),
      );
      const text = await pair.read('scenario.yaml');
      const reflect = `{ bind: 127.0.0.1, stamp: 0, tcp: ${tcp} }`;
      const ways = `  far: { ssh: { host: far }, push: true, reflect: ${reflect} }\n  other: { ssh: { host: other }, push: true }\n`;
      await pair.write(
        'scenario.yaml',
        text
          .replace(/ {2}far: .*\n/, ways)
          .replace(
            'trigger:',
            '  - { name: back, type: icmp, from: other, to: 127.0.0.1, every: 20ms }\ntrigger:',
          )
          .replace(
            'trigger:',
            `sessions: [{ name: echo, type: tcp, to: "127.0.0.1:${tcp}", heartbeat: 100ms }]\ntrigger:`,
          ),
      );
      const { code, stderr } = await builtProgram(pair, [
        'run',
        pair.scenario,
        '--yes',
        '--out',
        pair.out,
        '--drivers',
        join(pair.dir, 'drivers'),
      ]);
      expect(stderr).toMatch(/far: copying seqgap there/);
      expect(stderr).toMatch(/other: copying seqgap there/);
      expect(code, stderr).toBe(0);
      for (const name of ['far', 'other']) expect((await execa('ssh', [name, 'ls -A /opt'])).stdout).toBe('');
      // The folder had a name of its own, and the processes its port.
      const { stdout: still } = await execa('pgrep', ['-af', `reflect .*--tcp ${tcp}`], { reject: false });
      expect(still).toBe('');
    } finally {
      await Promise.all(sshds.map((sshd) => sshd.stop()));
    }
  });
});
