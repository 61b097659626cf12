/**
 * The one-way loss pattern metrics of RFC 3357 over the sequence numbers of lost probes, ascending. The
 * streaming analyser (flow.ts) finds the same periods without holding the sequence; these are the definitions
 * it is checked against, and serve logs that are held in memory anyway.
 */
export interface LossRun {
  /** 1-based, as in RFC 3357 §6.4. */
  readonly period: number;
  readonly first: number;
  readonly length: number;
}

/** RFC 3357 §4.5: distance of each lost probe to the one lost before it; 0 for the first. */
export const lossDistances = (lost: readonly number[]): number[] =>
  lost.map((seq, index) => (index === 0 ? 0 : seq - (lost[index - 1] ?? seq)));

/** RFC 3357 §4.6: the number of the period that each lost probe belongs to. */
export const lossPeriodNumbers = (lost: readonly number[]): number[] => {
  let period = 0;
  return lossDistances(lost).map((distance) => (distance === 1 ? period : ++period));
};

/** RFC 3357 §6.2-6.3: the periods with their lengths; their number is the period total. */
export const lossRuns = (lost: readonly number[]): LossRun[] => {
  const runs: { period: number; first: number; length: number }[] = [];
  const numbers = lossPeriodNumbers(lost);
  for (const [index, first] of lost.entries()) {
    const run = runs.at(-1);
    const period = numbers[index] ?? 0;
    if (run?.period === period) run.length++;
    else runs.push({ period, first, length: 1 });
  }
  return runs;
};

/** RFC 3357 §6.4: distance from the last loss of the period before to the first of this one; 0 for the first. */
export const interPeriodLengths = (lost: readonly number[]): number[] => {
  const runs = lossRuns(lost);
  return runs.map((run, index) => {
    const previous = runs[index - 1];
    return previous === undefined ? 0 : run.first - (previous.first + previous.length - 1);
  });
};

/** RFC 3357 §6.1: share of losses no farther than `delta` from the one before; null without losses. */
export const noticeableRate = (lost: readonly number[], delta: number): number | null => {
  if (lost.length === 0) return null;
  // The first loss has distance 0 by definition and is no noticeable one: it has nothing before it.
  const noticeable = lossDistances(lost).filter((distance) => distance > 0 && distance <= delta).length;
  return noticeable / lost.length;
};
