import type { ComparisonResult } from '../../model/comparison.js';
import {
  byKey,
  differenceRows,
  HOW_TO_READ,
  keyLine,
  leftOutLines,
  remarks,
  sideRows,
  survivals,
} from './compare-rows.js';
import { standings, type Standing, sayMargin, saySide, testsOf } from './compare-words.js';
import { markdownTable, markdownText, type MarkdownColumn } from '../text/table.js';

const DIFFERENCES: readonly MarkdownColumn[] = [
  ['metric', 'left'],
  ['n', 'right'],
  ['shift', 'left'],
  ['level', 'right'],
  ['ratio', 'right'],
  ['p', 'right'],
  ['verdict', 'left'],
];

const TRIALS: readonly MarkdownColumn[] = [
  ['metric', 'left'],
  ['side', 'left'],
  ['n', 'right'],
  ['min', 'right'],
  ['median', 'right'],
  ['max', 'right'],
  ['every trial, sorted (s)', 'left'],
];

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines];

const list = (items: readonly string[]): string[] => items.map((item) => `- ${markdownText(item)}`);

/** Blocks of lines with an empty line between them. */
const apart = (blocks: readonly (readonly string[])[]): string[] =>
  blocks.flatMap((block, index) => (index === 0 ? block : ['', ...block]));

const differences = ({ comparisons }: Standing, confidence: number): string[] => {
  const tests = testsOf(comparisons);
  return apart(
    [...byKey(comparisons).values()].map((group) => {
      const remarked = list(remarks(group, tests, confidence));
      return [
        `**${markdownText(keyLine(group))}**`,
        '',
        ...markdownTable(
          DIFFERENCES,
          differenceRows(group).map(({ cells }) => cells),
        ),
        ...(remarked.length === 0 ? [] : ['', ...remarked]),
      ];
    }),
  );
};

const trials = (result: ComparisonResult): string[] =>
  apart(
    [...byKey(result.comparisons).values()].flatMap((group) => {
      const rows = sideRows(result, group).map(({ cells, points }) => [...cells, points.join(' ')]);
      return rows.length === 0
        ? []
        : [[`**${markdownText(keyLine(group))}**`, '', ...markdownTable(TRIALS, rows)]];
    }),
  );

const survival = (result: ComparisonResult): string[] =>
  apart(survivals(result).map(({ key, lines }) => [`**${markdownText(key)}**`, '', ...list(lines)]));

/** `seqgap compare --markdown`: for a report, a ticket or a change request. */
export const comparisonMarkdown = (result: ComparisonResult): string => {
  const { base, candidates, confidence, notes } = result;
  const all = standings(result);
  const lines = [
    `# ${markdownText(`${candidates.map(({ label }) => label).join(', ')} against ${base.label}`)}`,
    '',
    ...apart(all.map(({ sentence }) => [markdownText(sentence)])),
    '',
    ...list([...[base, ...candidates].map(saySide), sayMargin(result)]),
    ...all.flatMap((each) =>
      section(markdownText(`${each.side.label} against ${base.label}`), differences(each, confidence)),
    ),
    ...section('Trials', trials(result)),
    ...section('Survival', survival(result)),
    ...section('Left out', list(leftOutLines(result))),
    ...section('Notes', list(notes)),
    '',
    HOW_TO_READ,
  ];
  return `${lines.join('\n')}\n`;
};
