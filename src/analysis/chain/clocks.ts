import type { Evidence, EvidenceRecord } from '../../model/evidence.js';
import { groupBy } from '../../model/group-by.js';
import { ANY, both, type Bound, isEmpty, middle, type Offset, offsetAt } from './clock-offset.js';
import { type DatedChange, FARTHEST_MS, QUARTER_MS, type Match, sameChanges } from './same-change.js';

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

/** The name of a role or of an order, so that only the same can be the same. */
export const changeWords = (kind: 'role' | 'order', subject: string, value: string): string =>
  `${kind} ${subject} ${value}`;

/** Orders that take a machine down, as clouds call them; what brings it up again is none. */
const TAKES_DOWN = /stop|power.?off|dealloc|terminat|redeploy|restart|reboot|reset/i;
const BRINGS_UP = /start/i;
/** What an order to a machine is called here, whatever the cloud calls it. */
export const TAKEN_DOWN = 'down';

const isDown = (operation: string): boolean =>
  TAKES_DOWN.test(operation) && (/restart/i.test(operation) || !BRINGS_UP.test(operation));

const where = ({ file, line }: Evidence): string => `${file}:${line}`;

const toldChange = (evidence: Evidence): DatedChange[] => {
  const { kind, subject, value, lo_ms, hi_ms } = evidence;
  const own = { lo_ms, hi_ms, words: where(evidence) };
  if (kind === 'role') return [{ ...own, what: changeWords('role', subject, value ?? '') }];
  if (kind === 'operation-accepted' && isDown(value ?? ''))
    return [{ ...own, what: changeWords('order', subject, TAKEN_DOWN) }];
  return [];
};

/** Parts of a node that change one by one say nothing of the node's own role. */
const withoutParts = (evidence: readonly Evidence[]): readonly Evidence[] => {
  const parts = new Set(evidence.flatMap(({ kind, part }) => (kind === 'role' ? [part ?? ''] : [])));
  return parts.size > 1 ? evidence.filter(({ kind }) => kind !== 'role') : evidence;
};

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

const whyNot = (match: Match, told: readonly DatedChange[]): string => {
  if (match.kind === 'several' && match.offsets.length > 1)
    return `it fits the roles that were seen in ${match.offsets.length} ways, as at ${match.offsets
      .slice(0, 3)
      .map((offset) => sayMs(middle(offset)))
      .join(' and at ')}`;
  if (match.kind === 'several') return 'most of its role changes are not where the run saw them';
  return told.length === 0
    ? 'nothing in it was seen by the run as well'
    : `none of its role changes lies within ${FARTHEST_MS / 60_000} minutes of the same change seen by the run`;
};

/** The bounds together, or the user's word alone where they contradict each other. */
const settled = (bounds: readonly Bound[], zone_min: number | null): Era => {
  if (agree(bounds)) return { state: 'placed', bounds, zone_min, why: null };
  const said = bounds.filter(({ by }) => by === 'said');
  const each = bounds
    .slice(0, 4)
    .map(({ words, lo_ms, hi_ms }) => `${sayMs(lo_ms)} to ${sayMs(hi_ms)} by ${words}`)
    .join('; ');
  const why = `what says how far it was off contradicts itself: ${each}`;
  return said.length === 0
    ? { state: 'contradicted', bounds, zone_min: null, why }
    : { state: 'placed', bounds: said, zone_min: null, why: `${why}. Taken as --clock says` };
};

const eraOf = (clock: string, zoned: boolean, own: readonly Evidence[], sight: RunSight): Era => {
  const ofClock = (bounds: readonly (Bound & { readonly clock: string })[]): Bound[] =>
    bounds.filter((bound) => bound.clock === clock);
  const [measured, said] = [ofClock(sight.measured), ofClock(sight.said)];
  const told = withoutParts(own).flatMap(toldChange);
  const within = [...said, ...(zoned ? measured : [])].reduce<Offset>(both, ANY);
  const known = said.length > 0 || (zoned && measured.length > 0);
  const match = sameChanges(told, sight.changes, zoned, known && !isEmpty(within) ? within : null);
  const changes = boundsOf(match);
  if (zoned || said.length > 0) {
    const bounds = [...said, ...(zoned ? measured : []), ...changes];
    return bounds.length === 0 ? notKnown(whyNot(match, told)) : settled(bounds, null);
  }
  if (changes.length === 0)
    return notKnown(`its stamps have no zone, and ${whyNot(match, told)}: --zone says which it is`);
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
