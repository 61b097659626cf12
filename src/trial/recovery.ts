import type { LiveStream } from '../probe/protocol.js';
import { ns, type Nanoseconds } from '../model/time.js';

/**
 * How clean the forwarding is at this moment, from the live picture of the streams that cross the pair. Used to
 * steer a trial; the figures come from the raw history.
 */
export interface Cleanness {
  /** Since when every crossing stream has been clean; null while one is not. */
  readonly since_ns: Nanoseconds | null;
  /** For how long, as far as the newest good probe of the slowest stream tells. */
  readonly for_ns: Nanoseconds;
  /** The fewest good probes in a row on any stream. */
  readonly run: number;
  /** Bad probes so far, over all streams. */
  readonly bad: number;
  /** Earliest send instant of a bad run that is still open. */
  readonly downSince_ns: Nanoseconds | null;
}

export const cleanness = (streams: readonly LiveStream[]): Cleanness => {
  const lowest = (values: (number | null)[]): number | null =>
    values.some((value) => value === null) ? null : Math.min(...(values as number[]));
  const cleanFrom = streams.map(({ clean_from_ns }) => clean_from_ns);
  const since = cleanFrom.some((value) => value === null) ? null : Math.max(...(cleanFrom as number[]));
  const newest = lowest(streams.map(({ last_good_ns }) => last_good_ns));
  const open = streams.flatMap(({ down_since_ns }) => (down_since_ns === null ? [] : [down_since_ns]));
  return {
    since_ns: since === null ? null : ns(since),
    for_ns: since === null || newest === null ? ns(0) : ns(Math.max(0, newest - since)),
    run: streams.length === 0 ? 0 : Math.min(...streams.map(({ good_run }) => good_run)),
    bad: streams.reduce((sum, { bad }) => sum + bad, 0),
    downSince_ns: open.length === 0 ? null : ns(Math.min(...open)),
  };
};

/**
 * Up to where every stream is known to be clean, or has been until now: what is lost later is nothing of what has
 * recovered.
 */
export const provenUntil = ({ since_ns, for_ns, downSince_ns }: Cleanness, now: Nanoseconds): Nanoseconds =>
  ns(Math.min(now, downSince_ns ?? (since_ns === null ? now : since_ns + for_ns)));

/** Probes that must be good in a row, however long their interval (RFC 6412 §3.7.5). */
export const RECOVERY_PROBES = 5;

/** Sustained recovery: clean for max(hold, 5 probes), and nothing since `after` is still bad. */
export const hasHeld = (clean: Cleanness, hold: Nanoseconds, after: Nanoseconds): boolean => {
  if (clean.since_ns === null || clean.run < RECOVERY_PROBES) return false;
  const newest = clean.since_ns + clean.for_ns;
  return newest - Math.max(clean.since_ns, after) >= hold;
};
