import { describe, expect, it } from 'vitest';
import { changePoints } from '../../../src/analysis/statistics/change-points.js';
import { placeOf } from '../../../src/analysis/statistics/change-points.js';
import { seededRandom } from '../../../src/analysis/statistics/random.js';
import { stretchesOf } from '../../../src/analysis/statistics/change-points.js';

const found = (series: readonly number[], seed = 1) => changePoints(series, { random: seededRandom(seed) });

/** VRRP at random phase, 2.61 to 3.61 s, and what a change adds. */
const series = (length: number, seed: number, added: (i: number) => number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length }, (_, i) => 2.61 + random() + added(i));
};

describe('change points', () => {
  it('find one step, with its shift', () => {
    const [step, ...more] = found(series(40, 3, (i) => (i < 25 ? 0 : 1.5)));
    expect(more).toEqual([]);
    expect(step).toMatchObject({ index: 25 });
    expect(step!.p).toBeLessThanOrEqual(0.01);
    expect(step!.shift.lo).toBeLessThan(1.5);
    expect(step!.shift.hi).toBeGreaterThan(1.5);
  });

  it('find a change that was taken back after 20 of 1,000 runs', () => {
    const points = found(series(1_000, 4, (i) => (i >= 700 && i < 720 ? 1.5 : 0)));
    expect(points.map(({ index }) => index)).toEqual([700, 720]);
    expect(points.map(({ shift }) => Math.sign(shift.shift!))).toEqual([1, -1]);
  });

  it('find many steps, each against its neighbours', () => {
    const points = found(series(120, 5, (i) => Math.floor(i / 30) * 2));
    expect(points.map(({ index }) => index)).toEqual([30, 60, 90]);
    for (const { shift } of points) {
      expect(shift.lo).toBeLessThan(2);
      expect(shift.hi).toBeGreaterThan(2);
    }
  });

  it('find when runs stop recovering', () => {
    const points = found(series(30, 6, () => 0).map((value, i) => (i < 20 ? value : Infinity)));
    expect(points).toMatchObject([{ index: 20, shift: { shift: Infinity } }]);
  });

  it('are not led by outliers', () => {
    const outliers = series(60, 7, (i) => (i % 20 === 11 ? 500 : 0));
    expect(found(outliers)).toEqual([]);
  });

  it('find nothing in what is short or all the same', () => {
    expect(found([])).toEqual([]);
    expect(found([1, 1, 1, 9, 9, 9])).toEqual([]);
    // 4 v 4, complete separation: two of the 70 ways to deal, 0.029.
    expect(found([1, 2, 3, 4, 15, 16, 17, 18])).toEqual([]);
    expect(found(Array.from({ length: 200 }, () => 0.6))).toEqual([]);
  });

  it('find none too often where there is none', () => {
    // 400 series: 4 are expected at 1 %, more than 10 have a chance of 0.3 %. Seeded, so always the same.
    const alarms = Array.from({ length: 400 }, (_, seed) =>
      found(
        series(30, 1_000 + seed, () => 0),
        seed,
      ),
    ).filter((points) => points.length > 0);
    expect(alarms.length).toBeLessThanOrEqual(10);
  });

  it('find more with a higher alpha', () => {
    const weak = Array.from({ length: 20 }, (_, seed) => series(24, seed, (i) => (i < 12 ? 0 : 0.6)));
    const count = (alpha: number): number =>
      weak.filter((own) => changePoints(own, { random: seededRandom(1), alpha }).length > 0).length;
    expect(count(0.1)).toBeGreaterThan(count(0.01));
  });

  it('are the same for the same seed', () => {
    const own = series(60, 8, (i) => (i < 30 ? 0 : 0.7));
    expect(found(own, 9)).toEqual(found(own, 9));
  });

  it('refuse what has no rank', () =>
    expect(() => found([...series(20, 1, () => 0), NaN])).toThrow(RangeError));
});

describe('the place of a change', () => {
  const place = (series: readonly number[], split: number): number =>
    placeOf(series, { from: 0, to: series.length }, split, 4);
  const later = Array.from({ length: 20 }, () => 1);

  it('is where the levels meet, not where the ranks say', () => {
    expect(place([0, 0, 0, 0, 0, 0.4, ...later], 5)).toBe(6);
    expect(place([0, 0, 0, 0, 0, 0.6, ...later], 8)).toBe(5);
    expect(place([1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0], 6)).toBe(5);
  });

  it('leaves a level its fewest values', () => expect(place([0, 0, 0, 1, 0, ...later], 6)).toBe(5));

  it('stays where it is between levels that are the same', () => expect(place(later, 7)).toBe(7));
});

describe('stretches', () => {
  it('begin with the whole, overlap, reach both ends, and are long enough to split', () => {
    const stretches = stretchesOf(50, 4);
    expect(stretches[0]).toEqual({ from: 0, to: 50 });
    expect(stretches.every(({ from, to }) => from >= 0 && to <= 50 && to - from >= 8)).toBe(true);
    expect(stretches.filter(({ from }) => from === 0).map(({ to }) => to)).toEqual([50, 25, 13]);
    expect(stretches.filter(({ to }) => to === 50).length).toBe(3);
    expect(stretchesOf(7, 4)).toEqual([]);
  });
});
