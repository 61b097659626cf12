import * as z from 'zod';
import { scenario } from './plan.js';
import { type Shape, words } from './schema.js';

const figure = z.number().nullable();

/** The host that ran the trials, tested for less than half a second before the first one. */
const host = z.object({
  /** How late timers fire at 1,000/s with the prober's own scheduler; null without a sample. */
  lateness_p50_ms: figure,
  lateness_p99_ms: figure,
  lateness_max_ms: figure,
  /** The kernel's (`tsc`, `kvm-clock`, `hpet`…); null where it cannot be told. */
  clock_source: z.string().nullable(),
  /** Only the anchor depends on it, no duration; null where nobody can tell. */
  ntp: z.enum(['synchronised', 'not-synchronised']).nullable(),
  kernel: z.string(),
  cpus: z.number(),
  /** Share of CPU time taken by the hypervisor during the test, 0..1; null where it cannot be told. */
  steal_share: figure,
});

/** What the newest calibration on the same host said of the instrument (`seqgap calibrate`). */
const calibration = z.object({
  file: z.string(),
  date_utc: z.string(),
  streams: z.array(
    z.object({
      type: z.enum(['icmp', 'icmp6', 'ping', 'tcp', 'stamp', 'icmp-net-ping', 'stamp-udp']),
      interval_s: z.number(),
      /** Injected outages, and those among them whose true length was inside the stated interval. */
      n: z.number(),
      covered: z.number(),
    }),
  ),
});

/** How far a run came. `interrupted`: ended by a person or a signal, restored, results valid as far as they go. */
const status = z.enum(['running', 'complete', 'interrupted', 'failed']);

/**
 * run.json: what was asked for, by which tool, on which host. Secrets are already redacted. Fields that a newer version of
 * the same format added are passed over.
 */
export const runRecordSchema = z.object({
  format: z.literal(1),
  /** `watch`: nothing was triggered, one history from start to end (`seqgap watch`). Left out: trials. */
  kind: z.literal('watch').exactOptional(),
  run: z.string(),
  tool: z.object({ name: z.literal('seqgap'), version: z.string(), node: z.string() }),
  host: z.object({ name: z.string(), kernel: z.string(), cpus: z.number() }),
  /** null in runs of versions that did not test the host. */
  self_test: host.nullable().default(null),
  /** null where this host was never calibrated, and in runs of versions that did not look. */
  calibration: calibration.nullable().default(null),
  version: z.string(),
  labels: words,
  scenario_file: z.string(),
  scenario,
  started_utc: z.iso.datetime({ offset: true, error: 'there is no such time' }),
  ended_utc: z.string().nullable(),
  status,
  /** Why it ended early, redacted; null if it did not. */
  error: z.string().nullable(),
  /** Could the pair be restored? null while that is not known. */
  restored: z.boolean().nullable(),
  trials_planned: z.number(),
  trials_done: z.number(),
});

export type HostFigures = Shape<typeof host>;
export type NtpState = NonNullable<HostFigures['ntp']>;
export type CalibrationQuote = Shape<typeof calibration>;
export type RunStatus = Shape<typeof status>;
export type RunRecord = Shape<typeof runRecordSchema>;

/** What says what is done to whom, as a run resolved it: in run.json, and in the undo journal. */
export const targetSchema = scenario.pick({ lab: true, nodes: true, trigger: true, trial: true });

export type Target = Shape<typeof targetSchema>;
