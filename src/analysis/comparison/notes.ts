import type { ComparedSide, Comparison, Margin } from '../../model/comparison.js';
import type { SidePoints } from './points.js';

type SideAndPoints = readonly [side: ComparedSide, points: SidePoints];

const onlyIn = ([side, points]: SideAndPoints, [, other]: SideAndPoints): string[] =>
  [...points.keys.keys()]
    .filter((key) => !other.keys.has(key))
    .map((key) => `only ${side.label} has ${key}: it is compared with nothing`);

/** Keys that one of the two sides does not have. */
export const oneSidedNotes = (base: SideAndPoints, candidate: SideAndPoints): string[] => [
  ...onlyIn(base, candidate),
  ...onlyIn(candidate, base),
];

/** Where a share of the base's median is no margin, because that is 0 or beyond what was seen. */
export const marginNotes = (comparisons: readonly Comparison[], margin: Margin): string[] => {
  if (margin.kind === 'seconds' || margin.value === 0) return [];
  const metrics = new Map<string, Set<string>>();
  for (const { key, metric, base, margin_s } of comparisons) {
    if (margin_s !== 0) continue;
    const why = base.median_s === 0 ? '0' : 'beyond what was seen';
    const text = `the base's median is ${why} in ${key}`;
    metrics.set(text, (metrics.get(text) ?? new Set()).add(metric));
  }
  return [...metrics].map(
    ([text, names]) =>
      `${text} (${[...names].join(', ')}): a share of it is no margin, so there is none; give one in time, as 500ms`,
  );
};

/** Sessions that were there and never tested, on no side. */
export const untestedNotes = (sides: readonly SidePoints[]): string[] => {
  const tested = new Set(sides.flatMap(({ keys }) => [...keys.keys()]));
  const untested = new Set(sides.flatMap((side) => side.untested.map(({ key }) => key)));
  return [...untested]
    .filter((key) => !tested.has(key))
    .map((key) => `${key}: no session ever crossed the failed node, so there is nothing to compare`);
};

/** A side whose trials are not all of one version. */
export const versionNotes = (sides: readonly ComparedSide[]): string[] =>
  sides
    .filter(({ versions }) => versions.length > 1)
    .map(
      ({ name, versions }) =>
        `${name} holds several versions (${versions.join(', ')}): their trials are pooled`,
    );
