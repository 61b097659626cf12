import * as z from 'zod';
import { liveSessions } from '../../probe/agent/from-agent.js';

/*
 * What is said between a command and a watch or run that goes on: a line of JSON there, and one back, of
 * a stop when it is over.
 */

export const requestSchema = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('mark'),
    text: z.string().min(1),
    /** Of the monotonic clock of the host, when the command was started. */
    at_ns: z.number(),
    uncertainty_ns: z.number().nullable(),
  }),
  z.object({ do: z.literal('status') }),
  z.object({
    do: z.literal('stop'),
    /** Of the terminal where its last words are read. */
    columns: z.number(),
  }),
]);

export type Request = z.output<typeof requestSchema>;

const target = z.object({
  name: z.string(),
  state: z.enum(['waiting', 'up', 'refused', 'down', 'blocked', 'silent']),
  cause: z.string().nullable(),
  since_ns: z.number().nullable(),
  now_ns: z.number(),
  sent: z.number(),
  lost: z.number(),
  late: z.number(),
  rtt_ms: z.number().nullable(),
  rtt_median_ms: z.number().nullable(),
  gaps: z.number(),
  worst_s: z.number().nullable(),
  /** The last minute, a cell each second. */
  strip: z.string(),
});

export const replySchema = z.discriminatedUnion('say', [
  /** As it was asked. */
  z.object({ say: z.literal('done') }),
  z.object({ say: z.literal('no'), why: z.string() }),
  z.object({
    say: z.literal('status'),
    targets: z.array(target),
    sessions: z.array(liveSessions),
    lines: z.array(z.string()),
  }),
  /** It is over: its closing report, and what its exit code would have been. */
  z.object({ say: z.literal('ended'), text: z.string(), code: z.number() }),
]);

export type Reply = z.output<typeof replySchema>;
export type Status = Extract<Reply, { say: 'status' }>;

/** Nobody writes a longer line. */
export const LONGEST_LINE = 1 << 20;
