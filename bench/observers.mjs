// What observers cost the streams: send lateness of an ICMP stream at 100/s on loopback, alone and beside six observers
// that poll every 200 ms (two URLs, two commands, a name, a neighbour; their servers run here too, which is dearer than
// real ones). Taken in turns. Needs root or the right to open a raw socket, and: npm run build, npm run modules.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../build/clock.js';
import { startObservers } from '../build/observe/observers.js';
import { startAgent } from './agent.mjs';

const ROUNDS = Number(process.argv[2] ?? 5);
const SECONDS = Number(process.argv[3] ?? 10);

const web = createServer((_, response) => response.end('{"owner":"fw-a"}')).listen(0, '127.0.0.1');
await once(web, 'listening');
// A name server that says of every name that it is not there (RFC 1035 §4.1.1).
const names = createSocket('udp4').bind(0, '127.0.0.1');
await once(names, 'listening');
names.on('message', (query, { port, address }) => {
  const answer = Buffer.from(query);
  answer.writeUInt16BE(0x8183, 2);
  names.send(answer, port, address);
});

const url = `http://127.0.0.1:${web.address().port}/`;
const login = { url, user: null, password: null, apiKey: null, ca: null, insecure: false, timeout_ns: 10e9 };
const http = { kind: 'http', url, http: login, read: { by: 'json', expression: 'owner' } };
const command = {
  kind: 'command',
  command: ['ip', '-j', 'route'],
  read: { by: 'json', expression: '[0].dev' },
};
const dns = { kind: 'dns', name: 'fw.example', type: 'A', resolver: `127.0.0.1:${names.address().port}` };
const neighbour = { kind: 'neighbour', from: 'local', address: '127.0.0.1' };
const observe = [http, http, command, command, dns, neighbour].map((source, index) => ({
  name: `observer-${index}`,
  every_ns: 200e6,
  timeout_ns: 10e9,
  source,
}));

const told = { observed: 0, 'observer-failed': 0 };
const round = async (observed) => {
  const agent = await startAgent([], '127.0.0.1', 10e6);
  const stop = startObservers(
    { observe: observed ? observe : [], nodes: [], vantages: [] },
    {
      trigger: null,
      clock: systemClock,
      roleChanged: () => {},
      now: () => systemClock.monotonic(),
      tell: ({ event }) => (told[event] += 1),
    },
  );
  await sleep(SECONDS * 1000);
  stop();
  return agent.end();
};

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const rows = { alone: [], observed: [] };
for (let i = 0; i < ROUNDS; i += 1)
  for (const [name, observed] of [
    ['alone', false],
    ['observed', true],
  ]) {
    const figures = await round(observed);
    rows[name].push(figures);
    const { sent, unsent, lateness_p50_ms, lateness_p99_ms, lateness_max_ms } = figures;
    console.log(name, { sent, unsent, lateness_p50_ms, lateness_p99_ms, lateness_max_ms });
  }
console.log('load', loadavg()[0].toFixed(1), 'told', told);
for (const [name, all] of Object.entries(rows))
  console.log(
    name,
    ...['lateness_p50_ms', 'lateness_p99_ms', 'lateness_max_ms'].map(
      (key) => `${key} ${median(all.map((each) => each[key])).toFixed(3)}`,
    ),
    `unsent ${all.reduce((sum, { unsent }) => sum + unsent, 0)}`,
  );
web.close();
names.close();
