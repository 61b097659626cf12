import type {
  ComparisonResult,
  ComparedSide,
  Comparison,
  ExcludedTrial,
  Margin,
} from '../model/comparison.js';
import type { LeftOut } from '../model/figures.js';
import { roundByUnit } from './format.js';

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

/** Every number to 1 µs by the unit in its name; throws on one that is not finite. */
const rounded = <Value>(value: Value, name: string): Value => {
  if (typeof value === 'number') return roundByUnit(name, value) as Value;
  if (Array.isArray(value)) return value.map((each: unknown) => rounded(each, name)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, rounded(each as unknown, key)]),
  ) as Value;
};

/** The comparisons with all their points; a missing value is null, and an infinite one too. */
export const comparisonDocument = (result: ComparisonResult): ComparisonDocument => ({
  format: 1,
  base: result.base,
  candidates: result.candidates,
  margin: result.margin,
  confidence: result.confidence,
  comparisons: rounded(result.comparisons, ''),
  excluded: result.excluded,
  left_out: result.leftOut,
  notes: result.notes,
});
