import type { Evidence, EvidenceRecord } from '../../model/evidence.js';
import { groupBy } from '../../model/group-by.js';
import { ANY, both, type Bound, isEmpty, middle, type Offset, offsetAt, sayOffset } from './clock-offset.js';
import {
  type DatedChange,
  FARTHEST_MS,
  QUARTER_MS,
  type Match,
  SAME_MS,
  sameChanges,
} from './same-change.js';

/** What the run knows that can be held against the stamps of a foreign clock; instants by the run's wall clock. */
export interface RunSight {
  /** Changes that the run saw, both ends known. */
  readonly changes: readonly DatedChange[];
  /** Clocks that the run asked for their time: `clock` is a node. */
  readonly measured: readonly (Bound & { readonly clock: string })[];
  /** `--clock` */
  readonly said: readonly (Bound & { readonly clock: string })[];
}

/**
 * - `placed`        its offset is known, as an interval
 * - `not-known`     nothing says how far it is off
 * - `contradicted`  what says so contradicts itself
 */
type ClockState = 'placed' | 'not-known' | 'contradicted';

/** A foreign clock between two times at which it was set. */
interface Era {
  readonly state: ClockState;
  readonly bounds: readonly Bound[];
  /** Minutes of the zone that its stamps turned out to be in; null: they have one, or none was found. */
  readonly zone_min: number | null;
  /** Why it is not placed; null: it is. */
  readonly why: string | null;
}

export interface ForeignClock {
  readonly clock: string;
  readonly files: readonly string[];
  readonly state: ClockState;
  /** By how much it was ahead, over all that was placed; null: not known. */
  readonly offset: Offset | null;
  readonly zone_min: number | null;
  readonly bounds: readonly Bound[];
  /** Why it is not placed, or not all of it. */
  readonly why: readonly string[];
}

/** Where a stamp lies on the run's wall clock; null: nobody knows. */
export type Place = (evidence: Evidence) => Offset | null;

export interface PlacedClocks {
  readonly clocks: readonly ForeignClock[];
  readonly place: Place;
}

/** The name of a role or of an order, so that only the same can be the same. Clouds write names in capitals or not. */
export const changeWords = (kind: 'role' | 'order', subject: string, value: string): string =>
  `${kind} ${subject.toLowerCase()} ${value}`;

/** Orders that take a machine down, as clouds call them; what brings it up again is none. */
const TAKES_DOWN = /stop|power.?off|dealloc|terminat|redeploy|restart|reboot|reset/i;
const BRINGS_UP = /start/i;
/** What an order to a machine is called here, whatever the cloud calls it. */
export const TAKEN_DOWN = 'down';

/** Is it an order of the kind that a trigger gives? */
export const isDown = (operation: string): boolean =>
  TAKES_DOWN.test(operation) && (/restart/i.test(operation) || !BRINGS_UP.test(operation));

const where = ({ file, line }: Evidence): string => `${file}:${line}`;

/** Parts of a node that change within this time of each other change together. */
const TOGETHER_MS = 1_000;

/**
 * Roles of a node whose parts (the instances of two address families) have each their own: where all of them take one within
 * a moment, the node takes it in that time. Parts that change one by one say nothing of the node's own role.
 */
const roleChanges = (evidence: readonly Evidence[]): readonly DatedChange[] => {
  const roles = evidence.filter(({ kind }) => kind === 'role');
  const parts = new Set(roles.map(({ part }) => part ?? ''));
  const changes = groupBy(roles, ({ subject, value }) => changeWords('role', subject, value ?? ''));
  if (parts.size <= 1)
    return roles.map((each) => datedChange(changeWords('role', each.subject, each.value ?? ''), [each]));
  return [...changes].flatMap(([what, own]) => {
    const bursts: Evidence[][] = [];
    for (const each of own.toSorted((x, y) => x.lo_ms - y.lo_ms)) {
      const last = bursts.at(-1);
      if (last !== undefined && each.lo_ms - (last.at(-1)?.lo_ms ?? 0) <= TOGETHER_MS) last.push(each);
      else bursts.push([each]);
    }
    return bursts
      .filter((burst) => new Set(burst.map(({ part }) => part ?? '')).size === parts.size)
      .map((burst) => datedChange(what, burst));
  });
};

const datedChange = (what: string, own: readonly Evidence[]): DatedChange => ({
  what,
  lo_ms: Math.min(...own.map(({ lo_ms }) => lo_ms)),
  hi_ms: Math.max(...own.map(({ hi_ms }) => hi_ms)),
  words: own.map(where).join(' and '),
});

/** What a record tells that the run may have seen too. */
const toldChanges = (evidence: readonly Evidence[]): readonly DatedChange[] => [
  ...roleChanges(evidence),
  ...evidence
    .filter(({ kind, value }) => kind === 'operation-accepted' && isDown(value ?? ''))
    .map((each) => datedChange(changeWords('order', each.subject, TAKEN_DOWN), [each])),
];

interface Stamped {
  readonly evidence: Evidence;
  readonly zoned: boolean;
  readonly era: string;
}

/** Between two of these a clock has one offset: it was set, or its system began anew. */
const breaks = ({ kind, subject, clock }: Evidence): boolean =>
  kind === 'clock-set' || (kind === 'boot' && subject === clock);

/** A clock that was never set has one era, whatever files it is in; else each file is by itself, in the order of its lines. */
const stampedOf = (records: readonly EvidenceRecord[]): readonly Stamped[] => {
  const all = records.flatMap(({ evidence, zoned }) => evidence.map((each) => ({ evidence: each, zoned })));
  const set = new Set(all.filter(({ evidence }) => breaks(evidence)).map(({ evidence }) => evidence.clock));
  const count = new Map<string, number>();
  return all
    .toSorted((a, b) =>
      a.evidence.file === b.evidence.file
        ? a.evidence.line - b.evidence.line
        : a.evidence.file < b.evidence.file
          ? -1
          : 1,
    )
    .map((each) => {
      const { clock, file } = each.evidence;
      const of = set.has(clock) ? `${clock}\n${file}` : clock;
      // What says that it was set is stamped after it.
      if (breaks(each.evidence)) count.set(of, (count.get(of) ?? 0) + 1);
      return { ...each, era: `${of}\n${count.get(of) ?? 0}\n${each.zoned}` };
    });
};

const boundsOf = (match: Match): Bound[] =>
  match.kind === 'one' ? match.same.map((same) => ({ ...same, by: 'change' })) : [];

const shifted = (bound: Bound, by_ms: number): Bound => ({
  ...bound,
  lo_ms: bound.lo_ms + by_ms,
  hi_ms: bound.hi_ms + by_ms,
});

/** Do the bounds leave an offset, whenever they are asked? */
const agree = (bounds: readonly Bound[]): boolean =>
  bounds.every(({ at_ms }) => !isEmpty(offsetAt(bounds, at_ms ?? bounds[0]?.at_ms ?? 0)));

const sayMs = (value: number): string => `${value < 0 ? '-' : '+'}${(Math.abs(value) / 1000).toFixed(1)} s`;

const notKnown = (why: string): Era => ({ state: 'not-known', bounds: [], zone_min: null, why });

const whyNot = (match: Match, told: readonly DatedChange[], { changes }: RunSight): string => {
  if (match.kind === 'several' && match.offsets.length > 1)
    return `it fits the changes that the run saw in ${match.offsets.length} ways, as at ${match.offsets
      .slice(0, 3)
      .map((offset) => sayMs(middle(offset)))
      .join(' and at ')}`;
  if (match.kind === 'several') return 'most of its role changes are not where the run saw them';
  if (told.length === 0) return 'it tells of nothing that the run can see as well, such as a role';
  const words = new Set(told.map(({ what }) => what));
  return changes.some(({ what }) => words.has(what))
    ? `none of its role changes lies within ${FARTHEST_MS / 60_000} minutes of the same change seen by the run`
    : 'the run saw none of its role changes, as an observer of roles would have';
};

/** A change that the run saw while the record went on, by what is known of its clock, and that is not there. */
const missedChange = (
  told: readonly DatedChange[],
  own: readonly Evidence[],
  seen: readonly DatedChange[],
  offset: Offset,
): string | null => {
  const first_ms = own.reduce((least, { lo_ms }) => Math.min(least, lo_ms), Infinity);
  const last_ms = own.reduce((most, { hi_ms }) => Math.max(most, hi_ms), -Infinity);
  const missed = seen.find(({ what, lo_ms, hi_ms }) => {
    const same = told.filter((each) => each.what === what);
    const [from, to] = [lo_ms + offset.lo_ms - SAME_MS, hi_ms + offset.hi_ms + SAME_MS];
    const isThere = same.some((each) => each.hi_ms >= from && each.lo_ms <= to);
    return same.length > 0 && !isThere && from >= first_ms && to <= last_ms;
  });
  return missed === undefined
    ? null
    : `the run saw ${missed.words}, of which it tells elsewhere, but not where its clock would have it`;
};

/** The user's word holds, where there is one; nothing else. */
const contradicted = (bounds: readonly Bound[], why: string): Era => {
  const said = bounds.filter(({ by }) => by === 'said');
  return said.length === 0
    ? { state: 'contradicted', bounds, zone_min: null, why }
    : { state: 'placed', bounds: said, zone_min: null, why: `${why}. Taken as --clock says` };
};

/** The bounds together, or the user's word alone where they contradict each other. */
const settled = (bounds: readonly Bound[], zone_min: number | null): Era => {
  if (agree(bounds)) return { state: 'placed', bounds, zone_min, why: null };
  const each = bounds
    .slice(0, 4)
    .map((bound) => `${sayOffset(bound)} by ${bound.words}`)
    .join('; ');
  return contradicted(bounds, `what says how far it was off contradicts itself: ${each}`);
};

const eraOf = (clock: string, zoned: boolean, own: readonly Evidence[], sight: RunSight): Era => {
  const ofClock = (bounds: readonly (Bound & { readonly clock: string })[]): Bound[] =>
    bounds.filter((bound) => bound.clock === clock);
  const [measured, said] = [ofClock(sight.measured), ofClock(sight.said)];
  const told = toldChanges(own);
  const within = [...said, ...(zoned ? measured : [])].reduce<Offset>(both, ANY);
  const known = said.length > 0 || (zoned && measured.length > 0);
  const match = sameChanges(told, sight.changes, zoned, known && !isEmpty(within) ? within : null);
  const changes = boundsOf(match);
  if (zoned || said.length > 0) {
    const bounds = [...said, ...(zoned ? measured : []), ...changes];
    const missed = known && changes.length === 0 ? missedChange(told, own, sight.changes, within) : null;
    if (missed !== null) return contradicted(bounds, missed);
    return bounds.length === 0 ? notKnown(whyNot(match, told, sight)) : settled(bounds, null);
  }
  if (changes.length === 0)
    return notKnown(`its stamps have no zone (--zone says which), and ${whyNot(match, told, sight)}`);
  const about = middle(changes.reduce<Offset>(both, ANY));
  const shift = Math.round((about - (measured[0] === undefined ? 0 : middle(measured[0]))) / QUARTER_MS);
  return settled(
    [...measured.map((bound) => shifted(bound, shift * QUARTER_MS)), ...changes],
    (shift * QUARTER_MS) / 60_000,
  );
};

/** By how much all of the eras were ahead, when they were held against the run; without their zone. */
const offsetOf = (eras: readonly Era[]): Offset | null => {
  const all = eras
    .filter(({ state }) => state === 'placed')
    .flatMap(({ bounds, zone_min }) =>
      bounds.map(({ at_ms }) => {
        const { lo_ms, hi_ms } = offsetAt(bounds, at_ms ?? 0);
        const zone_ms = (zone_min ?? 0) * 60_000;
        return { lo_ms: lo_ms - zone_ms, hi_ms: hi_ms - zone_ms };
      }),
    );
  return all.length === 0
    ? null
    : all.reduce((a, b) => ({ lo_ms: Math.min(a.lo_ms, b.lo_ms), hi_ms: Math.max(a.hi_ms, b.hi_ms) }));
};

const whyOf = (eras: readonly Era[]): readonly string[] => {
  const isPlaced = eras.some(({ state }) => state === 'placed');
  const told = eras.flatMap(({ state, why }) =>
    why === null || (isPlaced && state === 'not-known') ? [] : [why],
  );
  const rest = isPlaced && eras.some(({ state }) => state === 'not-known');
  return [
    ...new Set(told),
    ...(rest
      ? ['not all of it is placed: of the time before or after it was set, or started, nothing tells']
      : []),
  ];
};

const clockOf = (clock: string, stamped: readonly Stamped[], eras: readonly Era[]): ForeignClock => {
  const states = eras.map(({ state }) => state);
  return {
    clock,
    files: [...new Set(stamped.map(({ evidence }) => evidence.file))],
    state:
      states.find((state) => state === 'contradicted') ??
      (states.includes('placed') ? 'placed' : 'not-known'),
    offset: offsetOf(eras),
    zone_min: eras.find(({ zone_min }) => zone_min !== null)?.zone_min ?? null,
    bounds: eras.flatMap(({ bounds }) => bounds),
    why: whyOf(eras),
  };
};

/**
 * Finds out where each foreign clock stands against the run's wall clock: from what the run measured, from changes that both
 * saw, and from the user. Nothing is taken for right because it is usually so: a cloud's clock, too, is known only by these.
 */
export const placeClocks = (records: readonly EvidenceRecord[], sight: RunSight): PlacedClocks => {
  const stamped = stampedOf(records);
  const eras = new Map<string, Era>();
  const eraOfEvidence = new Map<Evidence, Era>();
  for (const [key, own] of groupBy(stamped, ({ era }) => era)) {
    const [first] = own;
    if (first === undefined) continue;
    const evidence = own.map((each) => each.evidence);
    const era = eraOf(first.evidence.clock, first.zoned, evidence, sight);
    eras.set(key, era);
    for (const each of evidence) eraOfEvidence.set(each, era);
  }
  const clocks = [...groupBy(stamped, ({ evidence }) => evidence.clock)].map(([clock, own]) =>
    clockOf(
      clock,
      own,
      [...new Set(own.map(({ era }) => era))].flatMap((key) => eras.get(key) ?? []),
    ),
  );
  const place = (evidence: Evidence): Offset | null => {
    const era = eraOfEvidence.get(evidence);
    if (era?.state !== 'placed') return null;
    const about = offsetAt(era.bounds, evidence.lo_ms);
    // Drift counts from where the stamp truly is; the first look may be a zone away.
    const offset = offsetAt(era.bounds, evidence.lo_ms - middle(about));
    return isEmpty(offset)
      ? null
      : { lo_ms: evidence.lo_ms - offset.hi_ms, hi_ms: evidence.hi_ms - offset.lo_ms };
  };
  return { clocks, place };
};
