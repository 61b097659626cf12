import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROBE_COLUMNS } from '../../../src/model/probe.js';
import { columnsOf, OUTAGES, STREAMS } from '../../../src/model/tables.js';
import { sampleRecord } from '../store/sample-record.js';

const cli = join(import.meta.dirname, '../../../dist/cli.js');
const logs = join(import.meta.dirname, '../../golden/analyze/logs');
const log = join(logs, 'iputils-D-O.log');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-analyze-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Document {
  readonly format: number;
  readonly trials: readonly unknown[];
  readonly sessions: readonly unknown[];
  readonly streams: readonly { readonly run: string; readonly lost: number; readonly sent: number }[];
  readonly outages: readonly { readonly first_seq: number }[];
}

const analyze = (args: readonly string[], input?: Buffer) =>
  execa('node', [cli, 'analyze', ...args], { reject: false, ...(input === undefined ? {} : { input }) });

const records = async (args: readonly string[], input?: Buffer): Promise<Document> => {
  const { stdout, exitCode } = await analyze(['--json', ...args], input);
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as Document;
};

test('a table that fits 100 columns, and the list of outages', async () => {
  const { stdout, stderr, exitCode } = await analyze([log, join(logs, 'fping.log'), join(logs, 'irtt.json')]);
  expect(exitCode).toBe(0);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^file +target +sent +rcvd +lost +outages +longest +total\n/);
  expect(stdout).toMatch(/^iputils-D-O.log +10\.4\.4\.4 +29 +22 +7 .*1\.43 s {2}\[1\.22 … 1\.64\]/m);
  expect(stdout).toContain('2026-11-21 19:52:06.347Z');
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
});

test('late and duplicates have columns where there are such', async () => {
  const { stdout } = await analyze([
    join(logs, 'iputils-dup-unreachable.log'),
    join(logs, 'iputils-slow-end.log'),
  ]);
  expect(stdout).toMatch(/^ +sent .* lost +late +dup +outages +longest +total$/m);
});

test('--json prints the records, trial columns null', async () => {
  const found = await records([log]);
  expect(found).toMatchObject({ format: 1, trials: [], sessions: [] });
  expect(found.streams).toMatchObject([
    { run: 'iputils-D-O.log', trial: null, phase: null, trigger: null, lost: 7 },
  ]);
  expect(found.outages).toMatchObject([{ trial: null, first_seq: 14, lost: 7 }]);
});

test('a pipe gives the same as the file', async () => {
  const file = await records([log]);
  const pipe = await records(['-'], await readFile(log));
  expect(pipe.streams[0]).toEqual({ ...file.streams[0], run: 'stdin' });
});

test('a packed log gives the same as the file', async () => {
  const packed = join(folder, 'irtt.json.gz');
  await writeFile(packed, gzipSync(await readFile(join(logs, 'irtt.json'))));
  const [plain, unpacked] = [await records([join(logs, 'irtt.json')]), await records([packed])];
  expect(unpacked.outages[0]?.first_seq).toBe(plain.outages[0]?.first_seq);
});

test('--min-lost shortens the list, and no records', async () => {
  const loss = join(logs, 'loss.log');
  const { stdout, exitCode } = await analyze([loss, '--min-lost', '10']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('not listed: 1 outage of fewer than 10 lost, 9 lost in all');
  expect(await records([loss, '--min-lost', '10'])).toEqual(await records([loss]));
});

test('--out writes the CSV files', async () => {
  const out = join(folder, 'a', 'csv');
  const { exitCode } = await analyze([log, '--out', out]);
  expect(exitCode).toBe(0);
  const first = async (name: string): Promise<string[]> =>
    (await readFile(join(out, name), 'utf8')).split('\r\n')[0]?.split(',') ?? [];
  expect(await first('streams.csv')).toEqual(columnsOf(STREAMS));
  expect(await first('outages.csv')).toEqual(columnsOf(OUTAGES));
});

test('--csv prints what --out writes: the outages, or the streams', async () => {
  const out = join(folder, 'printed');
  const args = [log, join(logs, 'fping.log')];
  await analyze([...args, '--out', out]);
  const printed = async (...options: readonly string[]): Promise<string> =>
    (await execa('node', [cli, 'analyze', ...options], { stripFinalNewline: false })).stdout;
  const outages = await readFile(join(out, 'outages.csv'), 'utf8');
  expect(await printed(...args, '--csv')).toBe(outages);
  expect(await printed('--csv', 'outages', ...args)).toBe(outages);
  const streams = await readFile(join(out, 'streams.csv'), 'utf8');
  expect(await printed('--csv', 'streams', ...args)).toBe(streams);
  expect(streams.split('\r\n')).toHaveLength(1 + 4 + 1);
});

test('a file or target that looks like a formula is a word in CSV', async () => {
  const hostile = join(folder, '=1+1.csv');
  const rows = [
    '10:00:00,=cmd(),1,up',
    '10:00:01,=cmd(),,down',
    '10:00:02,=cmd(),1,up',
    '10:00:03,=cmd(),1,up',
  ];
  await writeFile(hostile, `time,target,rtt_ms,status\n${rows.join('\n')}\n`);
  const { stdout } = await analyze([hostile, '--csv']);
  expect(stdout).toMatch(/^'=1\+1\.csv,,,,,'=cmd\(\),1,/m);
});

test('--html writes a page beside what is printed', async () => {
  const file = join(folder, 'outages.html');
  const { stdout, stderr, exitCode } = await analyze([log, join(logs, 'fping.log'), '--html', file]);
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toBe((await analyze([log, join(logs, 'fping.log')])).stdout);
  const page = await readFile(file, 'utf8');
  expect(page).toContain('<title>Outages in 2 logs</title>');
  expect(page).toContain('1.43 s  [1.22 … 1.64]');
  // It can load nothing.
  expect(page).toContain(`content="default-src 'none'; `);
});

test('a stored run of our own, judged again with another merge gap', async () => {
  const path = join(folder, 'run');
  await mkdir(join(path, 'trial-01'), { recursive: true });
  await writeFile(join(path, 'run.json'), JSON.stringify(sampleRecord('r')));
  const probes = Array.from(`${'.'.repeat(200)}xxxxx......xxxxx${'.'.repeat(800)}`).map((letter, seq) => {
    const sent = seq * 1e7;
    return letter === '.'
      ? `ping,0,${seq},answered,${sent},${sent},${sent},${sent + 1e6},62,,,,\n`
      : `ping,0,${seq},lost,${sent},${sent},${sent},,,,,,\n`;
  });
  await writeFile(join(path, 'trial-01', 'probes.csv'), `${PROBE_COLUMNS.join(',')}\n${probes.join('')}`);
  await writeFile(
    join(path, 'trial-01', 'events.jsonl'),
    '{"at_ns":1950000000,"event":"trigger-issued","of":"failover","node":"fw-a","action":"crash"}\n',
  );
  const [apart, merged] = [await records([path]), await records([path, '--merge-gap', '1s'])];
  expect(apart.outages).toMatchObject([{ trial: 1, first_seq: 200 }, { first_seq: 211 }]);
  expect(merged.outages).toMatchObject([{ trial: 1, first_seq: 200, last_seq: 215 }]);
  expect((await analyze([path])).stdout).toContain('ping (trial 1)');
  await analyze([path, log, '--html', join(folder, 'run.html')]);
  const page = await readFile(join(folder, 'run.html'), 'utf8');
  expect(page.match(/data-kind="lanes"/g)).toHaveLength(2);
  expect(page).toContain('crash of fw-a');
});

test.each([
  ['a file that is not there', ['no-such.log'], /cannot read no-such\.log: no such file/],
  ['a folder without a run', [logs], /no run in/],
  ['an interval without its unit', [log, '--interval', '0.2'], /"0\.2" has no unit/],
  ['no lost probe at least', [log, '--min-lost', '0'], /--min-lost must be a whole number from 1 on/],
  ['a half of a probe', [log, '--min-lost', '2.5'], /--min-lost must be a whole number from 1 on/],
  ['a number in words', [log, '--min-lost', 'few'], /--min-lost "few" is not a number/],
  ['a table that does not exist', [log, '--csv', 'trials'], /csv.*"trials".*"outages", "streams"/],
  ['two kinds of output', [log, '--csv', '--json'], /--json and --csv exclude each other/],
  ['a page without a name', [log, '--html', ''], /--html names no file/],
  ['a page in a folder that is not there', [log, '--html', '/no/such/page.html'], /\/no\/such\/page\.html/],
  ['a format that does not exist', [log, '--format', 'netflow'], /format/i],
  ['a log that is no capture', [log, '--format', 'pcap'], /does not begin as a capture does/],
  ['a source file', [cli], /none of its first lines is of a format that is known/],
])('%s: one line, a remedy, exit code 64', async (_name, args, message) => {
  const { stdout, stderr, exitCode } = await analyze(args);
  expect(exitCode).toBe(64);
  expect(stdout).toBe('');
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain('this is a bug');
});

test('an unknown file among others does not cost their figures', async () => {
  const { stdout, stderr, exitCode } = await analyze([cli, log]);
  expect(exitCode).toBe(64);
  expect(stderr).toContain('cli.js: none of its first');
  expect(stdout).toContain('1.43 s');
});

/** A ping that ends by Ctrl-C. Says `ready` when the reader has taken more than a pipe holds, so surely reads. */
const pinging = `
process.on('SIGINT', () => process.exit(0));
process.stdout.write(require('fs').readFileSync(${JSON.stringify(log)}));
process.stdout.write('\\n'.repeat(1 << 18), () => process.stderr.write('ready'));
setInterval(() => {}, 1000);`;

test('Ctrl-C ends the ping, and the log is analysed', async () => {
  // A terminal sends SIGINT to every process of the group.
  const group = spawn('bash', ['-c', 'node -e "$1" | node "$2" analyze -', 'bash', pinging, cli], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let shown = '';
  group.stdout.on('data', (data: Buffer) => (shown += data.toString()));
  const ended = new Promise<void>((resolve) => group.on('close', () => resolve()));
  try {
    await new Promise<void>((resolve) => group.stderr.once('data', () => resolve()));
    process.kill(-(group.pid as number), 'SIGINT');
    await ended;
  } finally {
    if (group.exitCode === null && group.signalCode === null) process.kill(-(group.pid as number), 'SIGKILL');
  }
  expect(shown).toContain('1.43 s');
});

test('what is packed to unpack to thousands of times its size is no log', async () => {
  const packed = join(folder, 'bomb.gz');
  const line = '64 bytes from 10.4.4.4: icmp_seq=1 ttl=62 time=0.4 ms (DUP!)\n';
  const block = gzipSync(Buffer.from(line.repeat(100_000)), { level: 9 });
  await writeFile(packed, Buffer.concat(Array.from({ length: 100 }, () => block)));
  const { stderr, exitCode } = await analyze([packed]);
  expect(exitCode).toBe(64);
  expect(stderr).toContain('bomb.gz unpacks to more than 200 times its size');
});

describe('in the place of a file of a run', () => {
  const fixture = join(import.meta.dirname, '../../fixtures/run-v1');
  test.each([
    ['a folder', 'mkdir', 'trial-01/probes.csv', 'it is a folder'],
    ['a pipe that nobody writes into', 'mkfifo', 'trial-01/probes.csv', 'it is no file'],
    ['a folder', 'mkdir', 'trial-01/events.jsonl', 'it is a folder'],
    ['a pipe that nobody writes into', 'mkfifo', 'trial-01/heartbeats.csv', 'it is no file'],
  ])('%s (%s %s): a word', async (_name, make, file, said) => {
    const path = await mkdtemp(join(folder, 'run-'));
    await cp(fixture, path, { recursive: true });
    await rm(join(path, file));
    await execa(make, [join(path, file)]);
    const { stderr, exitCode } = await analyze([path]);
    expect(exitCode).toBe(64);
    expect(stderr).toContain(`cannot read ${join(path, file)}: ${said}`);
  });
});
