import { KnownError } from '../model/error.js';
import { ns, type Clock, type Nanoseconds } from '../model/time.js';
import { ask, type Bound } from './bound.js';
import { readTime } from './device-stamp.js';

/** What time a node's clock had at an instant of ours; the two belong together to `uncertainty_ns` either way. */
export interface DeviceClock {
  readonly wall_ms: number;
  /** Of this host's monotonic clock. */
  readonly at_ns: Nanoseconds;
  readonly uncertainty_ns: Nanoseconds;
}

/** The first may have to log in; of the others the quickest is the most exact (RFC 5905 §10 chooses so too). */
const TRIES = 5;

const readOnce = async (
  bound: Bound,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<DeviceClock> => {
  const query = bound.driver.clock;
  if (query === undefined) throw new KnownError(`driver ${bound.driver.name} cannot tell the time of a node`);
  const asked = clock.monotonic();
  const answer = await ask(bound, { ...query, signal });
  const came = clock.monotonic();
  if (answer.text === null) throw new KnownError(answer.error);
  const wall_ms = readTime(query, answer.text, answer.values);
  if (wall_ms === null) throw new KnownError('the time was not understood');
  // It was read on the way, and is written down to the next lower step: its middle is what is nearest.
  return {
    wall_ms: wall_ms + query.resolution / 2e6,
    at_ns: ns((asked + came) / 2),
    uncertainty_ns: ns((came - asked) / 2 + query.resolution / 2),
  };
};

/** Reads a node's clock several times and takes the quickest answer. Throws KnownError where none came. */
export const readClock = async (bound: Bound, clock: Clock, signal?: AbortSignal): Promise<DeviceClock> => {
  let best = await readOnce(bound, clock, signal);
  for (let tries = 1; tries < TRIES; tries += 1) {
    const next = await readOnce(bound, clock, signal);
    if (next.uncertainty_ns < best.uncertainty_ns) best = next;
  }
  return best;
};
