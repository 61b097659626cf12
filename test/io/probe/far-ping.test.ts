import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { fromMs } from '../../../src/model/time.js';
import { canRunSshd, startSshd, type Sshd } from '../trigger/sshd.js';
import { AgentRun, stream, vantage } from './agent-run.js';

/* ICMP by the ping of another host: here a shell with programs of its own in front, and a real sshd. */

let folder = '';
let run: AgentRun | null = null;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-far-ping-'));
});
afterEach(async () => {
  run?.client.kill();
  run = null;
  await rm(folder, { recursive: true, force: true });
});

const place = async (name: string, script: string): Promise<void> => {
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
};
/** Everything goes by a program that the test can end: the connection. */
const far = async (prefix: readonly string[] = ['env', `PATH=${folder}:${process.env['PATH']}`]) => {
  run = await AgentRun.start({ ...vantage(prefix), ping: true });
  return run;
};
/** Found among all processes by it. */
const SIZE = 10_000 + (process.pid % 40_000);
const pings = async (): Promise<string> =>
  (await execa('pgrep', ['-f', `ping .*-s ${SIZE}`], { reject: false })).stdout;
const ping = () => stream({ every_ns: fromMs(50), size: SIZE });

const expectAnswers = async (at: AgentRun): Promise<void> => {
  const before = systemClock.monotonic();
  at.client.begin(before, [ping()], []);
  await at.until(() => at.count('ping', 'answered') >= 20);
  const now = systemClock.monotonic() - before;
  for (const { sent_ns, received_ns } of at.of('ping').filter(({ outcome }) => outcome === 'answered')) {
    expect(sent_ns).toBeGreaterThan(-50e6);
    expect(received_ns).toBeGreaterThanOrEqual(sent_ns as number);
    expect(received_ns).toBeLessThan(now + fromMs(50));
  }
};

describe('a ping behind a shell', () => {
  test('sends, says whose it is, and is gone at the end', async () => {
    const at = await far();
    await expectAnswers(at);
    expect(at.said('resolved')).toMatchObject([{ engine: 'ping', address: '127.0.0.1', family: 4 }]);
    expect(at.said('note').map(({ text }) => text)).toEqual([
      expect.stringMatching(
        /^stream ping: sent by the ping of that host, whose clock is known to ±[\d.]+[um]?s/,
      ),
    ]);
    expect(await at.client.look()).toEqual([]);
    await at.drain();
    expect(at.failures).toEqual([]);
    await expect.poll(pings).toBe('');
  });

  test('of a host whose clock is an hour ahead is put on ours', async () => {
    await place('date', `exec /usr/bin/date -d '+1 hour' "$@"`);
    await place(
      'ping',
      `[ "$1" = -V ] && exec /usr/bin/ping -V
exec ${process.execPath} -e '
const { spawn } = require("node:child_process");
const real = spawn("/usr/bin/ping", process.argv.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
let rest = "";
real.stdout.on("data", (data) => {
  const lines = (rest + data).split("\\n");
  rest = lines.pop();
  for (const line of lines)
    console.log(line.replace(/^\\[(\\d+)/, (_, seconds) => "[" + (Number(seconds) + 3600)));
});
process.stdout.on("error", () => real.kill("SIGKILL"));
' -- "$@"`,
    );
    await expectAnswers(await far());
  });

  test('ends with the runner, killed', async () => {
    const at = await far();
    await expectAnswers(at);
    process.kill(at.client.pid as number, 'SIGKILL');
    await expect.poll(pings, { timeout: 30_000 }).toBe('');
  });

  const failure = async (): Promise<string> => {
    const at = await far();
    at.begin([ping()]);
    await at.until(() => at.failures.length > 0);
    const [{ message, remedy } = { message: '', remedy: '' }] = at.failures;
    return `${message} → ${remedy}`;
  };

  test('that is not iputils’ is refused', async () => {
    await place('ping', 'echo "ping: unrecognized option: V" >&2; echo "BusyBox v1.36" >&2; exit 1');
    expect(await failure()).toMatch(
      /^vantage here: it has no ping of iputils \(ping: unrecognized option: V\) → install iputils-ping there, or seqgap/,
    );
  });

  test('a date without nanoseconds is refused', async () => {
    await place('date', 'echo 1700000000.N');
    expect(await failure()).toMatch(
      /^vantage here: its `date \+%s\.%N` says no time → install coreutils there/,
    );
  });

  test('that ends by itself ends the trial with its word', async () => {
    await place(
      'ping',
      '[ "$1" = -V ] && exec /usr/bin/ping -V\necho "ping: cannot flood; minimal interval allowed for user is 200ms" >&2; exit 2',
    );
    expect(await failure()).toMatch(
      /^vantage here: the ping there ended by itself: ping: cannot flood; minimal interval .* → try it by hand: env /,
    );
  });

  test('no shell there', async () => {
    const at = await far(['sh', '-c', 'echo no route >&2; exit 255']);
    at.begin([ping()]);
    await at.until(() => at.failures.length > 0);
    expect(at.failures[0]?.message).toMatch(/the connection to its ping ended \(no route\)/);
  });

  test('a connection that breaks ends the trial', async () => {
    await place('hold', `echo $$ >${join(folder, 'pid')}; exec "$@"`);
    const at = await far([join(folder, 'hold')]);
    await expectAnswers(at);
    await execa('sh', ['-c', `kill -9 "$(cat ${join(folder, 'pid')})"`]);
    await at.until(() => at.failures.length > 0);
    expect(at.failures[0]?.message).toMatch(/the connection to its ping ended/);
  });
});

describe.skipIf(!canRunSshd)('a ping at a real sshd (needs root)', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());
  const prefix = (): string[] => [
    ...['ssh', '-o', 'BatchMode=yes', '-p', String(sshd.port), '-i', `${sshd.dir}/client`],
    ...['-o', `UserKnownHostsFile=${sshd.dir}/known_hosts`, 'root@127.0.0.1'],
  ];

  test('sends, and is gone at the end', async () => {
    const at = await far(prefix());
    await expectAnswers(at);
    await at.drain();
    expect(at.failures).toEqual([]);
    await expect.poll(pings, { timeout: 30_000 }).toBe('');
  });

  test('ends with the runner, killed', async () => {
    const at = await far(prefix());
    await expectAnswers(at);
    process.kill(at.client.pid as number, 'SIGKILL');
    await expect.poll(pings, { timeout: 30_000 }).toBe('');
  });
});
