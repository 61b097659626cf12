/**
 * How late are the probes of many streams of one agent? `node bench/streams.mjs [--streams 100] [--rate 10000] [--seconds 20] [--rounds 3]
 * [--kinds native,net-ping,udp,tcp] [--busy 0]`, after `npm run build` and `npm run modules`, as root; `rate` is that of all together, on
 * loopback; `busy` starts so many endless loops beside. In turns, medians of the rounds.
 */
import { spawn } from 'node:child_process';
import { loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startAgent } from './agent.mjs';
import { usageOf } from './veth.mjs';

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '100' },
    rate: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    kinds: { type: 'string', default: 'native,net-ping,udp,tcp' },
    busy: { type: 'string', default: '0' },
  },
});
const [streams, rate, duration_s, rounds, busy] = ['streams', 'rate', 'seconds', 'rounds', 'busy'].map(
  (key) => Number(values[key]),
);
const kinds = values.kinds.split(',');

const server = spawn(
  'chrt',
  ['-r', '1', process.execPath, fileURLToPath(new URL('sessions.mjs', import.meta.url)), '--server'],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const said = (await createInterface(server.stdout)[Symbol.asyncIterator]().next()).value;
const [echo, stamp] = said.split(' ').map(Number);
const loops = Array.from({ length: busy }, () => spawn('sh', ['-c', 'while :; do :; done']));

const GIVEN = {
  udp: { type: 'stamp', port: stamp, wait_ns: 2e9, stamp: { ssid: 1, timestamps: 'ntp', end: null } },
  tcp: { type: 'tcp', port: echo, wait_ns: 0.9e9 },
};

const once = async (kind) => {
  const given = GIVEN[kind];
  const engine = given === undefined ? kind : 'auto';
  const agent = await startAgent([], '127.0.0.1', (1e9 * streams) / rate, engine, streams, given);
  await sleep(2000);
  const [began, before] = [performance.now(), usageOf(agent.pid)];
  await sleep(duration_s * 1000);
  const [took_s, after] = [(performance.now() - began) / 1000, usageOf(agent.pid)];
  await agent.end();
  const all = agent.all();
  const sum = (key) => all.reduce((total, figures) => total + figures[key], 0);
  const worst = (key) => Math.max(...all.map((figures) => figures[key]));
  return {
    unsent: (100 * sum('unsent')) / (sum('sent') + sum('unsent')),
    p50: worst('lateness_p50_ms'),
    p99: worst('lateness_p99_ms'),
    max: worst('lateness_max_ms'),
    cpu: (100 * (after.cpu_s - before.cpu_s)) / took_s,
  };
};

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

try {
  const runs = Object.fromEntries(kinds.map((kind) => [kind, []]));
  for (let round = 0; round < rounds; round++) for (const kind of kinds) runs[kind].push(await once(kind));
  console.log(`${streams} streams, ${rate}/s together, ${busy} busy loops, load ${loadavg()[0].toFixed(0)}`);
  console.log('| sender | unsent | lateness of the worst stream, p50 / p99 / max, ms | CPU |');
  console.log('| --- | ---: | ---: | ---: |');
  for (const [kind, all] of Object.entries(runs)) {
    const of = (key, digits = 2) => median(all.map((run) => run[key])).toFixed(digits);
    console.log(
      `| ${kind} | ${of('unsent')} % | ${of('p50', 3)} / ${of('p99')} / ${of('max')} | ${of('cpu', 0)} % |`,
    );
  }
} finally {
  server.kill();
  for (const loop of loops) loop.kill();
}
