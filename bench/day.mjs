/**
 * A day of 8 flows at 100/s, 69 million probes as an agent hands them on: what its raw history takes as it is
 * written, as gzip (runs of before), and in columns; what putting it there costs, and `seqgap report` of each form. Prints Markdown.
 * `node bench/day.mjs [--hours 24] [--flows 8]`, after `npm run build` and `npm run modules`; needs GNU time, gzip and 10 GB of
 * temporary files.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compressRaw } from '../build/store/compress.js';
import { reportOf, writeLongRun } from './long-run.mjs';

const { values } = parseArgs({
  options: { hours: { type: 'string', default: '24' }, flows: { type: 'string', default: '8' } },
});

const row = (cells) => console.log(`| ${cells.join(' | ')} |`);

const cpu_s = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const folder = mkdtempSync(join(tmpdir(), 'seqgap-day-'));
try {
  const probes = await writeLongRun(folder, Number(values.hours) * 3600, Number(values.flows));
  const csv = join(folder, 'trial-01/probes.csv');
  const parquet = join(folder, 'trial-01/probes.parquet');
  console.log(`${probes.toLocaleString('en')} probes, load ${loadavg()[0].toFixed(0)}\n`);
  row(['form', 'octets a probe', 'GB', 'to make it, CPU', '`report`', 'CPU', 'peak memory']);
  row(['---', '---:', '---:', '---:', '---:', '---:', '---:']);
  const measure = (form, path, made_s) => {
    const { size } = statSync(path);
    const { elapsed_s, cpu_s, rss_mib } = reportOf(folder);
    row([
      ...[
        form,
        (size / probes).toFixed(1),
        (size / 1e9).toFixed(2),
        made_s === null ? '' : `${made_s.toFixed(0)} s`,
      ],
      ...[`${elapsed_s.toFixed(0)} s`, `${cpu_s.toFixed(0)} s`, `${rss_mib.toFixed(0)} MiB`],
    ]);
  };
  measure('CSV', csv, null);
  const zipped = spawnSync('/usr/bin/time', ['-f', '%U %S', 'gzip', '--keep', csv], { encoding: 'utf8' });
  const [user_s, system_s] = zipped.stderr.trim().split(' ').map(Number);
  renameSync(csv, `${csv}.aside`);
  measure('CSV, gzip', `${csv}.gz`, user_s + system_s);
  rmSync(`${csv}.gz`);
  renameSync(`${csv}.aside`, csv);
  const before = cpu_s();
  await compressRaw(folder);
  const made_s = cpu_s() - before;
  const peak_mib = process.resourceUsage().maxRSS / 1024;
  measure('columns', parquet, made_s);
  console.log(`\nPeak memory of what made the columns, and the CSV before: ${peak_mib.toFixed(0)} MiB.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
