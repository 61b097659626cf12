import * as z from 'zod';
import { role } from './event.js';
import { http } from './login.js';
import { nanoseconds, type Shape, words } from './schema.js';
import { ns } from './time.js';

/** What was asked for is not there: an answer, not a failure. */
export const NONE = 'none';

/** How a value is found in an answer. */
export const read = z.union([
  z.object({ by: z.literal('text'), pattern: z.string() }),
  z.object({ by: z.enum(['json', 'xml']), expression: z.string() }),
]);

/** Finds something in every answer that would have shown the value: only there nothing found is `none`. Runs of versions before had none. */
const shape = z.string().nullable().default(null);

/**
 * What an observer reads (docs/observers.md). Each gives values for one or more subjects:
 *
 * - `role`       the role of every node by its own driver; subject: the node; with the device's own time of the change
 *                where the driver reads one (`since`)
 * - `driver`     a query of a driver file's `observers` section (owner of an address, routes), sent once with `params`
 *                or, if the file says so, to each node; subject: as the file says
 * - `http`       a GET of a URL, and a JMESPath expression into the JSON or XML answer
 * - `command`    a command at a vantage, and a regular expression or a JMESPath expression into its output
 * - `dns`        the addresses a resolver gives for a name, and their TTL
 * - `neighbour`  the link-layer address a vantage has for its gateway (ARP, ND)
 * - `capture`    packets at a vantage, recorded for `seqgap explain`; read by nobody while the trial goes on
 * - `ttl`        the TTL that replies of a stream arrive with; read from the probes, costs nothing
 */
const source = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('role') }),
  z.object({ kind: z.literal('driver'), driver: z.string(), query: z.string(), params: words }),
  z.object({ kind: z.literal('http'), url: z.string(), http, read, shape }),
  z.object({
    kind: z.literal('command'),
    // Runs of versions before knew this host alone.
    from: z.string().default('local'),
    command: z.array(z.string()),
    read,
    shape,
  }),
  z.object({
    kind: z.literal('dns'),
    name: z.string(),
    type: z.enum(['A', 'AAAA', 'CNAME']),
    /** Address of the resolver, with a port if not 53; null: the system's. */
    resolver: z.string().nullable(),
  }),
  z.object({ kind: z.literal('neighbour'), from: z.string(), address: z.string() }),
  z.object({ kind: z.literal('capture'), from: z.string(), interface: z.string() }),
  z.object({ kind: z.literal('ttl'), stream: z.string() }),
]);

/** Observers that read a management plane, whose last word is "done". */
export const IS_API: Readonly<Record<ObserveSource['kind'], boolean>> = {
  http: true,
  command: true,
  driver: true,
  role: false,
  dns: false,
  neighbour: false,
  capture: false,
  ttl: false,
};

// Runs of versions that had one observer only name no source.
export const observe = z.object({
  name: z.string(),
  every_ns: nanoseconds,
  /** After this long without an answer a poll has failed. */
  timeout_ns: nanoseconds.default(ns(10e9)),
  source: source.default({ kind: 'role' }),
});

/**
 * The milestone that ends a phase of the outage (docs/timeline.md):
 *
 * - `traffic`   the headline stream's sustained recovery; always the end of the last phase
 * - `accepted`  the trigger's acceptance ("API says done")
 * - `observed`  an observer shows a value: `is` one of these words, or `/a regular expression/`; `subject` null: any
 * - `role`      `node` (a name, `acted`: the node that was acted on, or `other`: any but that one) has this role
 */
const milestone = z.discriminatedUnion('milestone', [
  z.object({ milestone: z.enum(['traffic', 'accepted']) }),
  z.object({
    milestone: z.literal('observed'),
    observer: z.string(),
    subject: z.string().nullable(),
    is: z.string(),
  }),
  z.object({ milestone: z.literal('role'), node: z.string(), role }),
]);

/** One phase of the outage: from where the one before ended (the first: from the first loss) until its milestone. */
export const phase = z.object({ name: z.string(), until: milestone });

export type ReadPlan = Shape<typeof read>;
export type ObserveSource = Shape<typeof source>;
export type ObservePlan = Shape<typeof observe>;
export type MilestoneRule = Shape<typeof milestone>;
export type PhasePlan = Shape<typeof phase>;
