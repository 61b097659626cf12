import type { Reflected } from '../model/probe.js';
import type { Nanoseconds } from '../model/time.js';

/** How an answer ended a probe's wait. */
export interface Answer {
  readonly outcome: 'answered' | 'refused' | 'unreachable' | 'unresolved' | 'local-blocked' | 'lost';
  readonly received: Nanoseconds | null;
  readonly ttl?: number | null;
  readonly cause?: string | null;
  /** Of a STAMP reflector; its instants on this host's monotonic clock. */
  readonly reflected?: Reflected;
}
