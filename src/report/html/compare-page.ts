import type { Comparison, ComparisonResult, ComparisonVerdict } from '../../model/comparison.js';
import {
  byKey,
  differenceRows,
  HOW_TO_READ,
  keyLine,
  leftOutLines,
  remarks,
  sideRows,
  survivals,
} from '../compare/compare-rows.js';
import { standings, type Standing, sayMargin, saySide, testsOf } from '../compare/compare-words.js';
import { shiftsChart, sidesCharts } from './compare-charts.js';
import { tag, NOTHING, type Html } from './markup.js';
import { chartMarkup, list, pageHtml, type PageAssets, type Section, READ_POINTS } from './page.js';
import { htmlTable, type HtmlColumn } from './table.js';

const DIFFERENCES: readonly HtmlColumn[] = [
  ['metric', 'left'],
  ['n', 'right'],
  ['shift', 'right'],
  ['level', 'right'],
  ['ratio', 'right'],
  ['p', 'right'],
  ['verdict', 'left'],
];

const SIDES: readonly HtmlColumn[] = [
  ['metric', 'left'],
  ['side', 'left'],
  ['n', 'right'],
  ['min', 'right'],
  ['median', 'right'],
  ['max', 'right'],
  ['every trial, sorted (s)', 'left'],
];

const differences = ({ comparisons, side }: Standing, confidence: number): Html => {
  const tests = testsOf(comparisons);
  return tag`${[...byKey(comparisons).values()].map((group) => {
    const rows = differenceRows(group).map(({ cells }) => cells);
    return tag`${htmlTable(`${side.label}: ${keyLine(group)}`, DIFFERENCES, rows)}${list(remarks(group, tests, confidence))}`;
  })}`;
};

const charts = (result: ComparisonResult, group: readonly Comparison[], id: string): Html => {
  const shifts = shiftsChart(result, group);
  const sides = sidesCharts(result, group);
  const key = keyLine(group);
  return tag`<article>
    <h3>${key}</h3>
    ${shifts === null ? NOTHING : chartMarkup(`${id}-shifts`, `Differences with their intervals: ${key}`, shifts)}
    ${sides.map(({ name, chart }, index) =>
      chartMarkup(`${id}-sides-${index + 1}`, `Every trial, ${name}: ${key}`, chart),
    )}
  </article> `;
};

const trials = (result: ComparisonResult): Html =>
  tag`${[...byKey(result.comparisons).values()].map((group) => {
    const rows = sideRows(result, group).map(({ cells, points }) => [...cells, points.join(' ')]);
    return htmlTable(`Trials: ${keyLine(group)}`, SIDES, rows);
  })}`;

const MARK: Readonly<Record<ComparisonVerdict, string>> = {
  worse: '▲',
  better: '▼',
  equivalent: '=',
  'no evidence': '·',
  'not enough runs': '?',
};

const sections = (result: ComparisonResult, all: readonly Standing[]): Section[] => [
  {
    id: 'differences',
    title: 'Differences',
    body: tag`${all.map((each) => differences(each, result.confidence))}
      <p class="aside">${HOW_TO_READ}</p>`,
  },
  {
    id: 'every-trial',
    title: 'Every trial',
    body: tag`${list(READ_POINTS)}${[...byKey(result.comparisons).values()].map((group, index) =>
      charts(result, group, `key-${index + 1}`),
    )}`,
  },
  { id: 'trials', title: 'Trials', body: trials(result) },
  {
    id: 'survival',
    title: 'Survival',
    body: tag`${survivals(result).map(
      ({ key, lines }) =>
        tag`<h3>${key}</h3>
          ${list(lines)}`,
    )}`,
  },
  { id: 'left-out', title: 'Left out', body: list(leftOutLines(result)) },
  { id: 'notes', title: 'Notes', body: list(result.notes) },
];

/** `seqgap compare --tag`: the comparison in one file. */
export const comparisonHtml = (result: ComparisonResult, version: string, assets: PageAssets): string => {
  const { base, candidates } = result;
  const all = standings(result);
  const [first, ...others] = all;
  return pageHtml(
    {
      title: `${candidates.map(({ label }) => label).join(', ')} against ${base.label}`,
      badge:
        first === undefined || others.length > 0 ? null : { word: first.verdict, mark: MARK[first.verdict] },
      headline: all.map(({ sentence }) => sentence),
      facts: [
        ...[base, ...candidates].map(
          (side, index) => [index === 0 ? 'Base' : 'Candidate', saySide(side)] as const,
        ),
        ['Judged by', sayMargin(result)],
      ],
      sections: sections(result, all),
      footer: `Made by seqgap ${version} compare.`,
    },
    assets,
  );
};
