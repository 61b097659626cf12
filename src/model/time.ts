/**
 * Time as a type. Arithmetic is done in monotonic nanoseconds (CLOCK_MONOTONIC); the wall clock is only an
 * anchor. A double holds whole nanoseconds exactly up to 2^53, i.e. 104 days of uptime, and to 2 ns beyond.
 */
export type Nanoseconds = number & { readonly __unit: 'ns' };
export type Seconds = number & { readonly __unit: 's' };

export const ns = (value: number): Nanoseconds => value as Nanoseconds;
export const seconds = (value: number): Seconds => value as Seconds;

export const NS_PER_MS = 1e6;
export const NS_PER_S = 1e9;

export const fromMs = (ms: number): Nanoseconds => ns(ms * NS_PER_MS);
export const toMs = (value: Nanoseconds): number => value / NS_PER_MS;
export const toSeconds = (value: Nanoseconds): Seconds => seconds(value / NS_PER_S);
/** For a cell of a table; null: not known. */
export const inSeconds = (value_ns: number | null): number | null =>
  value_ns === null ? null : value_ns / NS_PER_S;

/** The first of several instants; null: none is known. */
export const earliest = (instants: readonly (number | null)[]): Nanoseconds | null => {
  const known = instants.filter((instant) => instant !== null);
  return known.length === 0 ? null : ns(Math.min(...known));
};
/** The first, and the last, of several instants; null: one of them is not known. */
export const firstOf = (instants: readonly (number | null)[]): Nanoseconds | null =>
  instants.includes(null) ? null : ns(Math.min(...(instants as number[])));
export const lastOf = (instants: readonly (number | null)[]): Nanoseconds | null =>
  instants.includes(null) ? null : ns(Math.max(...(instants as number[])));

/** The one source of time. Tests pass a fake one. */
export interface Clock {
  /** Monotonic time; its zero has no meaning. */
  monotonic(): Nanoseconds;
  /** UTC, milliseconds since 1970. An anchor: never subtract two of them. */
  wall(): number;
}

/** One reading of both clocks taken together; `uncertainty_ns` is how far apart the two readings can be. */
export interface ClockAnchor {
  readonly monotonic_ns: Nanoseconds;
  readonly wall_ms: number;
  readonly uncertainty_ns: Nanoseconds;
}
