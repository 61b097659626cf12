import { z } from 'zod';
import { type Nanoseconds, ns } from './time.js';

/**
 * One line of events.jsonl: everything of a trial that is not a probe or a heartbeat, on the same clock.
 * `at_ns` counts from the trial's origin.
 */
export type TrialEvent = { readonly at_ns: Nanoseconds } & TrialEventBody;

export type StageName =
  | 'preflight'
  | 'steady'
  | 'trigger'
  | 'outage'
  | 'recovered'
  | 'aftercare'
  | 'drain'
  | 'restore'
  | 'failback'
  | 'cool-down';

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

export type Role = 'active' | 'standby' | 'transitioning' | 'faulted' | 'suspended' | 'unknown';

export type TrialEventBody =
  | {
      readonly event: 'anchor';
      readonly vantage: string;
      readonly wall_ms: number;
      readonly offset_ns: number;
      readonly uncertainty_ns: number;
    }
  | { readonly event: 'phase'; readonly phase: StageName; readonly of: MeasuredPhase }
  | {
      readonly event: 'resolved';
      readonly stream: string;
      readonly address: string;
      readonly family: 4 | 6;
      readonly engine: string;
    }
  | {
      readonly event: 'role';
      readonly node: string;
      readonly role: Role;
      readonly raw: string;
      readonly when: 'before' | 'after' | 'observed';
    }
  /**
   * An observer shows another value than before, or its first one. `at_ns` is when the answer had come; the change was
   * not before `since_ns`, when the last poll that still showed the old value was sent (null: nothing was known before).
   * Also the same value as before (`was`), where the observer had failed and answers again: nothing has changed then.
   */
  | {
      readonly event: 'observed';
      readonly observer: string;
      readonly subject: string;
      readonly value: string;
      /** The value before; null: none was known. */
      readonly was: string | null;
      readonly since_ns: Nanoseconds | null;
      /** Beside the value: a TTL, a word of the device. */
      readonly detail?: string;
    }
  /** An observer that had answered does not any more (said once, until it answers again). */
  | {
      readonly event: 'observer-failed';
      readonly observer: string;
      readonly subject: string;
      readonly detail: string;
    }
  /**
   * A device's own time of a change. `at_ns` is that time on the trial's clock, by the device's clock offset, which is
   * known to `uncertainty_ns` either way (it includes the resolution of the device's stamp).
   */
  | {
      readonly event: 'device-time';
      readonly observer: string;
      readonly subject: string;
      readonly value: string;
      readonly wall_ms: number;
      readonly offset_ns: number;
      readonly uncertainty_ns: number;
    }
  | {
      readonly event: 'trigger-issued' | 'trigger-accepted' | 'trigger-closed';
      readonly of: MeasuredPhase;
      readonly node: string;
      readonly action: string;
      readonly detail?: string;
    }
  | {
      readonly event: 'trigger-failed';
      readonly of: MeasuredPhase;
      readonly node: string;
      readonly action: string;
      readonly detail: string;
    }
  /** Whether the roles showed that the action took place; `ok` false: not in time. */
  | {
      readonly event: 'trigger-confirmed';
      readonly of: MeasuredPhase;
      readonly node: string;
      readonly action: string;
      readonly ok: boolean;
      readonly detail: string;
    }
  | { readonly event: 'undo'; readonly node: string; readonly detail: string; readonly ok: boolean }
  /** The pair is as it was: everything undone, every node healthy, the state in sync. */
  | { readonly event: 'restored'; readonly of: MeasuredPhase }
  | {
      readonly event: 'session-open';
      readonly session: string;
      readonly connection: number;
      readonly detail: string;
      /** From the first SYN; left out by versions that did not say. */
      readonly took_ms?: number;
    }
  | {
      readonly event: 'session-error';
      readonly session: string;
      readonly connection: number;
      readonly ending: SessionEnding;
      readonly detail: string;
    }
  | {
      readonly event: 'session-end';
      readonly session: string;
      readonly connection: number;
      readonly bytes: number;
      readonly in_order: boolean;
      readonly rto_ms: number | null;
    }
  | {
      readonly event: 'self-test';
      readonly vantage: string;
      readonly stream: string;
      readonly figures: SendFigures;
    }
  /** The kernel threw away packets that waited for a stream to read them, between `since_ns` and `at_ns`. */
  | {
      readonly event: 'socket-drops';
      readonly stream: string;
      readonly drops: number;
      readonly since_ns: Nanoseconds;
    }
  /**
   * The way from a vantage to a target of its crossing streams, looked at before the trigger and after the recovery: the
   * route of the vantage, and the hops that answered echo requests with a low hop limit. null: not known.
   */
  | ({
      readonly event: 'path';
      readonly of: MeasuredPhase;
      readonly when: 'before' | 'after';
      readonly vantage: string;
    } & PathLook)
  /** The trial ended before its time, in this phase: by a person, a signal or an error. */
  | {
      readonly event: 'broken-off';
      readonly of: MeasuredPhase;
      readonly phase: StageName;
      readonly reason: string;
    }
  | { readonly event: 'note'; readonly text: string };

/** One router, or the target, as it answered. */
export interface Hop {
  readonly address: string | null;
  readonly rtt_ms: number | null;
}

export interface PathLook {
  readonly address: string;
  readonly family: 4 | 6;
  readonly streams: readonly string[];
  /** false: the vantage could not say. */
  readonly routed: boolean;
  /** Next hop by the routing table of the vantage before its first probe; null with `routed`: none, the target is on its own network. */
  readonly gateway: string | null;
  readonly device: string | null;
  readonly source: string | null;
  /** From 1 on; null: no raw socket. */
  readonly hops: readonly Hop[] | null;
  /** The last hop is the target itself. */
  readonly reached: boolean;
}

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

/** The instrument's own error, per stream (docs/method.md, "The instrument is measured too"). */
export interface SendFigures {
  readonly sent: number;
  readonly unsent: number;
  readonly local_blocked: number;
  readonly lateness_p50_ms: number | null;
  readonly lateness_p99_ms: number | null;
  readonly lateness_max_ms: number | null;
  /** Packets that the kernel threw away at the stream's own sockets; null: not known (older runs too). */
  readonly socket_drops: number | null;
}

const nanoseconds = z.number().transform(ns);
const at_ns = nanoseconds;
const of = z.enum(MEASURED_PHASES);
const phase = z.enum([
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

const action = { at_ns, of, node: z.string(), action: z.string() };
const observed = { at_ns, observer: z.string(), subject: z.string(), value: z.string() };
const connection = { at_ns, session: z.string(), connection: z.number() };

const figures = z.object({
  sent: z.number(),
  unsent: z.number(),
  local_blocked: z.number(),
  lateness_p50_ms: figure,
  lateness_p99_ms: figure,
  lateness_max_ms: figure,
  socket_drops: figure.default(null),
});

/** One line of events.jsonl. */
export const trialEventSchema = z.discriminatedUnion('event', [
  z.object({
    at_ns,
    event: z.literal('anchor'),
    vantage: z.string(),
    wall_ms: z.number(),
    offset_ns: z.number(),
    uncertainty_ns: z.number(),
  }),
  z.object({
    at_ns,
    event: z.literal('phase'),
    phase,
    of,
  }),
  z.object({
    at_ns,
    event: z.literal('resolved'),
    stream: z.string(),
    address: z.string(),
    family: z.union([z.literal(4), z.literal(6)]),
    engine: z.string(),
  }),
  z.object({
    at_ns,
    event: z.literal('role'),
    node: z.string(),
    role: z.enum(['active', 'standby', 'transitioning', 'faulted', 'suspended', 'unknown']),
    raw: z.string(),
    when: z.enum(['before', 'after', 'observed']),
  }),
  z.object({
    event: z.literal('observed'),
    ...observed,
    was: z.string().nullable(),
    since_ns: nanoseconds.nullable(),
    detail: z.string().exactOptional(),
  }),
  z.object({
    at_ns,
    event: z.literal('observer-failed'),
    observer: z.string(),
    subject: z.string(),
    detail: z.string(),
  }),
  z.object({
    event: z.literal('device-time'),
    ...observed,
    wall_ms: z.number(),
    offset_ns: z.number(),
    uncertainty_ns: z.number(),
  }),
  z.object({ event: z.literal('trigger-issued'), ...action, detail: z.string().exactOptional() }),
  z.object({ event: z.literal('trigger-accepted'), ...action, detail: z.string().exactOptional() }),
  z.object({ event: z.literal('trigger-closed'), ...action, detail: z.string().exactOptional() }),
  z.object({ event: z.literal('trigger-failed'), ...action, detail: z.string() }),
  z.object({ event: z.literal('trigger-confirmed'), ...action, ok: z.boolean(), detail: z.string() }),
  z.object({ at_ns, event: z.literal('undo'), node: z.string(), detail: z.string(), ok: z.boolean() }),
  z.object({ at_ns, event: z.literal('restored'), of }),
  z.object({
    event: z.literal('session-open'),
    ...connection,
    detail: z.string(),
    took_ms: z.number().exactOptional(),
  }),
  z.object({
    event: z.literal('session-error'),
    ...connection,
    ending: z.enum(SESSION_ENDINGS),
    detail: z.string(),
  }),
  z.object({
    event: z.literal('session-end'),
    ...connection,
    bytes: z.number(),
    in_order: z.boolean(),
    rto_ms: figure,
  }),
  z.object({ at_ns, event: z.literal('self-test'), vantage: z.string(), stream: z.string(), figures }),
  z.object({
    at_ns,
    event: z.literal('socket-drops'),
    stream: z.string(),
    drops: z.number(),
    since_ns: nanoseconds,
  }),
  z.object({
    at_ns,
    event: z.literal('path'),
    of,
    when: z.enum(['before', 'after']),
    vantage: z.string(),
    address: z.string(),
    family: z.union([z.literal(4), z.literal(6)]),
    streams: z.array(z.string()),
    routed: z.boolean(),
    gateway: z.string().nullable(),
    device: z.string().nullable(),
    source: z.string().nullable(),
    hops: z.array(z.object({ address: z.string().nullable(), rtt_ms: figure })).nullable(),
    reached: z.boolean(),
  }),
  z.object({
    at_ns,
    event: z.literal('broken-off'),
    of,
    phase,
    reason: z.string(),
  }),
  z.object({ at_ns, event: z.literal('note'), text: z.string() }),
]) satisfies z.ZodType<TrialEvent>;
