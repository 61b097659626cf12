/**
 * `seqgap serve` over ten thousand stored runs: how long a page takes, and what it costs the server, beside a `list --limit 50` of
 * the same folder, which is a program started anew. Prints Markdown. `node bench/serve.mjs [--runs 10000] [--rounds 5]
 * [--folder DIR]`, after `npm run build` and `npm run modules`; a folder that is named is made where it is not there, and kept.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { INDEX_FILE } from '../build/history/run-index.js';
import { makeRuns, SCENARIO } from './store-runs.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '5' },
    folder: { type: 'string' },
  },
});
const CLI = join(import.meta.dirname, '../dist/cli.js');
const out = values.folder ?? mkdtempSync(join(tmpdir(), 'seqgap-bench-'));
const rounds = Number(values.rounds);

const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];

/** Of a process until now, in ms: utime and stime, in ticks of 10 ms (proc(5)). */
const cpuOf = (pid) => {
  const [utime, stime] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ').slice(13, 15).map(Number);
  return 10 * (utime + stime);
};

const start = async () => {
  const child = spawn(process.execPath, [CLI, 'serve', out, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, url: JSON.parse(line).url };
};

/** While the runs are read for the first time it says so, and is asked again. */
const ask = async ({ child, url }, path) => {
  const [from, cpu] = [performance.now(), cpuOf(child.pid)];
  for (;;) {
    const response = await fetch(url + path);
    const text = await response.text();
    if (response.status === 503) continue;
    if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
    return {
      elapsed_ms: performance.now() - from,
      cpu_ms: cpuOf(child.pid) - cpu,
      octets: Buffer.byteLength(text),
    };
  }
};

const row = (cells) => console.log(`| ${cells.join(' | ')} |`);
const milliseconds = (value) => `${value.toFixed(0)} ms`;
const print = (name, all) =>
  row([
    name,
    milliseconds(median(all.map((each) => each.elapsed_ms))),
    milliseconds(median(all.map((each) => each.cpu_ms))),
    `${(median(all.map((each) => each.octets)) / 1000).toFixed(0)} kB`,
  ]);

const PAGES = {
  'first page again, within a second': '',
  'filter by version and date': '?version=9.1&since=2040-01-01',
  'filter by text': '?text=2040',
  'sorted by worst outage': '?sort=outage',
  trend: `trend?scenario=${SCENARIO}`,
};

const served = async () => {
  row(['page', 'elapsed', 'CPU of the server', 'size']);
  row(['---', '---:', '---:', '---:']);
  rmSync(join(out, INDEX_FILE), { force: true });
  const cold = await start();
  print('first of all, without an index', [await ask(cold, '')]);
  cold.child.kill('SIGINT');
  await once(cold.child, 'exit');
  const warm = await start();
  print('first of all, with an index', [await ask(warm, '')]);
  const looks = [];
  for (let round = 0; round < rounds; round++) {
    await sleep(1200);
    looks.push(await ask(warm, ''));
  }
  print('first page, all runs looked at again', looks);
  for (const [name, path] of Object.entries(PAGES)) {
    await ask(warm, path);
    const found = [];
    for (let round = 0; round < rounds; round++) found.push(await ask(warm, path));
    print(name, found);
  }
  const [, rss] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${warm.child.pid}/status`, 'utf8'));
  console.log(`\nMemory of the server at the end: ${(rss / 1024).toFixed(0)} MiB.`);
  warm.child.kill('SIGINT');
  await once(warm.child, 'exit');
};

const listed = () => {
  const took = Array.from({ length: 3 }, () => {
    const from = performance.now();
    execFileSync(process.execPath, [CLI, 'list', '--out', out, '--limit', '50']);
    return performance.now() - from;
  });
  console.log(`\`seqgap list --limit 50\` of the same folder: ${milliseconds(median(took))}.`);
};

try {
  if (!existsSync(join(out, SCENARIO))) await makeRuns(out, Number(values.runs));
  console.log(`load ${loadavg()[0].toFixed(1)}, Node ${process.versions.node}\n`);
  await served();
  listed();
} finally {
  if (values.folder === undefined) rmSync(out, { recursive: true, force: true });
}
