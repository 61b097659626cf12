/**
 * How often the headline of a trial is right where the network is messy: simulated probes whose truth is known. Prints the
 * table of bench/coverage.md, by kind. Nothing is timed.
 *
 *   node bench/coverage.mjs [--repeats 1000] [--seed 1] [--only WORD]
 */
import { parseArgs } from 'node:util';
import { seededRandom, type Random } from '../src/analysis/statistics/random.js';
import { headlineRow, triggerOf, trialIn, type World } from '../test/unit/analysis/messy-world.js';

const { values } = parseArgs({
  options: {
    repeats: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const REPEATS = Number(values.repeats);

interface Kind {
  readonly name: string;
  readonly world: (random: Random) => World;
  /** Any other is wrong. */
  readonly status: readonly string[];
}

const TRIGGER = triggerOf({ streams: [], drops: [] });
const uniform = (random: Random, from: number, to: number): number => from + random() * (to - from);
const fast = { every: 10 };
const one = [fast];
const times = <T>(count: number, each: T): T[] => Array.from({ length: count }, () => each);

/** One outage of 0.3 to 4 s, soon after the trigger. */
const outage = (random: Random, least = 300, most = 4000): World['drops'] => {
  const from = TRIGGER + uniform(random, 50, 500);
  return [{ from, to: from + uniform(random, least, most) }];
};

const clean = (name: string, streams: World['streams']): Kind => ({
  name,
  world: (random) => ({ streams, drops: outage(random) }),
  status: ['ok'],
});

const lossy = (percent: number, count: number): Kind => ({
  name: `${percent} % random loss on each way, ${count === 1 ? 'one stream' : `${count} streams`}`,
  world: (random) => ({
    streams: times(count, fast),
    drops: outage(random),
    loss: percent / 100,
    allowed: 0.12,
  }),
  status: ['ok'],
});

const blips = (random: Random): World['drops'] => {
  const from = TRIGGER + uniform(random, 50, 500);
  return Array.from({ length: 40 }, (_, index) => ({
    from: from + index * 200,
    to: from + index * 200 + 100,
  }));
};

const onAWayOf = (rtt: number, random: Random): World['streams'][number] => {
  const behind = uniform(random, 0, rtt);
  return { every: 10, behind, near: rtt - behind };
};

const stalled = (random: Random, streams: World['streams']): World => {
  const from = TRIGGER + uniform(random, 50, 500);
  const hidden = from + uniform(random, 300, 1300);
  return {
    streams,
    drops: [
      { from, to: from + 30 },
      { from: hidden, to: hidden + 2000 },
    ],
    stall: { from: from + 250, to: hidden + 2100 },
  };
};

const KINDS: readonly Kind[] = [
  clean('clean, one stream', one),
  clean('clean, 4 equal streams', times(4, fast)),
  clean('clean, 12 equal streams', times(12, fast)),
  clean('clean, every 10 ms and every 100 ms', [fast, { every: 100 }]),
  {
    name: 'clean, 5 to 50 ms long',
    world: (random) => ({ streams: one, drops: outage(random, 5, 50) }),
    status: ['ok', 'unaffected'],
  },
  ...[0.1, 0.5, 1, 2, 5].map((percent) => lossy(percent, 1)),
  ...[0.1, 0.5, 1, 2, 5].map((percent) => lossy(percent, 4)),
  {
    name: 'flapping: 40 times 0.1 s, the longest',
    world: (random) => ({ streams: one, drops: blips(random), wait: 18_000 }),
    status: ['ok'],
  },
  {
    name: 'far: the pair anywhere on a round trip of 50 ms',
    world: (random) => ({ streams: [onAWayOf(50, random)], drops: outage(random) }),
    status: ['ok'],
  },
  {
    name: 'far: anywhere on round trips of 2 to 200 ms, 4 streams',
    world: (random) => ({
      streams: times(4, null).map(() => onAWayOf(uniform(random, 2, 200), random)),
      drops: outage(random),
    }),
    status: ['ok'],
  },
  {
    name: 'far: all of the 50 ms behind the pair',
    world: (random) => ({ streams: [{ every: 10, behind: 50 }], drops: outage(random) }),
    status: ['ok'],
  },
  {
    name: 'slow: every answer 120 ms later afterwards',
    world: (random) => ({ streams: one, drops: outage(random), slowerAfter: 120, gaveUp: true }),
    status: ['degraded'],
  },
  {
    name: 'stall of the prober that hides 2 s, after a blip of 30 ms',
    world: (random) => stalled(random, one),
    status: ['void'],
  },
  {
    name: 'stall of one prober; another stream sees all',
    world: (random) => stalled(random, [fast, { every: 10, apart: true }]),
    status: ['void', 'ok'],
  },
  {
    name: '2 % random loss on each way only afterwards, for ever',
    world: (random) => ({ streams: one, drops: outage(random), lossAfter: 0.02, gaveUp: true }),
    status: ['degraded'],
  },
];

const isWithin = (value: number, lo: number | null, hi: number | null): boolean =>
  lo !== null && lo <= value + 1e-9 && (hi === null || value <= hi + 1e-9);

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const rowOf = ({ name, world, status }: Kind, index: number): string => {
  const random = seededRandom(Number(values.seed) * 1000 + index);
  let [within, wrong, errors, headlines] = [0, 0, 0, 0];
  let widths = 0;
  let known = 0;
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const made = world(random);
    const result = trialIn(made, Math.floor(random() * 2 ** 31));
    if (!status.includes(result.trials[0]?.status ?? '')) wrong += 1;
    if (result.trials[0]?.headline_stream == null) continue;
    headlines += 1;
    const row = headlineRow(result);
    const truth = Math.max(...made.drops.map(({ from, to }) => to - from)) / 1000;
    if (isWithin(truth, row.longest_lo_s, row.longest_hi_s)) within += 1;
    if (row.longest_s === null || row.longest_hi_s === null) continue;
    known += 1;
    errors += (row.longest_s - truth) / row.interval_s;
    widths += (row.longest_hi_s - (row.longest_lo_s ?? 0)) / row.interval_s;
  }
  const mean = (sum: number): string => (known === 0 ? '' : (sum / known).toFixed(2));
  const cells = [
    name,
    headlines === 0 ? '' : percent(within / headlines),
    mean(errors),
    mean(widths),
    percent(wrong / REPEATS),
  ];
  return `| ${cells.join(' | ')} |`;
};

const kinds = KINDS.filter(({ name }) => name.includes(values.only ?? ''));
process.stdout.write(
  '| kind | truth inside | mean error, T | mean width, T | another status than it should be |\n' +
    '| --- | ---: | ---: | ---: | ---: |\n',
);
for (const kind of kinds) process.stdout.write(`${rowOf(kind, KINDS.indexOf(kind))}\n`);
