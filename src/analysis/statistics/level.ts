/** Above the error of some thousand rounded products, below any step between two p-values near a usual level. */
const ROUNDING = 1 + 1e-12;

/**
 * Is this p at most the level? A p that is exactly the level must not miss it by the last bit: 6 times 1 / C(16, 2) is
 * 0.05000000000000001, and an interval of 1 v 39 has a level of exactly 95 %.
 */
export const isWithin = (p: number, level: number): boolean => p <= level * ROUNDING;
