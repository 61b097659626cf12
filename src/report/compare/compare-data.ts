import type {
  ComparisonResult,
  ComparedSide,
  Comparison,
  ExcludedTrial,
  Margin,
  ComparisonKey,
  SideFigures,
} from '../../model/comparison.js';
import type { LeftOut } from '../../model/figures.js';
import { csvText } from '../text/csv.js';
import { plainNumber, roundAllByUnit } from '../../analysis/words/format.js';

/** What `seqgap compare --json` prints. */
export interface ComparisonDocument {
  readonly format: 1;
  readonly base: ComparedSide;
  readonly candidates: readonly ComparedSide[];
  readonly margin: Margin;
  readonly confidence: number;
  readonly comparisons: readonly Comparison[];
  readonly excluded: readonly ExcludedTrial[];
  readonly left_out: readonly LeftOut[];
  readonly notes: readonly string[];
}

/** The comparisons with all their points; a missing value is null, and an infinite one too. */
export const comparisonDocument = (result: ComparisonResult): ComparisonDocument => ({
  format: 1,
  base: result.base,
  candidates: result.candidates,
  margin: result.margin,
  confidence: result.confidence,
  comparisons: roundAllByUnit(result.comparisons),
  excluded: result.excluded,
  left_out: result.leftOut,
  notes: result.notes,
});

const PARTS = [
  'scenario',
  'trigger',
  'phase',
  'class',
  'direction',
  'family',
  'session',
  'kind',
] as const satisfies readonly (keyof ComparisonKey)[];

const FIGURES = [
  'p_two_sided',
  'p_holm',
  'shift_s',
  'shift_lo_s',
  'shift_hi_s',
  'level',
  'ratio',
  'margin_s',
  'resolution_s',
  'verdict',
  'limited_by_interval',
  'n_needed',
] as const satisfies readonly (keyof Comparison)[];

const SIDE = [
  'n',
  'censored',
  'min_s',
  'median_s',
  'max_s',
  'survived',
  'survived_lo',
  'survived_hi',
] as const satisfies readonly (keyof SideFigures)[];

type SideColumn = `${'base' | 'candidate'}_${(typeof SIDE)[number] | 'points_s'}`;

/** The order of the columns: an interface to others, pinned by a test. */
export const COMPARISON_COLUMNS = [
  'key',
  ...PARTS,
  'subjects',
  'metric',
  'base',
  'candidate',
  ...FIGURES,
  ...SIDE.map((name) => `base_${name}` as const),
  'base_points_s',
  ...SIDE.map((name) => `candidate_${name}` as const),
  'candidate_points_s',
] as const;

type Cell = string | number | boolean | null;

/** `2.61;2.95;not-recovered`, in the order of the trials; of `survived`, `true;false`. */
const pointsText = ({ points }: SideFigures): string =>
  points
    .map(({ value_s, survived }) => {
      if (survived !== null) return String(survived);
      return value_s === null ? 'not-recovered' : plainNumber('value_s', value_s);
    })
    .join(';');

const sideCells = (prefix: 'base' | 'candidate', figures: SideFigures): Record<SideColumn, Cell> =>
  Object.fromEntries([
    ...SIDE.map((name) => [`${prefix}_${name}`, figures[name]]),
    [`${prefix}_points_s`, pointsText(figures)],
  ]) as Record<SideColumn, Cell>;

const row = (comparison: Comparison, base: string): Record<(typeof COMPARISON_COLUMNS)[number], Cell> => ({
  ...comparison.parts,
  ...comparison,
  ...sideCells('base', comparison.base),
  ...sideCells('candidate', comparison.candidate_figures),
  subjects: comparison.subjects.join(';'),
  base,
});

/** A row for each comparison; the sides by the names they were asked for. */
export const comparisonCsv = ({ base, comparisons }: ComparisonResult): string =>
  csvText(
    COMPARISON_COLUMNS,
    comparisons.map((comparison) => row(comparison, base.name)),
  );
