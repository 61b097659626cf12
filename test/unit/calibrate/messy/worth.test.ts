import { expect, test } from 'vitest';
import { messyTable } from '../../../../bench/messy-table.js';
import { messyText } from '../../../../src/cli/calibrate/messy-text.js';
import type { MessyCalibration, MessyCell } from '../../../../src/cli/calibrate/messy/result.js';
import { messyShortfalls, worths } from '../../../../src/cli/calibrate/messy/worth.js';

const cell = (more: Partial<MessyCell> = {}): MessyCell => ({
  kind: 'loss',
  variant: '',
  engine: 'headline',
  trials: 300,
  silent: 20,
  covered: 277,
  points: 280,
  error_T: 14,
  abs_error_T: 93,
  wrong_passes: 0,
  statuses: { ok: 280, void: 20 },
  ...more,
});

test('variants of a kind are put together; what says nothing is no miss', () => {
  const [worth] = worths([
    cell({ variant: 'a' }),
    cell({ variant: 'b', trials: 10, silent: 0, covered: 9, points: 0, error_T: 0, abs_error_T: 0 }),
  ]);
  expect(worth).toMatchObject({ trials: 310, silent: 20, covered: 286, bias_T: 0.05, wrong: 0 });
  expect(worth?.share).toBeCloseTo(286 / 290, 9);
  expect(worth?.interval?.lo).toBeLessThan(286 / 290);
  expect(worth?.statuses).toEqual({ ok: 560, void: 40 });
});

test('a share of nothing is not known', () =>
  expect(worths([cell({ trials: 3, silent: 3, covered: 0, points: 0 })])[0]).toMatchObject({
    share: null,
    interval: null,
    bias_T: null,
  }));

test('falls short of coverage, by a bias that chance does not explain, and by any wrong pass', () => {
  expect(messyShortfalls([cell()])).toEqual([]);
  expect(messyShortfalls([cell({ covered: 260 }), cell({ engine: 'icmp', wrong_passes: 1 })])).toEqual([
    'loss, headline: 260 of 280 inside the interval, less than 95 %',
    'loss, icmp: 1 of 300 passed that must not',
  ]);
  expect(messyShortfalls([cell({ error_T: -40 })])).toEqual([
    'loss, headline: a bias of -0.14 T, more than 0.1 T',
  ]);
  // Few points, and kinds without one true length.
  expect(
    messyShortfalls([cell({ points: 20, error_T: -10 }), cell({ kind: 'hidden', error_T: 90 })]),
  ).toEqual([]);
});

const result = (cells: readonly MessyCell[]): MessyCalibration => ({
  format: 1,
  tool: { name: 'seqgap', version: '0.1.0', node: '20.20.2' },
  host: { name: 'jump', kernel: '6.18.5', cpus: 2 },
  from_utc: '2026-01-31T22:00:00.000Z',
  to_utc: '2026-01-31T23:00:00.000Z',
  complete: true,
  parallel: 4,
  load: { least: 1, median: 2, most: 3 },
  streams: ['icmp'],
  every_s: 0.01,
  cells: [...cells],
  misses: [],
});

const options = { columns: 100, color: false, detail: false, kept: ['Recordings: messy'] };

test('the table of a terminal: a line for the headline of each kind and for each engine', () =>
  expect(
    messyText(
      result([cell({ variant: '2 %' }), cell({ engine: 'icmp', silent: 300, covered: 0, points: 0 })]),
      options,
    ),
  ).toBe(`jump (2 CPUs, 6.18.5), 2026-01-31T22:00:00.000Z to 2026-01-31T23:00:00.000Z, 4 labs at once, load 1
to 3 (median 2), analysed by seqgap 0.1.0

kind      n  inside    exact 95 %  bias, T  |error|, T  silent  wrong passes
loss    300  98.9 %  96.9 to 99.8     0.05        0.33      20             0
· icmp  300                                                300             0

✓ at least 95 % inside the interval in every kind, no bias above 0.1 T, no pass that must not be
Recordings: messy
`));

test('with --detail a line for each variant', () =>
  expect(messyText(result([cell({ variant: '2 %' })]), { ...options, detail: true })).toMatch(
    /^– 2 % +300 /m,
  ));

test('the table of the page has a row for each kind', () =>
  expect(
    messyTable({ cells: [cell(), cell({ engine: 'icmp', wrong_passes: 2 })] })
      .split('\n')
      .slice(2),
  ).toEqual(['| `loss` | 300 | 98.9 % (96.9 to 99.8) | 0.05 | 98.9 % | 20 | 2 |', '']));
