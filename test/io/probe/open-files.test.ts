import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { startEchoServer, type EchoServer } from '../../../src/reflect/echo.js';
import { AgentRun, session, vantage } from './agent-run.js';

const LIMITED = ['prlimit', '--nofile=300:300'];
/** Root without the capability that raises hard limits (capabilities(7)). */
const POWERLESS = ['setpriv', '--bounding-set=-sys_resource', ...LIMITED];
const isRoot = process.getuid?.() === 0;
/** Root in a container often may not. */
const canRaise =
  spawnSync('prlimit', ['--nofile=300:300', 'sh', '-c', 'prlimit --pid $$ --nofile=700:700']).status === 0;

describe.skipIf(!isRoot)(`more sessions than open files${isRoot ? '' : ' (SKIPPED: needs root)'}`, () => {
  let server: EchoServer;
  let run: AgentRun;
  const begin = async (prefix: readonly string[]): Promise<void> => {
    run = await AgentRun.start(vantage(prefix));
    run.client.begin(systemClock.monotonic(), [], [session({ port: server.port, count: 400 })]);
  };

  beforeEach(async () => {
    server = await startEchoServer({ host: '127.0.0.1', port: 0 });
  });
  afterEach(async () => {
    run.client.kill();
    await server.close();
  });

  const why = canRaise ? '' : ' (SKIPPED: needs CAP_SYS_RESOURCE)';
  test.skipIf(!canRaise)(`the limit is raised where that is permitted${why}`, async () => {
    await begin(LIMITED);
    await run.until(() => run.failures.length > 0 || run.said('live').at(-1)?.sessions[0]?.open === 400);
    expect(run.failures).toEqual([]);
  });

  test('else both figures and the remedy, before a connection is made', async () => {
    await begin(POWERLESS);
    await run.until(() => run.failures.length > 0);
    expect(run.failures[0]?.message).toContain('400 sessions need 656 open files, and 300 are allowed here');
    expect(run.failures[0]?.remedy).toContain('ulimit -n 656');
    expect(server.accepted()).toBe(0);
  });

  test('and so where the local ports are too few', async () => {
    const few = 'echo 40000 40299 > /proc/sys/net/ipv4/ip_local_port_range && exec "$@"';
    await begin(['unshare', '--net', 'sh', '-c', few, 'sh']);
    await run.until(() => run.failures.length > 0);
    expect(run.failures[0]?.message).toContain(`need a local port each, and there are 300`);
    expect(run.failures[0]?.remedy).toContain('ip_local_port_range');
    expect(server.accepted()).toBe(0);
  });

  test('of which each source has its own', async () => {
    const few = 'ip link set lo up && echo 40000 40299 > /proc/sys/net/ipv4/ip_local_port_range && exec "$@"';
    run = await AgentRun.start(vantage(['unshare', '--net', 'sh', '-c', few, 'sh']));
    const shared = { port: server.port, sources: ['127.0.0.2', '127.0.0.3'] };
    run.client.begin(systemClock.monotonic(), [], [session({ ...shared, count: 602 })]);
    await run.until(() => run.failures.length > 0);
    expect(run.failures[0]?.message).toContain('301 sessions from 127.0.0.2 need a local port each');
    expect(run.failures[0]?.remedy).toContain('sources');
  });
});
