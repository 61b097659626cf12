import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { ResultDocument } from '../../../src/model/tables.js';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isRoot, openPair, type Pair } from '../probe/namespace.js';
import { Watching } from './watching.js';

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));
const CLOSED = /down for .* (\d+) lost/;

/** The far end does `rule` until it is taken back. @returns how long it was in force, at least and at most (seconds). */
const during = async (
  pair: Pair,
  rule: string,
  wait: () => Promise<void>,
): Promise<readonly [number, number]> => {
  // One transaction.
  const rules = [
    'add table inet t',
    'add chain inet t c { type filter hook input priority 0; }',
    `add rule inet t c ${rule}`,
  ].join('; ');
  const now = (): number => Number(process.hrtime.bigint()) / 1e9;
  const before = now();
  await pair.far.run(`nft '${rules}'`);
  const inForce = now();
  await wait();
  const taking = now();
  await pair.far.run('nft delete table inet t');
  return [taking - inForce, now() - before];
};

/** `0.500 s  [0.395 … 0.605]` */
const boundsIn = (line: string): { readonly lo: number; readonly hi: number } => {
  const match = /\[([\d.]+) … ([\d.]+)\]/.exec(line);
  return { lo: Number(match?.[1]), hi: Number(match?.[2]) };
};

describe.skipIf(!isRoot)('seqgap watch, in two namespaces (needs root)', () => {
  let pair: Pair;
  let watching: Watching | null = null;
  let out: string;
  beforeEach(async () => {
    pair = await openPair();
    out = await mkdtemp(join(tmpdir(), 'seqgap-watch-'));
  });
  afterEach(async () => {
    watching?.kill();
    pair.close();
    await rm(out, { recursive: true, force: true });
  });

  it('tells a gap as it opens and once as it closes, with bounds that hold the truth; the folder says the same', async () => {
    watching = new Watching(
      ['192.0.2.2', '--every', '20ms', '--out', out, '--label', 'fw'],
      pair.near.prefix,
    );
    await watching.until(/192\.0\.2\.2 {2}✓ answers, RTT/);
    const seen = watching;
    const [least, most] = await during(pair, 'icmp type echo-request drop', async () => {
      await seen.until(/✗ down/);
      await new Promise((resolve) => setTimeout(resolve, 300));
    });
    await watching.until(CLOSED);
    const { code, stdout } = await watching.stop();
    expect(code).toBe(0);
    const gaps = stdout.split('\n').filter((line) => CLOSED.test(line));
    expect(gaps).toHaveLength(1);
    const { lo, hi } = boundsIn(gaps[0] as string);
    expect(lo).toBeLessThanOrEqual(most);
    expect(hi).toBeGreaterThanOrEqual(least);
    const summary = stdout.slice(stdout.indexOf('Watched 1 target'));
    expect(boundsIn(summary)).toEqual({ lo, hi });

    const folder = join(out, 'watch', 'latest');
    expect(await readFile(join(folder, 'run.json'), 'utf8')).toContain('"kind": "watch"');
    const analyzed = await execa(process.execPath, [CLI, 'analyze', folder]);
    expect(boundsIn(analyzed.stdout)).toEqual({ lo, hi });
    const report = await execa(process.execPath, [CLI, 'report', folder]);
    expect(boundsIn(report.stdout)).toEqual({ lo, hi });
    expect(report.stdout).toContain('no trigger');
    expect(await readFile(join(folder, 'summary.md'), 'utf8')).toMatch(/^down for 0\.\d+ s/m);
  });

  it('random loss is a line, no gaps; those that were told before it was known are named at the end', async () => {
    watching = new Watching(['192.0.2.2', '--every', '10ms', '--out', out], pair.near.prefix);
    await watching.until(/✓ answers/);
    const seen = watching;
    // Every 20th; so many that it is surely less than a tenth.
    await during(pair, 'icmp type echo-request numgen inc mod 20 == 0 drop', async () => {
      await seen.until(/~ .* random loss so far .*, no gaps/);
      await new Promise((resolve) => setTimeout(resolve, 4000));
    });
    const { code, stdout } = await watching.stop();
    expect(code).toBe(0);
    expect(stdout.split('\n').filter((line) => CLOSED.test(line))).toHaveLength(2);
    const summary = stdout.slice(stdout.indexOf('Watched 1 target'));
    expect(summary).toContain('note: 192.0.2.2: 2 gaps told above are random loss');
    expect(summary).toMatch(/^192\.0\.2\.2 .* 0 {2}< /m);
    const report = await execa(process.execPath, [CLI, 'report', join(out, 'watch', 'latest')]);
    expect(report.stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /no gap: any outage lasted .*, beside [\d.]+ % random loss/,
    );
  });

  it('says why: prohibited by a device', async () => {
    await pair.far.run('sysctl -q net.ipv4.icmp_ratelimit=0');
    watching = new Watching(['192.0.2.2', '--every', '20ms'], pair.near.prefix);
    await watching.until(/✓ answers/);
    const seen = watching;
    await during(pair, 'icmp type echo-request reject with icmp type admin-prohibited', () =>
      seen.until(/✗ down: admin-prohibited/),
    );
    await watching.until(/down for .*admin-prohibited/);
    expect((await watching.stop()).code).toBe(0);
  });

  it('says why: no ARP answer; what never answered gives exit code 2', async () => {
    // The kernel gives a neighbour up after three requests, 1 s apart.
    watching = new Watching(['192.0.2.2', '192.0.2.9', '--duration', '5s'], pair.near.prefix);
    const { code, stdout } = await watching.ended;
    expect(stdout).toMatch(/192\.0\.2\.9 {2}✗ no answer so far/);
    expect(stdout).toMatch(/192\.0\.2\.9 {2}✗ never answered, for ≥ .*no ARP answer/);
    expect(stdout).toMatch(/192\.0\.2\.9 .* never answered/);
    expect(code).toBe(2);
  });

  it('probes from behind a prefix, by TCP and over IPv6, and takes a refusal for an answer', async () => {
    const from = pair.near.prefix.join(' ');
    watching = new Watching(['192.0.2.2', '[2001:db8::2]:22', '--tcp', '9', '--from', from, '--json']);
    await watching.until(/192\.0\.2\.2:9 +✓ refuses the connection: the path is up/);
    await watching.until(/\[2001:db8::2\]:22 +✓ refuses the connection: the path is up/);
    const { code, stdout } = await watching.stop();
    expect(code).toBe(0);
    const { format, streams, outages, trials } = JSON.parse(stdout) as ResultDocument;
    expect({ format, outages, trials }).toEqual({ format: 1, outages: [], trials: [] });
    expect(streams).toMatchObject([
      { stream: '192.0.2.2:9', class: 'new-tcp', family: 'ipv4', lost: 0, trial: null, status: 'unaffected' },
      { stream: '[2001:db8::2]:22', class: 'new-tcp', family: 'ipv6', lost: 0 },
    ]);
  });

  it("uses the system's ping where it is told to", async () => {
    watching = new Watching(['192.0.2.2', '--ping', '--duration', '1s', '--out', out], pair.near.prefix);
    const { code, stdout } = await watching.ended;
    expect(code).toBe(0);
    expect(stdout).toContain('✓ answers');
    expect(await readFile(join(out, 'watch', 'latest', 'trial-01', 'events.jsonl'), 'utf8')).toContain(
      '"engine":"ping"',
    );
  });

  it('a prober that stands still is a hole, never a gap', async () => {
    watching = new Watching(['192.0.2.2', '--every', '20ms'], pair.near.prefix);
    await watching.until(/✓ answers/);
    const agent = (await execa('pgrep', ['-P', String(watching.pid), '-f', 'cli.js agent'])).stdout.trim();
    process.kill(Number(agent), 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 700));
    process.kill(Number(agent), 'SIGCONT');
    // Enough for the rows of the time before and after.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { code, stdout } = await watching.stop();
    expect(stdout).not.toMatch(CLOSED);
    const hole = /this host stood still \d+ times?, for up to ([\d.]+) s/.exec(stdout)?.[1];
    expect(Number(hole)).toBeGreaterThan(0.6);
    expect(code).toBe(0);
  });

  it('on a terminal: a live view, and q for the summary', async () => {
    // A terminal of its own; what is typed comes through its input.
    const command = [...pair.near.prefix, process.execPath, CLI, 'watch', '192.0.2.2'].join(' ');
    const terminal = execa('script', ['-qec', `stty rows 24 cols 100; ${command}`, '/dev/null'], {
      stdin: 'pipe',
      reject: false,
    });
    let seen = '';
    await new Promise<void>((resolve) => {
      terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
        seen += text;
        if (/▂ delay[^]*median/.test(seen) || /median[^]*▂ delay/.test(seen)) resolve();
      });
    });
    expect(seen).toContain('q or Ctrl-C for the summary');
    terminal.stdin.write('q');
    const { exitCode, stdout } = await terminal;
    expect(stdout).toContain('Watched 1 target');
    expect(exitCode).toBe(0);
  });
});

describe.skipIf(!isRoot)('seqgap watch, on loopback (needs root)', () => {
  test('nobody reads the summary: it ends quietly', async () => {
    const line = '"$0" "$1" watch 127.0.0.1 --duration 1s | head -n 2';
    const { stdout, stderr } = await execa('bash', ['-o', 'pipefail', '-c', line, process.execPath, CLI]);
    expect(stdout).toMatch(/✓ answers/);
    expect(stderr).not.toContain('bug');
  });
});

/** A server that can be stopped and started again on the same port. */
const openServer = async (port = 0): Promise<Server> => {
  const server = createServer((socket) => socket.on('error', () => {}).end());
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

describe('seqgap watch, a server that is stopped and started, on loopback', () => {
  let server: Server;
  let out: string;
  let watching: Watching | null = null;
  beforeEach(async () => {
    server = await openServer();
    out = await mkdtemp(join(tmpdir(), 'seqgap-watch-'));
  });
  afterEach(async () => {
    watching?.kill();
    server.close();
    await rm(out, { recursive: true, force: true });
  });

  test('tells the refusal as it begins and as it ends, in the summary and in the folder, and no gap', async () => {
    const { port } = server.address() as AddressInfo;
    watching = new Watching([`127.0.0.1:${port}`, '--every', '20ms', '--out', out, '--label', 'fw']);
    await watching.until(/✓ answers, RTT/);
    // Enough answers for a baseline of the delay.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const now = (): number => Number(process.hrtime.bigint()) / 1e9;
    const stopping = now();
    server.close();
    await once(server, 'close');
    const stopped = now();
    await watching.until(/✗ refuses the connection: the path is up, the service is not there/);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const starting = now();
    server = await openServer(port);
    const started = now();
    await watching.until(/✓ accepts again: refused for/);
    const { code, stdout } = await watching.stop();
    expect(code).toBe(0);
    const line = stdout.split('\n').find((each) => each.includes('accepts again')) ?? '';
    const { lo, hi } = boundsIn(line);
    expect(lo).toBeGreaterThan(0);
    expect(lo).toBeLessThanOrEqual(started - stopping);
    expect(hi).toBeGreaterThanOrEqual(starting - stopped);
    expect(stdout).not.toMatch(CLOSED);
    const summary = stdout.slice(stdout.indexOf('Watched 1 target'));
    expect(summary).toMatch(/note: 127\.0\.0\.1:\d+: refused for [\d.]+ s \(/);

    const folder = join(out, 'watch', 'latest');
    const report = await execa(process.execPath, [CLI, 'report', folder]);
    expect(report.stdout.replaceAll(/\s+/g, ' ')).toMatch(/no gap: .*; refused for/);
    expect(await readFile(join(folder, 'outages.csv'), 'utf8')).toMatch(/,refused,/);
    expect(await readFile(join(folder, 'summary.md'), 'utf8')).toContain('refused for');
    expect(await readFile(join(folder, 'report.html'), 'utf8')).toContain('refused for');
  });

  test('who refuses from the start and accepts later: one line, a lower bound everywhere, no gap', async () => {
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    watching = new Watching([`127.0.0.1:${port}`, '--every', '20ms', '--out', out, '--label', 'fw']);
    const now = (): number => Number(process.hrtime.bigint()) / 1e9;
    const spawned = now();
    await watching.until(/✓ refuses the connection: the path is up/);
    await new Promise((resolve) => setTimeout(resolve, 500));
    server = await openServer(port);
    const started = now();
    await watching.until(/✓ accepts now: refused for ≥/);
    const { code, stdout } = await watching.stop();
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/✗|down|again/);
    const lo = /accepts now: refused for ≥ ([\d.]+) s/.exec(stdout)?.[1] ?? '';
    expect(Number(lo)).toBeGreaterThan(0.3);
    expect(Number(lo)).toBeLessThanOrEqual(started - spawned);
    const least = new RegExp(`refused for at least ${lo} s: the path was up`);
    expect(stdout.slice(stdout.indexOf('Watched 1 target'))).toMatch(least);

    const folder = join(out, 'watch', 'latest');
    const report = await execa(process.execPath, [CLI, 'report', folder]);
    expect(report.stdout.replaceAll(/\s+/g, ' ')).toMatch(/no gap: .*; refused for at least/);
    expect(report.stdout.replaceAll(/\s+/g, ' ')).toMatch(least);
    expect(await readFile(join(folder, 'outages.csv'), 'utf8')).toMatch(/,refused,.*,true,/);
    expect(await readFile(join(folder, 'summary.md'), 'utf8')).toMatch(least);
    // In its picture it has ended.
    expect(await readFile(join(folder, 'report.html'), 'utf8')).toMatch(/"kind":"refused"[^}]*"begun":true/);
  });

  test('on a terminal, what refuses after it accepted is not down', async () => {
    const { port } = server.address() as AddressInfo;
    const command = [process.execPath, CLI, 'watch', `127.0.0.1:${port}`, '--every', '20ms'].join(' ');
    const terminal = execa('script', ['-qec', `stty rows 24 cols 100; ${command}`, '/dev/null'], {
      stdin: 'pipe',
      reject: false,
    });
    let seen = '';
    const until = (what: RegExp): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!what.test(seen)) return;
          terminal.stdout.off('data', look);
          resolve();
        };
        terminal.stdout.on('data', look);
      });
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => (seen += text));
    await until(/✓ up 0\.[3-9] s/);
    server.close();
    // A picture or two may come before the row that says so.
    await until(/✓ refuses 0\.[3-9] s/);
    terminal.stdin.write('q');
    const { stdout } = await terminal;
    expect(stdout).toContain('✗ refuses the connection');
    expect(stdout).not.toMatch(/DOWN|lost,|\d gaps?/);
  });
});

describe('seqgap watch, what goes wrong', () => {
  const run = async (args: readonly string[]) => new Watching(args).ended;

  test('a target that is none: an example, exit code 64', async () => {
    const { code, stderr } = await run(['10.4.4.400']);
    expect(code).toBe(64);
    expect(stderr).toMatch(
      /^seqgap: "10\.4\.4\.400" is not a target.*\n {2}→ for example seqgap watch 10\.4\.4\.4/,
    );
  });

  test('an interval without a unit or too short', async () => {
    expect((await run(['10.4.4.4', '--every', '100'])).code).toBe(64);
    expect((await run(['10.4.4.4', '--every', '10us'])).stderr).toContain('--every 10us is too short');
  });

  test('an unknown host: one line, nothing to sum up', async () => {
    const { code, stderr, stdout } = await run(['no-such-host.invalid:443']);
    expect(code).toBe(2);
    expect(stderr).toContain('the name no-such-host.invalid cannot be resolved');
    expect(stdout).toBe('');
  });

  test('a name that is none does not end the others, and is not forgotten', async () => {
    const { code, stderr, stdout } = await run([
      'localhost',
      'no-such-host.invalid',
      '--duration',
      '1s',
      '--tcp',
      '9',
    ]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^the name no-such-host\.invalid cannot be resolved: .*: it is not watched$/m);
    expect(stdout).toMatch(
      /^\d{4}-\d\d-\d\d {2}Watching localhost:9 \((127\.0\.0\.1|::1)\) every 100ms for 1s /,
    );
    expect(stdout).toContain('Watched 1 target');
  });

  test('a prefix that cannot start: what it said', async () => {
    const { code, stderr } = await run(['10.4.4.4', '--from', 'false']);
    expect(code).toBe(2);
    expect(stderr).toContain('vantage there: its agent ended with code 1');
  });
});
