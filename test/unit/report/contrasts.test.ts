import { describe, expect, test } from 'vitest';
import type { StreamPlan } from '../../../src/model/plan.js';
import type { StreamRow } from '../../../src/model/tables.js';
import { contrasts } from '../../../src/report/run/contrasts.js';
import type { AnalysedRun } from '../../../src/report/run/analysed-run.js';
import { summaryMarkdown } from '../../../src/report/run/run-report.js';
import { fullInput } from '../../golden/report/input.js';

const { record } = fullInput;
const [plan] = record.scenario.streams;
const [sample] = fullInput.tables.streams;

const planned = (name: string, more: Partial<StreamPlan>): StreamPlan =>
  ({
    ...plan!,
    name,
    type: 'icmp',
    from: 'client',
    host: '192.0.2.10',
    port: null,
    control: false,
    ...more,
  }) as StreamPlan;

const STREAMS = [
  planned('ping', {}),
  planned('twin', {}),
  planned('ping6', { host: '2001:db8::10' }),
  planned('away', { type: 'tcp', port: 443, from: 'branch' }),
  planned('web', { type: 'tcp', port: 443 }),
  planned('far', { type: 'tcp', port: 443, host: '192.0.2.99' }),
  planned('control', { control: true }),
];

type Figures = readonly [lo: number, point: number | null, hi: number | null];

const row = (stream: string, [lo, point, hi]: Figures, more: Partial<StreamRow> = {}): StreamRow => ({
  ...sample!,
  trial: 1,
  phase: 'failover',
  direction: 'round-trip',
  family: stream === 'ping6' ? 'ipv6' : 'ipv4',
  status: point === null ? 'not-recovered' : 'ok',
  stream,
  longest_lo_s: lo,
  longest_s: point,
  longest_hi_s: hi,
  ...more,
});

const input = (...streams: readonly StreamRow[]): AnalysedRun => ({
  ...fullInput,
  record: { ...record, scenario: { ...record.scenario, streams: STREAMS } },
  tables: { ...fullInput.tables, streams },
});

const said = (...streams: readonly StreamRow[]): string[] => contrasts(input(...streams));

describe('streams that differ by more than their combined resolution', () => {
  test('IPv6 after IPv4, in one trial', () =>
    expect(said(row('ping', [1.89, 1.9, 1.91]), row('ping6', [3.08, 3.1, 3.12]))).toEqual([
      'IPv6 (stream ping6) was down longer than IPv4 (stream ping): 3.10 s (3.08–3.12 s) against 1.90 s (1.89–1.91 s)',
    ]));

  test('of several trials how many, and the largest difference', () => {
    const inTrial = (trial: number, phase: 'failover' | 'failback' = 'failover') => ({ trial, phase });
    expect(
      said(
        row('ping', [1.89, 1.9, 1.91]),
        row('web', [1.93, 1.95, 2.05]),
        row('ping', [1.89, 1.9, 1.91], inTrial(2)),
        row('web', [2.85, 2.9, 2.95], inTrial(2)),
        row('ping', [1.89, 1.9, 1.91], inTrial(3)),
        row('web', [1.85, 1.9, 1.95], inTrial(3)),
        row('ping', [0.89, 0.9, 0.91], inTrial(3, 'failback')),
        row('web', [0.4, 0.5, 0.6], inTrial(3, 'failback')),
      ),
    ).toEqual([
      'TCP (stream web) was down longer than ICMP (stream ping) in 2 of 3 trials: 2.90 s (2.85–2.95 s) against 1.90 s (1.89–1.91 s) in trial 2',
      'failback: ICMP (stream ping) was down longer than TCP (stream web): 0.900 s (0.890–0.910 s) against 0.500 s (0.400–0.600 s)',
    ]);
  });

  test('one that did not come back, against one that lost nothing', () =>
    expect(said(row('ping', [0, 0, 0.021], { status: 'unaffected' }), row('web', [20, null, null]))).toEqual([
      'TCP (stream web) was down longer than ICMP (stream ping): at least 20.00 s against less than 0.021 s',
    ]));

  test('now the one, now the other', () =>
    expect(
      said(
        row('ping', [1.89, 1.9, 1.91]),
        row('ping6', [3.08, 3.1, 3.12]),
        row('ping', [4.89, 4.9, 4.91], { trial: 2 }),
        row('ping6', [3.08, 3.1, 3.12], { trial: 2 }),
      ),
    ).toEqual([
      expect.stringMatching(/^IPv4 .* in 1 of 2 trials: .* in trial 2$/),
      expect.stringMatching(/^IPv6 .* in 1 of 2 trials: .* in trial 1$/),
    ]));

  test('of several streams of a kind the one that is proven to have been down longest', () =>
    expect(
      said(row('ping', [1.89, 1.9, 1.91]), row('twin', [1.5, 2.2, 2.9]), row('web', [2.1, 2.15, 2.2])),
    ).toEqual([expect.stringContaining('against 1.90 s (1.89–1.91 s)')]));

  test('is said in the summary', () =>
    expect(summaryMarkdown(input(row('ping', [1.89, 1.9, 1.91]), row('ping6', [3.08, 3.1, 3.12])))).toContain(
      '- IPv6 (stream ping6) was down longer than IPv4 (stream ping)',
    ));
});

describe('nothing is said', () => {
  test.each<[string, StreamRow, StreamRow]>([
    ['where the intervals meet', row('ping', [1.8, 1.9, 2]), row('ping6', [1.99, 2.2, 2.4])],
    ['where neither came back', row('ping', [20, null, null]), row('ping6', [10, null, null])],
    ['of a control stream', row('control', [0, 0, 0.1]), row('ping6', [3.08, 3.1, 3.12])],
    ['of ICMP and TCP to other targets', row('ping', [1, 1.1, 1.2]), row('far', [3, 3.1, 3.2])],
    ['of two vantages', row('ping', [1, 1.1, 1.2]), row('away', [3, 3.1, 3.2])],
    ['of TCP over IPv4 and ICMP over IPv6', row('ping6', [1, 1.1, 1.2]), row('web', [3, 3.1, 3.2])],
    ['of two trials', row('ping', [1, 1.1, 1.2]), row('ping6', [3, 3.1, 3.2], { trial: 2 })],
    ['of one way', row('ping', [1, 1.1, 1.2]), row('ping6', [3, 3.1, 3.2], { direction: 'forward' })],
    ['of void ones', row('ping', [1, 1.1, 1.2]), row('ping6', [3, 3.1, 3.2], { status: 'void' })],
  ])('%s', (_what, a, b) => expect(said(a, b)).toEqual([]));
});
