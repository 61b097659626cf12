import { sayNumberOf, saySeconds } from '../../analysis/words/format.js';
import type { TrendResult, TrendRun } from '../../model/trend.js';
import {
  type Cell,
  type Column,
  drawn,
  figure,
  list,
  markup,
  on,
  type Outline,
  section,
  type Section,
  sectionsOn,
  sentence,
  table,
  text,
} from '../sections.js';
import { sayStart } from '../gate/gate-words.js';
import type { TrendChart, TrendDot } from '../html/chart.js';
import { chartMarkup, pageHtml, type PageAssets } from '../html/page.js';
import type { Colors } from '../paint.js';
import { sayStatistic } from '../run/run-words.js';
import { markdownReport, markdownText } from '../text/markdown.js';
import { wrap } from '../text/table.js';
import { terminalText, type TerminalOptions } from '../text/terminal-text.js';
import { sparkline, type SparkValue } from './sparkline.js';
import {
  hasFailed,
  sayQuestion,
  sayState,
  saySurvived,
  sayTrendChange,
  sayTrendLimits,
  trendSentence,
} from './trend-words.js';

interface Asked {
  readonly result: TrendResult;
  /** A terminal's table has every run, not the newest only. */
  readonly all: boolean;
}

interface MarkedRun extends TrendRun {
  /** A level begins with it, or what is not yet a level. */
  readonly mark: 'change' | 'step' | null;
}

const MOST_ROWS = 30;
const SIGN = { change: '▲', step: '△' } as const;
const FAILED = '✗';

const markedRuns = ({ runs, changes, step }: TrendResult): MarkedRun[] => {
  const changed = new Set(changes.map(({ run }) => run));
  return runs.map((each) => ({
    ...each,
    mark: changed.has(each.run) ? 'change' : each.run === step?.run ? 'step' : null,
  }));
};

/** As in the sparkline: `×` did not recover. */
const sayOrder = (value_s: number | null, n: number): string =>
  value_s === null && n > 0 ? '×' : sayStatistic(value_s, n);

/** What did not recover ranks above all. */
const sortedOrder = (value: number | null, n: number): Cell => {
  if (n === 0) return { text: '', value: null };
  return value === null
    ? { text: 'not recovered', value: Number.MAX_VALUE }
    : { text: saySeconds(value), value };
};

const COLUMNS: readonly Column<MarkedRun>[] = [
  text('started (UTC)', ({ started_utc }) => sayStart(started_utc)),
  text('version', ({ version }) => version, { shrinks: true }),
  figure('n', ({ n, excluded }) => ({ text: excluded === 0 ? String(n) : `${n}/${n + excluded}`, value: n })),
  ...(['min', 'median', 'max'] as const).flatMap((name) => [
    figure<MarkedRun>(name, (run) => sayOrder(run[`${name}_s`], run.n), { on: 'text' }),
    figure<MarkedRun>(name, (run) => sortedOrder(run[`${name}_s`], run.n), { on: 'html' }),
  ]),
  figure('survived', saySurvived),
  text('verdict', (run) => ({ text: sayState(run), tone: hasFailed(run) ? 'bad' : undefined })),
  text('change', ({ mark }) => mark, { on: 'pages' }),
  text('', ({ mark }) => ({ text: mark === null ? '' : `${SIGN[mark]} ${mark}`, tone: 'doubtful' }), {
    on: 'terminal',
  }),
  text('run', ({ run }) => run, { on: 'html' }),
];

/** A median that is beyond what was observed is drawn as one that did not recover. */
const sparkValue = ({ n, median_s }: TrendRun): SparkValue => (n === 0 ? null : (median_s ?? Infinity));

const LEAD = 'YYYY-MM-DD '.length;

/** Folded to the width: each line begins with the day of its first run, changes and failures are marked below their run. */
const sparkLines = (result: TrendResult, width: number, colors: Colors): string[] => {
  const runs = markedRuns(result);
  const { bars, lowest, highest } = sparkline(runs.map(sparkValue));
  const room = Math.max(1, width - LEAD);
  const lines: string[] = [];
  for (let from = 0; from < bars.length; from += room) {
    const shown = runs.slice(from, from + room);
    const day = shown[0]?.started_utc.slice(0, 10) ?? '';
    lines.push(`${colors.dim(day)} ${bars.slice(from, from + room).join('')}`);
    const below = (marks: readonly string[], paint: (text: string) => string): void => {
      const marked = marks.join('').trimEnd();
      if (marked !== '') lines.push(`${' '.repeat(LEAD)}${paint(marked)}`);
    };
    below(
      shown.map((run) => (hasFailed(run) ? FAILED : ' ')),
      colors.red,
    );
    below(
      shown.map(({ mark }) => (mark === null ? ' ' : SIGN[mark])),
      colors.yellow,
    );
  }
  const legend = [
    '× not recovered',
    '· no figure',
    ...(runs.some(hasFailed) ? [`${FAILED} failed`] : []),
    `${SIGN.change} change of level`,
    ...(result.step === null ? [] : [`${SIGN.step} not yet a level`]),
  ];
  const scale =
    lowest === null || highest === null ? '' : `▁ ${saySeconds(lowest)}  █ ${saySeconds(highest)}  `;
  return [...lines, ...wrap(`${scale}${legend.join('  ')}`, width).map((line) => colors.dim(line))];
};

const terminalHistory = ({ result }: Asked): Section =>
  section(
    null,
    drawn((room, colors) =>
      [
        ...sparkLines(result, room - 2, colors),
        ...wrap(sayTrendLimits(result), room - 2).filter((line) => line !== ''),
      ].map((line) => `  ${line}`),
    ),
  );

const markdownHistory = ({ result }: Asked): Section => {
  const { bars, lowest, highest } = sparkline(result.runs.map(sparkValue));
  const scale =
    lowest === null || highest === null ? '' : `, ▁ ${saySeconds(lowest)} to █ ${saySeconds(highest)}`;
  const line = `\`${bars.join('')}\` (${markdownText(sayQuestion(result))}${scale}; × not recovered, · no figure)`;
  return section(
    null,
    drawn(() => [line]),
    ...[sayTrendLimits(result), ...result.keys].map((said) => sentence(said)),
  );
};

const READ: readonly string[] = [
  'Each run is an upright line from its shortest to its longest trial, with its median as a dot; a single trial is a dot alone.',
  'An arrow is a run whose median did not recover: longer than anything seen. A run without a dot gave no figure.',
  'A hollow dot is a run that failed; a dotted line across is a limit of the newest run.',
  'A dashed upright line is where the level changed, with the size of the change; docs/nightly.md says how it is found.',
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
  limits: result.limits.map(({ key, value, text: said }) => ({ value, text: `${key}: ${said}` })),
});

const chartedHistory = ({ result }: Asked): Section => {
  const chart = chartMarkup('history-chart', `${sayQuestion(result)}, run by run`, chartOf(result));
  return section('History', ...(result.runs.length === 0 ? [] : [markup(chart), list(READ)]));
};

const runs = ({ result, all }: Asked): Section => {
  const rows = markedRuns(result);
  const newest = all ? rows : rows.slice(-MOST_ROWS);
  const older = rows.length - newest.length;
  return section(
    'Runs',
    on('terminal', table(newest, COLUMNS)),
    on(
      'terminal',
      drawn(() => (older === 0 ? [] : [`(${sayNumberOf(older, 'older run')} not shown: --all)`])),
    ),
    on('pages', table(rows, COLUMNS, { caption: 'Runs, oldest first' })),
  );
};

const HOW_TO_READ =
  'n: trials with a figure (of all, where some were void). Changes: in the medians of the runs, by ranks, at the 1 % level ' +
  'for the whole history. docs/nightly.md';

const lead = ({ result }: Asked): Section =>
  section(
    null,
    ...[`${result.scenario} · ${sayQuestion(result)}`, ...result.keys].map((line) => sentence(line)),
  );

const changes = ({ result }: Asked): Section =>
  section('Changes', list(result.changes.map((change) => sayTrendChange(change, result))));

const leftOut = ({ result }: Asked): Section =>
  section('Left out', list(result.leftOut.map(({ path, why }) => `${path}: ${why}`)));

const OUTLINE: Outline<Asked> = [
  ['terminal', lead],
  ['text', ({ result }) => section(null, sentence(trendSentence(result), 'strong'))],
  ['terminal', terminalHistory],
  ['markdown', markdownHistory],
  ['html', chartedHistory],
  ['everywhere', changes],
  ['everywhere', runs],
  ['everywhere', leftOut],
  ['everywhere', ({ result }) => section('Notes', list(result.notes))],
  ['terminal', () => section(null, sentence(HOW_TO_READ))],
];

/** `seqgap trend` on a terminal: the history in a sentence, a sparkline, changes, a table. */
export const trendTerminal = (
  result: TrendResult,
  { all, ...options }: TerminalOptions & Pick<Asked, 'all'>,
): string => terminalText(sectionsOn('terminal', OUTLINE, { result, all }), options);

export const trendMarkdown = (result: TrendResult): string =>
  markdownReport(result.scenario, sectionsOn('markdown', OUTLINE, { result, all: true }));

/** `seqgap trend --html`: the history of a scenario in one file. */
export const trendHtml = (result: TrendResult, version: string, assets: PageAssets): string => {
  const limits = sayTrendLimits(result);
  return pageHtml(
    {
      title: result.scenario,
      badge: null,
      headline: [trendSentence(result)],
      facts: [
        ['What is followed', sayQuestion(result)],
        ...(limits === '' ? [] : [['Limits', limits] as const]),
        ...result.keys.map((key) => ['Key', key] as const),
      ],
      sections: sectionsOn('html', OUTLINE, { result, all: true }),
      footer: `Made by seqgap ${version} trend.`,
    },
    assets,
  );
};
