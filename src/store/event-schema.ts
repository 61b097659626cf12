import { z } from 'zod';
import { MEASURED_PHASES, SESSION_ENDINGS, type TrialEvent } from '../model/event.js';
import { ns } from '../model/time.js';

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
