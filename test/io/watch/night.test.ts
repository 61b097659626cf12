import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TrialEvent } from '../../../src/model/event.js';
import type { ResultDocument } from '../../../src/model/tables.js';
import { isRoot } from '../probe/namespace.js';
import { type Ended, Watching } from './watching.js';

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

/** Octets come back, as from an echo server; what is probed is accepted and closed by who probes. */
const openEcho = async (sockets: Set<Socket>): Promise<Server> => {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

let state: string;
let out: string;
let server: Server;
let target: string;
const sockets = new Set<Socket>();
const watches: Watching[] = [];

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'seqgap-state-'));
  out = await mkdtemp(join(tmpdir(), 'seqgap-night-'));
  server = await openEcho(sockets);
  target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const watch of watches.splice(0)) watch.kill();
  for (const { pid } of await going()) if (lives(pid)) process.kill(pid, 'SIGKILL');
  for (const socket of sockets) socket.destroy();
  server.close();
  await rm(out, { recursive: true, force: true });
  await rm(state, { recursive: true, force: true });
});

interface Going {
  readonly pid: number;
  readonly path: string;
}

/** What this test has going on in the background. */
const going = async (): Promise<Going[]> => {
  const folder = join(state, 'seqgap', 'ongoing');
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const entry = JSON.parse(await readFile(path, 'utf8')) as {
        readonly background: boolean;
        readonly holder: { readonly pid: number };
      };
      return entry.background && entry.holder.pid !== process.pid ? [{ pid: entry.holder.pid, path }] : [];
    }),
  );
  return found.flat();
};

const watch = (...args: string[]): Watching => {
  const watching = new Watching(
    [...args, '--every', '20ms'],
    ['env', `XDG_STATE_HOME=${state}`, `TMPDIR=${state}`],
  );
  watches.push(watching);
  return watching;
};

const seqgap = async (...args: string[]): Promise<Ended> => {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [CLI, ...args], {
    env: { XDG_STATE_HOME: state, TMPDIR: state },
    reject: false,
  });
  return { code: exitCode ?? null, stdout, stderr };
};

const eventsOf = async (folder: string): Promise<TrialEvent[]> =>
  (await readFile(join(folder, 'trial-01', 'events.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TrialEvent);

const latest = (): string => join(out, 'watch', 'latest');

const lives = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const whenGone = async (pid: number): Promise<void> => {
  while (lives(pid)) await sleep(20);
};

describe('seqgap mark', () => {
  test('puts a mark where the command was given, into history, lines, summary and reports', async () => {
    const watching = watch(target, '--out', out);
    await watching.until(/✓ answers/);
    const before = Date.now();
    const { code, stderr } = await seqgap('mark', 'pulled', 'the plug');
    const after = Date.now();
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^marked in the watch of 127/),
    });
    await watching.until(/mark +▶ pulled the plug/);
    const { stdout } = await watching.stop();
    // On a busy host the command takes its time, and the mark says so.
    expect(stdout).toMatch(/^pulled the plug \d\d:\d\d:\d\d(?: \(±\d\.\d+ s\))?: no outage after it$/m);

    const events = await eventsOf(latest());
    const anchor = events.find((event) => event.event === 'anchor');
    const mark = events.find((event) => event.event === 'mark');
    if (anchor === undefined || mark === undefined) throw new Error('no anchor, or no mark');
    expect(mark).toMatchObject({ text: 'pulled the plug', by: 'command' });
    const uncertainty_ms = (mark.uncertainty_ns ?? 0) / 1e6;
    const marked_ms = anchor.wall_ms + (mark.at_ns - anchor.at_ns) / 1e6;
    // The wall clock has 1 ms, and so has this test's.
    expect(marked_ms + uncertainty_ms).toBeGreaterThanOrEqual(before - 2);
    expect(marked_ms - uncertainty_ms).toBeLessThan(after);
    const timeline = await readFile(join(latest(), 'timeline.csv'), 'utf8');
    expect(timeline).toMatch(/,mark,pulled the plug,,command,/);
    expect(await readFile(join(latest(), 'summary.md'), 'utf8')).toContain('## Marks');
  });

  test('of several watches wants to know which; of none it says so', async () => {
    expect(await seqgap('mark', 'x')).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('no watch'),
    });
    const [one, other] = [watch(target), watch(target, '--out', out)];
    await Promise.all([one.until(/✓ answers/), other.until(/✓ answers/)]);
    const { code, stderr } = await seqgap('mark', 'x');
    expect(code).toBe(64);
    expect(stderr).toContain(`pid ${one.pid}`);
    expect(stderr).toContain(`pid ${other.pid}`);
    expect(await seqgap('mark', 'there', '--run', latest())).toMatchObject({ code: 0 });
    await other.until(/▶ there/);
    expect(one.stdout).not.toContain('▶');
  });

  test('a process that has got the id of one that is gone is not taken for it', async () => {
    const watching = watch(target, '--out', out);
    await watching.until(/✓ answers/);
    const folder = join(state, 'seqgap', 'ongoing');
    const [name = ''] = await readdir(folder);
    const entry = JSON.parse(await readFile(join(folder, name), 'utf8')) as { holder: object };
    watching.kill();
    await watching.ended;
    // This test lives, but began at another time.
    const recycled = { ...entry, holder: { ...entry.holder, pid: process.pid } };
    await writeFile(join(folder, name), JSON.stringify(recycled));
    // And that of another host, in a home that is shared.
    const other = { ...entry, holder: { ...entry.holder, boot: 'another', machine: null } };
    await writeFile(join(folder, `other-${name}`), JSON.stringify(other));
    expect(await seqgap('mark', 'x')).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('no watch'),
    });
  });

  test('m in the terminal of the watch: the picture leaves what is typed alone', async () => {
    const command = `env XDG_STATE_HOME=${state} TMPDIR=${state} ${process.execPath} ${CLI} watch ${target} --every 20ms --out ${out}`;
    const terminal = execa('script', ['-qec', `stty rows 24 cols 100; ${command}`, '/dev/null'], {
      stdin: 'pipe',
      reject: false,
    });
    let seen = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => (seen += text));
    const until = async (what: RegExp): Promise<void> => {
      while (!what.test(seen)) await sleep(20);
    };
    await until(/m to mark/);
    terminal.stdin.write('m');
    terminal.stdin.write('plug');
    await until(/▶ mark: plug/);
    terminal.stdin.write(' out\r');
    await until(/mark +▶ plug out/);
    terminal.stdin.write('q');
    expect((await terminal).stdout).toMatch(/plug out \d\d:\d\d:\d\d: no outage after it/);
    expect((await eventsOf(latest())).find(({ event }) => event === 'mark')).toMatchObject({ by: 'key' });
  });
});

describe('seqgap watch start, status and stop', () => {
  const start = async (...args: string[]): Promise<number> => {
    const { code, stdout } = await seqgap('watch', 'start', target, '--every', '20ms', '--out', out, ...args);
    expect(code).toBe(0);
    return Number(/pid (\d+)/.exec(stdout)?.[1]);
  };

  test('it goes on without its terminal, tells how it is, and ends with its closing report', async () => {
    const pid = await start('--label', 'upgrade');
    process.kill(pid, 'SIGHUP');
    await sleep(300);
    expect(await seqgap('mark', 'now')).toMatchObject({ code: 0 });
    const status = await seqgap('watch', 'status');
    expect(status.code).toBe(0);
    expect(status.stdout).toMatch(/since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(local time, UTC[+-]\d\d:\d\d; /);
    expect(status.stdout).toMatch(/✓ up .* sent/);
    expect(status.stdout).toContain('▶ now');
    const stop = await seqgap('watch', 'stop');
    expect(stop).toMatchObject({ code: 0, stdout: expect.stringContaining('Watched 1 target for') });
    expect(stop.stdout).toMatch(/now \d\d:\d\d:\d\d: no outage/);
    await whenGone(pid);
    expect(await readFile(join(latest(), 'watch.log'), 'utf8')).toMatch(
      /Watching .*[^]*✓ answers[^]*Watched 1/,
    );
    expect(await readFile(join(latest(), 'run.json'), 'utf8')).toContain('"status": "complete"');
    expect(await seqgap('watch', 'stop')).toMatchObject({ code: 64 });
    expect(await seqgap('watch', 'status')).toMatchObject({ code: 2 });
  });

  test('one that was killed is told of, and its record is read', async () => {
    const pid = await start();
    // Until rows are decided, and on disk: some of them in time, one after the other, or no outage has a bound.
    while ((await readFile(join(latest(), 'trial-01', 'probes.csv'), 'utf8')).split('\n').length < 25)
      await sleep(20);
    process.kill(pid, 'SIGKILL');
    await whenGone(pid);
    const status = await seqgap('watch', 'status');
    expect(status.code).toBe(2);
    expect(status.stdout).toMatch(/does not go on any more: it was killed, or this host was restarted/);
    const report = await seqgap('report', latest());
    expect(report.stdout).toMatch(/no gap: any outage lasted/);
    expect(report.stdout).toContain('ended early: killed, or still running');
    // The next one takes no notice of it.
    await start();
    expect(await seqgap('mark', 'x')).toMatchObject({ code: 0 });
  });

  test('what cannot be begun is said at once, with its exit code', async () => {
    const { code, stderr } = await seqgap('watch', 'start', '10.4.4.400', '--out', out);
    expect(code).toBe(64);
    expect(stderr).toContain('10.4.4.400');
    expect(await readdir(out)).toEqual([]);
  });

  test('a host may be called as a command is', async () => {
    for (const words of [['--', 'stop'], ['--', 'start', 'status'], ['stow']])
      expect((await seqgap('watch', ...words)).stderr).toMatch(/the name (stop|start|stow)\b/);
  });
});

describe('what ends a watch', () => {
  test('a terminal that is closed: it ends in order, nothing is lost', async () => {
    const watching = watch(target, '--out', out);
    await watching.until(/✓ answers/);
    watching.signal('SIGHUP');
    const { code, stdout } = await watching.ended;
    expect(code).toBe(0);
    expect(stdout).toContain('Watched 1 target');
    const summary = await readFile(join(latest(), 'summary.md'), 'utf8');
    expect(summary).toContain('watch complete');
    // Nothing was asked of it that could have been passed.
    expect(summary).not.toContain('Verdict');
  });

  test('a terminal that is gone: the exit code is its own', async () => {
    const code = join(state, 'code');
    // The first `wait` ends with the hang-up, of which only the terminal's first process is told.
    const watched = `${process.execPath} ${CLI} watch ${target} --out ${out}`;
    const script = join(state, 'watch.sh');
    await writeFile(
      script,
      `trap 'kill -HUP $watch' HUP\n${watched} </dev/tty & watch=$!\nwait $watch; wait $watch; echo $? >${code}\n`,
    );
    const terminal = execa('script', ['-qec', `bash ${script}`, '/dev/null'], {
      env: { XDG_STATE_HOME: state },
      stdin: 'pipe',
      reject: false,
    });
    await vi.waitUntil(async () => (await readdir(out)).includes('watch'), { timeout: 60_000 });
    const history = join(out, 'watch/latest/trial-01/probes.csv');
    await vi.waitUntil(async () => (await readFile(history, 'utf8').catch(() => '')).includes('answered'), {
      timeout: 60_000,
    });
    terminal.kill('SIGKILL');
    await terminal;
    const said = (): Promise<string> => readFile(code, 'utf8').catch(() => '');
    await vi.waitUntil(async () => (await said()) !== '', { timeout: 60_000 });
    expect(await said()).toBe('0\n');
    expect(await readFile(join(latest(), 'summary.md'), 'utf8')).toContain('watch complete');
  });

  test.skipIf(!isRoot)('a full disk does not: it is said at once, and the summary is whole', async () => {
    const tiny = `mount -t tmpfs -o size=64k tmpfs ${out} && cd ${out} && exec "$@"`;
    const watching = new Watching(
      [target, '--every', '1ms', '--out', out],
      ['unshare', '-m', 'env', `XDG_STATE_HOME=${state}`, `TMPDIR=${state}`, 'sh', '-c', tiny, 'sh'],
    );
    watches.push(watching);
    await watching.until(/no space left on the device; the watch goes on/);
    server.close();
    for (const socket of sockets) socket.destroy();
    await watching.until(/✗ refuses the connection/);
    const { code, stdout, stderr } = await watching.stop();
    expect(code).toBe(2);
    expect(stdout).toMatch(/Watched 1 target[^]*refused for/);
    expect(stderr).not.toContain('this is a bug');
  });
});

describe('sessions of a watch', () => {
  test('are opened, and their end is told in lines, summary, record and --json', async () => {
    const watching = watch(target, '--session', target, '--out', out, '--json');
    await watching.until(/✓ session is open/);
    await sleep(1500);
    for (const socket of sockets) socket.destroy();
    await watching.until(/✗ session ended/);
    const { code, stdout } = await watching.stop();
    expect(code).toBe(0);
    const { sessions } = JSON.parse(stdout) as ResultDocument;
    expect(sessions).toMatchObject([
      { session: `${target}#1`, kind: 'tcp', verdict: expect.stringMatching(/app-closed|reset/) },
    ]);
    expect(sessions[0]?.error).toMatch(/, at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
    const record = await readFile(join(latest(), 'sessions.csv'), 'utf8');
    expect(record).toContain(`${target}#1,tcp`);
    const report = await seqgap('report', latest());
    expect(report.stdout).toMatch(/Sessions[^]*0\/1 survived/);
  });

  test('that lives without an outage is not tested; who is not there gives exit code 2', async () => {
    const alive = watch('--session', target);
    await alive.until(/✓ session is open/);
    await sleep(500);
    // On a busy host an echo may take long.
    expect((await alive.stop()).stdout).toMatch(
      /^session 127\.0\.0\.1:\d+: (not-tested: no outage while it was watched|survived, stall 0\.)/m,
    );
    server.close();
    const dead = watch(target, '--session', target);
    await dead.until(/✗ session not opened/);
    expect((await dead.stop()).code).toBe(2);
  });
});
