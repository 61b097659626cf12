import { z } from 'zod';
import { lab } from './lab-plan.js';
import { http, login, nanoseconds, words } from './login.js';
import { milestone, observe, stop } from './observe-plan.js';
import { type Scenario, ACTIONS, DAYS, SESSION_METRICS, STREAM_METRICS, UNLIMITED } from './plan.js';
import { PLAIN_SESSION } from './session.js';

/** How far a run came. `interrupted`: ended by a person or a signal, restored, results valid as far as they go. */
export type RunStatus = 'running' | 'complete' | 'interrupted' | 'failed';

export type NtpState = 'synchronised' | 'not-synchronised';

/** The host that ran the trials, tested for less than half a second before the first one. */
export interface HostFigures {
  /** How late timers fire at 1,000/s with the prober's own scheduler; null without a sample. */
  readonly lateness_p50_ms: number | null;
  readonly lateness_p99_ms: number | null;
  readonly lateness_max_ms: number | null;
  /** The kernel's (`tsc`, `kvm-clock`, `hpet`…); null where it cannot be told. */
  readonly clock_source: string | null;
  /** Only the anchor depends on it, no duration; null where nobody can tell. */
  readonly ntp: NtpState | null;
  readonly kernel: string;
  readonly cpus: number;
  /** Share of CPU time taken by the hypervisor during the test, 0..1; null where it cannot be told. */
  readonly steal_share: number | null;
}

/** What the newest calibration on the same host said of the instrument (`seqgap calibrate`). */
export interface CalibrationQuote {
  readonly file: string;
  readonly date_utc: string;
  readonly streams: readonly {
    readonly type: 'icmp' | 'icmp6' | 'ping' | 'tcp' | 'stamp';
    readonly interval_s: number;
    /** Injected outages, and those among them whose true length was inside the stated interval. */
    readonly n: number;
    readonly covered: number;
  }[];
}

/** run.json: what was asked for, by which tool, on which host. Secrets are already redacted. */
export interface RunRecord {
  readonly format: 1;
  /** `watch`: nothing was triggered, one history from start to end (`seqgap watch`). Left out: trials. */
  readonly kind?: 'watch';
  readonly run: string;
  readonly tool: { readonly name: 'seqgap'; readonly version: string; readonly node: string };
  readonly host: { readonly name: string; readonly kernel: string; readonly cpus: number };
  /** null in runs of versions that did not test the host. */
  readonly self_test: HostFigures | null;
  /** null where this host was never calibrated, and in runs of versions that did not look. */
  readonly calibration: CalibrationQuote | null;
  readonly version: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly scenario_file: string;
  readonly scenario: Scenario;
  readonly started_utc: string;
  readonly ended_utc: string | null;
  readonly status: RunStatus;
  /** Why it ended early, redacted; null if it did not. */
  readonly error: string | null;
  /** Could the pair be restored? null while that is not known. */
  readonly restored: boolean | null;
  readonly trials_planned: number;
  readonly trials_done: number;
}

const family = z.union([z.literal(4), z.literal(6)]).nullable();

const logins = { ssh: login.nullable().default(null), http: http.nullable().default(null) };

const node = z.object({
  name: z.string(),
  driver: z.string(),
  ...logins,
  serial: z.string().nullable().default(null),
  params: words,
  power: z.object({ driver: z.string(), params: words, ...logins }).nullable(),
});

const vantage = z.object({
  name: z.string(),
  kind: z.enum(['local', 'netns', 'ssh', 'exec']),
  prefix: z.array(z.string()),
  agent: z.array(z.string()).nullable(),
});

const stream = z.object({
  name: z.string(),
  type: z.enum(['icmp', 'tcp', 'stamp', 'dns', 'http']),
  from: z.string(),
  host: z.string(),
  port: z.number().nullable(),
  family,
  every_ns: nanoseconds,
  wait_ns: nanoseconds,
  size: z.number(),
  control: z.boolean(),
  engine: z.enum(['auto', 'net-ping', 'ping']),
  flows: z.number().default(1),
  stamp: z
    .object({
      ssid: z.number(),
      timestamps: z.enum(['ntp', 'ptp']),
      end: z.enum(['near', 'far']).nullable(),
    })
    .nullable()
    .default(null),
  dns: z.object({ query: z.string(), record: z.enum(['A', 'AAAA']) }).exactOptional(),
  http: z
    .object({
      path: z.string(),
      resolve: z.enum(['once', 'each', 'cached']),
      resolver: z.object({ address: z.string(), port: z.number() }).nullable(),
    })
    .exactOptional(),
});

const session = z.object({
  name: z.string(),
  type: z.enum(['tcp', 'ssh', 'http']),
  from: z.string(),
  host: z.string(),
  port: z.number(),
  family,
  count: z.number(),
  heartbeat_ns: nanoseconds,
  login: login.nullable(),
  control: z.boolean(),
  payload: z.number().default(PLAIN_SESSION.payload),
  idle: z.boolean().default(PLAIN_SESSION.idle),
  speaksFirst: z.enum(['client', 'server']).default(PLAIN_SESSION.speaksFirst),
  ages: z.array(z.union([nanoseconds, z.literal('during')])).default([]),
  keepalive_ns: nanoseconds.nullable().default(PLAIN_SESSION.keepalive_ns),
  openEvery_ns: nanoseconds.nullable().default(PLAIN_SESSION.openEvery_ns),
  wait_ns: nanoseconds.default(PLAIN_SESSION.wait_ns),
  mode: z.enum(['requests', 'download']).default(PLAIN_SESSION.mode),
  path: z.string().default(PLAIN_SESSION.path),
  remote: z.enum(['cat', 'shell']).default(PLAIN_SESSION.remote),
});

const guard = z.object({
  flaps: z.number().nullable(),
  within_ns: nanoseconds.nullable(),
  pause_ns: nanoseconds.nullable(),
  wait_ns: nanoseconds,
});

const window = z.object({
  from_min: z.number(),
  to_min: z.number(),
  days: z.array(z.enum(DAYS)),
  timezone: z.string().nullable(),
});

const trigger = z.object({
  node: z.string(),
  action: z.enum(ACTIONS),
  variant: z.string().nullable().default(null),
  command: z.string().nullable(),
  undo: z.string().nullable(),
  prompt: z.string().nullable(),
  timeout_ns: nanoseconds,
  guard: guard.default(UNLIMITED.guard),
  window: window.nullable().default(null),
});

const trial = z.object({
  repeat: z.number(),
  steady_ns: nanoseconds,
  recovered_ns: nanoseconds,
  giveUp_ns: nanoseconds,
  restore_ns: nanoseconds,
  failback: z.enum(['measure', 'none']),
  coolDown_ns: nanoseconds,
  backgroundLoss: z.number().exactOptional(),
  aftercare: z.object({ for_ns: nanoseconds, every_ns: nanoseconds.nullable() }).exactOptional(),
  via: z.array(z.string()).exactOptional(),
  stopWhen: z.array(stop).exactOptional(),
});

const scenario = z.object({
  name: z.string(),
  description: z.string(),
  labels: words,
  version: z.string(),
  lab: lab.nullable(),
  nodes: z.array(node),
  vantages: z.array(vantage),
  streams: z.array(stream),
  sessions: z.array(session),
  trigger,
  observe: z.array(observe),
  phases: z.array(z.object({ name: z.string(), until: milestone })).default([]),
  trial,
  analysis: z.object({ delayThreshold_ns: nanoseconds.nullable(), mergeGap_ns: nanoseconds }),
  limits: z.array(
    z.object({
      key: z.string(),
      subject: z.string(),
      metric: z.enum([...STREAM_METRICS, ...SESSION_METRICS]),
      value: z.number(),
      text: z.string(),
    }),
  ),
  controlArm: z
    .object({ arm: z.literal('no-sync'), repeat: z.number() })
    .nullable()
    .default(null),
}) satisfies z.ZodType<Scenario>;

/** What says what is done to whom, as a run resolved it: in run.json, and in the undo journal. */
export const targetSchema = scenario.pick({
  lab: true,
  nodes: true,
  trigger: true,
  trial: true,
}) satisfies z.ZodType<Target>;

export type Target = Pick<Scenario, 'lab' | 'nodes' | 'trigger' | 'trial'>;

const selfTest = z.object({
  lateness_p50_ms: z.number().nullable(),
  lateness_p99_ms: z.number().nullable(),
  lateness_max_ms: z.number().nullable(),
  clock_source: z.string().nullable(),
  ntp: z.enum(['synchronised', 'not-synchronised']).nullable(),
  kernel: z.string(),
  cpus: z.number(),
  steal_share: z.number().nullable(),
});

const calibration = z.object({
  file: z.string(),
  date_utc: z.string(),
  streams: z.array(
    z.object({
      type: z.enum(['icmp', 'icmp6', 'ping', 'tcp', 'stamp']),
      interval_s: z.number(),
      n: z.number(),
      covered: z.number(),
    }),
  ),
});

/** run.json as written by `writeRecord`. Fields that a newer version of the same format added are passed over. */
export const runRecordSchema = z.object({
  format: z.literal(1),
  kind: z.literal('watch').exactOptional(),
  run: z.string(),
  tool: z.object({ name: z.literal('seqgap'), version: z.string(), node: z.string() }),
  host: z.object({ name: z.string(), kernel: z.string(), cpus: z.number() }),
  self_test: selfTest.nullable().default(null),
  calibration: calibration.nullable().default(null),
  version: z.string(),
  labels: words,
  scenario_file: z.string(),
  scenario,
  started_utc: z.iso.datetime({ offset: true, error: 'there is no such time' }),
  ended_utc: z.string().nullable(),
  status: z.enum(['running', 'complete', 'interrupted', 'failed']),
  error: z.string().nullable(),
  restored: z.boolean().nullable(),
  trials_planned: z.number(),
  trials_done: z.number(),
}) satisfies z.ZodType<RunRecord>;
