/**
 * How far off is what each tool says of the same outages? Our ICMP, TCP and system-ping streams, `ping`, `fping` and
 * `irtt`, all at the same time through the same cutter, all at 10 ms. `node bench/accuracy.mjs [--outages 120]
 * [--out bench/accuracy.md]`, as root, after `npm run build` and `npm run modules`; needs fping and irtt (apt-get install fping irtt).
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Calibrator } from '../build/cli/calibrate/calibrator.js';
import { planInjections, timeOf } from '../build/cli/calibrate/injection.js';
import { matchOutages } from '../build/cli/calibrate/match.js';
import { agreementOf } from '../build/cli/calibrate/statistics.js';
import { calibratedStreams, STEADY, THRESHOLD } from '../build/cli/calibrate/streams.js';
import { truthOf } from '../build/cli/calibrate/truth.js';
import { systemClock, readAnchor } from '../build/clock.js';
import { logFile } from '../build/foreign/open-log.js';
import { readLog } from '../build/foreign/read-log.js';
import { labEnvironment, newNamespaces } from '../build/lab/enter.js';
import { Cutter } from '../build/lab/cutter/cutter.js';
import { OUTAGE_KINDS } from '../build/lab/cutter/topology.js';
import { gapsBetween, irttReplies, lineReplies } from './accuracy-logs.mjs';
import { accuracyTable } from './accuracy-table.mjs';

const SERVER = '10.4.4.4';
const INTERVAL_S = 0.01;
/** irtt gives up at the first ICMP error, so that nothing is refused here. */
const KINDS = OUTAGE_KINDS.filter((kind) => kind !== 'reject');

const { values } = parseArgs({
  options: {
    outages: { type: 'string', default: '120' },
    out: { type: 'string' },
    inside: { type: 'boolean', default: false },
  },
});

/** A tool in the client's namespace, its output in a file. */
const startTool = (file, command, machine = 'client') => {
  const child = spawn('ip', ['netns', 'exec', machine, ...command], { stdio: ['ignore', 'pipe', 'ignore'] });
  child.stdout.pipe(createWriteStream(file));
  return {
    end: async () => {
      if (child.exitCode !== null) return;
      const closed = once(child, 'close');
      child.kill('SIGINT');
      await closed;
    },
  };
};

/** Observations from gaps between replies: `length` says how long one of them was. */
const byGaps = (truths, gaps, length) =>
  truths.map((truth) => {
    const own = gaps.filter(({ before_s, after_s }) => after_s > truth.from_s && before_s < truth.to_s);
    const point_s = own.reduce((sum, gap) => sum + length(gap), 0);
    const middle_s = (truth.impaired.lo_s + truth.impaired.hi_s) / 2;
    return { kind: truth.kind, error_s: point_s - middle_s, rows: own.length, covered: null };
  });

const measure = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'seqgap-accuracy-'));
  const file = (name) => join(folder, name);
  try {
    const cutter = await Cutter.build(systemClock);
    const lengths = [50, 100, 300, 1000, 3400].map((ms) => ms * 1e6);
    const order = { outages: Number(values.outages), lengths, kinds: KINDS };
    const injections = planInjections(
      { ...order, longestInterval_ns: INTERVAL_S * 1e9, threshold_ns: THRESHOLD },
      Math.random,
    );
    const seconds = Math.ceil((timeOf(injections) + STEADY) / 1e9) + 20;
    const server = startTool(file('irtt-server.txt'), ['irtt', 'server', '-b', SERVER], 'server');
    await sleep(500);
    const tools = [
      startTool(file('ping.txt'), ['ping', '-n', '-D', '-i', String(INTERVAL_S), SERVER]),
      startTool(file('fping.txt'), ['fping', '-D', '-l', '-p', String(INTERVAL_S * 1e3), SERVER]),
      startTool(file('irtt.txt'), [
        'irtt',
        'client',
        '-Q',
        '-i',
        '10ms',
        '-d',
        `${seconds}s`,
        '-o',
        file('irtt.json'),
        SERVER,
      ]),
    ];
    const streams = calibratedStreams(['icmp', 'ping', 'tcp'], [INTERVAL_S * 1e9]);
    const calibrator = new Calibrator(cutter, {
      streams,
      injections,
      null_ns: 0,
      stall_ns: 0,
      steady_ns: STEADY,
      clock: systemClock,
      signal: new AbortController().signal,
      progress: ({ done, of, left_ns }) =>
        done % 10 === 0 && console.error(`outages ${done} of ${of}, ${Math.round(left_ns / 1e9)} s left`),
    });
    const { result, made, origin_ns } = await calibrator.outages();
    const anchor = readAnchor(systemClock);
    for (const tool of [...tools, server]) await tool.end();
    await cutter.close();

    const truths = made.map((outage) => truthOf(outage, THRESHOLD));
    const wall_s = (anchor.wall_ms - (anchor.monotonic_ns - origin_ns) / 1e6) / 1e3;
    const own = ({ plan }) =>
      matchOutages(
        truths,
        result.outages.filter(({ stream }) => stream === plan.name),
        0,
      ).observations;
    const replies = {
      ping: lineReplies(readFileSync(file('ping.txt'), 'utf8'), wall_s),
      fping: lineReplies(readFileSync(file('fping.txt'), 'utf8'), wall_s),
      irtt: irttReplies(JSON.parse(readFileSync(file('irtt.json'), 'utf8')), wall_s),
    };
    const gaps = Object.fromEntries(Object.entries(replies).map(([name, all]) => [name, gapsBetween(all)]));
    const analysed = await readLog(logFile(file('ping.txt'), 'ping.txt'), {
      format: 'ping',
      interval_ns: null,
      timeout_ns: 4e9,
      threshold_ns: THRESHOLD,
      mergeGap_ns: 0,
    });
    const fromLog = analysed.targets[0].outages.map((row) => ({
      ...row,
      start_s: Date.parse(row.start_utc) / 1e3 - wall_s,
    }));
    const counted = ({ lost }) => lost * INTERVAL_S;
    const stamped = ({ before_s, after_s }) => after_s - before_s;
    const [icmp, ping, tcp] = streams.map(own);
    const rows = [
      ['seqgap, ICMP', icmp],
      ['seqgap, TCP', tcp],
      ["seqgap, system's ping", ping],
      ['seqgap analyze of the log of `ping -D -i 0.01`', matchOutages(truths, fromLog, 0).observations],
      ['`ping -D -i 0.01`, last stamp before to first after', byGaps(truths, gaps.ping, stamped)],
      ['`ping -i 0.01`, lost x 10 ms', byGaps(truths, gaps.ping, counted)],
      ['`fping -l -p 10`, lost x 10 ms', byGaps(truths, gaps.fping, counted)],
      ['`irtt client -i 10ms`, lost x 10 ms', byGaps(truths, gaps.irtt, counted)],
    ];
    const version = (program, ...args) =>
      spawnSync(program, args, { encoding: 'utf8' }).stdout.trim().split('\n')[0];
    const text = accuracyTable(rows, {
      date: new Date().toISOString().slice(0, 10),
      machine: `${cpus().length} CPUs (${cpus()[0].model.trim()}), Linux ${release()}, Node ${process.versions.node}`,
      tools: [version('ping', '-V'), version('fping', '-v'), version('irtt', 'version')].join('; '),
      truth_ms: agreementOf(icmp).truth_width_ms / 2,
    });
    process.stdout.write(text);
    if (values.out !== undefined) writeFileSync(values.out, text);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

if (values.inside) {
  await measure();
  // Nothing of this process's tools is to keep it alive: the namespaces end with it.
  process.exit();
}
const [program, ...args] = newNamespaces([
  process.execPath,
  fileURLToPath(import.meta.url),
  ...process.argv.slice(2),
  '--inside',
]);
const { status } = spawnSync(program, args, { stdio: 'inherit', env: labEnvironment() });
process.exitCode = status ?? 1;
