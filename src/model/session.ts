import { fromMs, ns, type Nanoseconds } from './time.js';

/** How long before the trigger a session is opened; `during`: while the outage lasts. */
export type SessionAge = Nanoseconds | 'during';

/** Octets of a heartbeat: one small segment. */
const PLAIN_PAYLOAD = 64;
/** Long enough for a SYN that is sent again after 1 s and 3 s (RFC 6298 §2.1). */
const PLAIN_WAIT = fromMs(5000);

/** Of sessions of which a scenario says no more, and of runs of versions that knew no more. */
export const PLAIN_SESSION = {
  payload: PLAIN_PAYLOAD,
  idle: false,
  speaksFirst: 'client',
  ages: [],
  keepalive_ns: null,
  openEvery_ns: null,
  wait_ns: PLAIN_WAIT,
  mode: 'requests',
  path: '/',
  remote: 'cat',
} as const;

interface Strata {
  readonly count: number;
  readonly ages: readonly SessionAge[];
  readonly openEvery_ns: Nanoseconds | null;
}

/** Long-lived connections of an entry: `count` for each stratum, numbered through from 1. */
export const connectionsOf = ({ count, ages, openEvery_ns }: Strata): number =>
  openEvery_ns === null ? count * Math.max(1, ages.length) : 0;

/** The stratum of a connection by its 1-based number; null where the entry has none. */
export const ageOf = ({ count, ages }: Strata, connection: number): SessionAge | null =>
  ages[Math.floor((connection - 1) / count)] ?? null;

/** How long before the trigger the first session of the strata is opened; 0 without any. */
export const oldestAge = (plans: readonly Pick<Strata, 'ages'>[]): Nanoseconds =>
  ns(Math.max(0, ...plans.flatMap(({ ages }) => ages.filter((age) => age !== 'during'))));
