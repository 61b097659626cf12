import { spawn, type ChildProcess } from 'node:child_process';
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

const cli = join(import.meta.dirname, '../../../dist/cli.js');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-follow-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

const stamped = (at: number, rest: string): string => `[${(1_700_000_000 + at).toFixed(6)}] ${rest}\n`;
const reply = (seq: number): string =>
  stamped(seq / 5 + 0.001, `64 bytes from 10.4.4.4: icmp_seq=${seq} ttl=64 time=1.00 ms`);
const none = (seq: number): string => stamped((seq + 1) / 5, `no answer yet for icmp_seq=${seq}`);
const HEADING = 'PING 10.4.4.4 (10.4.4.4) 56(84) bytes of data.\n';
const span = (from: number, to: number, line: (seq: number) => string): string =>
  Array.from({ length: to - from }, (_, index) => line(from + index)).join('');

/** `seqgap analyze --follow`, and what it has said so far. */
const follow = (...args: readonly string[]) => {
  const child = spawn(process.execPath, [cli, 'analyze', '--follow', ...args], { stdio: 'pipe' });
  started.push(child);
  let [out, err] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (err += data.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  return {
    child,
    out: () => out,
    err: () => err,
    ended,
    says: (wanted: RegExp) =>
      vi.waitFor(() => expect(out + err).toMatch(wanted), { timeout: 30_000, interval: 20 }),
  };
};

const DOWN = /22:13:24\.000Z {2}10\.4\.4\.4 {2}✗ down\n/;
const OVER =
  /22:13:24\.000Z {2}10\.4\.4\.4 {2}✓ down for 3\.00 s {2}\[2\.79 … 3\.20\] {2}back 22:13:27\.001, 15 lost, from seq 20\n/;

describe('a file that something else writes', () => {
  test('a line as an outage begins, one as it ends, and with Ctrl-C the table that analyze has', async () => {
    const path = join(folder, 'ping.log');
    await writeFile(path, HEADING + span(1, 20, reply));
    const { child, says, out, ended } = follow(path);
    await says(/✓ answers, RTT 1\.00 ms\n/);
    await appendFile(path, span(20, 28, none));
    await says(DOWN);
    await appendFile(path, span(28, 35, none));
    expect(out()).not.toContain('down for');
    await appendFile(path, span(35, 50, reply));
    await says(OVER);
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    const { stdout } = await execa(process.execPath, [cli, 'analyze', path]);
    expect(out().endsWith(`${stdout}\n`)).toBe(true);
    expect(out().match(/✗ down/g)).toHaveLength(1);
    expect(out()).toContain('Following ping.log from its beginning. Ctrl-C for the table.');
  });

  test('an outage that is open with Ctrl-C is not over', async () => {
    const path = join(folder, 'open.log');
    await writeFile(path, HEADING + span(1, 20, reply) + span(20, 40, none));
    const { child, says, out, ended } = follow(path);
    await says(DOWN);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(out()).toMatch(/✗ still down, for ≥ 3\.\d\d s/);
    expect(out()).toMatch(/≥ 3\.\d\d s not recovered/);
    expect(out()).not.toContain('✓ down');
  });

  test('goes on in the file that takes its place', async () => {
    const path = join(folder, 'rotated.log');
    await writeFile(path, HEADING + span(1, 20, reply));
    const { child, says, out, ended } = follow(path);
    await says(/✓ answers/);
    await rename(path, `${path}.1`);
    await writeFile(path, span(35, 60, reply));
    await says(OVER);
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(out()).toContain('rotated.log was replaced, and is read from its beginning\n');
    expect(out()).toMatch(/^rotated\.log +10\.4\.4\.4 +59 +44 +15 +1 /m);
  });

  test('no line for a while is said, and is not taken for an answer', async () => {
    const path = join(folder, 'silent.log');
    await writeFile(path, HEADING + span(1, 20, reply));
    const { child, says, out, ended } = follow(path);
    await says(/\? no line for 5\.\d\d s: nothing is known of what is since then\n/);
    await appendFile(path, span(45, 60, reply));
    await says(/lines again, after [56]\.\d\d s\n/);
    await says(/✓ down for 5\.00 s {2}\[4\.79 … 5\.20\] {2}back 22:13:29\.001, 25 lost, from seq 20/);
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(out().match(/no line for/g)).toHaveLength(1);
  });

  test('with --json the lines are on stderr, and stdout is the document', async () => {
    const path = join(folder, 'json.log');
    await writeFile(path, HEADING + span(1, 20, reply) + span(20, 35, none) + span(35, 50, reply));
    const { child, says, out, err, ended } = follow(path, '--json');
    await says(OVER);
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(err()).toMatch(OVER);
    const { stdout } = await execa(process.execPath, [cli, 'analyze', '--json', path]);
    expect(out()).toBe(`${stdout}\n`);
  });
});

describe('a pipe', () => {
  test('is followed until its end', async () => {
    const { child, says, out, ended } = follow('-');
    child.stdin?.write(HEADING + span(1, 20, reply) + span(20, 28, none));
    await says(DOWN);
    child.stdin?.end(span(28, 35, none) + span(35, 50, reply));
    expect(await ended).toBe(0);
    expect(out()).toMatch(OVER);
    expect(out()).toMatch(/^stdin +10\.4\.4\.4 +49 +34 +15 +1 {2}3\.00 s/m);
  });

  test('that does not end with Ctrl-C is left a moment later', async () => {
    const { child, says, out, ended } = follow('-');
    child.stdin?.write(HEADING + span(1, 20, reply));
    await says(/✓ answers/);
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(out()).toMatch(/^stdin +10\.4\.4\.4 +19 +19 +0 +0 /m);
  });

  test('of a log without times: lengths are told by when its lines come', async () => {
    const { child, says, ended } = follow('-');
    const bare = (seq: number): string => reply(seq).replace(/^\[[^\]]*\] /, '');
    let seq = 0;
    const timer = setInterval(() => child.stdin?.write(seq === 0 ? HEADING + bare(++seq) : bare(++seq)), 100);
    try {
      await says(/note: by its lines a probe leaves every 0\.\d+ s, not every 1\.00 s/);
    } finally {
      clearInterval(timer);
    }
    child.stdin?.end(span(seq + 11, seq + 40, bare));
    expect(await ended).toBe(0);
    await says(/✓ down for [01]\.\d+ s .* 10 lost/);
  });

  test('with nothing in it is no log', async () => {
    const { child, err, ended } = follow('-');
    child.stdin?.end();
    expect(await ended).toBe(64);
    expect(err()).toContain('stdin is empty');
  });
});

test.each([
  ['two logs', ['a.log', 'b.log'], /--follow takes one log/],
  ['a run', [join(import.meta.dirname, '../../fixtures/run-v1')], /is a run: --follow is for logs/],
  ['a file that is not there', ['/no/such.log'], /cannot read such\.log: no such file/],
])('%s: one line, exit code 64', async (_name, args, message) => {
  const { err, ended } = follow(...args);
  expect(await ended).toBe(64);
  expect(err()).toMatch(message);
});

test('what is no log is told to be none at once, and in the end', async () => {
  const { child, says, out, err, ended } = follow(join(import.meta.dirname, '../../../LICENSE'));
  await says(/none of its first lines is of a format that is known.*: so far nothing is told\n/);
  child.kill('SIGINT');
  expect(await ended).toBe(64);
  expect(err()).toMatch(/seqgap: LICENSE: none of its first lines is of a format that is known/);
  expect(out()).not.toMatch(/✓|✗|sent/);
});
