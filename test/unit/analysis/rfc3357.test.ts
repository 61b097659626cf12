import { describe, expect, it } from 'vitest';
import {
  interPeriodLengths,
  lossDistances,
  lossPeriodNumbers,
  lossRuns,
  noticeableRate,
} from '../../../src/analysis/flow/gaps.js';
import { failover } from './fixture.js';

describe('golden vectors of RFC 3357', () => {
  const lost = [2, 5, 7, 9, 10];

  it('gives the loss distances and periods of §5.4.3', () => {
    expect(lossDistances(lost)).toEqual([0, 3, 2, 2, 1]);
    expect(lossPeriodNumbers(lost)).toEqual([1, 2, 3, 4, 4]);
  });

  it('gives the statistics of §6.5', () => {
    expect(lossRuns(lost).map(({ period, length }) => [period, length])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 2],
    ]);
    expect(interPeriodLengths(lost)).toEqual([0, 3, 2, 2]);
    expect(noticeableRate(lost, 2)).toBe(3 / 5);
  });

  it('finds the periods of the sequence of §4', () => {
    const sequence = 'rrrxrrxxxrxrrxxx';
    const indices = Array.from(sequence).flatMap((letter, index) => (letter === 'x' ? [index] : []));
    expect(lossRuns(indices).map(({ first }) => first)).toEqual([3, 6, 10, 13]);
  });

  it('has no rate without a loss', () => {
    expect(noticeableRate([], 2)).toBeNull();
    expect(lossRuns([])).toEqual([]);
  });

  it('is what the streaming analyser finds', () => {
    const { outages } = failover('...x..xxx.x..xxx', 250);
    expect(outages.map(({ first_seq, last_seq, censored }) => [first_seq, last_seq, censored])).toEqual([
      [3, 3, false],
      [6, 8, false],
      [10, 10, false],
      [13, 15, true],
    ]);
  });
});
