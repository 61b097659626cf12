import { sayNumberOf, saySeconds, sayLevel, sayShift, spellP } from '../../analysis/words/format.js';
import type { TrendResult, TrendRun, TrendChange, TrendStep } from '../../model/trend.js';
import {
  type Cell,
  type Column,
  drawn,
  figure,
  list,
  markup,
  minuteCell,
  on,
  type Outline,
  section,
  type Section,
  sectionsOn,
  sentence,
  table,
  text,
} from '../sections.js';
import { sayMinute } from '../../analysis/words/when.js';
import { sayStart } from '../gate/gate-words.js';
import type { TrendChart, TrendDot } from '../html/chart.js';
import type { Html } from '../html/markup.js';
import { chartMarkup, pageHtml, type PageAssets } from '../html/page.js';
import type { Colors } from '../paint.js';
import { sayStatistic } from '../run/run-words.js';
import { markdownReport, markdownText } from '../text/markdown.js';
import { wrap } from '../text/table.js';
import { terminalText, type TerminalOptions } from '../text/terminal-text.js';
import { SHORTEST_LEVEL } from '../../analysis/statistics/change-points.js';

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const NOT_RECOVERED = '×';
const NO_FIGURE = '·';

/** A value; Infinity: did not recover; null: there is none. */
type SparkValue = number | null;

interface Sparkline {
  /** One character for each value. */
  readonly bars: readonly string[];
  /** What the lowest and the highest bar stand for; null: no value is finite. */
  readonly lowest: number | null;
  readonly highest: number | null;
}

/**
 * One bar per value, from the smallest (▁) to the largest (█) of them; `×` for one that did not recover, `·` where there
 * is no figure. Equal values give the lowest bar.
 */
export const sparkline = (values: readonly SparkValue[]): Sparkline => {
  let [lowest, highest] = [Infinity, -Infinity];
  for (const value of values)
    if (value !== null && Number.isFinite(value)) {
      lowest = Math.min(lowest, value);
      highest = Math.max(highest, value);
    }
  const bar = (value: number): string => {
    const share = highest === lowest ? 0 : (value - lowest) / (highest - lowest);
    return BARS[Math.min(BARS.length - 1, Math.floor(share * BARS.length))] ?? BARS[0];
  };
  const bars = values.map((value) =>
    value === null ? NO_FIGURE : Number.isFinite(value) ? bar(value) : NOT_RECOVERED,
  );
  return highest === -Infinity ? { bars, lowest: null, highest: null } : { bars, lowest, highest };
};

/** Phrases that the outputs of a trend have in common. */

/** `3/4` trials in which every session lived; empty where none was tested. */
const saySurvived = ({ survived, survived_of }: TrendRun): string =>
  survived_of === 0 ? '' : `${survived}/${survived_of}`;

/** The verdict; how a run ended where that was not in order. */
const sayState = ({ status, verdict }: TrendRun): string => {
  if (status === 'complete') return verdict ?? '';
  return status === 'running' ? 'half-written' : status;
};

const sayChangeSize = ({ shift_s, shift_lo_s, shift_hi_s, level }: TrendChange): string => {
  if (shift_s === null) return 'from or to runs that did not recover';
  const shift = { shift: shift_s, lo: shift_lo_s ?? -Infinity, hi: shift_hi_s ?? Infinity };
  const said = sayShift(shift, level !== null);
  return level === null ? said : `${said} (${sayLevel(level)})`;
};

const sayVersions = ({ version_before, version_after }: TrendChange): string =>
  version_before === version_after
    ? `the version did not change here (${version_after})`
    : `the version changed here, from ${version_before} to ${version_after}`;

/** `2026-01-31 22:00: +1.21 s  [+0.98 … +1.45] (97.1 %); the version changed here, from 10.1.3 to 11.0.0` */
const sayTrendChange = (change: TrendChange, { runs }: TrendResult): string => {
  const at = runs.find(({ run }) => run === change.run);
  return `${at === undefined ? change.run : sayStart(at.started_utc)}: ${sayChangeSize(change)}; ${sayVersions(change)}`;
};

const sayStepVersions = ({ version_before, version_after }: TrendStep): string =>
  version_before === version_after
    ? `, still of version ${version_after}`
    : `, since version ${version_after} (${version_before} before)`;

/**
 * `The newest 3 runs, from 2026-01-31 22:00 on, are 2.20 s longer in the median than the 9 before (p = 0.027), since version 9.1 (9.0 before).
 * A level needs 4 runs to be called one: 1 more will tell.`
 */
const sayTrendStep = (step: TrendStep, { runs: all }: TrendResult): string => {
  const { run, runs, before, shift_s, way, p } = step;
  const from = all.find((each) => each.run === run)?.started_utc;
  const at = from === undefined ? run : sayStart(from);
  const who = runs === 1 ? `The newest run, ${at}, is` : `The newest ${runs} runs, from ${at} on, are`;
  const size = shift_s === null ? '' : `${saySeconds(Math.abs(shift_s))} `;
  const more = SHORTEST_LEVEL - runs;
  return (
    `${who} ${size}${way} in the median than the ${before} before (${spellP(p)})${sayStepVersions(step)}. ` +
    `A level needs ${SHORTEST_LEVEL} runs to be called one: ${more} more will tell whether it stays.`
  );
};

/** A run that failed by its own limits or trials. */
const hasFailed = ({ verdict }: TrendRun): boolean => verdict === 'fail';

/** `Limit ping.longest: at most 2s; 3 of 12 runs failed`; empty where there is neither. */
const sayTrendLimits = ({ limits, runs }: TrendResult): string => {
  const failed = runs.filter(hasFailed).length;
  const said = [
    ...limits.map(({ key, text }) => `limit ${key}: at most ${text}`),
    ...(failed === 0 ? [] : [`${failed} of ${sayNumberOf(runs.length, 'run')} failed`]),
  ].join('; ');
  return `${said[0]?.toUpperCase() ?? ''}${said.slice(1)}`;
};

const METRIC_NAME = {
  longest: 'longest outage',
  total: 'total outage',
  span: 'span of the outage',
  silence: 'longest silence',
  trigger_to_recovery: 'time from trigger to recovery',
} as const;

/** What is followed: `longest outage, failover, stream web` */
const sayQuestion = ({ question: { metric, phase, stream } }: TrendResult): string =>
  `${METRIC_NAME[metric]}, ${phase}${stream === null ? '' : `, stream ${stream}`}`;

const withFigures = ({ runs }: TrendResult): TrendRun[] => runs.filter(({ n }) => n > 0);

const sayChanges = (result: TrendResult): string => {
  const { changes } = result;
  const last = changes.at(-1);
  if (last === undefined) {
    if (withFigures(result).length < 2 * SHORTEST_LEVEL)
      return `no change of level can be told: that takes ${2 * SHORTEST_LEVEL} or more`;
    return result.step === null ? 'no change of level is found' : 'no other change of level is found';
  }
  const size = last.shift_s === null ? '' : ` by ${saySeconds(Math.abs(last.shift_s))}`;
  const times = changes.length === 1 ? 'the level changed once' : `the level changed ${changes.length} times`;
  const way = last.shift_s === null ? 'changed' : last.shift_s < 0 ? 'fell' : 'rose';
  return `${times}: it last ${way}${size}${last.version_before === last.version_after ? '' : `, with version ${last.version_after}`}`;
};

/** The history in a sentence; before it, how the newest runs are apart from those before, where they are. */
const trendSentence = (result: TrendResult): string => {
  const { runs } = result;
  const known = withFigures(result);
  const newest = known.at(-1);
  const counted = sayNumberOf(runs.length, 'run');
  if (newest === undefined) return `None of ${counted} has a figure.`;
  const median = sayStatistic(newest.median_s, newest.n);
  const step = result.step === null ? '' : `${sayTrendStep(result.step, result)} `;
  const levels = `in ${counted} ${sayChanges(result)}`;
  return `${step}Median of the newest run: ${median} (${sayNumberOf(newest.n, 'trial')}); ${levels}.`;
};

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
  text('started (UTC)', ({ started_utc }) => minuteCell(started_utc)),
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
  label: sayMinute(run.started_utc),
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
    ...[`${result.scenario}: ${sayQuestion(result)}`, ...result.keys].map((line) => sentence(line)),
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

/**
 * `seqgap trend --html`: the history of a scenario in one file.
 *
 * @param form asks for another trend, where the page is served
 */
export const trendHtml = (
  result: TrendResult,
  version: string,
  assets: PageAssets,
  form: Html | null = null,
): string => {
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
      sections: [
        ...(form === null ? [] : [section('Ask', markup(form))]),
        ...sectionsOn('html', OUTLINE, { result, all: true }),
      ],
      footer: `Made by seqgap ${version} trend.`,
    },
    assets,
  );
};
