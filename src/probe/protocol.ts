import type { SessionEnding, SendFigures } from '../model/event.js';
import type { SessionPlan, StreamPlan } from '../model/plan.js';
import type { Nanoseconds } from '../model/time.js';

/**
 * What the runner and an agent say to each other over the agent's stdin and stdout: one JSON object a line. Raw
 * rows go the cheap way, as CSV lines behind `p,` (probes.csv) or `h,` (heartbeats.csv), instants already
 * counted from the trial's origin.
 */
export type ToAgent =
  | { readonly do: 'clock'; readonly id: number }
  | {
      readonly do: 'start';
      /** The trial's origin on the agent's own monotonic clock. */
      readonly origin_ns: Nanoseconds;
      readonly streams: readonly StreamPlan[];
      readonly sessions: readonly SessionPlan[];
    }
  /** The trigger is to come at this instant of the trial: sessions of each age open in time, idle ones fall silent. */
  | { readonly do: 'expect'; readonly at_ns: Nanoseconds }
  /** Traffic has stopped: sessions are opened that begin in the outage. */
  | { readonly do: 'outage' }
  /** The recovery has held: idle sessions say their first word. */
  | { readonly do: 'speak' }
  /** Send no more, but go on reflecting; wait for what is still on its way, at most this long; then say `quiet`. */
  | { readonly do: 'quiet'; readonly wait_ns: Nanoseconds }
  /** Nobody waits for an answer of yours any more: let go of everything; then say `end`. */
  | { readonly do: 'end' };

export type FromAgent =
  | { readonly say: 'hello'; readonly protocol: number; readonly version: string; readonly host: string }
  | {
      readonly say: 'clock';
      readonly id: number;
      readonly monotonic_ns: Nanoseconds;
      readonly wall_ms: number;
    }
  | {
      readonly say: 'resolved';
      readonly stream: string;
      readonly address: string;
      readonly family: 4 | 6;
      readonly engine: string;
    }
  | {
      readonly say: 'live';
      readonly at_ns: Nanoseconds;
      readonly streams: readonly LiveStream[];
      readonly sessions: readonly LiveSessions[];
    }
  | ({ readonly say: 'session' } & SessionNews)
  /** The answers of a stream show another value, or the first one (see `ValueChange`); instants of the trial. */
  | {
      readonly say: 'changed';
      readonly stream: string;
      readonly subject: string;
      readonly value: string;
      readonly was: string | null;
      readonly since_ns: Nanoseconds | null;
      readonly at_ns: Nanoseconds;
      readonly ttl_s: number | null;
    }
  | { readonly say: 'note'; readonly text: string }
  /** The agent cannot go on; one line and its remedy. */
  | { readonly say: 'error'; readonly message: string; readonly remedy: string | null }
  /** Every answer is here, or was waited for long enough. */
  | { readonly say: 'quiet' }
  | {
      readonly say: 'end';
      readonly self: readonly { readonly stream: string; readonly figures: SendFigures }[];
    };

/**
 * A stream as it looks at this moment, before the last word on its newest probes. A probe is `bad` when it was
 * lost, late or refused its way by an ICMP error, or is unanswered for longer than `overdue_ns`.
 */
export interface LiveStream {
  readonly name: string;
  readonly sent: number;
  readonly answered: number;
  readonly bad: number;
  /** Send instant of the first good probe since the last bad one; null while there is none. */
  readonly clean_from_ns: Nanoseconds | null;
  /** Send instant of the newest good probe. */
  readonly last_good_ns: Nanoseconds | null;
  /** Good probes since the last bad one. */
  readonly good_run: number;
  /** Send instant of the first probe of the bad run that is still open; null if the newest known is good. */
  readonly down_since_ns: Nanoseconds | null;
  readonly rtt_ms: number | null;
  /** The most frequent cause of bad probes so far; null if none had one. */
  readonly cause: string | null;
}

export interface LiveSessions {
  readonly name: string;
  readonly planned: number;
  readonly open: number;
  readonly stalled: number;
  readonly ended: number;
}

export type SessionNews =
  | {
      readonly kind: 'open';
      readonly session: string;
      readonly connection: number;
      readonly at_ns: Nanoseconds;
      /** From the first SYN. */
      readonly took_ms: number;
    }
  | {
      readonly kind: 'error';
      readonly session: string;
      readonly connection: number;
      readonly at_ns: Nanoseconds;
      readonly ending: SessionEnding;
      readonly detail: string;
    }
  | {
      readonly kind: 'end';
      readonly session: string;
      readonly connection: number;
      readonly at_ns: Nanoseconds;
      readonly bytes: number;
      readonly in_order: boolean;
      readonly rto_ms: number | null;
    };

export const PROTOCOL = 4;
