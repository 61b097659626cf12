import type { ComparedSide, Comparison, Margin } from '../../model/comparison.js';
import type { SidePoints } from './points.js';
import type { RunSummary } from '../../model/figures.js';
import type { PreparedSide } from './side.js';

/** Of one setting: which values each side has, by the side's label. */
type BySide = ReadonlyMap<string, ReadonlySet<string>>;

const gathered = (
  sides: readonly PreparedSide[],
  labels: readonly string[],
  read: (summary: RunSummary) => Iterable<readonly [name: string, value: string]>,
): Map<string, BySide> => {
  const all = new Map<string, Map<string, Set<string>>>();
  sides.forEach(({ runs }, index) => {
    const label = labels[index] ?? '';
    for (const { summary } of runs)
      for (const [name, value] of read(summary)) {
        const bySide = all.get(name) ?? new Map<string, Set<string>>();
        bySide.set(label, (bySide.get(label) ?? new Set()).add(value));
        all.set(name, bySide);
      }
  });
  return all;
};

const differs = (bySide: BySide): boolean =>
  new Set([...bySide.values()].flatMap((values) => [...values])).size > 1;

/** `10.1.3 10ms, 11.0.0 50ms and 10ms` */
const sayValues = (bySide: BySide): string =>
  [...bySide].map(([label, values]) => `${label} ${[...values].join(' and ')}`).join(', ');

/**
 * Settings of a scenario that are not the same in all runs although its name is: then the version is not all that
 * differs. So is the version of the tool itself, whose changelog says when figures change.
 */
export const settingNotes = (sides: readonly PreparedSide[], compared: readonly ComparedSide[]): string[] => {
  const labels = compared.map(({ label }) => label);
  const settings = gathered(sides, labels, ({ scenario, settings: own = {} }) =>
    Object.entries(own).map(([name, value]) => [`${scenario}: ${name}`, value] as const),
  );
  const tools = gathered(sides, labels, ({ tool_version }) => [['', tool_version] as const]);
  return [
    ...[...settings]
      .filter(([, bySide]) => differs(bySide))
      .map(([name, bySide]) => `${name} is not the same: ${sayValues(bySide)}`),
    ...[...tools.values()]
      .filter(differs)
      .map(
        (bySide) =>
          `not measured by the same seqgap (${sayValues(bySide)}): CHANGELOG.md says whether figures changed`,
      ),
  ];
};

/** What made one run differ, an hour or a host, is in all of its trials, so that they cannot tell it from the version. */
export const singleRunNotes = (
  [base, ...candidates]: readonly ComparedSide[],
  comparisons: readonly Comparison[],
): string[] => {
  const isSingle = ({ runs }: ComparedSide): boolean => runs.length === 1;
  const single = candidates.filter(isSingle).map(({ label }) => label);
  const differ = comparisons.some(({ verdict }) => verdict === 'worse' || verdict === 'better');
  return base === undefined || !isSingle(base) || single.length === 0 || !differ
    ? []
    : [
        `only one run each of ${[base.label, ...single].join(', ')}: their trials cannot tell whether a run or its version differs`,
      ];
};

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
