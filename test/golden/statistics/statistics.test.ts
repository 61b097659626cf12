import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clopperPearson } from '../../../src/analysis/statistics/clopper-pearson.js';
import { fisherExact } from '../../../src/analysis/statistics/fisher.js';
import { hodgesLehmann } from '../../../src/analysis/statistics/hodges-lehmann.js';
import { holm } from '../../../src/analysis/statistics/holm.js';
import { mannWhitney } from '../../../src/analysis/statistics/mann-whitney.js';
import { medianInterval } from '../../../src/analysis/statistics/median-interval.js';
import { upperTail } from '../../../src/analysis/statistics/normal.js';

/** In the files null is infinity (a value), or a figure that was not given. */
type Values = readonly (number | null)[];

interface FromR {
  readonly made_with: string;
  readonly comparisons: readonly {
    readonly kind: string;
    readonly base: Values;
    readonly candidate: Values;
    readonly u: number;
    readonly p: number;
    readonly p_wilcox: number | null;
    readonly shift: number | null;
    readonly lo: number | null;
    readonly hi: number | null;
  }[];
  readonly approximate: readonly { base: Values; candidate: Values; p: number }[];
  readonly depths: readonly { m: number; n: number; confidence: number; k: number; level: number | null }[];
  readonly fisher: readonly { table: [number, number, number, number]; p: number }[];
  readonly clopper_pearson: readonly { k: number; n: number; level: number; lo: number; hi: number }[];
  readonly holm: readonly { p: readonly number[]; adjusted: readonly number[] }[];
  readonly medians: readonly { n: number; k: number; level: number | null }[];
  readonly normal: readonly { z: number; upper_tail: number }[];
}

interface FromSciPy {
  readonly made_with: string;
  readonly comparisons: readonly [place: number, exact: number | null, dealt: number | null][];
  readonly fisher: readonly number[];
  readonly clopper_pearson: readonly [lo: number, hi: number][];
}

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
const r = read('r.json') as FromR;
const scipy = read('scipy.json') as FromSciPy;

const sideOf = (values: Values): number[] => values.map((value) => value ?? Infinity);

/** Equal to so many parts of itself. */
const expectClose = (actual: number | null, expected: number, relative = 1e-11): void => {
  expect(actual).not.toBeNull();
  expect(Math.abs(actual! - expected)).toBeLessThanOrEqual(relative * Math.abs(expected));
};

describe(`as ${r.made_with}`, () => {
  it('has the cases that are claimed', () => {
    const censored = r.comparisons.filter(({ base, candidate }) => [...base, ...candidate].includes(null));
    expect(r.comparisons.length).toBeGreaterThanOrEqual(200);
    expect(censored.length).toBeGreaterThanOrEqual(50);
  });

  it.each([...new Set(r.comparisons.map(({ kind }) => kind))])('comparisons: %s', (kind) => {
    for (const each of r.comparisons.filter((one) => one.kind === kind)) {
      const [base, candidate] = [sideOf(each.base), sideOf(each.candidate)];
      const test = mannWhitney(base, candidate);
      expect(test).toMatchObject({ u: each.u, exact: true });
      expectClose(test.p_two_sided, each.p);
      // R gives the others without ties and infinities only.
      if (each.p_wilcox === null || each.shift === null) continue;
      expectClose(test.p_two_sided, each.p_wilcox);
      const { shift, lo, hi } = hodgesLehmann(base, candidate);
      expect(shift).toBeCloseTo(each.shift, 9);
      if (each.lo === null || each.hi === null) expect([lo, hi]).toEqual([null, null]);
      else {
        expect(lo).toBeCloseTo(each.lo, 9);
        expect(hi).toBeCloseTo(each.hi, 9);
      }
    }
  });

  it('approximates above the size that is counted', () => {
    for (const { base, candidate, p } of r.approximate) {
      const test = mannWhitney(sideOf(base), sideOf(candidate));
      expect(test.exact).toBe(false);
      expectClose(test.p_two_sided, p);
    }
  });

  it.each(r.depths)('depth of the interval: $m v $n, $confidence', ({ m, n, confidence, k, level }) => {
    // Differences 0 ... mn - 1, in order: the value of an order statistic says its place.
    const base = Array.from({ length: m }, (_, i) => -i * n);
    const candidate = Array.from({ length: n }, (_, i) => i);
    const estimate = hodgesLehmann(base, candidate, confidence);
    if (level === null) expect(estimate).toMatchObject({ lo: null, hi: null, level: null });
    else {
      expect(estimate).toMatchObject({ lo: k - 1, hi: m * n - k });
      expectClose(estimate.level, level, 1e-12);
    }
  });

  it('Fisher', () => {
    for (const { table, p } of r.fisher) expectClose(fisherExact(...table), p, 1e-10);
  });

  it('Clopper and Pearson', () => {
    for (const { k, n, level, lo, hi } of r.clopper_pearson) {
      const found = clopperPearson(k, n, level);
      expect(found.lo).toBeCloseTo(lo, 12);
      expect(found.hi).toBeCloseTo(hi, 12);
    }
  });

  it('Holm', () => {
    for (const { p, adjusted } of r.holm)
      for (const [i, each] of holm(p).entries()) expectClose(each, adjusted[i]!, 1e-12);
  });

  it('interval of a median', () => {
    for (const { n, k, level } of r.medians) {
      const found = medianInterval(Array.from({ length: n }, (_, i) => i + 1));
      if (level === null) expect(found).toBeNull();
      else {
        expect(found).toMatchObject({ lo: k, hi: n + 1 - k });
        expectClose(found!.level, level, 1e-12);
      }
    }
  });

  it('normal distribution', () => {
    for (const { z, upper_tail } of r.normal) expectClose(upperTail(z), upper_tail, 1e-12);
  });
});

describe(`as ${scipy.made_with}`, () => {
  it('Mann and Whitney', () => {
    let held = 0;
    for (const [place, exact, dealt] of scipy.comparisons) {
      const { base, candidate } = r.comparisons[place]!;
      const { p_two_sided } = mannWhitney(sideOf(base), sideOf(candidate));
      if (exact !== null) expectClose(p_two_sided, exact);
      if (dealt !== null) expectClose(p_two_sided, dealt);
      if (exact !== null || dealt !== null) held += 1;
    }
    expect(held).toBeGreaterThanOrEqual(100);
  });

  it('Fisher', () => {
    for (const [i, { table }] of r.fisher.entries())
      expectClose(fisherExact(...table), scipy.fisher[i]!, 1e-10);
  });

  it('Clopper and Pearson', () => {
    for (const [i, { k, n, level }] of r.clopper_pearson.entries()) {
      const found = clopperPearson(k, n, level);
      expect(found.lo).toBeCloseTo(scipy.clopper_pearson[i]![0], 12);
      expect(found.hi).toBeCloseTo(scipy.clopper_pearson[i]![1], 12);
    }
  });
});
