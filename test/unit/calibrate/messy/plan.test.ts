import { expect, test } from 'vitest';
import { MESSY_KINDS } from '../../../../src/cli/calibrate/messy/kinds.js';
import { planTakes } from '../../../../src/cli/calibrate/messy/plan.js';
import { SCRIPTS } from '../../../../src/cli/calibrate/messy/scripts.js';

test('every kind gets as many trials as asked for, and kinds take turns', () => {
  const takes = planTakes(MESSY_KINDS, 30, new Map());
  for (const kind of MESSY_KINDS) {
    const own = takes.filter((take) => take.kind === kind);
    expect(own.reduce((sum, { trials }) => sum + trials, 0)).toBe(30);
    expect(own.map(({ number }) => number)).toEqual(own.map((_, index) => index));
    for (const { trials } of own) expect(trials).toBeLessThanOrEqual(SCRIPTS[kind].trials);
  }
  expect(takes.slice(0, MESSY_KINDS.length).map(({ kind }) => kind)).toEqual([...MESSY_KINDS]);
});

test('what a folder has is not made again, and its numbers are not taken', () =>
  expect(planTakes(['clean'], 30, new Map([['clean', { trials: 25, next: 7 }]]))).toEqual([
    { kind: 'clean', number: 7, trials: 5 },
  ]));

test('nothing is left to be made where all is there', () =>
  expect(planTakes(['clean'], 30, new Map([['clean', { trials: 31, next: 3 }]]))).toEqual([]));

test('recordings of lossy paths take turns in how lossy they are', () => {
  const shares = [0, 1, 2, 3, 4].map((number) => SCRIPTS.loss.usual?.(number).loss);
  expect(shares).toEqual([0.001, 0.01, 0.02, 0.05, 0.001]);
});
