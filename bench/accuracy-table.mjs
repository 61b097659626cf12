import { quantileOf } from '../build/analysis/statistics/quantile.js';

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const ms = (seconds) => (seconds === null ? '' : (seconds * 1e3).toFixed(1));

const line = ([name, observations], wanted) => {
  const own = observations.filter(wanted);
  const errors = own.map(({ error_s }) => error_s).filter((error) => error !== null);
  const absolute = errors.map(Math.abs);
  const inside = own.some(({ covered }) => covered !== null)
    ? `${((100 * own.filter(({ covered }) => covered).length) / own.length).toFixed(1)} %`
    : 'states none';
  const figures = [mean(errors), mean(absolute), quantileOf(absolute, 0.95), Math.max(...absolute)].map(ms);
  return `| ${[name, own.length, ...figures, inside].join(' | ')} |`;
};

const table = (rows, wanted) => [
  '| tool | n | bias, ms | mean error, ms | 95 % error, ms | largest, ms | truth in its interval |',
  '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
  ...rows.map((row) => line(row, wanted)),
];

/** bench/accuracy.md. Errors are of what a tool says of one outage against its true length. */
export const accuracyTable = (rows, { date, machine, tools, truth_ms }) =>
  [
    '# Accuracy',
    '',
    'Outages of known length (50 ms to 3.4 s, each up to a fifth longer or shorter) in the gate of `seqgap calibrate`,',
    'every tool at 10 ms and all at the same time, so that each saw the same outages. The truth is known to',
    `±${truth_ms.toFixed(1)} ms on average (docs/calibration.md). Nothing is refused here: irtt ends at the first ICMP error.`,
    '',
    `- ${date}, ${machine}`,
    `- ${tools}`,
    '- made by `node bench/accuracy.mjs --out bench/accuracy.md`',
    '',
    '## Packets dropped, in both directions or in one',
    '',
    ...table(rows, ({ kind }) => kind !== 'arp'),
    '',
    '## Packets queued by an unresolved neighbour, then released at once',
    '',
    'The truth here is how long packets did not arrive within 100 ms.',
    '',
    ...table(rows, ({ kind }) => kind === 'arp'),
    '',
  ].join('\n');
