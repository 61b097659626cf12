import { expect, it } from 'vitest';
import { clopperPearson } from '../../../src/analysis/statistics/clopper-pearson.js';
import { hodgesLehmann } from '../../../src/analysis/statistics/hodges-lehmann.js';
import { medianInterval } from '../../../src/analysis/statistics/median-interval.js';
import { smallestP } from '../../../src/analysis/statistics/runs-needed.js';
import { page, rows, section } from './markdown.js';

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** Differences 1 ... n^2, in order: the value of an order statistic says its place. */
const shiftCell = (n: number): string => {
  const base = Array.from({ length: n }, (_, i) => -i * n);
  const candidate = Array.from({ length: n }, (_, i) => i + 1);
  const { lo, hi, level } = hodgesLehmann(base, candidate);
  return level === null ? 'none' : `D${lo} to D${hi} of ${n * n}, ${percent(level)}`;
};

const medianCell = (n: number): string => {
  const found = medianInterval(Array.from({ length: n }, (_, i) => i + 1));
  return found === null ? 'none' : `x${found.lo} to x${found.hi}, ${percent(found.level)}`;
};

it('what so few can show is what the code says', () => {
  const table = rows(section(page('method.md'), '### What so few can show'));
  expect(table.length).toBeGreaterThanOrEqual(5);
  for (const row of table) {
    const n = Number(row[0]);
    const share = percent(clopperPearson(n, n).lo);
    expect(row).toEqual([String(n), smallestP(n, n).toFixed(5), shiftCell(n), medianCell(n), share]);
  }
});
