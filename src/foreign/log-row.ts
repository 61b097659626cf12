import type { Outcome, ProbeRow } from '../model/probe.js';
import { ns, type Nanoseconds } from '../model/time.js';

/** A probe of a foreign log as a row. `received` NaN: nothing came; `ttl` -1: not said. */
export const logRow = (
  stream: string,
  seq: number,
  outcome: Outcome,
  sent_ns: Nanoseconds,
  received: number,
  ttl: number,
  cause: string | null,
): ProbeRow => ({
  stream,
  flow: 0,
  seq,
  outcome,
  intended_ns: sent_ns,
  sent_ns,
  accepted_ns: null,
  received_ns: Number.isNaN(received) ? null : ns(Math.max(received, sent_ns)),
  ttl: ttl === -1 ? null : ttl,
  cause,
});
