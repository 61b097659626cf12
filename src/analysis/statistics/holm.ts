/**
 * Holm's (1979) adjustment of several p-values: each may be held against alpha, and the chance of one false alarm or more
 * among all of them is at most alpha, however they depend on each other. null stands for what was not tested: it stays
 * null and does not count. Keeps the order of the input.
 */
export const holm = (values: readonly (number | null)[]): (number | null)[] => {
  const tested = values
    .flatMap((p, index) => (p === null ? [] : [{ p, index }]))
    .toSorted((a, b) => a.p - b.p);
  const adjusted: (number | null)[] = values.map(() => null);
  let before = 0;
  for (const [rank, { p, index }] of tested.entries()) {
    before = Math.max(before, Math.min(1, (tested.length - rank) * p));
    adjusted[index] = before;
  }
  return adjusted;
};
