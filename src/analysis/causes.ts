/** How often each cause of a lost or blocked probe was named: `host-unreachable`, `EHOSTUNREACH`. */
export type Causes = ReadonlyMap<string, number>;

export const addCauses = (to: Map<string, number>, more: Causes): void => {
  for (const [cause, count] of more) to.set(cause, (to.get(cause) ?? 0) + count);
};

/** `EHOSTUNREACH:12;host-unreachable:3`, the most frequent first; null if there are none. Causes are slugs. */
export const encodeCauses = (causes: Causes): string | null =>
  causes.size === 0
    ? null
    : [...causes]
        .toSorted(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
        .map(([cause, count]) => `${cause}:${count}`)
        .join(';');

/** The inverse of `encodeCauses`. */
export const decodeCauses = (text: string | null): Causes =>
  new Map(
    (text === null ? [] : text.split(';')).map((part) => {
      const colon = part.lastIndexOf(':');
      return [part.slice(0, colon), Number(part.slice(colon + 1))];
    }),
  );
