import * as z from 'zod';
import { family, nanoseconds, type Shape } from './schema.js';

/**
 * `failover` is the trial's own event; `failback` (reversion, RFC 6413) a phase with figures of its own; `no-sync` a
 * failover of the control arm, with state sync switched off: it has no part in limits or headlines.
 */
export const MEASURED_PHASES = ['failover', 'failback', 'no-sync'] as const;
export type MeasuredPhase = (typeof MEASURED_PHASES)[number];

/**
 * The time that is probed after a recovery (`trial.aftercare`), in rows of its own: what happens in it is no part of the
 * outage before it.
 */
export type AftercarePhase = 'aftercare' | 'failback-aftercare';
export type RowPhase = MeasuredPhase | AftercarePhase;

export const isAftercare = (phase: RowPhase | null): phase is AftercarePhase =>
  phase === 'aftercare' || phase === 'failback-aftercare';

/** The phase of the trial that a row belongs to. */
export const measuredOf = (phase: RowPhase): MeasuredPhase => {
  switch (phase) {
    case 'aftercare':
      return 'failover';
    case 'failback-aftercare':
      return 'failback';
    case 'failover':
    case 'failback':
    case 'no-sync':
      return phase;
  }
};

/** null: the control arm has none. */
export const aftercareOf = (phase: MeasuredPhase): AftercarePhase | null => {
  switch (phase) {
    case 'failover':
      return 'aftercare';
    case 'failback':
      return 'failback-aftercare';
    case 'no-sync':
      return null;
  }
};

/**
 * How a session ended before the trial did.
 *
 * - `refused-open`    it never opened
 * - `garbled`         octets came back lost, repeated, out of order or altered
 * - `other-protocol`  who answers does not speak what was asked for
 * - `no-data`         it opened, but what answers is not the server: no data came, or a proxy's word
 */
export const SESSION_ENDINGS = [
  'reset',
  'app-closed',
  'error',
  'refused-open',
  'garbled',
  'other-protocol',
  'no-data',
] as const;
export type SessionEnding = (typeof SESSION_ENDINGS)[number];

/** `key`: in the terminal of the watch; `command`: `seqgap mark`. */
const MARKED_BY = ['key', 'command'] as const;

export const ROLES = ['active', 'standby', 'transitioning', 'faulted', 'suspended', 'unknown'] as const;
export const role = z.enum(ROLES);
const of = z.enum(MEASURED_PHASES);
const stage = z.enum([
  'preflight',
  'steady',
  'trigger',
  'outage',
  'recovered',
  'aftercare',
  'drain',
  'restore',
  'failback',
  'cool-down',
]);
const figure = z.number().nullable();

/** The instrument's own error, per stream (docs/method.md, "The instrument is measured too"). */
const figures = z.object({
  sent: z.number(),
  unsent: z.number(),
  local_blocked: z.number(),
  lateness_p50_ms: figure,
  lateness_p99_ms: figure,
  lateness_max_ms: figure,
  /** Packets that the kernel threw away at the stream's own sockets; null: not known (older runs too). */
  socket_drops: figure.default(null),
});

/** One router, or the target, as it answered. */
const hop = z.object({ address: z.string().nullable(), rtt_ms: figure });

const path = z.object({
  address: z.string(),
  family,
  streams: z.array(z.string()),
  /** false: the vantage could not say. */
  routed: z.boolean(),
  /** Next hop by the routing table of the vantage before its first probe; null with `routed`: none, the target is on its own network. */
  gateway: z.string().nullable(),
  device: z.string().nullable(),
  source: z.string().nullable(),
  /** From 1 on; null: no raw socket. */
  hops: z.array(hop).nullable(),
  /** The last hop is the target itself. */
  reached: z.boolean(),
});

/** Who stamps a probe when it leaves, and what answers it when it comes: the kernel, or our process when it sends and reads. */
const stampedBy = z.enum(['kernel', 'process']);
export const stamps = z.object({ sent: stampedBy, received: stampedBy });
export type Stamps = Shape<typeof stamps>;

const action = { of, node: z.string(), action: z.string() };
const connection = { session: z.string(), connection: z.number() };
const observer = { observer: z.string(), subject: z.string() };

const event = <const E extends string, S extends z.core.$ZodLooseShape>(name: E, shape: S) =>
  z.object({ at_ns: nanoseconds, event: z.literal<E>(name), ...shape });

/**
 * One line of events.jsonl: everything of a trial that is not a probe or a heartbeat, on the same clock. `at_ns` counts
 * from the trial's origin.
 */
export const trialEventSchema = z.discriminatedUnion('event', [
  event('anchor', {
    vantage: z.string(),
    wall_ms: z.number(),
    offset_ns: z.number(),
    uncertainty_ns: z.number(),
  }),
  event('phase', { phase: stage, of }),
  /** `stamps`: of an engine that asks the kernel for them; with all others the process stamps, or the system's ping. */
  event('resolved', {
    stream: z.string(),
    address: z.string(),
    family,
    engine: z.string(),
    stamps: stamps.optional(),
    /** Source ports of its flows, where all probes of a flow have one. */
    source_ports: z.array(z.number()).exactOptional(),
  }),
  event('role', { node: z.string(), role, raw: z.string(), when: z.enum(['before', 'after', 'observed']) }),
  /**
   * An observer shows another value than before, or its first one. `at_ns` is when the answer had come; the change was
   * not before `since_ns`, when the last poll that still showed the old value was sent (null: nothing was known before).
   * Also the same value as before (`was`), where the observer had failed and answers again: nothing has changed then.
   */
  event('observed', {
    ...observer,
    value: z.string(),
    /** The value before; null: none was known. */
    was: z.string().nullable(),
    since_ns: nanoseconds.nullable(),
    /** Beside the value: a TTL, a word of the device. */
    detail: z.string().exactOptional(),
  }),
  /**
   * An observer that had answered does not any more (said once, until it answers again). The last poll that was answered was
   * sent at `since_ns`: what it showed is not known to have lasted any longer (null: none was; older runs do not say).
   */
  event('observer-failed', {
    ...observer,
    since_ns: nanoseconds.nullable().exactOptional(),
    detail: z.string(),
  }),
  /**
   * A device's own time of a change. `at_ns` is that time on the trial's clock, by the device's clock offset, which is
   * known to `uncertainty_ns` either way (it includes the resolution of the device's stamp).
   */
  event('device-time', {
    ...observer,
    value: z.string(),
    wall_ms: z.number(),
    offset_ns: z.number(),
    uncertainty_ns: z.number(),
  }),
  event('trigger-issued', { ...action, detail: z.string().exactOptional() }),
  event('trigger-accepted', { ...action, detail: z.string().exactOptional() }),
  event('trigger-closed', { ...action, detail: z.string().exactOptional() }),
  event('trigger-failed', { ...action, detail: z.string() }),
  /** Whether the roles showed that the action took place; `ok` false: not in time. */
  event('trigger-confirmed', { ...action, ok: z.boolean(), detail: z.string() }),
  event('undo', { node: z.string(), detail: z.string(), ok: z.boolean() }),
  /** The pair is as it was: everything undone, every node healthy, the state in sync. */
  event('restored', { of }),
  event('session-open', {
    ...connection,
    detail: z.string(),
    /** From the first SYN; left out by versions that did not say. */
    took_ms: z.number().exactOptional(),
    /** Of the TCP connection; left out by versions that did not say. */
    source_port: z.number().exactOptional(),
  }),
  event('session-error', { ...connection, ending: z.enum(SESSION_ENDINGS), detail: z.string() }),
  event('session-end', { ...connection, bytes: z.number(), in_order: z.boolean(), rto_ms: figure }),
  event('self-test', { vantage: z.string(), stream: z.string(), figures }),
  /** The kernel threw away packets that waited for a stream to read them, between `since_ns` and `at_ns`. */
  event('socket-drops', { stream: z.string(), drops: z.number(), since_ns: nanoseconds }),
  /**
   * The way from a vantage to a target of its crossing streams, looked at before the trigger and after the recovery: the
   * route of the vantage, and the hops that answered echo requests with a low hop limit. null: not known.
   */
  event('path', { of, when: z.enum(['before', 'after']), vantage: z.string(), ...path.shape }),
  /** The trial ended before its time, in this phase: by a person, a signal or an error. */
  event('broken-off', { of, phase: stage, reason: z.string() }),
  /**
   * Somebody says that something was done, or seen: when they pressed the key or started the command, known to `uncertainty_ns`
   * either way (null: nobody knows how long that took to come here).
   */
  event('mark', { text: z.string(), by: z.enum(MARKED_BY), uncertainty_ns: nanoseconds.nullable() }),
  event('note', { text: z.string() }),
]);

export type TrialEvent = Shape<typeof trialEventSchema>;
type Body<E> = E extends TrialEvent ? Omit<E, 'at_ns'> : never;
export type MarkEvent = Extract<TrialEvent, { event: 'mark' }>;
export type TrialEventBody = Body<TrialEvent>;
export type StageName = Shape<typeof stage>;
export type Role = Shape<typeof role>;
export type Hop = Shape<typeof hop>;
export type PathLook = Shape<typeof path>;
export type SendFigures = Shape<typeof figures>;
