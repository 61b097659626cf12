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
      /** Nothing is sent from where the agent is: all streams are ICMP, by the ping behind this prefix. */
      readonly ping_behind?: readonly string[];
    }
  /** The trigger is to come at this instant of the trial: sessions of each age open in time, idle ones fall silent. */
  | { readonly do: 'expect'; readonly at_ns: Nanoseconds }
  /** Traffic has stopped: sessions are opened that begin in the outage. */
  | { readonly do: 'outage' }
  /** The recovery has held: idle sessions say their first word. */
  | { readonly do: 'speak' }
  /** Send no more often than this; null: as planned again. */
  | { readonly do: 'pace'; readonly every_ns: Nanoseconds | null }
  /** Look at the ways to the targets of the streams that cross the pair; then say `look`. */
  | { readonly do: 'look'; readonly id: number }
  /** Send no more, but go on reflecting; wait for what is still on its way, at most this long; then say `quiet`. */
  | { readonly do: 'quiet'; readonly wait_ns: Nanoseconds }
  /** Nobody waits for an answer of yours any more: let go of everything; then say `end`. */
  | { readonly do: 'end' };

export type { FromAgent, LiveSessions, LiveStream, SessionNews } from './agent/from-agent.js';

export const PROTOCOL = 6;
