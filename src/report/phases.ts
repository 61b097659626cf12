import {
  LEAST_FOR_VARIANCE,
  type PhaseSpread,
  type PhaseSpreads,
} from '../analysis/timeline/phases-spread.js';
import { API_AGAINST_TRAFFIC } from '../analysis/timeline/timeline-events.js';
import type { ResultTables, RowKey, TrialRow } from '../model/record.js';
import { sayBounds, sayNumberOf, saySeconds } from './format.js';
import { trialBounds } from './headline.js';
import { waterfall } from './waterfall.js';

/** Phrases of phases and timelines that the terminal and the Markdown report have in common. */

type Explained = Pick<ResultTables, 'timeline' | 'phases'>;

const isOf =
  ({ trial, phase }: RowKey) =>
  (row: RowKey): boolean =>
    row.trial === trial && row.phase === phase;

/** `API said done 1.204 s after the trigger; traffic was back 8.310 s later`: of one trial and phase. */
export const apiSentences = ({ timeline = [] }: Explained, key: RowKey): readonly string[] =>
  timeline
    .filter(({ milestone }) => milestone === API_AGAINST_TRAFFIC)
    .filter(isOf(key))
    .flatMap(({ detail }) => detail ?? []);

/** The waterfall of one trial and phase; empty where nothing explains its outage. */
export const trialWaterfall = ({ phases = [] }: Explained, key: RowKey, room: number): string[] =>
  waterfall(phases.filter(isOf(key)), room);

/** `trial 2, failover: 3.42 s  [3.41 … 3.43] (ping)` */
export const sayExplained = (row: TrialRow): string =>
  `trial ${row.trial ?? '-'}, ${row.phase ?? ''}: ${sayBounds(trialBounds(row))} (${row.headline_stream ?? ''})`;

const percent = (share: number | null): string => (share === null ? '' : `${Math.round(100 * share)} %`);

const seconds = (value: number | null): string => (value === null ? '' : saySeconds(value));

/** `0.61 … 1.90 s` */
const sayRange = ({ min_s, max_s }: PhaseSpread): string =>
  min_s === null || max_s === null ? '' : `${saySeconds(min_s)} … ${saySeconds(max_s)}`;

export const SPREAD_TITLES = [
  ['of', 'left'],
  ['phase', 'left'],
  ['until', 'left'],
  ['n', 'right'],
  ['median', 'right'],
  ['min … max', 'left'],
  ['share', 'right'],
  ['variance', 'right'],
] as const;

/** Cells under `SPREAD_TITLES`. */
export const spreadCells = ({ phase, trials, spreads }: PhaseSpreads): readonly (readonly string[])[] =>
  spreads.map((each) => [
    phase ?? '',
    each.name,
    each.until,
    `${each.n}/${trials}`,
    seconds(each.median_s),
    sayRange(each),
    percent(each.share),
    percent(each.variance),
  ]);

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** `Failover: attach carries 81 % of the variance over 10 trials.`, or why nobody can say. */
export const sayVariance = ({ phase, trials, variance, spreads }: PhaseSpreads): string => {
  const of = capital(phase ?? 'all');
  switch (variance) {
    case 'too few trials':
      return `${of}: ${sayNumberOf(trials, 'trial')}, ranges only; at least ${LEAST_FOR_VARIANCE} say which phase carries the variance.`;
    case 'within the intervals':
      return `${of}: the outages of ${trials} trials differ by less than their intervals are wide: no phase carries that.`;
    case 'known': {
      const [first, ...rest] = spreads;
      if (first === undefined) return '';
      const most = rest.reduce((a, b) => ((b.variance ?? 0) > (a.variance ?? 0) ? b : a), first);
      return `${of}: ${most.name} carries ${percent(most.variance)} of the variance over ${trials} trials.`;
    }
  }
};
