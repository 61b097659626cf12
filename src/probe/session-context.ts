import type { SessionPlan } from '../model/plan.js';
import type { Clock, Nanoseconds } from '../model/time.js';
import type { SessionNews } from './protocol.js';
import type { Scheduler } from './scheduler.js';
import type { OpenChannel } from './session-channel.js';
import type { Track } from './session-track.js';

/** What the connections of one `sessions:` entry have in common. */
export interface SessionContext {
  readonly plan: SessionPlan;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly origin: Nanoseconds;
  readonly random: () => number;
  readonly openChannel: OpenChannel;
  /** What is to be said on a connection. */
  readonly newTrack: (connection: number) => Track;
  news(news: SessionNews): void;
  note(text: string): void;
}
