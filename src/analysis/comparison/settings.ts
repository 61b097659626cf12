import type { ComparedSide } from '../../model/comparison.js';
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
