/**
 * How often `seqgap twin --what-if` is right: original labs are run, each run is asked what another delay would make of it,
 * and the delay is then set in the original lab. A prediction holds if the outage measured there is within its interval.
 * Prints the table of bench/README.md; nothing is timed. Needs root, and about 40 s for a prediction.
 *
 *   npm run build && node bench/twin.mjs [--out /tmp/seqgap-twin] [--rounds 3] [--only cloud-ip|vrrp|dns|lb|lb-stick]
 *
 * What was measured is kept in --out: a bench that was broken off goes on from there.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: '/tmp/seqgap-twin' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const OUT = resolve(values.out);
const TRIALS = 4;

/** Each change with what the user knows of the pair. `name` is that of the design, where nothing else is said. */
const LABS = [
  {
    name: 'cloud-ip',
    scenario: 'cloud-ip-quick',
    knobs: {
      heartbeat: '300ms',
      missed: '4',
      detach: '500ms to 1s',
      attach: '500ms to 2s',
      routes: '500ms to 2s',
    },
    more: { promotion: '300ms', poll: '300ms', boot: '2s' },
    changes: [
      { change: { attach: '3s to 5s' }, stated: {} },
      { change: { detach: '2s' }, stated: {} },
      { change: { attach: '200ms' }, stated: { poll: '300ms' } },
      { change: { promotion: '2s to 3s' }, stated: {} },
      { change: { heartbeat: '150ms' }, stated: { heartbeat: '300ms', missed: '4' } },
    ],
  },
  {
    name: 'vrrp',
    scenario: 'vrrp-crash',
    knobs: { advert: '400ms' },
    // A node that is back before it is missed changes what is measured.
    more: { sync: 'conntrackd', boot: '5s' },
    changes: [
      { change: { advert: '200ms' }, stated: {} },
      { change: { advert: '200ms' }, stated: { advert: '400ms' } },
      { change: { advert: '1s' }, stated: {} },
      { change: { advert: '1s' }, stated: { advert: '400ms' } },
      { change: { advert: '600ms' }, stated: { advert: '400ms' } },
    ],
  },
  {
    name: 'dns',
    scenario: 'dns-standby',
    knobs: { ttl: '5s', monitor: '500ms', missed: '3', update: '1s to 2s' },
    more: { boot: '2s' },
    changes: [
      { change: { update: '4s to 5s' }, stated: {} },
      { change: { boot: '5s' }, stated: {} },
      { change: { ttl: '1s' }, stated: {} },
      { change: { monitor: '1s' }, stated: { monitor: '500ms', missed: '3' } },
      { change: { missed: '8' }, stated: { monitor: '500ms' } },
    ],
  },
  {
    name: 'lb',
    scenario: 'lb-rebalance',
    knobs: { probe: '500ms', threshold: '2', existing: 'rebalance' },
    more: { boot: '6s' },
    changes: [
      { change: { probe: '1s' }, stated: { threshold: '2' } },
      { change: { probe: '1s' }, stated: { probe: '500ms', threshold: '2' } },
      { change: { probe: '200ms' }, stated: { probe: '500ms', threshold: '2' } },
      { change: { threshold: '4' }, stated: { probe: '500ms' } },
    ],
  },
  {
    name: 'lb-stick',
    design: 'lb',
    scenario: 'lb-two-active',
    knobs: { probe: '500ms', threshold: '2', existing: 'stick' },
    more: { boot: '4s' },
    changes: [
      { change: { boot: '8s' }, stated: {} },
      { change: { boot: '8s' }, stated: { boot: '4s' } },
    ],
  },
].filter(({ name }) => values.only === undefined || name === values.only);

const seqgap = (...args) =>
  execFileSync(process.execPath, ['dist/cli.js', ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  });

/** Only the phases of a trial that cost time and change no outage are shorter; the knobs are these. */
const write = (file, { name, design = name, scenario }, knobs) => {
  const lab = `lab: { design: ${design}, ${Object.entries(knobs)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ')} }\n`;
  const text = readFileSync(`scenarios/lab/${scenario}.yaml`, 'utf8')
    // Those that a node without their state has lost would be waited for.
    .replace(/^sessions:\n(?: .*\n)+/m, '')
    .replace(/^lab:(?: .*\n|\n(?: .*\n)+)/m, lab)
    .replace(/steady: \S+s/, 'steady: 2s')
    .replace(/recovered: \S+s/, 'recovered: 2s')
    .replace('failback: measure', 'failback: none');
  writeFileSync(file, text);
};

/** A trial that a busy host has made void tells nothing: the run is made again, so often. */
const MOST_TRIES = 4;

/** What a run prints; a limit that is exceeded is no fault here. */
const run = (...args) => {
  try {
    return seqgap('run', ...args, '--json');
  } catch (error) {
    if (error.stdout === '') throw error;
    return error.stdout;
  }
};

/** Trials of a scenario, all of them good; those that are there already are not measured again. */
const measured = (folder, lab, knobs, trials) => {
  const done = join(folder, 'result.json');
  for (let tries = 0; !existsSync(done); tries++) {
    if (tries === MOST_TRIES) throw new Error(`${folder}: no run without a void trial`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'scenario.yaml');
    write(file, lab, knobs);
    const text = run(file, '--repeat', String(trials), '--out', folder);
    if (JSON.parse(text).trials.every(({ status }) => status === 'ok')) writeFileSync(done, text);
  }
  return JSON.parse(readFileSync(done, 'utf8')).trials;
};

const optionsOf = (name, knobs) => Object.entries(knobs).flatMap(([key, value]) => [name, `${key}=${value}`]);
const words = (knobs) =>
  Object.entries(knobs)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ') || '-';

const rows = [];
for (const lab of LABS)
  for (let round = 1; round <= Number(values.rounds); round++) {
    const folder = join(OUT, lab.name, `round-${round}`);
    const knobs = { ...lab.knobs, ...lab.more };
    const [first] = measured(join(folder, 'original'), lab, knobs, TRIALS);
    const path = join(folder, 'original', first.scenario, first.run);
    for (const [index, { change, stated }] of lab.changes.entries()) {
      const twin = JSON.parse(
        seqgap('twin', path, ...optionsOf('--knob', stated), ...optionsOf('--what-if', change), '--json'),
      );
      const [next] = measured(join(folder, `change-${index + 1}`), lab, { ...knobs, ...change }, 1);
      const { next: said, next_as_it_is: now } = twin.what_if;
      const isHeld = next.outage_s !== null && said.lo_s <= next.outage_s && next.outage_s <= said.hi_s;
      rows.push({ lab: lab.name, change, stated, now, said, outage_s: next.outage_s, isHeld });
      console.error(`${rows.length}: ${lab.name} ${words(change)}: ${isHeld ? 'held' : 'MISSED'}`);
    }
  }

const seconds = ({ lo_s, hi_s }) => `${lo_s.toFixed(2)} to ${hi_s.toFixed(2)} s`;
console.log('| lab | changed to | stated | as it is | predicted | measured | held |');
console.log('| --- | --- | --- | --- | --- | ---: | --- |');
for (const { lab, change, stated, now, said, outage_s, isHeld } of rows)
  console.log(
    `| ${[lab, words(change), words(stated), seconds(now), seconds(said), `${outage_s?.toFixed(2) ?? 'none'} s`, isHeld ? 'yes' : 'no'].join(' | ')} |`,
  );
console.log(`\n${rows.filter(({ isHeld }) => isHeld).length} of ${rows.length} held.`);
