/**
 * How long a command of the program takes to start and end: bundled as it is shipped (dist/cli.js), and as single
 * modules (build/cli.js) or as the single executable, in turns. `node bench/start.mjs [--rounds 11] [--executable FILE]`,
 * after `npm run build` and `npm run modules`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { medianOf } from '../build/analysis/statistics/quantile.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '11' }, executable: { type: 'string' } },
});
const rounds = Number(values.rounds);

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'seqgap-start-'));

const COMMANDS = [
  ['--version'],
  ['--help'],
  ['agent'],
  ['list', '--out', join(root, 'results/example')],
  ['check', join(root, 'scenarios/lab/vrrp-crash.yaml')],
  ['run', join(root, 'scenarios/lab/vrrp-crash.yaml'), '--dry-run'],
];
const node = (path) => [process.execPath, join(root, path)];
const [other, program] =
  values.executable === undefined ? ['modules', node('build/cli.js')] : ['executable', [values.executable]];
const PROGRAMS = { bundled: node('dist/cli.js'), [other]: program };

/** @returns wall and CPU time of one start, in seconds. */
const start = (command, args) => {
  const times = join(folder, 'times');
  const before = performance.now();
  const { status } = spawnSync(
    '/usr/bin/time',
    ['--format', '%U %S', '--output', times, ...command, ...args],
    { stdio: ['ignore', 'ignore', 'ignore'] },
  );
  if (status !== 0) throw new Error(`${[...command, ...args].join(' ')} ended with ${status}`);
  const [user, system] = readFileSync(times, 'utf8').split(' ').map(Number);
  return { wall_s: (performance.now() - before) / 1000, cpu_s: user + system };
};

const median = (list, figure) => medianOf(list.map((each) => each[figure]));

console.log(`load ${loadavg()[0]}; seconds of wall time (and of CPU), medians of ${rounds}`);
for (const args of COMMANDS) {
  const found = { bundled: [], [other]: [] };
  for (let round = 0; round < rounds; round++)
    for (const [kind, command] of Object.entries(PROGRAMS)) found[kind].push(start(command, args));
  const said = Object.entries(found).map(
    ([kind, list]) => `${kind} ${median(list, 'wall_s').toFixed(2)} (${median(list, 'cpu_s').toFixed(2)})`,
  );
  const ratio = median(found.bundled, 'wall_s') / median(found[other], 'wall_s');
  console.log(`${args.slice(0, 1).join(' ').padEnd(12)} ${said.join('   ')}   ratio ${ratio.toFixed(2)}`);
}
rmSync(folder, { recursive: true });
