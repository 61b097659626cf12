/** By brute force: every way to choose `size` of these places. */
export const choices = (total: number, size: number): number[][] => {
  if (size === 0) return [[]];
  if (size > total) return [];
  return [...choices(total - 1, size), ...choices(total - 1, size - 1).map((own) => [...own, total - 1])];
};

/** Pairs won by the candidate, equal ones by half: the definition of U, with no ranks in it. */
const won = (base: readonly number[], candidate: readonly number[]): number => {
  let sum = 0;
  for (const c of candidate) for (const b of base) sum += c > b ? 1 : c === b ? 0.5 : 0;
  return sum;
};

/** Deals all values out to the two sides in every way; U is as far from mn/2 as here, or farther, in this share. */
export const enumeratedP = (base: readonly number[], candidate: readonly number[]): number => {
  const pooled = [...base, ...candidate];
  const centre = (base.length * candidate.length) / 2;
  const here = Math.abs(won(base, candidate) - centre);
  const deals = choices(pooled.length, candidate.length).map((chosen) => {
    const taken = new Set(chosen);
    return won(
      pooled.filter((_, i) => !taken.has(i)),
      chosen.map((i) => pooled[i] as number),
    );
  });
  return deals.filter((u) => Math.abs(u - centre) >= here).length / deals.length;
};

/** U of every order of the two sides, without ties. */
export const enumeratedU = (m: number, n: number): number[] =>
  choices(m + n, n).map((chosen) => chosen.reduce((sum, place, i) => sum + place - i, 0));
