import type { TrialChart } from '../../analysis/chart/trial-chart.js';
import { capital, saySeconds, spellBounds } from '../../analysis/words/format.js';
import { streamLines } from '../../analysis/words/stream-lines.js';
import type { ResultTables, TrialRow } from '../../model/tables.js';
import { worstVerdict } from '../../analysis/limits.js';
import { list, markup, section, type Section, VERDICT_MARK } from '../sections.js';
import { chainFigure } from '../chain/chain-blocks.js';
import { sayLongest } from '../chain/chain-words.js';
import { trialBounds } from '../run/headline.js';
import type { AnalysedRun } from '../run/analysed-run.js';
import { listMarkup } from './blocks.js';
import { distributionChart } from './chart.js';
import { type Html, tag } from './markup.js';
import { readTimelines, readTrialPoints, type Shown } from './legend.js';
import { chartMarkup } from './page.js';
import { timelineChart } from './timeline.js';

export const everyTrial = (run: AnalysedRun): Section => {
  // A watch has none.
  const chart = run.record.kind === 'watch' ? null : distributionChart(run);
  const title = 'The longest outage of every trial, by stream';
  const body =
    chart === null
      ? []
      : [
          markup(tag`${chartMarkup('distribution-chart', title, chart)}
  ${listMarkup(readTrialPoints(chart))}`),
        ];
  return { ...section('Every trial', ...body), id: 'distribution' };
};

/** What the longest outage of the headline's stream does not say. */
const sayWhole = ({ streams, outages }: ResultTables, trial: TrialRow): string =>
  streamLines(
    streams.filter(
      (row) =>
        row.trial === trial.trial &&
        row.phase === trial.phase &&
        row.stream === trial.headline_stream &&
        row.direction === 'round-trip',
    ),
    outages.filter((row) => row.trial === trial.trial && row.phase === trial.phase),
  )
    .map((line) => `; ${line}`)
    .join('');

/** Below its timeline, link by link; nothing where the run kept no records. */
const trialChains = ({ explained }: AnalysedRun, trial: number): readonly Html[] =>
  (explained?.chains.chains ?? [])
    .filter(({ outage }) => outage.trial.trial === trial)
    .map(
      (chain) =>
        tag`<p>${capital(chain.outage.trial.phase ?? 'all')}, link by link. ${sayLongest(chain)}</p>
          ${chainFigure(chain)}`,
    );

/** What a trial came to, in words: the text beside its chart. */
const sayTrial = ({ tables }: AnalysedRun, trial: number): string => {
  const rows = tables.trials.filter((row) => row.trial === trial);
  return rows
    .map((row) => {
      const stream = row.headline_stream === null ? '' : ` (${row.headline_stream})`;
      const bounds = trialBounds(row);
      const outage =
        bounds.lo === null
          ? (row.void_reason ?? row.status)
          : `${spellBounds(bounds)}${stream}, ${row.status}${sayWhole(tables, row)}`;
      const sessions =
        row.sessions_total === 0
          ? ''
          : `; ${row.sessions_survived} of ${row.sessions_total} sessions survived`;
      return `${row.phase ?? 'trial'}: ${outage}${sessions}.`;
    })
    .join(' ');
};

const trialArticle = (run: AnalysedRun, chart: TrialChart): Html => {
  const { trial } = chart;
  const name = run.record.kind === 'watch' ? 'The watch' : `Trial ${trial}`;
  const said = sayTrial(run, trial);
  const length = saySeconds(chart.to_s - chart.from_s);
  const label = `${name}: timeline of ${length}. ${said}`;
  const verdicts = run.tables.trials.filter((row) => row.trial === trial).map(({ verdict }) => verdict);
  const verdict = verdicts.length === 0 ? null : worstVerdict(verdicts);
  const judged = verdict === null ? '' : `: ${VERDICT_MARK[verdict]} ${verdict}`;
  return tag`<article id="trial-${trial}" class="${verdict ?? ''}">
    <h3>${name}${judged}</h3>
    <p>${said}</p>
    ${chartMarkup(`trial-${trial}-chart`, label, timelineChart(chart, run.tables, run.record.scenario.limits))}
    ${trialChains(run, trial)}
  </article> `;
};

export const timelines = (run: AnalysedRun): Section =>
  section('Timelines', ...(run.charts ?? []).map((chart) => markup(trialArticle(run, chart))));

/** What timelines show, for those who have no manual. */
export const howToRead = (shown: Shown): Section => ({
  ...section('How to read this', list(readTimelines(shown))),
  id: 'reading',
});

export const shownOf = ({ record, tables, charts = [], explained }: AnalysedRun): Shown => ({
  kinds: new Set(tables.outages.map(({ kind }) => kind)),
  hasLimits: record.scenario.limits.some(({ metric }) => metric === 'longest'),
  hasStallLimits: record.scenario.limits.some(({ metric }) => metric === 'stall'),
  hasSessions: tables.sessions.length > 0,
  hasNodes: charts.some(({ seen }) => seen.length > 0),
  hasChains: explained !== undefined,
});
