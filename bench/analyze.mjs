/**
 * How fast a stored run is read and analysed, and in how much memory, beside a one-line mawk gap script on the same
 * probes.csv, alternating. `node bench/analyze.mjs [--rows 10000000] [--rounds 3]`, after `npm run build` and `npm run modules`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { TrialAnalyzer } from '../build/analysis/trial.js';
import { encodeProbe, PROBE_COLUMNS } from '../build/model/probe.js';
import { readRun } from '../build/store/stored-run.js';
import { usageOf } from './veth.mjs';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000000' },
    rounds: { type: 'string', default: '3' },
    read: { type: 'string' },
  },
});

const STREAMS = ['ping', 'ping6', 'web', 'control'];
const EVERY_NS = 10e6;
const TRIGGER_NS = 20e9;

/** What someone would do without us: the gaps between good probes that are longer than two intervals, per stream. */
const MAWK = '$4=="answered"{if($6-g[$1]>25e6&&g[$1])print $1,g[$1],($6-g[$1])/1e9;g[$1]=$6}';

/** Mulberry32: the same file each time. */
const seeded = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

const streamPlan = (name) => ({
  ...{ name, type: name === 'web' ? 'tcp' : 'icmp', from: 'client', host: '10.4.4.4', family: null },
  ...{ port: name === 'web' ? 80 : null, every_ns: EVERY_NS, wait_ns: 10e9, size: 56 },
  ...{ control: name === 'control', engine: 'auto' },
});

const scenario = {
  ...{ name: 'bench', description: '', labels: {}, version: '0', lab: null, nodes: [], vantages: [] },
  ...{ streams: STREAMS.map(streamPlan), sessions: [], observe: [], phases: [], limits: [] },
  trigger: { node: 'active', action: 'manual', command: null, undo: null, prompt: null, timeout_ns: 60e9 },
  trial: {
    ...{ repeat: 1, steady_ns: 15e9, recovered_ns: 5e9, giveUp_ns: 300e9, restore_ns: 300e9 },
    ...{ failback: 'none', coolDown_ns: 0 },
  },
  analysis: { delayThreshold_ns: null, mergeGap_ns: 0 },
};

const record = {
  ...{
    format: 1,
    run: 'bench',
    tool: { name: 'seqgap', version: '0', node: process.version },
    self_test: null,
  },
  ...{
    host: { name: 'bench', kernel: '', cpus: 2 },
    version: '0',
    labels: {},
    scenario_file: 'bench',
    scenario,
  },
  ...{
    started_utc: '2026-01-01T00:00:00.000Z',
    ended_utc: null,
    status: 'complete',
    error: null,
    restored: true,
  },
  ...{ trials_planned: 1, trials_done: 1 },
};

/** A run whose crossing streams are down for 0.05 to 3 s, 20 times; a few slots are missed. */
const writeRun = async (folder, rows) => {
  const random = seeded(7);
  const slots = Math.ceil(rows / STREAMS.length);
  const outages = Array.from({ length: 20 }, (_, index) => {
    const from = TRIGGER_NS + (index / 20) * Math.max(0, slots * EVERY_NS - TRIGGER_NS);
    return { from, to: from + 5e7 + random() * 3e9 };
  });
  mkdirSync(join(folder, 'trial-01'), { recursive: true });
  writeFileSync(join(folder, 'run.json'), JSON.stringify(record));
  writeFileSync(
    join(folder, 'trial-01', 'events.jsonl'),
    `${JSON.stringify({ at_ns: TRIGGER_NS, event: 'trigger-issued', of: 'failover', node: 'a', action: 'manual' })}\n`,
  );
  writeFileSync(join(folder, 'trial-01', 'heartbeats.csv'), 'session,connection,seq,sent_ns,echoed_ns\n');
  const path = join(folder, 'trial-01', 'probes.csv');
  const file = createWriteStream(path);
  let chunk = `${PROBE_COLUMNS.join(',')}\n`;
  for (let seq = 0; seq < slots; seq += 1) {
    for (const [index, stream] of STREAMS.entries()) {
      const intended_ns = Math.round(seq * EVERY_NS + index * 1e6);
      const sent_ns = Math.round(intended_ns + random() * 3e5);
      const missed = random() < 1e-5;
      while (outages.length > 1 && sent_ns > outages[0].to + EVERY_NS) outages.shift();
      const down = stream !== 'control' && sent_ns >= outages[0].from && sent_ns < outages[0].to;
      const good = !missed && !down;
      const row = {
        ...{ stream, flow: 0, seq, intended_ns, outcome: missed ? 'unsent' : down ? 'lost' : 'answered' },
        sent_ns: missed ? null : sent_ns,
        accepted_ns: missed ? null : sent_ns + 20_000 + Math.floor(random() * 9000),
        received_ns: good ? sent_ns + 400_000 + Math.floor(random() * 200_000) : null,
        ttl: good && stream !== 'web' ? 62 : null,
        cause: null,
      };
      chunk += `${encodeProbe(row)}\n`;
    }
    if (chunk.length > 1 << 20) {
      if (!file.write(chunk)) await once(file, 'drain');
      chunk = '';
    }
  }
  file.end(chunk);
  await once(file, 'finish');
  return path;
};

/** In a process of its own: what `seqgap report` does before it writes. The time is that of the rows, without Node's start. */
const read = async (folder) => {
  const stored = await readRun(folder);
  const { events } = await stored.events(1);
  const analyzer = new TrialAnalyzer(
    scenario,
    { run: 'bench', scenario: 'bench', version: '0', trial: 1 },
    events,
  );
  const began = performance.now();
  const { rows } = await stored.eachProbe(1, (row) => analyzer.probe(row));
  const { outages } = analyzer.finish();
  const took_s = (performance.now() - began) / 1e3;
  console.log(JSON.stringify({ rows, took_s, found: outages.length }));
};

/** Most memory so far (MiB) and CPU seconds of a running process; null when it has ended. */
const usage = (pid) => {
  try {
    const rss_mib = Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
    return { rss_mib, cpu_s: usageOf(pid).cpu_s };
  } catch {
    return null;
  }
};

/** Runs a command to its end; its output, how long it took, and what it used up to 20 ms before its end. */
const measure = async (command, args) => {
  const began = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let used = { rss_mib: 0, cpu_s: 0 };
  const look = setInterval(() => (used = usage(child.pid) ?? used), 20);
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  const [code] = await once(child, 'close');
  clearInterval(look);
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
  return { ...used, output, took_s: (performance.now() - began) / 1e3 };
};

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

const main = async (rows, rounds) => {
  const folder = mkdtempSync(join(tmpdir(), 'seqgap-bench-'));
  try {
    const path = await writeRun(folder, rows);
    const written = Math.ceil(rows / STREAMS.length) * STREAMS.length;
    console.log(
      `${written.toLocaleString('en')} rows, ${(statSync(path).size / 2 ** 20).toFixed(0)} MiB, ${folder}`,
    );
    const ours = [];
    const theirs = [];
    for (let round = 0; round < rounds; round += 1) {
      const own = await measure(process.execPath, [import.meta.filename, '--read', folder]);
      ours.push({ ...own, ...JSON.parse(own.output) });
      const other = await measure('mawk', ['-F,', MAWK, path]);
      theirs.push({ ...other, found: other.output.trim().split('\n').length });
    }
    const line = (name, all) => {
      const middle = (figure) => median(all.map((each) => each[figure]));
      const rate = (seconds) => `${(written / seconds / 1e6).toFixed(2)} M/s`.padStart(12);
      const [took_s, cpu_s, rss] = [middle('took_s'), middle('cpu_s'), `${middle('rss_mib').toFixed(0)} MiB`];
      console.log(
        name.padEnd(8) + rate(took_s) + rate(cpu_s) + rss.padStart(12) + String(all[0].found).padStart(8),
      );
      return { took_s, cpu_s };
    };
    console.log('        rows by time by CPU time  peak memory    gaps');
    const [mawk, seqgap] = [line('mawk', theirs), line('seqgap', ours)];
    const times = (figure) => (mawk[figure] / seqgap[figure]).toFixed(2);
    console.log(`seqgap has ${times('took_s')} x mawk's speed, ${times('cpu_s')} x by CPU time`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

if (values.read === undefined) await main(Number(values.rows), Number(values.rounds));
else await read(values.read);
