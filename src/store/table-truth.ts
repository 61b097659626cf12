import { aftercareOf } from '../model/event.js';
import type { ResultTables, RowKey, StreamRow } from '../model/record.js';

type Rows = Pick<ResultTables, 'trials' | 'streams'>;

const firstTwice = (keys: readonly string[]): string | null => {
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) return key;
    seen.add(key);
  }
  return null;
};

const placeOf = ({ trial, phase }: Pick<RowKey, 'trial' | 'phase'>): string =>
  `trial ${trial ?? '?'} ${phase ?? ''}`.trim();

const flowOf = (row: StreamRow): string =>
  [placeOf(row), row.stream, row.direction, row.family ?? ''].join(', ');

/** The three of them in order and none below 0; those that are not known are left out. */
const isInOrder = (bounds: readonly (number | null)[]): boolean => {
  const known = [0, ...bounds.filter((bound) => bound !== null)];
  return known.every((bound, index) => index === 0 || bound >= (known[index - 1] ?? 0));
};

const disorder = ({ trials, streams }: Rows): string | null => {
  const trial = trials.find(
    ({ outage_lo_s, outage_s, outage_hi_s }) => !isInOrder([outage_lo_s, outage_s, outage_hi_s]),
  );
  if (trial !== undefined) return `the outage of ${placeOf(trial)} is no interval`;
  const stream = streams.find(
    ({ longest_lo_s, longest_s, longest_hi_s }) => !isInOrder([longest_lo_s, longest_s, longest_hi_s]),
  );
  if (stream !== undefined) return `the outage of ${flowOf(stream)} is no interval`;
  const counted = streams.find(({ sent, received, lost }) => received > sent || lost > sent);
  return counted === undefined ? null : `${flowOf(counted)} has more answers or losses than probes`;
};

/**
 * What cannot be true of the tables of a run, in a clause; null: nothing. For runs without checksums, where a row that
 * somebody dropped, copied or changed would pass for a figure.
 *
 * @param crossing names of the scenario's streams, without the control streams
 */
export const untruth = (rows: Rows, crossing: readonly string[]): string | null => {
  const trialTwice = firstTwice(rows.trials.map(placeOf));
  if (trialTwice !== null) return `${trialTwice} is there twice`;
  const streamTwice = firstTwice(rows.streams.map(flowOf));
  if (streamTwice !== null) return `${streamTwice} is there twice`;
  const there = new Set(rows.streams.map((row) => `${placeOf(row)}\0${row.stream}`));
  for (const trial of rows.trials) {
    const lacking = crossing.find((stream) => !there.has(`${placeOf(trial)}\0${stream}`));
    if (lacking !== undefined) return `${placeOf(trial)} has no row of ${lacking}`;
  }
  const places = new Set(
    rows.trials.flatMap((row) => {
      const after = row.phase === null ? null : aftercareOf(row.phase);
      return [placeOf(row), ...(after === null ? [] : [placeOf({ ...row, phase: after })])];
    }),
  );
  const orphan = rows.streams.find((row) => !places.has(placeOf(row)));
  if (orphan !== undefined) return `${placeOf(orphan)} has rows of streams, but none of its own`;
  return disorder(rows);
};
