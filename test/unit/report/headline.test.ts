import { expect, test } from 'vitest';
import type { TrialRow } from '../../../src/model/tables.js';
import { headline } from '../../../src/report/run/headline.js';
import { fullInput } from '../../golden/report/input.js';

const [sample] = fullInput.tables.trials;
const row = (trial: number, change: Partial<TrialRow> = {}): TrialRow => ({ ...sample!, trial, ...change });
const NONE = { outage_lo_s: null, outage_s: null, outage_hi_s: null, headline_stream: null } as const;

test('the worst of the trials, with its interval', () => {
  const worse = { outage_lo_s: 3.5, outage_s: 3.51, outage_hi_s: 3.52, headline_stream: 'web' };
  expect(headline([row(1), row(2, worse), row(3)], [])).toBe(
    'Traffic was down for 3.51 s (measured 3.50–3.52 s) in the worst of 3 trials (stream web, trial 2); all 3 trials 3.42 to 3.51 s, median 3.42 s.',
  );
});

test('a single trial', () => {
  expect(headline([row(1)], [])).toBe(
    'Traffic was down for 3.42 s (measured 3.41–3.44 s) in one trial (stream ping).',
  );
});

test('nothing lost is said with what it could have been, not as 0', () => {
  const nothing = { outage_lo_s: 0, outage_s: 0, outage_hi_s: 0.0201 };
  expect(headline([row(1, nothing), row(2, nothing)], [])).toBe(
    'No traffic was lost: any outage lasted less than 0.021 s in the worst of 2 trials (stream ping, trial 1).',
  );
});

test('a trial that did not recover is worse than any number', () => {
  const gone = { status: 'not-recovered', outage_lo_s: 1, outage_s: null, outage_hi_s: null } as const;
  expect(headline([row(1), row(2, gone)], [])).toBe(
    'Traffic did not come back in 1 of 2 trials: it was down for at least 1.00 s (stream ping, trial 2).',
  );
});

test('trials without a figure are counted by their status', () => {
  const others = [row(2, { ...NONE, status: 'void' }), row(3, { ...NONE, status: 'no-failover-detected' })];
  expect(headline([row(1), ...others], [])).toMatch(
    /in one valid trial .*\. Left out: 1 void, 1 no-failover-detected\.$/,
  );
  expect(headline(others, [])).toBe('No trial gave a figure: 1 void, 1 no-failover-detected.');
});

test('failback has a sentence of its own', () => {
  expect(headline([row(1), row(1, { phase: 'failback' })], [])).toMatch(
    / On failback, traffic was down for 3\.42 s/,
  );
  expect(headline([row(1), row(1, { ...NONE, phase: 'failback', status: 'void' })], [])).toMatch(
    / On failback, no trial gave a figure: 1 void\.$/,
  );
});

test('no trial at all', () => {
  expect(headline([], [])).toBe('No trial was finished.');
});
