/**
 * A thousand stored runs: `compare`, `gate`, `trend` and `list` without an index (cold) and with one (warm), beside a
 * like question put to sqlite3 on the same CSV files. Prints Markdown.
 * `node bench/store.mjs [--runs 1000] [--rounds 3]`, after `npm run build` and `npm run modules`; needs sqlite3 and
 * GNU time.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { INDEX_FILE } from '../build/history/run-index.js';
import { makeRuns, SCENARIO } from './store-runs.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
  },
});
const rounds = Number(values.rounds);
const out = mkdtempSync(join(tmpdir(), 'seqgap-bench-'));

const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];

/** Elapsed and CPU seconds, and the peak memory of the largest process, by GNU time. */
const measure = (command, args) => {
  const format = 'measured %e %U %S %M';
  const { stderr } = spawnSync('/usr/bin/time', ['-f', format, command, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  const found = /measured (\S+) (\S+) (\S+) (\S+)/.exec(stderr);
  // 1 and 2 are verdicts; a usage error or a bug measures nothing.
  if (found === null || /^seqgap: /m.test(stderr)) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  const [elapsed_s, user_s, system_s, rss_kib] = found.slice(1).map(Number);
  return { elapsed_s, cpu_s: user_s + system_s, rss_mib: rss_kib / 1024 };
};

const medians = (measured) => ({
  elapsed_s: median(measured.map((each) => each.elapsed_s)),
  cpu_s: median(measured.map((each) => each.cpu_s)),
  rss_mib: median(measured.map((each) => each.rss_mib)),
});

const seqgap = (args) =>
  measure(process.execPath, [join(import.meta.dirname, '../dist/cli.js'), ...args, '--out', out]);

const COMMANDS = {
  'compare version=9.0 version=9.1': ['compare', 'version=9.0', 'version=9.1'],
  'gate --last 30': ['gate', '--scenario', SCENARIO, '--last', '30', '--annotations', 'none'],
  trend: ['trend', SCENARIO],
  list: ['list'],
};

/** The worst stream of each trial, by version and phase: what a comparison starts from. */
const SQL =
  "SELECT version, phase, count(*), min(worst), max(worst) FROM (SELECT run, version, phase, trial, max(nullif(longest_s, '') + 0) AS worst FROM streams WHERE stream <> 'control' GROUP BY run, version, phase, trial) GROUP BY version, phase";
const sqlite = () =>
  measure('sh', [
    '-c',
    `awk 'NR == 1 || FNR > 1' ${out}/*/[0-9]*/streams.csv | sqlite3 :memory: -cmd '.import --csv /dev/stdin streams' "${SQL}"`,
  ]);

const row = (cells) => console.log(`| ${cells.join(' | ')} |`);

const queries = () => {
  const found = Object.fromEntries(Object.keys(COMMANDS).map((name) => [name, { cold: [], warm: [] }]));
  const sql = [];
  for (let round = 0; round < rounds; round++) {
    for (const [name, args] of Object.entries(COMMANDS)) {
      rmSync(join(out, INDEX_FILE), { force: true });
      found[name].cold.push(seqgap(args));
      found[name].warm.push(seqgap(args));
    }
    sql.push(sqlite());
  }
  row(['command', 'cold', 'CPU', 'warm', 'CPU', 'peak memory, cold', 'warm']);
  row(['---', '---:', '---:', '---:', '---:', '---:', '---:']);
  const seconds = (value) => `${value.toFixed(2)} s`;
  const mebibytes = (value) => `${value.toFixed(0)} MiB`;
  for (const [name, { cold, warm }] of Object.entries(found)) {
    const [c, w] = [medians(cold), medians(warm)];
    row([
      `\`${name}\``,
      seconds(c.elapsed_s),
      seconds(c.cpu_s),
      seconds(w.elapsed_s),
      seconds(w.cpu_s),
      mebibytes(c.rss_mib),
      mebibytes(w.rss_mib),
    ]);
  }
  const s = medians(sql);
  row(['awk and sqlite3', '', '', seconds(s.elapsed_s), seconds(s.cpu_s), '', mebibytes(s.rss_mib)]);
};

try {
  console.log(`load ${loadavg()[0].toFixed(1)}, Node ${process.versions.node}\n`);
  await makeRuns(out, Number(values.runs));
  queries();
} finally {
  rmSync(out, { recursive: true, force: true });
}
