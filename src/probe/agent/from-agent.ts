import * as z from 'zod';
import { SESSION_ENDINGS, stamps, type PathLook } from '../../model/event.js';
import { ns } from '../../model/time.js';

/*
 * The shapes of what an agent says, by which each of its messages is read: it may be another version behind a shell that
 * somebody else controls.
 */

/** Free words are cut and made one line: they go into files and onto terminals. */
const words = (most: number) =>
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  z.string().transform((text) => text.slice(0, most).replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' '));
const name = z.string().max(100);
/** An engine may say half a nanosecond where it has to guess. */
const instant = z
  .number()
  .min(Number.MIN_SAFE_INTEGER)
  .max(Number.MAX_SAFE_INTEGER)
  .transform((at) => ns(Math.round(at)));
const count = z.int().min(0);
const figure = z.number().nullable();
const connection = z.int().min(1);
const port = z.int().min(1).max(65_535);
/** The year 9999: what is later has no place in ISO 8601. */
const LATEST_MS = 253_402_300_799_999;

/**
 * A stream as it looks at this moment, before the last word on its newest probes. A probe is `bad` when it was
 * lost, late or refused its way by an ICMP error, or is unanswered for longer than `overdue_ns`.
 */
const liveStream = z.object({
  name,
  sent: count,
  answered: count,
  bad: count,
  /** Send instant of the first good probe since the last bad one; null while there is none. */
  clean_from_ns: instant.nullable(),
  /** Send instant of the newest good probe. */
  last_good_ns: instant.nullable(),
  /** Good probes since the last bad one. */
  good_run: count,
  /** Send instant of the first probe of the bad run that is still open; null if the newest known is good. */
  down_since_ns: instant.nullable(),
  /** Send instant of the first refused probe since the last accepted one; null if the service does not refuse, or never accepted. */
  refused_since_ns: instant.nullable(),
  rtt_ms: figure,
  /** The most frequent cause of bad probes so far; null if none had one. */
  cause: words(100).nullable(),
});

export const liveSessions = z.object({
  name,
  planned: count,
  open: count,
  stalled: count,
  ended: count,
  /** Are over, or something came back on them. */
  proven: count,
});

const news = { session: name, connection, at_ns: instant };
const sessionNews = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('open'),
    ...news,
    /** From the first SYN. */
    took_ms: z.number(),
    source_port: port.exactOptional(),
  }),
  z.object({ kind: z.literal('error'), ...news, ending: z.enum(SESSION_ENDINGS), detail: words(500) }),
  z.object({ kind: z.literal('end'), ...news, bytes: count, in_order: z.boolean(), rto_ms: figure }),
]);

const figures = z.object({
  sent: z.int(),
  unsent: count,
  local_blocked: count,
  lateness_p50_ms: figure,
  lateness_p99_ms: figure,
  lateness_max_ms: figure,
  socket_drops: count.nullable(),
});

const path = z.object({
  address: words(100),
  family: z.union([z.literal(4), z.literal(6)]),
  streams: z.array(name).readonly(),
  routed: z.boolean(),
  gateway: words(100).nullable(),
  device: words(100).nullable(),
  source: words(100).nullable(),
  hops: z
    .array(z.object({ address: words(100).nullable(), rtt_ms: figure }))
    .max(255)
    .readonly()
    .nullable(),
  reached: z.boolean(),
}) satisfies z.ZodType<PathLook>;

export const fromAgent = z.union([
  z.discriminatedUnion('say', [
    z.object({ say: z.literal('hello'), protocol: z.number(), version: words(100), host: words(300) }),
    z.object({
      say: z.literal('clock'),
      id: z.int(),
      monotonic_ns: instant,
      wall_ms: z.number().min(0).max(LATEST_MS),
    }),
    z.object({
      say: z.literal('resolved'),
      stream: name,
      address: words(100),
      family: z.union([z.literal(4), z.literal(6)]),
      engine: words(40),
      stamps: stamps.optional(),
      source_ports: z.array(port).max(64).exactOptional(),
    }),
    z.object({
      say: z.literal('live'),
      at_ns: instant,
      streams: z.array(liveStream),
      sessions: z.array(liveSessions),
    }),
    /** The answers of a stream show another value, or the first one (see `ValueChange`); instants of the trial. */
    z.object({
      say: z.literal('changed'),
      stream: name,
      subject: words(300),
      value: words(2000),
      was: words(2000).nullable(),
      since_ns: instant.nullable(),
      at_ns: instant,
      ttl_s: figure,
    }),
    /** The kernel threw away so many packets more that were for a stream's sockets, between two instants of the trial. */
    z.object({ say: z.literal('drops'), stream: name, drops: count, since_ns: instant, at_ns: instant }),
    /** The ways to the targets, as they are now. */
    z.object({ say: z.literal('look'), id: z.int(), paths: z.array(path).readonly() }),
    z.object({ say: z.literal('note'), text: words(4000) }),
    /** The agent cannot go on; one line and its remedy. */
    z.object({ say: z.literal('error'), message: words(4000), remedy: words(4000).nullable() }),
    /** Every answer is here, or was waited for long enough. */
    z.object({ say: z.literal('quiet') }),
    z.object({ say: z.literal('end'), self: z.array(z.object({ stream: name, figures })) }),
  ]),
  z.intersection(z.object({ say: z.literal('session') }), sessionNews),
]);

export type FromAgent = z.output<typeof fromAgent>;
export type LiveStream = Readonly<z.output<typeof liveStream>>;
export type LiveSessions = Readonly<z.output<typeof liveSessions>>;
export type SessionNews = Readonly<z.output<typeof sessionNews>>;
