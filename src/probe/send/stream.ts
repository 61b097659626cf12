import type { KnownError } from '../../model/error.js';
import type { Stamps } from '../../model/event.js';
import type { StreamPlan } from '../../model/plan.js';
import type { Clock, Nanoseconds } from '../../model/time.js';
import type { Ledger } from './ledger.js';
import type { Scheduler } from './scheduler.js';
import type { ValueChange } from './shown-value.js';
import type { Inbox, UdpInboxes } from './socket-drops.js';

/** Where a stream sends to, resolved once. */
export interface Destination {
  readonly address: string;
  readonly family: 4 | 6;
}

/** What a flow of a stream is given to work with. */
export interface StreamContext<P extends StreamPlan = StreamPlan> {
  readonly plan: P;
  /** Number of the flow, from 0: each has a context of its own. */
  readonly flow: number;
  readonly destination: Destination;
  readonly ledger: Ledger;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  /** First instant at which the stream may send. */
  readonly start: Nanoseconds;
  /** In [0, 1): the random start phase as a fraction of T. */
  readonly phase: number;
  /** Of this process; UDP sockets that wait for answers are entered here. */
  readonly inboxes: UdpInboxes;
  note(text: string): void;
  /** The answers show another value than before. */
  changed(change: ValueChange): void;
  /** Left out: it is sent from this host. */
  readonly farPing?: FarPing;
}

/** The ping of another host, and who is told that it is lost. */
export interface FarPing {
  /** What a shell there is started behind. */
  readonly prefix: readonly string[];
  failed(error: KnownError): void;
}

/** Those of all flows of a stream. */
export type Flows<P extends StreamPlan> = readonly [StreamContext<P>, ...StreamContext<P>[]];

/** The flows of a stream at work, or one for them all; `engine`: who sends, and `stamps`, as the history calls it. */
export interface StartedStream {
  readonly engine: string;
  readonly stamps?: Stamps;
  readonly running: readonly RunningStream[];
}

/**
 * A stream at work. `read`, of an engine with a thread of its own, takes in what that has finished, and gives the instant up to
 * which all that came is known (others tell when it comes). `pace` sends no more often than that (null: as planned), where the engine can; `stop` ends the sending,
 * `close` lets go of sockets and processes.
 */
export interface RunningStream {
  /** null: the engine has none of its own, or the kernel's is not to be asked. */
  readonly inbox: Inbox | null;
  /** The source port of the flow, where all its probes have one. */
  readonly sourcePort?: number;
  read?(): Nanoseconds;
  pace(every_ns: Nanoseconds | null): void;
  stop(): void;
  close(): void;
}
