import { expect, test } from 'vitest';
import type { ResultTables } from '../../../src/model/tables.js';
import { untruth } from '../../../src/store/table-file.js';
import { fullInput } from '../../golden/report/input.js';

const [trial] = fullInput.tables.trials;
const [stream] = fullInput.tables.streams;
if (trial === undefined || stream === undefined) throw new Error('the golden run is empty');

const good = {
  trials: [{ ...trial, trial: 1, phase: 'failover', outage_lo_s: 1, outage_s: 2, outage_hi_s: 3 }],
  streams: [{ ...stream, trial: 1, phase: 'failover', longest_lo_s: 1, longest_s: 2, longest_hi_s: 3 }],
} as Pick<ResultTables, 'trials' | 'streams'>;
const [goodTrial] = good.trials;
const [goodStream] = good.streams;
if (goodTrial === undefined || goodStream === undefined) throw new Error('no rows');
const crossing = [stream.stream];

test('tables as they are written', () => {
  expect(untruth(good, crossing)).toBeNull();
  const { tables, record } = fullInput;
  const names = record.scenario.streams.filter(({ control }) => !control).map(({ name }) => name);
  // The golden run is made up: not each of its trials has rows of each stream.
  expect(untruth({ ...tables, streams: [] }, names)).not.toBeNull();
});

test.each([
  ['a trial twice', { ...good, trials: [goodTrial, goodTrial] }, 'trial 1 failover is there twice'],
  ['a stream twice', { ...good, streams: [goodStream, goodStream] }, 'is there twice'],
  ['a row of a stream dropped', { ...good, streams: [] }, `trial 1 failover has no row of ${stream.stream}`],
  [
    'a trial dropped',
    { ...good, streams: [goodStream, { ...goodStream, trial: 2 }] },
    'trial 2 failover has rows of streams, but none of its own',
  ],
  [
    'a negative outage',
    { ...good, trials: [{ ...goodTrial, outage_lo_s: -1 }] },
    'the outage of trial 1 failover is no interval',
  ],
  ['an outage beyond its bound', { ...good, streams: [{ ...goodStream, longest_s: 4 }] }, 'is no interval'],
] as const)('%s', (_name, rows, words) => {
  expect(untruth(rows, crossing)).toContain(words);
});

test('a bound that is not known is no error', () => {
  const censored = { ...good, trials: [{ ...goodTrial, outage_s: null, outage_hi_s: null }] };
  expect(untruth(censored, crossing)).toBeNull();
});
