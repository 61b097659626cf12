import type { TrendResult, TrendRun } from '../../model/trend.js';
import { saySeconds } from '../../analysis/words/format.js';
import { sayStart } from '../gate/gate-words.js';
import {
  hasFailed,
  sayQuestion,
  saySurvived,
  sayState,
  sayTrendChange,
  sayTrendLimits,
  trendSentence,
} from '../trend/trend-words.js';
import type { TrendChart, TrendDot } from './chart.js';
import { tag, NOTHING } from './markup.js';
import { chartMarkup, list, pageHtml, type PageAssets } from './page.js';
import { htmlTable, type Cell, type HtmlColumn } from './table.js';

const TABLE: readonly HtmlColumn[] = [
  ['started (UTC)', 'left'],
  ['version', 'left'],
  ['n', 'right'],
  ['min', 'right'],
  ['median', 'right'],
  ['max', 'right'],
  ['survived', 'right'],
  ['verdict', 'left'],
  ['change', 'left'],
  ['run', 'left'],
];

const READ: readonly string[] = [
  'Each run is an upright line from its shortest to its longest trial, with its median as a dot; a single trial is a dot alone.',
  'An arrow is a run whose median did not recover: longer than anything seen. A run without a dot gave no figure.',
  'A hollow dot is a run that failed; a dotted line across is a limit of the newest run.',
  'A dashed upright line is where the level changed, with the size of the change; docs/nightly.md says how it is found.',
];

/** What did not recover ranks above all. */
const order = (value: number | null, { n }: TrendRun): Cell => {
  if (n === 0) return { text: '', value: null };
  return value === null
    ? { text: 'not recovered', value: Number.MAX_VALUE }
    : { text: saySeconds(value), value };
};

const cells = (run: TrendRun, change: 'change' | 'step' | ''): Cell[] => [
  sayStart(run.started_utc),
  run.version,
  { text: run.excluded === 0 ? String(run.n) : `${run.n}/${run.n + run.excluded}`, value: run.n },
  order(run.min_s, run),
  order(run.median_s, run),
  order(run.max_s, run),
  saySurvived(run),
  sayState(run),
  change,
  run.run,
];

const dotOf = (run: TrendRun): TrendDot => ({
  label: sayStart(run.started_utc),
  version: run.version,
  min: run.min_s,
  median: run.median_s,
  max: run.max_s,
  notRecovered: run.n > 0 && run.median_s === null,
  failed: hasFailed(run),
  note: `${run.run}: ${run.n} trials${run.not_recovered === 0 ? '' : `, ${run.not_recovered} not recovered`}`,
});

const chartOf = (result: TrendResult): TrendChart => ({
  kind: 'trend',
  axis: `${sayQuestion(result)}, seconds`,
  dots: result.runs.map(dotOf),
  changes: result.changes.map((change) => ({
    index: result.runs.findIndex(({ run }) => run === change.run),
    text: sayTrendChange(change, result),
  })),
  limits: result.limits.map(({ key, value, text }) => ({ value, text: `${key}: ${text}` })),
});

/** `seqgap trend --tag`: the history of a scenario in one file. */
export const trendHtml = (result: TrendResult, version: string, assets: PageAssets): string => {
  const changed = new Set(result.changes.map(({ run }) => run));
  const question = sayQuestion(result);
  const limits = sayTrendLimits(result);
  return pageHtml(
    {
      title: result.scenario,
      badge: null,
      headline: [trendSentence(result)],
      facts: [
        ['What is followed', question],
        ...(limits === null ? [] : [['Limits', limits] as const]),
        ...result.keys.map((key) => ['Key', key] as const),
      ],
      sections: [
        {
          id: 'history',
          title: 'History',
          body:
            result.runs.length === 0
              ? NOTHING
              : tag`${chartMarkup('history-chart', `${question}, run by run`, chartOf(result))}${list(READ)}`,
        },
        {
          id: 'changes',
          title: 'Changes',
          body: list(result.changes.map((change) => sayTrendChange(change, result))),
        },
        {
          id: 'runs',
          title: 'Runs',
          body: htmlTable(
            'Runs, oldest first',
            TABLE,
            result.runs.map((run) =>
              cells(run, changed.has(run.run) ? 'change' : run.run === result.step?.run ? 'step' : ''),
            ),
          ),
        },
        {
          id: 'left-out',
          title: 'Left out',
          body: list(result.leftOut.map(({ path, why }) => `${path}: ${why}`)),
        },
        { id: 'notes', title: 'Notes', body: list(result.notes) },
      ],
      footer: `Made by seqgap ${version} trend.`,
    },
    assets,
  );
};
