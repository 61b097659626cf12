import * as z from 'zod';
import { OUTAGE_KINDS } from '../../lab/cutter/topology.js';
import { STREAM_TYPES } from './streams.js';

const figure = z.number().nullable();

const agreement = z.object({
  n: z.number(),
  covered: z.number(),
  unseen: z.number(),
  split: z.number(),
  mean_error_ms: figure,
  mean_abs_error_ms: figure,
  p95_error_ms: figure,
  mean_width_ms: figure,
  truth_width_ms: figure,
});

const kind = z.enum(OUTAGE_KINDS);

const stream = z.object({
  stream: z.string(),
  type: z.enum(STREAM_TYPES),
  interval_s: z.number(),
  /** Between two sends, really: the system's ping sends every 16 ms when it is told 10. */
  spacing_s: figure,
  total: agreement,
  cells: z.array(agreement.extend({ kind, length_s: z.number() })),
  /** Outages reported that were never made. */
  spurious: z.number(),
  unsent: z.number(),
  lateness_p99_ms: figure,
});

/** One outage and what one stream said of it: the raw material of every figure above. */
const observation = z.object({
  stream: z.string(),
  kind,
  length_s: z.number(),
  at_s: z.number(),
  truth_lo_s: z.number(),
  truth_hi_s: z.number(),
  rows: z.number(),
  lo_s: z.number(),
  point_s: figure,
  hi_s: figure,
  error_s: figure,
  covered: z.boolean(),
});

const quiet = z.object({
  stream: z.string(),
  /** Outages reported though there was none. */
  outages: z.number(),
  sent: z.number(),
  lost: z.number(),
  unsent: z.number(),
  slowest_ms: figure,
});

const version = z.string().nullable();

/** The calibration file: what this host's instrument was worth on a certain day. */
export const calibrationSchema = z.object({
  format: z.literal(1),
  tool: z.object({ name: z.literal('seqgap'), version: z.string(), node: z.string() }),
  host: z.object({ name: z.string(), kernel: z.string(), cpus: z.number() }),
  engines: z.object({ native: version.default(null), 'net-ping': version, ping: version, nft: version }),
  date_utc: z.string(),
  /** False: ended by Ctrl-C. */
  complete: z.boolean(),
  settings: z.object({
    outages: z.number(),
    lengths_s: z.array(z.number()),
    kinds: z.array(kind),
    delay_threshold_s: z.number(),
  }),
  streams: z.array(stream),
  null_run: z.object({ duration_s: z.number(), streams: z.array(quiet) }).nullable(),
  /** The agent was stopped for this long: a hole in sends (`unsent`), never an outage. */
  stall: z.object({ duration_s: z.number(), streams: z.array(quiet) }).nullable(),
  observations: z.array(observation),
});

export type Calibration = z.infer<typeof calibrationSchema>;
export type CalibratedStreamResult = Calibration['streams'][number];
export type QuietResult = Calibration['stall'];
