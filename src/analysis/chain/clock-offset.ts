/** How far a clock is ahead of the run's wall clock: an interval of milliseconds; the clock is slow where it is negative. */
export interface Offset {
  readonly lo_ms: number;
  readonly hi_ms: number;
}

/**
 * What says how far a clock is off.
 *
 * - `measured`  the run asked the device what time it is
 * - `change`    a role, or an order to the cloud, that the run saw as well
 * - `said`      the user's word
 */
export interface Bound extends Offset {
  readonly by: 'measured' | 'change' | 'said';
  /** By the run's wall clock; null: it holds at any time. */
  readonly at_ms: number | null;
  /** What it rests on, in words. */
  readonly words: string;
}

/** Two quartz clocks that nobody sets drift apart by no more: 50 ppm each, the usual tolerance of a crystal. */
const DRIFT = 100e-6;
/** What is known of a clock within this time comes before what was known earlier or later: it may have been slewed since. */
const NEAR_MS = 600_000;

export const ANY: Offset = { lo_ms: -Infinity, hi_ms: Infinity };

export const both = (a: Offset, b: Offset): Offset => ({
  lo_ms: Math.max(a.lo_ms, b.lo_ms),
  hi_ms: Math.min(a.hi_ms, b.hi_ms),
});

/** There is no such offset: what bounds it contradicts itself. */
export const isEmpty = ({ lo_ms, hi_ms }: Offset): boolean => lo_ms > hi_ms;

export const middle = ({ lo_ms, hi_ms }: Offset): number => (lo_ms + hi_ms) / 2;

const away = ({ at_ms: own }: Bound, at_ms: number): number => (own === null ? 0 : Math.abs(own - at_ms));

/** What all bounds allow at an instant of the run's wall clock, each wider by what the clock may have drifted since. */
export const offsetAt = (bounds: readonly Bound[], at_ms: number): Offset => {
  const near = bounds.filter((bound) => away(bound, at_ms) <= NEAR_MS);
  return (near.length === 0 ? bounds : near).reduce<Offset>((all, bound) => {
    const drift = DRIFT * away(bound, at_ms);
    return both(all, { lo_ms: bound.lo_ms - drift, hi_ms: bound.hi_ms + drift });
  }, ANY);
};

/** To 10 ms, rounded outwards. */
const seconds = (ms: number, up: boolean): string =>
  ((up ? Math.ceil(ms / 10) : Math.floor(ms / 10)) / 100).toFixed(2);

/** `2.10 to 2.51 s slow`, `0.10 s slow to 0.20 s fast` */
export const sayOffset = ({ lo_ms, hi_ms }: Offset): string => {
  if (lo_ms >= 0) return `${seconds(lo_ms, false)} to ${seconds(hi_ms, true)} s fast`;
  if (hi_ms <= 0) return `${seconds(-hi_ms, false)} to ${seconds(-lo_ms, true)} s slow`;
  return `${seconds(-lo_ms, true)} s slow to ${seconds(hi_ms, true)} s fast`;
};
