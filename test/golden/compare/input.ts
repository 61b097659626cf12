import { compareSides } from '../../../src/analysis/comparison/compare.js';
import type { ComparisonResult } from '../../../src/model/comparison.js';
import type { Side } from '../../../src/model/figures.js';
import { options, runOf, sideOf, type TrialSpec } from '../../unit/comparison/sides.js';

/** A trial and its failback; null: not recovered. */
const trial = (
  ping: number | null,
  web: number | null,
  back: number,
  survived: number,
): readonly TrialSpec[] => [
  {
    streams: [
      { value_s: ping, half_s: 0.0102 },
      { stream: 'ping2', value_s: ping === null ? 2 : ping - 0.3, half_s: 0.0104 },
      { stream: 'web', value_s: web, half_s: 0.0511, more: { class: 'new-tcp' } },
    ],
    sessions: [
      { name: 'echo', verdicts: { survived, reset: 20 - survived }, stall_s: survived === 0 ? null : (ping ?? 0) * 2 },
    ],
  },
  { phase: 'failback', streams: [{ value_s: back, half_s: 0.0101 }] },
];

const base = sideOf(
  'version=10.1.3',
  runOf({
    version: '10.1.3',
    run: '20261120T020000Z-10.1.3',
    scenario: 'fw-pair',
    trials: [
      ...trial(2.634, 2.65, 0, 20),
      ...trial(2.801, 2.85, 0, 20),
      { status: 'void', void_reason: 'ping: prober stalled 812 ms after the trigger', streams: [{ value_s: 0 }] },
      ...trial(3.122, 3.15, 0.601, 20),
      ...trial(3.541, 3.55, 0, 20),
    ],
  }),
);

const slower: Side = {
  ...sideOf(
    'version=11.0.0',
    runOf({
      version: '11.0.0',
      run: '20261121T020000Z-11.0.0',
      scenario: 'fw-pair',
      trials: [
        ...trial(4.211, 4.25, 0, 20),
        ...trial(3.912, 3.95, 0.603, 0),
        ...trial(4.603, 4.65, 0, 3),
        ...trial(null, null, 0.612, 0),
      ],
      summary: { status: 'interrupted', trials_planned: 10, settings: { 'ping.every': '20ms' } },
    }),
  ),
  leftOut: [{ path: 'results/fw-pair/20261119T020000Z-11.0.0', why: 'streams.csv was edited after the run' }],
};

const few = sideOf(
  'results/fw-pair/20261121T120000Z-11.0.0-fix',
  runOf({
    version: '11.0.0-fix',
    run: '20261121T120000Z-11.0.0-fix',
    scenario: 'fw-pair',
    trials: [...trial(2.71, 2.75, 0, 20), ...trial(2.91, 2.95, 0, 20)],
  }),
);

/** Two candidates in which every verdict, remark and list occurs. */
export const compared: ComparisonResult = compareSides(base, [slower, few], options);
