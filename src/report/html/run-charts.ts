import type { TrialChart } from '../../analysis/chart/trial-chart.js';
import { saySeconds, spellBounds } from '../../analysis/words/format.js';
import { streamLines } from '../../analysis/words/stream-lines.js';
import type { ResultTables, TrialRow } from '../../model/tables.js';
import { list, markup, section, type Section } from '../sections.js';
import { trialBounds } from '../run/headline.js';
import type { AnalysedRun } from '../run/analysed-run.js';
import { listMarkup } from './blocks.js';
import { distributionChart } from './chart.js';
import { type Html, tag } from './markup.js';
import { chartMarkup, READ_POINTS } from './page.js';
import { timelineChart } from './timeline.js';

export const everyTrial = (run: AnalysedRun): Section => {
  const chart = distributionChart(run);
  const title = 'The longest outage of every trial, by stream';
  const body =
    chart === null
      ? []
      : [
          markup(tag`${chartMarkup('distribution-chart', title, chart)}
  ${listMarkup(READ_POINTS)}`),
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
  return tag`<article id="trial-${trial}">
    <h3>${name}</h3>
    <p>${said}</p>
    ${chartMarkup(`trial-${trial}-chart`, label, timelineChart(chart, run.tables))}
  </article> `;
};

export const timelines = (run: AnalysedRun): Section =>
  section('Timelines', ...(run.charts ?? []).map((chart) => markup(trialArticle(run, chart))));

/** Whoever opens the file may have no manual. */
const READ_STREAMS: readonly string[] = [
  'An outage is an interval. It lasted at least from the first to the last probe that was lost (the dark part of a bar) ' +
    'and at most from the last good probe before to the first good one after (the light edges). The figure lies between.',
  'Hatched bars are losses, dotted ones late answers, outlined ones silences in which nothing was lost. A bar that runs to ' +
    'the right edge did not end. No loss period is left out: where some are closer than a pixel they are one bar that says ' +
    'how many it stands for.',
  'The line in a stream’s lane is the round-trip time, least and greatest of each step, on one logarithmic scale for all ' +
    'lanes of a chart.',
];
const READ_TRIALS: readonly string[] = [
  'A session’s lane is solid while heartbeats are echoed, and hatched while it waits for an echo; a cross is its end.',
  'A node’s lane is filled where its role was asked for, and outlined by dashes where nobody asked any more. Where an observer ' +
    'polled, the light part is the time in which the change must have been.',
];
const READ_CHARTS: readonly string[] = [
  'Charts: drag or use the arrow keys to move, + and - or Ctrl and the wheel to zoom, 0 for the whole. Tables: press ' +
    'Enter on a heading to sort.',
];

/** @param hasTrials devices and sessions are drawn, too */
export const howToRead = (hasTrials: boolean): Section => ({
  ...section('How to read this', list([...READ_STREAMS, ...(hasTrials ? READ_TRIALS : []), ...READ_CHARTS])),
  id: 'reading',
});
