import { both, isEmpty, middle, type Offset } from './clock-offset.js';

/** A change that a record tells of, by the record's own clock, and one that the run saw, by the run's (milliseconds since 1970). */
export interface DatedChange {
  /** What changed into what: only the same words can be the same change. */
  readonly what: string;
  readonly lo_ms: number;
  readonly hi_ms: number;
  readonly words: string;
}

/** The same change in both, and what that says of the record's clock. */
export interface SameChange extends Offset {
  readonly at_ms: number;
  readonly words: string;
}

export type Match =
  | { readonly kind: 'one'; readonly same: readonly SameChange[] }
  /** Nothing in the record can be what the run saw. */
  | { readonly kind: 'none' }
  /** It can be in more than one way: these offsets. */
  | { readonly kind: 'several'; readonly offsets: readonly Offset[] };

/** What a device writes down and what it answers when it is asked change within this time of each other: an assumption. */
export const SAME_MS = 250;
/** No clock that anybody minds is farther off. */
export const FARTHEST_MS = 300_000;
/** Zones are so far apart, and no farther from UTC. */
export const QUARTER_MS = 900_000;
const FARTHEST_ZONE_MS = 14 * 3_600_000;
/** More pairs are a device that flaps: nobody can tell which change is which. */
const MOST_PAIRS = 2_000;

/** Can the middle of it be the offset of a clock that is about right, but for its zone if that is not known? */
const isLikely = (offset: Offset, zoned: boolean): boolean => {
  const shift = zoned ? 0 : Math.round(middle(offset) / QUARTER_MS) * QUARTER_MS;
  const most = FARTHEST_MS + (offset.hi_ms - offset.lo_ms) / 2;
  return Math.abs(shift) <= FARTHEST_ZONE_MS && Math.abs(middle(offset) - shift) <= most;
};

interface Pair extends Offset {
  readonly told: DatedChange;
  /** Its place among the changes that were seen. */
  readonly seen: number;
}

const pairsOf = (told: readonly DatedChange[], seen: readonly DatedChange[], zoned: boolean): Pair[] =>
  seen.flatMap((own, index) =>
    told
      .filter(({ what }) => what === own.what)
      .map((each) => ({
        told: each,
        seen: index,
        lo_ms: each.lo_ms - own.hi_ms - SAME_MS,
        hi_ms: each.hi_ms - own.lo_ms + SAME_MS,
      }))
      .filter((pair) => isLikely(pair, zoned)),
  );

/** Not spread: a log may have more lines than a call may have arguments. */
const hull = (offsets: readonly Offset[]): Offset =>
  offsets.reduce<Offset>(
    (all, { lo_ms, hi_ms }) => ({ lo_ms: Math.min(all.lo_ms, lo_ms), hi_ms: Math.max(all.hi_ms, hi_ms) }),
    { lo_ms: Infinity, hi_ms: -Infinity },
  );

const holds = ({ lo_ms, hi_ms }: Offset, at_ms: number): boolean => at_ms >= lo_ms && at_ms <= hi_ms;

const bySeen = (pairs: readonly Pair[]): ReadonlyMap<number, readonly Pair[]> => {
  const all = new Map<number, Pair[]>();
  for (const pair of pairs) all.set(pair.seen, [...(all.get(pair.seen) ?? []), pair]);
  return all;
};

/** The offsets that most changes agree with; those that touch are one. */
const bestRegions = (pairs: readonly Pair[]): readonly Offset[] => {
  let most = 0;
  let found: Offset[] = [];
  for (const { lo_ms } of pairs) {
    const here = bySeen(pairs.filter((pair) => holds(pair, lo_ms)));
    if (here.size < most) continue;
    const region = [...here.values()].map(hull).reduce(both);
    found = here.size === most ? [...found, region] : [region];
    most = here.size;
  }
  const merged: Offset[] = [];
  for (const region of found.toSorted((a, b) => a.lo_ms - b.lo_ms)) {
    const last = merged.at(-1);
    if (last === undefined || region.lo_ms > last.hi_ms) merged.push(region);
    else merged[merged.length - 1] = hull([last, region]);
  }
  return merged;
};

/** Changes that the run saw while the record told of such changes, by this offset. */
const covered = (told: readonly DatedChange[], seen: readonly DatedChange[], at: Offset): number => {
  const words = new Set(told.map(({ what }) => what));
  const span = hull(told);
  return seen.filter(
    ({ what, lo_ms, hi_ms }) =>
      words.has(what) && lo_ms + at.lo_ms >= span.lo_ms && hi_ms + at.hi_ms <= span.hi_ms,
  ).length;
};

const matchOf = (region: Offset, pairs: readonly Pair[], seen: readonly DatedChange[]): Match => {
  const here = bySeen(pairs.filter((pair) => !isEmpty(both(pair, region))));
  const same = [...here].map(([index, own]): SameChange => {
    const change = seen[index] as DatedChange;
    const lines = own.map(({ told }) => told.words).join(' or ');
    return { ...hull(own), at_ms: (change.lo_ms + change.hi_ms) / 2, words: `${change.words}: ${lines}` };
  });
  return { kind: 'one', same };
};

/**
 * Which changes of a record are those that the run saw too. Its clock may be anywhere: the offset is looked for that puts the
 * most of them where the run saw them, and no other that does so as well.
 *
 * @param seen with both ends known
 * @param zoned false: the offset may be a zone's, a whole number of quarter hours, besides
 * @param within what else is known of the offset: of several that fit alike, one in it is taken; null: nothing
 */
export const sameChanges = (
  told: readonly DatedChange[],
  seen: readonly DatedChange[],
  zoned: boolean,
  within: Offset | null,
): Match => {
  const pairs = pairsOf(told, seen, zoned);
  if (pairs.length === 0) return { kind: 'none' };
  const regions = pairs.length > MOST_PAIRS ? [] : bestRegions(pairs);
  const fitting =
    regions.length > 1 && within !== null
      ? regions.filter((region) => !isEmpty(both(region, within)))
      : regions;
  const [region, ...others] = fitting;
  if (region === undefined || others.length > 0) return { kind: 'several', offsets: regions };
  const match = matchOf(region, pairs, seen);
  const matched = match.kind === 'one' ? match.same.length : 0;
  // Where most of what it should tell of is elsewhere, the few that fit do so by chance.
  return covered(told, seen, region) > 2 * matched ? { kind: 'several', offsets: regions } : match;
};
