/**
 * What a probe costs, and how late it leaves: an agent with our own engine and without it, ICMP and STAMP, fping, irtt, `ping -i` and
 * the least that a C program can do (floor.c), at 100, 1,000 and 10,000 probes/s over a veth pair. In turns, medians of the rounds,
 * and how many times the floor each costs. `node bench/engines.mjs [rounds] [seconds]`, as root, after `npm run build` and
 * `npm run modules`; needs cc and ping, and takes fping and irtt where they are installed.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAgent } from './agent.mjs';
import { openVethPair } from './veth.mjs';

const rounds = Number(process.argv[2] ?? 5);
const duration_s = Number(process.argv[3] ?? 10);
const RATES = [100, 1000, 10_000];
const WARM_MS = 1000;
const root = join(import.meta.dirname, '..');

mkdirSync(join(root, 'build/bench'), { recursive: true });
const floor = join(root, 'build/bench/floor');
execFileSync('cc', ['-O2', '-o', floor, join(root, 'bench/floor.c')]);

/** CPU of all threads in seconds, by the scheduler's own account in nanoseconds. */
const cpuOf = (pid) =>
  readdirSync(`/proc/${pid}/task`)
    .map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]))
    .reduce((sum, each) => sum + each, 0) / 1e9;

/** The CPU that a process takes in the time, once it is at work. */
const cpuWhile = async (pid) => {
  await sleep(WARM_MS);
  const [before, began] = [cpuOf(pid), performance.now()];
  await sleep(duration_s * 1000);
  return { cpu_s: cpuOf(pid) - before, took_s: (performance.now() - began) / 1000 };
};

const STAMP_PORT = 862;
const stamp = { ssid: 1, timestamps: 'ntp', end: null };

const agentOf =
  (engine, port = null) =>
  async (pair, rate) => {
    const given = port === null ? {} : { type: 'stamp', port, stamp };
    const agent = await startAgent(pair.prefix, pair.target, 1e9 / rate, engine, 1, given);
    const { cpu_s, took_s } = await cpuWhile(agent.pid);
    const figures = await agent.end();
    const { lateness_p50_ms: p50, lateness_p99_ms: p99, lateness_max_ms: max, sent, unsent } = figures;
    return { cpu_s, took_s, share: sent / (sent + unsent), p50, p99, max, unsent };
  };

/** A program that keeps no schedule says nothing of lateness. */
const programOf = (argumentsOf, sentIn) => async (pair, rate) => {
  const [command, ...prefix] = pair.prefix;
  const child = spawn(command, [...prefix, ...argumentsOf(pair.target, rate)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (data) => (said = (said + data).slice(-10_000)));
  child.stderr.on('data', (data) => (said = (said + data).slice(-10_000)));
  const began = performance.now();
  const { cpu_s, took_s } = await cpuWhile(child.pid).catch((cause) => {
    throw new Error(`${argumentsOf(pair.target, rate).join(' ')} ended: ${said}`, { cause });
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  child.kill('SIGINT');
  const whole_s = (performance.now() - began) / 1000;
  await ended;
  const sent = sentIn(said);
  return { cpu_s, took_s, share: sent / (rate * whole_s), p50: null, p99: null, max: null, unsent: null };
};

const floorRun = async (pair, rate) => {
  const [command, ...prefix] = pair.prefix;
  const seconds = duration_s + WARM_MS / 1000 + 1;
  const child = spawn(command, [...prefix, floor, pair.target, String(1e9 / rate), String(seconds)]);
  let said = '';
  child.stdout.on('data', (data) => (said += data));
  const ended = new Promise((resolve) => child.on('close', resolve));
  const used = await cpuWhile(child.pid);
  await ended;
  const { sent, unsent, ...lateness } = JSON.parse(said);
  return { ...used, share: sent / (sent + unsent), unsent, ...lateness };
};

const sentByFping = (text) => Number(/xmt\/rcv\/%loss = (\d+)/.exec(text)?.[1]);
const sentByIrtt = (text) => Number(/packets sent\/received.*?: (\d+)\//.exec(text)?.[1]);
const sentByPing = (text) => Number(/(\d+) packets transmitted/.exec(text)?.[1]);
const ms = (rate) => String(1000 / rate);

const SENDERS = {
  native: agentOf('native'),
  'net-ping': agentOf('net-ping'),
  'STAMP native': agentOf('native', STAMP_PORT),
  'STAMP udp': agentOf('udp', STAMP_PORT),
  fping: programOf(
    (target, rate) => ['fping', '-q', '-D', '-l', '-p', ms(rate), '-i', ms(rate), target],
    sentByFping,
  ),
  irtt: programOf(
    (target, rate) => ['irtt', 'client', '-i', `${1e9 / rate}ns`, '-d', `${duration_s + 60}s`, target],
    sentByIrtt,
  ),
  'ping -i': programOf(
    (target, rate) => ['ping', '-n', '-D', '-O', '-i', String(1 / rate), target],
    sentByPing,
  ),
  floor: floorRun,
};

/** Those that are not installed are left out. */
for (const name of ['fping', 'irtt'])
  if (spawnSync(name, ['-v']).error !== undefined) {
    console.error(`${name} is not installed: left out`);
    delete SENDERS[name];
  }

/** What answers STAMP and irtt at the far end. */
const serve = ({ farPrefix: [command, ...prefix] }) =>
  [
    [process.execPath, join(root, 'dist/cli.js'), 'reflect', '--bind', '0.0.0.0'],
    ...('irtt' in SENDERS ? [['irtt', 'server', '-i', '100us']] : []),
  ].map((words) => spawn(command, [...prefix, ...words], { stdio: 'ignore' }));

const median = (values) => {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  return known.length === 0 ? null : known[known.length >> 1];
};

const pair = await openVethPair();
const servers = serve(pair);
try {
  await sleep(WARM_MS);
  console.log(
    '| probes/s | sender | CPU per probe, µs | floors | lateness p50 / p99 / max, ms | sent of planned |',
  );
  console.log('| ---: | --- | ---: | ---: | ---: | ---: |');
  for (const rate of RATES) {
    const runs = Object.fromEntries(Object.keys(SENDERS).map((name) => [name, []]));
    for (let round = 0; round < rounds; round++)
      for (const [name, run] of Object.entries(SENDERS)) runs[name].push(await run(pair, rate));
    const costOf = (all) => median(all.map((run) => (run.cpu_s / (run.took_s * rate * run.share)) * 1e6));
    const least = costOf(runs.floor);
    for (const [name, all] of Object.entries(runs)) {
      const share = median(all.map((run) => run.share));
      const cost = costOf(all);
      const late = ['p50', 'p99', 'max'].map((key) => median(all.map((run) => run[key])));
      const words = late.includes(null) ? '' : late.map((value) => value.toFixed(3)).join(' / ');
      console.log(
        `| ${rate.toLocaleString('en')} | ${name} | ${cost.toFixed(1)} | ${(cost / least).toFixed(2)} | ${words} | ${(share * 100).toFixed(1)} % |`,
      );
    }
  }
} finally {
  for (const server of servers) server.kill();
  pair.close();
}
