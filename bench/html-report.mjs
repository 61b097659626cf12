/**
 * The HTML report of one hour of 16 flows at 100/s (5.76 million probes), with 1,000 loss periods besides the outage: how
 * long `seqgap report` takes with it, the file's size, the peak memory, and the time until
 * Chromium has loaded it and drawn its first timeline. `node bench/html-report.mjs [--seconds 3600] [--rounds 3]`, after
 * `npm run build` and `npm run modules`; needs chromium and GNU time.
 */
import { spawnSync } from 'node:child_process';
import {
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launch } from 'puppeteer-core';
import { encodeProbe, PROBE_COLUMNS } from '../build/model/probe.js';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '3600' }, rounds: { type: 'string', default: '3' } },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);

const FLOWS = 16;
const EVERY_NS = 10e6;
const PERIODS = 1_000;
const S = 1e9;
const TRIGGER_NS = (seconds / 2) * S;

/** Mulberry32: the same history each time. */
const seeded = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

/** A recorded run has everything that a record must have. */
const template = () => {
  const example = join(import.meta.dirname, '../results/example/lab-vrrp-timer/latest/run.json');
  const record = JSON.parse(readFileSync(example, 'utf8'));
  const [stream] = record.scenario.streams;
  return {
    ...record,
    scenario: { ...record.scenario, streams: [{ ...stream, every_ns: EVERY_NS, flows: FLOWS }] },
    trials_planned: 1,
    trials_done: 1,
  };
};

const event = (at_ns, body) => `${JSON.stringify({ at_ns, ...body })}\n`;

const events = (name) => {
  const phase = (at_ns, of) => event(at_ns, { event: 'phase', phase: of, of: 'failover' });
  const role = (at_ns, node, word, when) =>
    event(at_ns, { event: 'role', node, role: word, raw: word, when });
  return [
    role(1e6, 'fw-a', 'active', 'before'),
    role(2e6, 'fw-b', 'standby', 'before'),
    phase(3e6, 'steady'),
    event(4e6, { event: 'resolved', stream: name, address: '10.4.4.4', family: 4, engine: 'net-ping' }),
    phase(TRIGGER_NS - 1e6, 'trigger'),
    event(TRIGGER_NS, { event: 'trigger-issued', of: 'failover', node: 'fw-a', action: 'crash' }),
    phase(TRIGGER_NS + 1e8, 'outage'),
    phase(TRIGGER_NS + 5 * S, 'recovered'),
    role(TRIGGER_NS + 11 * S, 'fw-b', 'active', 'after'),
    phase(seconds * S, 'drain'),
  ].join('');
};

const writeRun = async (folder) => {
  const random = seeded(7);
  const record = template();
  const [{ name }] = record.scenario.streams;
  mkdirSync(join(folder, 'trial-01'), { recursive: true });
  writeFileSync(join(folder, 'run.json'), JSON.stringify(record));
  writeFileSync(join(folder, 'trial-01', 'events.jsonl'), events(name));
  writeFileSync(join(folder, 'trial-01', 'heartbeats.csv'), 'session,connection,seq,sent_ns,echoed_ns\n');
  const file = createWriteStream(join(folder, 'trial-01', 'probes.csv'));
  const slots = Math.round((seconds * S) / EVERY_NS);
  const share = PERIODS / (slots * FLOWS);
  let chunk = `${PROBE_COLUMNS.join(',')}\n`;
  for (let seq = 0; seq < slots; seq += 1) {
    for (let flow = 0; flow < FLOWS; flow += 1) {
      const intended_ns = Math.round(seq * EVERY_NS + flow * 5e5);
      const sent_ns = Math.round(intended_ns + random() * 3e5);
      const down = sent_ns > TRIGGER_NS + 2e8 && sent_ns < TRIGGER_NS + 3.4 * S + flow * 1e7;
      const lost = down || random() < share;
      chunk += `${encodeProbe({
        ...{ stream: name, flow, seq, intended_ns, outcome: lost ? 'lost' : 'answered', sent_ns },
        ...{
          accepted_ns: sent_ns + 20_000,
          received_ns: lost ? null : sent_ns + 4e5 + Math.floor(random() * 2e5),
        },
        ...{ ttl: lost ? null : 62, cause: null },
      })}\n`;
    }
    if (chunk.length > 1 << 20) {
      if (!file.write(chunk)) await once(file, 'drain');
      chunk = '';
    }
  }
  file.end(chunk);
  await once(file, 'finish');
  return slots * FLOWS;
};

/** Elapsed and CPU seconds, and peak memory, by GNU time. */
const report = (folder) => {
  const { stderr } = spawnSync(
    '/usr/bin/time',
    [
      '-f',
      'measured %e %U %S %M',
      process.execPath,
      join(import.meta.dirname, '../dist/cli.js'),
      'report',
      folder,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' },
  );
  const found = /measured (\S+) (\S+) (\S+) (\S+)/.exec(stderr);
  if (found === null || /^seqgap: /m.test(stderr)) throw new Error(stderr);
  const [elapsed_s, user_s, system_s, rss_kib] = found.slice(1).map(Number);
  return { elapsed_s, cpu_s: user_s + system_s, rss_mib: rss_kib / 1024 };
};

/** Seconds from asking for the file to the load event, and to the first timeline that is drawn. */
const load = async (file) => {
  const browser = await launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox'],
    headless: true,
  });
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 900 });
    const began = performance.now();
    await page.goto(`file://${file}`);
    const loaded_s = (performance.now() - began) / 1e3;
    await page.evaluate(`document.querySelector('#timelines figure').scrollIntoView()`);
    await page.waitForFunction(`document.querySelector('#timelines figure').dataset.drawn === 'yes'`);
    return { loaded_s, drawn_s: (performance.now() - began) / 1e3 };
  } finally {
    await browser.close();
  }
};

const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];
const medianOf = (all, figure) => median(all.map((each) => each[figure])).toFixed(2);

const main = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'seqgap-bench-'));
  try {
    const rows = await writeRun(folder);
    const made = [];
    const opened = [];
    for (let round = 0; round < rounds; round += 1) {
      made.push(report(folder));
      opened.push(await load(join(folder, 'report.html')));
    }
    const { size } = statSync(join(folder, 'report.html'));
    console.log(`${rows.toLocaleString('en')} probes, medians of ${rounds}, load ${loadavg()[0].toFixed(1)}`);
    console.log(`seqgap report      ${medianOf(made, 'elapsed_s')} s, ${medianOf(made, 'cpu_s')} s of CPU`);
    console.log(`peak memory        ${medianOf(made, 'rss_mib')} MiB`);
    console.log(`report.html        ${(size / 1e6).toFixed(2)} MB`);
    console.log(
      `loaded in Chromium ${medianOf(opened, 'loaded_s')} s, first timeline ${medianOf(opened, 'drawn_s')} s`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

await main();
