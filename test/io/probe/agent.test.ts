import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { KnownError } from '../../../src/model/error.js';
import { forgetSecrets, registerSecret } from '../../../src/model/secret.js';
import { fromMs } from '../../../src/model/time.js';
import { PROTOCOL } from '../../../src/probe/protocol.js';
import { asNobody } from '../nobody.js';
import { AgentRun, session, stream, vantage } from './agent-run.js';
import { isRoot, openNamespace, openPair, type Namespace } from './namespace.js';

const PROGRAM = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));
/** `ping` is started without its file capabilities (prctl(2), PR_SET_NO_NEW_PRIVS). */
const unprivileged = (): readonly string[] => asNobody('--no-new-privs');

let run: AgentRun | null = null;
let namespace: Namespace | null = null;
afterEach(() => {
  forgetSecrets();
  run?.client.kill();
  namespace?.close();
  run = null;
  namespace = null;
});

const started = async (prefix: readonly string[] = []): Promise<AgentRun> => {
  run = await AgentRun.start(vantage(prefix));
  return run;
};

const failing = async (
  at: Parameters<typeof AgentRun.start>[0],
  timeout_ms?: number,
): Promise<KnownError> => {
  const error = await AgentRun.start(at, timeout_ms).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KnownError);
  return error as KnownError;
};

/** Process ids of the children of a process. */
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

const ended = async (pid: number): Promise<void> => {
  // Not our child: its end is seen, not told.
  for (;;) {
    try {
      if (/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return;
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

describe('a vantage that cannot start', () => {
  test('its prefix fails', async () => {
    const error = await failing(vantage(['false']));
    expect(error.message).toBe('vantage here: its agent ended with code 1');
    expect(error.remedy).toMatch(/^try it by hand: false .*cli\.js agent$/);
  });

  test('its program is missing', async () => {
    const error = await failing(vantage(['no-such-program-here']));
    expect(error.message).toMatch(/^vantage here: cannot run no-such-program-here: .*ENOENT/);
  });

  test('what it said on stderr is passed on', async () => {
    const error = await failing(vantage(['sh', '-c', 'echo "Permission denied (publickey)." >&2; exit 255']));
    expect(error.message).toBe(
      'vantage here: its agent ended with code 255 (Permission denied (publickey).)',
    );
  });

  test('no part of a secret of several lines is', async () => {
    registerSecret('BEGIN KEY\nabcdef\nEND KEY');
    const say = 'printf "bad key BEGIN KEY\\nabcdef\\nEND KEY" >&2; exit 1';
    const error = await failing(vantage([], ['sh', '-c', say]));
    expect(error.message).toBe('vantage here: its agent ended with code 1 (bad key ***)');
  });

  test('it says nothing', async () => {
    const error = await failing(vantage([], ['sleep', '60']), 200);
    expect(error.message).toMatch(/^vantage here: it did not answer/);
  });

  test('it speaks another protocol', async () => {
    const hello = JSON.stringify({ say: 'hello', protocol: 99, version: '9.9', host: 'h' });
    const error = await failing(vantage([], ['sh', '-c', `echo '${hello}'; cat`]));
    expect(error.message).toBe(`vantage here: its seqgap 9.9 speaks protocol 99, this one ${PROTOCOL}`);
  });
});

describe('an agent', () => {
  test('starts behind a shell that prints a banner first, of whatever shape', async () => {
    const agent = await started([
      'sh',
      '-c',
      'echo "Welcome!"; echo null; echo 42; echo "[]"; exec "$@"',
      'sh',
    ]);
    const { offset_ns, uncertainty_ns } = await agent.client.clockOffset();
    expect(Math.abs(offset_ns)).toBeLessThanOrEqual(uncertainty_ns);
  });

  test('a name that cannot be resolved ends it with one line', async () => {
    const agent = await started();
    agent.begin([stream({ host: 'no-such-host.invalid' })]);
    await agent.until(() => agent.failures.length > 0);
    expect(agent.failures[0]?.message).toMatch(
      /^vantage here: the name no-such-host\.invalid cannot be resolved: .*(ENOTFOUND|EAI_AGAIN)/,
    );
    expect(agent.failures[0]?.remedy).toMatch(/give an address/);
  });

  test('an address of the wrong family ends it with one line', async () => {
    const agent = await started();
    agent.begin([stream({ host: '127.0.0.1', family: 6 })]);
    await agent.until(() => agent.failures.length > 0);
    expect(agent.failures[0]?.message).toBe('vantage here: 127.0.0.1 is not an IPv6 address');
  });

  test('killed in the middle of a trial is a failure that names the vantage', async () => {
    const before = new Set(childrenOf(process.pid));
    const agent = await started();
    const pid = childrenOf(process.pid).find((child) => !before.has(child)) as number;
    process.kill(pid, 'SIGKILL');
    await agent.until(() => agent.failures.length > 0);
    expect(agent.failures[0]?.message).toBe('vantage here: its agent ended by SIGKILL');
    await expect(agent.drain()).rejects.toThrow('its agent ended by SIGKILL');
  });

  test('ends with the runner, also in the middle of a start that would take long; its ping too', async () => {
    // The runner is a shell here, so that it can be killed with the agent's input in its hands.
    const runner = spawn('sh', ['-c', 'cat | "$@"', 'sh', process.execPath, PROGRAM, 'agent'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: runner.stdout });
    await once(lines, 'line');
    const agents = childrenOf(runner.pid as number);
    const start = {
      do: 'start',
      origin_ns: 0,
      // 192.0.2.0/24 is given out to nobody (RFC 5737): the session is opening for as long as it may.
      sessions: [],
      streams: isRoot ? [stream(), stream({ name: 'p2', engine: 'ping', every_ns: fromMs(50) })] : [],
    };
    runner.stdin.write(`${JSON.stringify(start)}\n`);
    await once(lines, 'line');
    runner.stdin.end();
    runner.kill('SIGKILL');
    await Promise.all(agents.map(ended));
  });
});

describe.skipIf(!isRoot)('an agent at work (needs root)', () => {
  test('stopped for 0.6 s: a hole of unsent slots, nothing lost', async () => {
    const before = new Set(childrenOf(process.pid));
    const agent = await started();
    const pid = childrenOf(process.pid).find((child) => !before.has(child)) as number;
    // The wait is shorter than the stop: what comes back meanwhile must still be read.
    agent.begin([stream({ wait_ns: fromMs(300) })]);
    await agent.until(() => agent.count('ping', 'answered') >= 20);
    process.kill(pid, 'SIGSTOP');
    // The duration is the point: it is what the agent must tell as a hole.
    await new Promise((resolve) => setTimeout(resolve, 600));
    process.kill(pid, 'SIGCONT');
    const after = agent.count('ping', 'answered') + 20;
    await agent.until(() => agent.count('ping', 'answered') >= after);
    await agent.drain();
    expect(agent.count('ping', 'lost')).toBe(0);
    expect(agent.count('ping', 'stray')).toBe(0);
    const rows = agent.of('ping');
    let longest = 0;
    for (let i = 0, hole = 0; i < rows.length; i++) {
      hole = rows[i]?.outcome === 'unsent' ? hole + 1 : 0;
      longest = Math.max(longest, hole);
    }
    expect(longest).toBeGreaterThanOrEqual(55);
    expect(agent.said('live').every(({ streams }) => streams.every(({ bad }) => bad === 0))).toBe(true);
  });

  test('without the right to raw sockets falls back to the system ping, with a note', async () => {
    namespace = await openNamespace();
    // The program ping has the right as a capability of its file.
    await namespace.run('sysctl -qw net.ipv4.ping_group_range="1 0"');
    const agent = await started([...namespace.prefix, ...asNobody()]);
    agent.begin([stream({ every_ns: fromMs(20) })]);
    await agent.until(() => agent.count('ping', 'answered') >= 5);
    expect(agent.said('note').map(({ text }) => text)).toEqual([
      "stream ping: no raw socket (native: operation not permitted; net-ping: Operation not permitted), using the system's ping",
    ]);
    expect(agent.said('resolved')).toMatchObject([{ engine: 'ping' }]);
  });

  test('where not even ping may have that right, as in a container without it: a clear error', async () => {
    namespace = await openNamespace();
    await namespace.run('sysctl -qw net.ipv4.ping_group_range="1 0"');
    const agent = await started([...namespace.prefix, ...asNobody('--bounding-set', '-net_raw')]);
    agent.begin([stream({ every_ns: fromMs(20) })]);
    await agent.until(() => agent.failures.length > 0);
    expect(agent.failures[0]?.message).toContain(
      'no way to send ICMP: neither this process nor ping may have the right to raw sockets',
    );
    expect(agent.failures[0]?.remedy).toMatch(/--cap-add NET_RAW.*ping_group_range/);
  });

  test('without the right to raw sockets and with `engine: net-ping`: a clear error', async () => {
    const agent = await started(unprivileged());
    agent.begin([stream({ engine: 'net-ping' })]);
    await agent.until(() => agent.failures.length > 0);
    expect(agent.failures[0]?.message).toBe(
      'vantage here: stream ping: no raw socket: Operation not permitted',
    );
    expect(agent.failures[0]?.remedy).toMatch(/CAP_NET_RAW/);
  });

  test('drained while a session is still opening leaves nothing open and ends', async () => {
    const pair = await openPair();
    namespace = pair.far;
    await pair.far.run(`
      nft add table inet t
      nft add chain inet t c '{ type filter hook input priority 0; }'
      nft add rule inet t c tcp dport 7 drop`);
    const agent = await started(pair.near.prefix);
    // Only the far end is kept by the test: the near one lives as long as the agent's, in it.
    pair.near.close();
    agent.begin([], [session({ host: '192.0.2.2', port: 7 })]);
    await agent.until(() => agent.said('live').some(({ sessions }) => sessions[0]?.planned === 1));
    await agent.drain(0);
    expect(agent.failures).toEqual([]);
  });
});
