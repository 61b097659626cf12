import type { SessionEnding } from '../../model/event.js';
import type { SessionPlan } from '../../model/plan.js';
import { encodeHeartbeat } from '../../model/probe.js';
import { ns, type Nanoseconds, type Clock } from '../../model/time.js';
import type { SessionNews } from '../protocol.js';
import type { Scheduler } from '../send/scheduler.js';
import type { Opener } from './opener.js';
import type { OpenChannel } from './session-channel.js';

/** What came back is not what was to come back; the session is of no more use. */
export interface Fault {
  readonly ending: Extract<SessionEnding, 'garbled' | 'other-protocol' | 'no-data'>;
  readonly detail: string;
}

/** What is said on one connection, and whether every octet of the answer came once and in order. */
export interface Track {
  /** What the client says as soon as the connection is there; null: nothing. */
  opening(): Buffer | null;
  /** A heartbeat is due. @returns what is to be sent; null: nothing, since the far end speaks or an answer is out. */
  beat(now: Nanoseconds): Buffer | null;
  /** Takes octets as they arrive, in pieces of any size. */
  receive(data: Buffer, now: Nanoseconds): void;
  /** From now on the far end is silent, or speaks again, where it is the one who speaks. */
  quiet(): void;
  speak(now: Nanoseconds): void;
  /** Since when something is overdue from the far end; null: nothing is. */
  readonly waitingSince: Nanoseconds | null;
  /** Octets that came back. */
  readonly bytes: number;
  /** Heartbeats that were answered. */
  readonly answered: number;
  /** The first one; null: every octet so far came once and in order. */
  readonly fault: Fault | null;
  /** Writes the heartbeats that were never answered. */
  close(now: Nanoseconds): void;
}

/** One row of heartbeats.csv, instants on the agent's clock. */
export type WriteRow = (seq: number, sent: Nanoseconds, echoed: Nanoseconds | null) => void;

export const rowWriter =
  (session: string, connection: number, origin: Nanoseconds, write: (line: string) => void): WriteRow =>
  (seq, sent, echoed) =>
    write(
      encodeHeartbeat({
        session,
        connection,
        seq,
        sent_ns: ns(Math.round(sent - origin)),
        echoed_ns: echoed === null ? null : ns(Math.round(echoed - origin)),
      }),
    );

/** The beginning of what somebody said, fit for a message: one line, printable, short. */
export const excerpt = (data: Buffer): string => {
  const [line = ''] = data.toString('latin1', 0, 120).split(/[\r\n]/);
  const shown = line.replaceAll(/[^\x20-\x7e]/g, '?').trim();
  return shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
};

/** What the connections of one `sessions:` entry have in common. */
export interface SessionContext {
  readonly plan: SessionPlan;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly origin: Nanoseconds;
  readonly random: () => number;
  readonly opener: Opener;
  readonly openChannel: OpenChannel;
  /** What is to be said on a connection. */
  readonly newTrack: (connection: number) => Track;
  news(news: SessionNews): void;
  note(text: string): void;
}
