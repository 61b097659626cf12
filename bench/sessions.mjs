/**
 * What do thousands of established TCP sessions cost one agent, how fast are they opened, and what do streams beside notice of it?
 * `node bench/sessions.mjs [--sessions 10000] [--sources 0] [--seconds 120] [--heartbeat 1000] [--beside native|net-ping|udp|tcp|none]`,
 * as root, after `npm run build` and `npm run modules`. The echo server is a process of its own on loopback. Lateness of a heartbeat is how far it
 * left behind the most punctual one of its connection, since only the agent knows when it was due; that of a probe is its own.
 */
import { spawn } from 'node:child_process';
import { loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { AgentClient } from '../build/probe/agent/agent-client.js';
import { systemClock } from '../build/clock.js';
import { groupBy } from '../build/model/group-by.js';
import { PLAIN_SESSION } from '../build/model/session.js';
import { Admission, GRANTS } from '../build/reflect/admission.js';
import { startEchoServer } from '../build/reflect/echo.js';
import { startStampReflector } from '../build/reflect/stamp.js';
import { children, usageOf } from './veth.mjs';

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '10000' },
    sources: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '120' },
    heartbeat: { type: 'string', default: '1000' },
    beside: { type: 'string', default: 'native' },
    server: { type: 'boolean', default: false },
  },
});
const [count, duration_s, heartbeat_ms] = [values.sessions, values.seconds, values.heartbeat].map(Number);
/** Streams beside, probes/s. */
const RATES = [100, 1000];
/** They are alone for so long before the first session is opened. */
const ALONE_S = 10;
/** Addresses of loopback that the sessions are from; none: as the system routes. */
const sources = Array.from({ length: Number(values.sources) }, (_, index) => `127.0.1.${index + 1}`);

if (values.server) {
  const room = 2 * count;
  const admission = new Admission({ ...GRANTS, connections: room, peerConnections: room });
  const [echo, stamp] = [
    await startEchoServer({ host: '127.0.0.1', port: 0, admission }),
    await startStampReflector({ host: '127.0.0.1', port: 0, clock: systemClock }),
  ];
  console.log(`${echo.port} ${stamp.port}`);
} else await measure();

async function measure() {
  // As the agent: on a busy host the server must not be what is measured.
  const server = spawn(
    'chrt',
    ['-r', '1', process.execPath, fileURLToPath(import.meta.url), '--server', '--sessions', values.sessions],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const said = (await createInterface(server.stdout)[Symbol.asyncIterator]().next()).value;
  const [echoPort, stampPort] = said.split(' ').map(Number);
  const before = new Set(children());
  /** Rows as they come, instants in ms of the trial. */
  let beats = [];
  const probes = [];
  const opened = [];
  const endings = [];
  let silent = 0;
  const agent = await AgentClient.start(
    { name: 'bench', kind: 'local', prefix: [], agent: null },
    {
      probes: (chunk) => {
        for (const line of chunk.trimEnd().split('\n')) {
          const [stream, , , outcome, intended, sent] = line.split(',');
          probes.push({ stream, outcome, due: Number(intended) / 1e6, sent: Number(sent) / 1e6 });
        }
      },
      heartbeats: (chunk) => {
        for (const line of chunk.trimEnd().split('\n')) {
          const [session, connection, , sent, echoed] = line.split(',');
          if (echoed === '') silent += 1;
          else
            beats.push({
              of: `${session}#${connection}`,
              sent: Number(sent) / 1e6,
              took: (echoed - sent) / 1e6,
            });
        }
      },
      message: (message) => {
        if (message.say === 'note') console.error(message.text);
        if (message.say !== 'session') return;
        if (message.kind === 'open') opened.push({ at: message.at_ns / 1e6, took: message.took_ms });
        if (message.kind === 'error') endings.push(message.detail);
      },
      failed: (error) => console.error(`${error.message}\n  → ${error.remedy}`),
    },
    systemClock,
  );
  const pid = children().find((child) => !before.has(child));
  const origin = systemClock.monotonic();
  const now = () => (systemClock.monotonic() - origin) / 1e6;
  agent.begin(origin, values.beside === 'none' ? [] : streams(echoPort, stampPort), sessions(echoPort));
  await sleep(ALONE_S * 1000);
  const from = now();
  // Each is as old as the trigger is far away: they are opened now, beside the streams.
  agent.tell({ do: 'expect', at_ns: Math.round((from + 3600e3) * 1e6) });
  for (let waited = 0; opened.length + endings.length < count && waited < 120; waited += 0.1)
    await sleep(100);
  const until = Math.max(...opened.map(({ at }) => at));
  await sleep(2000);

  const [start, serverStart, began] = [usageOf(pid), usageOf(server.pid), performance.now()];
  beats = [];
  await sleep(duration_s * 1000);
  const elapsed_s = (performance.now() - began) / 1e3;
  const [end, serverEnd, steady] = [usageOf(pid), usageOf(server.pid), beats];
  await agent.drain(2e9);
  server.kill();

  const share = (after, first) => `${((100 * (after.cpu_s - first.cpu_s)) / elapsed_s).toFixed(0)} %`;
  const first = Math.min(...opened.map(({ at, took }) => at - took));
  console.log(`load ${loadavg()[0].toFixed(1)}; beside: ${values.beside}`);
  console.log(
    `${opened.length} of ${count} open, ${endings.length} ended (${[...new Set(endings)].join(', ')}), within ${(until - first).toFixed(0)} ms: ` +
      `${((1000 * opened.length) / (until - first)).toFixed(0)}/s; each took, ms: ${quantiles(opened.map(({ took }) => took))}`,
  );
  const windows = { alone: [1000, first], opening: [first, until], open: [until + 2000, Infinity] };
  for (const stream of new Set(probes.map((probe) => probe.stream)))
    for (const [name, [lo, hi]] of Object.entries(windows)) {
      const own = probes.filter((probe) => probe.stream === stream && probe.due >= lo && probe.due < hi);
      const unsent = own.filter(({ outcome }) => outcome === 'unsent').length;
      const late = own.filter(({ outcome }) => outcome !== 'unsent').map(({ due, sent }) => sent - due);
      console.log(
        `${stream}/s ${name.padEnd(7)}: lateness, ms: ${quantiles(late)}; ${unsent} of ${own.length} unsent`,
      );
    }
  console.log(
    `heartbeats every ${heartbeat_ms} ms: ${steady.length} in ${elapsed_s.toFixed(1)} s, ${silent} never echoed`,
  );
  console.log(
    `cpu: ${share(end, start)} of a core; the echo server ${share(serverEnd, serverStart)}; memory: ${end.rss_mib.toFixed(0)} MiB`,
  );
  console.log(`lateness, ms: ${quantiles(latenessOf(steady))}`);
  console.log(`echo, ms: ${quantiles(steady.map(({ took }) => took))}`);
}

function quantiles(list) {
  const sorted = Float64Array.from(list).sort();
  const at = (share) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(2);
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`;
}

function latenessOf(steady) {
  return [...groupBy(steady, ({ of }) => of).values()].flatMap((rows) => {
    const place = (sent) => sent - Math.round((sent - rows[0].sent) / heartbeat_ms) * heartbeat_ms;
    const punctual = Math.min(...rows.map(({ sent }) => place(sent)));
    return rows.map(({ sent }) => place(sent) - punctual);
  });
}

function streams(echoPort, stampPort) {
  const [type, engine, port] = {
    native: ['icmp', 'native', null],
    'net-ping': ['icmp', 'net-ping', null],
    udp: ['stamp', 'auto', stampPort],
    tcp: ['tcp', 'auto', echoPort],
  }[values.beside];
  return RATES.map((rate, index) => ({
    name: String(rate),
    type,
    from: 'bench',
    host: '127.0.0.1',
    port,
    family: 4,
    control: false,
    every_ns: 1e9 / rate,
    wait_ns: type === 'tcp' ? 0.9e9 : 2e9,
    size: 56,
    engine,
    flows: 1,
    stamp: type === 'stamp' ? { ssid: 1 + index, timestamps: 'ntp', end: null } : null,
  }));
}

function sessions(port) {
  return [
    {
      name: 'echo',
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
      ages: [3600e9],
      ...(sources.length === 0 ? {} : { sources }),
    },
  ];
}
