/**
 * What do thousands of established TCP sessions cost one agent? `node bench/sessions.mjs [--sessions 10000]
 * [--seconds 120] [--heartbeat 1000]`, after `npm run build` and `npm run modules`. The echo server is a process of its own on loopback. Says
 * the agent's CPU time and memory, how late its heartbeats left, and how long their echoes took, as seen by the agent.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { AgentClient } from '../build/probe/agent/agent-client.js';
import { systemClock } from '../build/clock.js';
import { PLAIN_SESSION } from '../build/model/session.js';
import { startEchoServer } from '../build/reflect/echo.js';
import { children, usageOf } from './veth.mjs';

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '120' },
    heartbeat: { type: 'string', default: '1000' },
    server: { type: 'boolean', default: false },
  },
});
const [count, duration_s, heartbeat_ms] = [values.sessions, values.seconds, values.heartbeat].map(Number);

if (values.server) {
  const server = await startEchoServer({ host: '127.0.0.1', port: 0 });
  console.log(server.port);
} else await measure();

async function measure() {
  // As the agent: on a busy host the server must not be what is measured.
  const server = spawn('chrt', ['-r', '1', process.execPath, fileURLToPath(import.meta.url), '--server'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = Number((await createInterface(server.stdout)[Symbol.asyncIterator]().next()).value);
  const before = new Set(children());
  /** Per connection: when the first heartbeat left, and how far each later one was from its place. */
  const first = new Map();
  const late_ms = [];
  const took_ms = [];
  let silent = 0;
  let open = 0;
  const endings = [];
  const agent = await AgentClient.start(
    { name: 'bench', kind: 'local', prefix: [], agent: null },
    {
      probes: () => {},
      heartbeats: (chunk) => {
        for (const line of chunk.trimEnd().split('\n')) {
          const [, connection, , sent, echoed] = line.split(',');
          if (echoed === '') {
            silent += 1;
            continue;
          }
          const start = first.get(connection) ?? Number(sent);
          first.set(connection, start);
          const places = Math.round((Number(sent) - start) / 1e6 / heartbeat_ms);
          late_ms.push((Number(sent) - start) / 1e6 - places * heartbeat_ms);
          took_ms.push((Number(echoed) - Number(sent)) / 1e6);
        }
      },
      message: (message) => {
        if (message.say === 'session' && message.kind === 'open') open += 1;
        if (message.say === 'session' && message.kind === 'error') endings.push(message.detail);
      },
      failed: (error) => console.error(`${error.message}\n  → ${error.remedy}`),
    },
    systemClock,
  );
  const pid = children().find((child) => !before.has(child));
  agent.begin(
    systemClock.monotonic(),
    [],
    [
      {
        name: 'bench',
        type: 'tcp',
        from: 'bench',
        host: '127.0.0.1',
        port,
        family: 4,
        count,
        heartbeat_ns: heartbeat_ms * 1e6,
        login: null,
        control: false,
        ...PLAIN_SESSION,
      },
    ],
  );
  for (let waited = 0; open + endings.length < count && waited < 60; waited += 0.1) await sleep(100);
  await sleep(2000);
  const start = usageOf(pid);
  const serverStart = usageOf(server.pid);
  const from = performance.now();
  late_ms.length = 0;
  took_ms.length = 0;
  await sleep(duration_s * 1000);
  const elapsed_s = (performance.now() - from) / 1e3;
  const end = usageOf(pid);
  const serverEnd = usageOf(server.pid);
  const [late, took] = [late_ms, took_ms].map((list) => list.map(Math.abs).sort((a, b) => a - b));
  const at = (list, share) => (list[Math.floor(list.length * share)] ?? NaN).toFixed(2);
  await agent.drain(2e9);
  server.kill();
  console.log(`${open} of ${count} open, ${endings.length} ended, heartbeat every ${heartbeat_ms} ms`);
  console.log(`heartbeats: ${late.length} in ${elapsed_s.toFixed(1)} s, ${silent} never echoed`);
  console.log(
    `cpu: ${((100 * (end.cpu_s - start.cpu_s)) / elapsed_s).toFixed(0)} % of a core; the echo server ${((100 * (serverEnd.cpu_s - serverStart.cpu_s)) / elapsed_s).toFixed(0)} %`,
  );
  console.log(`memory: ${end.rss_mib.toFixed(0)} MiB`);
  console.log(
    `lateness, ms: p50 ${at(late, 0.5)}, p99 ${at(late, 0.99)}, max ${(late.at(-1) ?? NaN).toFixed(2)}`,
  );
  console.log(`echo, ms: p50 ${at(took, 0.5)}, p99 ${at(took, 0.99)}`);
}
