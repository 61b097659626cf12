import type { TrendResult } from '../../model/trend.js';
import { saySeconds } from '../../analysis/words/format.js';
import { markdownTable, markdownText, type MarkdownColumn } from '../text/table.js';
import { sparkline } from './sparkline.js';
import {
  sayQuestion,
  sayTrendChange,
  sayTrendLimits,
  sparkValue,
  trendCells,
  trendSentence,
} from './trend-words.js';

const MARKDOWN_TABLE: readonly MarkdownColumn[] = [
  ['started (UTC)', 'left'],
  ['version', 'left'],
  ['n', 'right'],
  ['min', 'right'],
  ['median', 'right'],
  ['max', 'right'],
  ['survived', 'right'],
  ['verdict', 'left'],
  ['change', 'left'],
];

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines];

/** The history of a scenario as Markdown: sentence, sparkline, changes, every run. Ends with a line end. */
export const trendMarkdown = (result: TrendResult): string => {
  const { bars, lowest, highest } = sparkline(result.runs.map(sparkValue));
  const scale =
    lowest === null || highest === null ? '' : `, ▁ ${saySeconds(lowest)} to █ ${saySeconds(highest)}`;
  const changed = new Set(result.changes.map(({ run }) => run));
  const limits = sayTrendLimits(result);
  const list = (items: readonly string[]): string[] => items.map((item) => `- ${markdownText(item)}`);
  const lines = [
    `# ${markdownText(result.scenario)}`,
    '',
    markdownText(trendSentence(result)),
    '',
    `\`${bars.join('')}\` (${markdownText(sayQuestion(result))}${scale}; × not recovered, · no figure)`,
    ...(limits === null ? [] : ['', markdownText(limits)]),
    ...result.keys.flatMap((key) => ['', markdownText(key)]),
    ...section('Changes', list(result.changes.map((change) => sayTrendChange(change, result)))),
    ...section(
      'Runs',
      result.runs.length === 0
        ? []
        : markdownTable(
            MARKDOWN_TABLE,
            result.runs.map((run) => [
              ...trendCells(run),
              changed.has(run.run) ? 'change' : run.run === result.step?.run ? 'step' : '',
            ]),
          ),
    ),
    ...section('Left out', list(result.leftOut.map(({ path, why }) => `${path}: ${why}`))),
    ...section('Notes', list(result.notes)),
  ];
  return `${lines.join('\n')}\n`;
};
