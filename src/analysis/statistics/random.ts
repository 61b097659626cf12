/** A source of numbers in [0, 1). */
export type Random = () => number;

/** Mulberry32 (T. Ettinger): the same numbers for the same seed, so that the same series always gets the same answer. */
export const seededRandom = (seed: number): Random => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Puts the items into a random order, every order equally likely (Fisher & Yates), in place. */
export const shuffle = (items: Float64Array, random: Random): void => {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const item = items[last] as number;
    items[last] = items[other] as number;
    items[other] = item;
  }
};
