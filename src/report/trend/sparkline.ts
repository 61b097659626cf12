const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const NOT_RECOVERED = '×';
const NO_FIGURE = '·';

/** A value; Infinity: did not recover; null: there is none. */
export type SparkValue = number | null;

export interface Sparkline {
  /** One character for each value. */
  readonly bars: readonly string[];
  /** What the lowest and the highest bar stand for; null: no value is finite. */
  readonly lowest: number | null;
  readonly highest: number | null;
}

/**
 * One bar per value, from the smallest (▁) to the largest (█) of them; `×` for one that did not recover, `·` where there
 * is no figure. Equal values give the lowest bar.
 */
export const sparkline = (values: readonly SparkValue[]): Sparkline => {
  let [lowest, highest] = [Infinity, -Infinity];
  for (const value of values)
    if (value !== null && Number.isFinite(value)) {
      lowest = Math.min(lowest, value);
      highest = Math.max(highest, value);
    }
  const bar = (value: number): string => {
    const share = highest === lowest ? 0 : (value - lowest) / (highest - lowest);
    return BARS[Math.min(BARS.length - 1, Math.floor(share * BARS.length))] ?? BARS[0];
  };
  const bars = values.map((value) =>
    value === null ? NO_FIGURE : Number.isFinite(value) ? bar(value) : NOT_RECOVERED,
  );
  return highest === -Infinity ? { bars, lowest: null, highest: null } : { bars, lowest, highest };
};
