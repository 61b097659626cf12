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
} from '../compare-rows.js';
import { standings, type Standing } from '../compare-standing.js';
import { sayMargin, saySide, testsOf } from '../compare-words.js';
import { shiftsChart, sidesChart } from './compare-charts.js';
import { html, NOTHING, type Html } from './markup.js';
import { chartMarkup, list, pageHtml, type PageAssets, type Section } from './page.js';
import { READ_POINTS } from './reading.js';
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
  return html`${[...byKey(comparisons).values()].map((group) => {
    const rows = differenceRows(group).map(({ cells }) => cells);
    return html`${htmlTable(`${side.label}: ${keyLine(group)}`, DIFFERENCES, rows)}${list(remarks(group, tests, confidence))}`;
  })}`;
};

const charts = (result: ComparisonResult, group: readonly Comparison[], id: string): Html => {
  const shifts = shiftsChart(result, group);
  const metrics = [...new Set(group.map(({ metric }) => metric))];
  const sides = metrics.flatMap((metric) => {
    const chart = sidesChart(
      result,
      group.filter((each) => each.metric === metric),
    );
    return chart === null ? [] : [{ metric, chart }];
  });
  const key = keyLine(group);
  return html`<article>
    <h3>${key}</h3>
    ${shifts === null ? NOTHING : chartMarkup(`${id}-shifts`, `Differences with their intervals: ${key}`, shifts)}
    ${sides.map(({ metric, chart }) => chartMarkup(`${id}-${metric}`, `Every trial, ${metric}: ${key}`, chart))}
  </article> `;
};

const trials = (result: ComparisonResult): Html =>
  html`${[...byKey(result.comparisons).values()].map((group) => {
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
    body: html`${all.map((each) => differences(each, result.confidence))}
      <p class="aside">${HOW_TO_READ}</p>`,
  },
  {
    id: 'every-trial',
    title: 'Every trial',
    body: html`${list(READ_POINTS)}${[...byKey(result.comparisons).values()].map((group, index) =>
      charts(result, group, `key-${index + 1}`),
    )}`,
  },
  { id: 'trials', title: 'Trials', body: trials(result) },
  {
    id: 'survival',
    title: 'Survival',
    body: html`${survivals(result).map(
      ({ key, lines }) =>
        html`<h3>${key}</h3>
          ${list(lines)}`,
    )}`,
  },
  { id: 'left-out', title: 'Left out', body: list(leftOutLines(result)) },
  { id: 'notes', title: 'Notes', body: list(result.notes) },
];

/** `seqgap compare --html`: the comparison in one file. */
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
        ['Margin', sayMargin(result)],
      ],
      sections: sections(result, all),
      footer: `Made by seqgap ${version} compare.`,
    },
    assets,
  );
};
