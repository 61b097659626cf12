import { describe, expect, test } from 'vitest';
import type { RunSummary } from '../../../src/model/figures.js';
import { meets, parseConditions, requireMet } from '../../../src/history/run-filter.js';
import { summaryOf } from '../../../src/history/run-summary.js';
import { sampleRecord } from '../../io/store/sample-record.js';

const summary = (version: string, labels: Record<string, string>): RunSummary =>
  summaryOf('r', { ...sampleRecord('r'), version, labels }, 'pass');

const RUNS = [
  summary('9.0', { site: 'lab1', design: 'vrrp' }),
  summary('9.1', { site: 'lab2', design: 'vrrp' }),
];

describe('parseConditions', () => {
  test.each([
    ['version=9.0', [{ key: 'version', value: '9.0' }]],
    [
      'site=lab1,version=9.0',
      [
        { key: 'site', value: 'lab1' },
        { key: 'version', value: '9.0' },
      ],
    ],
    ['note=a=b', [{ key: 'note', value: 'a=b' }]],
    [
      'note=one, two,site=x',
      [
        { key: 'note', value: 'one, two' },
        { key: 'site', value: 'x' },
      ],
    ],
    ['site=', [{ key: 'site', value: '' }]],
    ['results/fw', null],
    ['=9.0', null],
    ['a,version=9.0', null],
    ['', null],
  ])('%j', (word, expected) => expect(parseConditions(word)).toEqual(expected));
});

describe('meets', () => {
  test('all conditions, by version, scenario, status or label', () => {
    const [first] = RUNS as [RunSummary];
    for (const word of ['version=9.0', 'scenario=lab-vrrp-crash', 'status=complete', 'site=lab1,design=vrrp'])
      expect(meets(first, parseConditions(word) ?? [])).toBe(true);
    for (const word of ['version=9', 'site=lab1,version=9.1', 'toString=x', 'sites=lab1'])
      expect(meets(first, parseConditions(word) ?? [])).toBe(false);
    expect(meets(first, [])).toBe(true);
  });

  test('a label named as what every run has is hidden by it', () => {
    expect(meets(summary('9.0', { version: 'x' }), [{ key: 'version', value: 'x' }])).toBe(false);
  });
});

describe('requireMet says why nothing is found', () => {
  test.each([
    [
      'sit=lab1',
      'no run has a label sit; did you mean "site"?',
      'select by version, scenario, status, design, site',
    ],
    ['region=eu', 'no run has a label region', 'select by version, scenario, status, design, site'],
    ['site=lab3', 'no run has site=lab3; did you mean "lab1"?', 'site is one of lab1, lab2'],
    ['version=10', 'no run has version=10', 'version is one of 9.0, 9.1'],
    [
      'site=lab1,version=9.1',
      'no run has site=lab1 and version=9.1',
      'each of them alone is there: seqgap list shows which run has what',
    ],
  ])('%s', (word, message, remedy) => {
    const check = (): void => requireMet(RUNS, parseConditions(word) ?? []);
    expect(check).toThrow(expect.objectContaining({ message, remedy, exitCode: 64 }));
  });

  test('nothing where a run meets them', () => {
    expect(() => requireMet(RUNS, [{ key: 'site', value: 'lab2' }])).not.toThrow();
  });

  test('a long list is cut', () => {
    const many = Array.from({ length: 30 }, (_, index) => summary(`v${index + 10}`, {}));
    expect(() => requireMet(many, [{ key: 'version', value: 'zzz' }])).toThrow(
      expect.objectContaining({ remedy: expect.stringMatching(/v28, v29 and 10 more$/) }),
    );
  });
});
