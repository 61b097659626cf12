/**
 * How often `compare` and `gate` say what they should, on simulated outages whose truth is known: the rate of false alarms where
 * nothing changed, and the power to see 20 % and 1 s. Prints the tables of bench/gate-power.md. Nothing is timed.
 *
 *   npm run build && npm run modules && node bench/gate-power.mjs [--repeats 2000] [--seed 1] [--only compare|gate|nights|twice|trend]
 */
import { parseArgs } from 'node:util';
import { compareTimes } from '../build/analysis/comparison/times.js';
import { judgeGate } from '../build/analysis/gate/gate.js';
import { changePoints } from '../build/analysis/statistics/change-points.js';
import { seededRandom } from '../build/analysis/statistics/random.js';
import { CHANGES, DESIGNS, measured, trialsOf } from './outage-model.mjs';
import { simulatedRun } from './simulated-run.mjs';

const { values } = parseArgs({
  options: {
    repeats: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const REPEATS = Number(values.repeats);
const SIZES = [4, 10, 30];
/** The baseline of `gate`, if nothing else is asked for. */
const NIGHTS = 20;
const PER_NIGHT = 4;
const MARGIN = { kind: 'share', value: 0.1 };

/** Every cell has numbers of its own, so that one can be repeated alone. */
const randomOf = (...parts) =>
  seededRandom(
    Array.from(`${values.seed}/${parts.join('/')}`).reduce(
      (sum, char) => (sum * 31 + char.charCodeAt(0)) | 0,
      7,
    ),
  );

const percent = (share) => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
const row = (cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) =>
  [row(head), row(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(row)].join('\n');

/** How often each answer was given. */
const sharesOf = (answer) => {
  const counts = new Map();
  for (let i = 0; i < REPEATS; i += 1) {
    const given = answer();
    counts.set(given, (counts.get(given) ?? 0) + 1);
  }
  return (...wanted) => wanted.reduce((sum, each) => sum + (counts.get(each) ?? 0), 0) / REPEATS;
};

const comparison = ({ name, draw }, n, { name: change, apply }) => {
  const random = randomOf('compare', name, n, change);
  return sharesOf(() => {
    const base = trialsOf(n, { draw, apply: CHANGES[0].apply }, random);
    return compareTimes(base, trialsOf(n, { draw, apply }, random), MARGIN, 0.95).verdict;
  });
};

const compareTable = () =>
  table(
    [
      'outages',
      'trials a side',
      'no change: `worse` or `better`',
      '`equivalent`',
      '20 % longer: `worse`',
      '1 s longer: `worse`',
    ],
    DESIGNS.flatMap((design) =>
      SIZES.map((n) => {
        const [same, share, second] = CHANGES.map((change) => comparison(design, n, change));
        const cells = [same('worse', 'better'), same('equivalent'), share('worse'), second('worse')];
        return [design.name, n, ...cells.map(percent)];
      }),
    ),
  );

const nightOf = (index, count, design, random) => {
  const own = design.nightly === undefined ? 0 : design.nightly(random);
  const outages = Array.from({ length: count }, () => {
    const outage = design.apply(design.draw(random)) + own;
    // Down once more, some seconds after that.
    const isTwice = design.twice !== undefined && random() < design.twice;
    const again = isTwice ? { outage_s: 0.3, after_s: 1 + 4 * random() } : null;
    // New connections come back a little later than packets.
    return { ping: measured(outage, random), web: measured(outage + 0.02 * random(), random), again };
  });
  const day = new Date(Date.UTC(2026, 0, index + 1)).toISOString().slice(0, 10);
  return simulatedRun(`${day}-night`, `${day}T02:00:00.000Z`, outages);
};

const gate = (design, n, { name: change, apply }) => {
  const random = randomOf('gate', design.name, n, change);
  return sharesOf(() => {
    const before = { ...design, apply: CHANGES[0].apply };
    const runs = Array.from({ length: NIGHTS }, (_, index) => nightOf(index, PER_NIGHT, before, random));
    const tested = nightOf(NIGHTS, n, { ...design, apply }, random);
    const rule = { kind: 'last', nights: NIGHTS };
    return judgeGate(tested, { runs, leftOut: [] }, { rule, margin: MARGIN, alpha: 0.05 }).verdict;
  });
};

const gateTable = (designs) =>
  table(
    ['outages', 'trials in the new night', 'no change: fails', '20 % longer: fails', '1 s longer: fails'],
    designs.flatMap((design) =>
      SIZES.map((n) => [
        design.name,
        n,
        ...CHANGES.map((change) => percent(gate(design, n, change)('fail'))),
      ]),
    ),
  );

/** Nights that differ by chance, all their trials together: temperature, load, the hour. */
const DIFFERING = [
  { ...DESIGNS[0], name: 'VRRP, each night up to 0.25 s longer', nightly: (random) => 0.25 * random() },
  { ...DESIGNS[0], name: 'VRRP, each night up to 1 s longer', nightly: (random) => random() },
  { ...DESIGNS[0], name: 'VRRP, each night up to 10 s longer', nightly: (random) => 10 * random() },
  { ...DESIGNS[0], name: 'VRRP, 30 % of nights 1 s longer', nightly: (random) => (random() < 0.3 ? 1 : 0) },
  {
    ...DESIGNS[1],
    name: 'cloud API, 30 % of nights 40 s longer',
    nightly: (random) => (random() < 0.3 ? 40 : 0),
  },
];

/** Trials that are down a second time: span and count are figures of the gate too then. */
const TWICE = [
  { ...DESIGNS[0], name: 'VRRP, 20 % of trials down twice', twice: 0.2 },
  { ...DESIGNS[0], name: 'VRRP, 60 % of trials down twice', twice: 0.6 },
];

const trend = (length, after, change) => {
  const random = randomOf('trend', length, after, change.name);
  const medianOf = (apply) => {
    const own = trialsOf(PER_NIGHT, { ...DESIGNS[0], apply }, random).map(({ value_s }) => value_s);
    return own
      .toSorted((a, b) => a - b)
      .slice(1, 3)
      .reduce((sum, value) => sum + value / 2, 0);
  };
  return sharesOf(() => {
    const series = Array.from({ length }, (_, i) =>
      medianOf(i < length - after ? CHANGES[0].apply : change.apply),
    );
    return changePoints(series, { random }).length > 0;
  })(true);
};

const trendTable = () =>
  table(
    ['nights', 'no change: marked', ...[5, 10, 20].map((after) => `20 % longer for the last ${after}`)],
    [30, 100].map((length) => [
      length,
      percent(trend(length, 0, CHANGES[0])),
      ...[5, 10, 20].map((after) => percent(trend(length, after, CHANGES[1]))),
    ]),
  );

const TABLES = {
  compare: compareTable,
  gate: () => gateTable(DESIGNS),
  nights: () => gateTable(DIFFERING),
  twice: () => gateTable(TWICE),
  trend: trendTable,
};
for (const [name, make] of Object.entries(TABLES))
  if (values.only === undefined || values.only === name)
    console.log(`${name}, ${REPEATS} repeats\n\n${make()}\n`);
