import * as z from 'zod';
import { groupBy } from '../../../model/group-by.js';
import { NS_PER_S } from '../../../model/time.js';
import { STREAM_TYPES } from '../streams.js';
import type { MessyObservation } from './judge.js';
import { MESSY_ENGINES, MESSY_KINDS } from './kinds.js';
import type { RawHeader } from './raw.js';

const count = z.int().min(0);

/** What one engine was worth in one kind and variant. */
const cell = z.object({
  kind: z.enum(MESSY_KINDS),
  variant: z.string(),
  engine: z.enum(MESSY_ENGINES),
  trials: count,
  /** Those of which it says nothing (`void`), and so that it does not. */
  silent: count,
  /** Of the others: the truth is inside what is stated. */
  covered: count,
  /** Those with a point, and the sums of their errors as multiples of what the engine can tell (T). */
  points: count,
  error_T: z.number(),
  abs_error_T: z.number(),
  /** `ok` and a pass where the truth forbids it. */
  wrong_passes: count,
  statuses: z.record(z.string(), count),
});

const figure = z.number().nullable();

/** One observation, and where it is from. Seconds. */
const miss = z.object({
  /** Name of the recording's file. */
  recording: z.string(),
  /** 1-based within it. */
  trial: z.number(),
  kind: z.enum(MESSY_KINDS),
  variant: z.string(),
  engine: z.enum(MESSY_ENGINES),
  status: z.string(),
  verdict: z.string(),
  truth_lo_s: z.number(),
  truth_hi_s: z.number(),
  lo_s: figure,
  point_s: figure,
  hi_s: figure,
  covered: z.boolean().nullable(),
  error_T: figure,
  wrongPass: z.boolean(),
});

export const messySchema = z.object({
  format: z.literal(1),
  tool: z.object({ name: z.literal('seqgap'), version: z.string(), node: z.string() }),
  host: z.object({ name: z.string(), kernel: z.string(), cpus: z.number() }),
  /** Of the first and the last recording. */
  from_utc: z.string(),
  to_utc: z.string(),
  /** False: ended early, so that some kinds have fewer trials than asked for. */
  complete: z.boolean(),
  /** Labs at work at the same time, at most. */
  parallel: z.number(),
  /** Load averages of a minute, at the beginnings and ends of all recordings. */
  load: z.object({ least: z.number(), median: z.number(), most: z.number() }),
  streams: z.array(z.enum(STREAM_TYPES)),
  every_s: z.number(),
  cells: z.array(cell),
  /** Each one that is not covered, or a wrong pass. */
  misses: z.array(miss),
});

export type MessyCalibration = z.infer<typeof messySchema>;
export type MessyCell = z.infer<typeof cell>;

/** An observation, and where it is from. */
export interface PlacedObservation extends MessyObservation {
  /** Name of the recording's file. */
  readonly recording: string;
  /** 1-based within it. */
  readonly trial: number;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const rounded = (value: number): number => Number(value.toFixed(4));

const cellOf = (all: readonly [MessyObservation, ...MessyObservation[]]): MessyCell => {
  const [{ kind, variant, engine }] = all;
  const errors = all.flatMap(({ error_T, covered }) =>
    error_T === null || covered === null ? [] : [error_T],
  );
  return {
    kind,
    variant,
    engine,
    trials: all.length,
    silent: all.filter(({ covered }) => covered === null).length,
    covered: all.filter(({ covered }) => covered === true).length,
    points: errors.length,
    error_T: rounded(sum(errors)),
    abs_error_T: rounded(sum(errors.map(Math.abs))),
    wrong_passes: all.filter(({ wrongPass }) => wrongPass).length,
    statuses: Object.fromEntries(
      [...groupBy(all, ({ status }) => status)].map(([status, own]) => [status, own.length]),
    ),
  };
};

const orderOf = ({ kind, variant, engine }: MessyObservation): string =>
  [String(MESSY_KINDS.indexOf(kind)).padStart(2, '0'), variant, MESSY_ENGINES.indexOf(engine)].join('\t');

/** Sorted by kind, variant and engine. */
export const cellsOf = (observations: readonly MessyObservation[]): MessyCell[] =>
  [...groupBy(observations, orderOf)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, own]) => cellOf(own as [MessyObservation, ...MessyObservation[]]));

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** What a folder of recordings came to. @param headers of all recordings, at least one */
export const messyResult = (
  headers: readonly [Made, ...Made[]],
  observations: readonly PlacedObservation[],
  context: Pick<MessyCalibration, 'tool' | 'complete'>,
): MessyCalibration => {
  const dates = headers.map(({ date_utc }) => date_utc).toSorted();
  const loads = headers.flatMap(({ load }) => load);
  const [{ host, every_ns }] = headers;
  return {
    format: 1,
    ...context,
    host,
    from_utc: dates[0] as string,
    to_utc: dates.at(-1) as string,
    parallel: Math.max(...headers.map(({ parallel }) => parallel)),
    load: { least: Math.min(...loads), median: median(loads), most: Math.max(...loads) },
    streams: STREAM_TYPES.filter((type) => headers.some(({ streams }) => streams.includes(type))),
    every_s: every_ns / NS_PER_S,
    cells: cellsOf(observations),
    misses: observations.filter(({ covered, wrongPass }) => covered === false || wrongPass),
  };
};

type Made = Pick<RawHeader, 'date_utc' | 'load' | 'host' | 'every_ns' | 'parallel' | 'streams'>;
