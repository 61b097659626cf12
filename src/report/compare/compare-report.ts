import { sayCount, sayLevel, sayP, sayRatio } from '../../analysis/words/format.js';
import type { Comparison, ComparisonResult, ComparisonVerdict } from '../../model/comparison.js';
import {
  apart,
  type Block,
  type Column,
  figure,
  group,
  interval,
  lines,
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
  type Tone,
} from '../sections.js';
import type { LanesChart } from '../html/chart.js';
import { shiftsChart, sidesCharts, type SidesChart } from '../html/compare-charts.js';
import { NOTHING, tag, type Html } from '../html/markup.js';
import { readComparison } from '../html/legend.js';
import { chartMarkup, pageHtml, type PageAssets } from '../html/page.js';
import { markdownReport } from '../text/markdown.js';
import { terminalText, type TerminalOptions } from '../text/terminal-text.js';
import { byKey, type DifferenceRow, differenceRows } from './folded-metrics.js';
import {
  keyLine,
  leftOutLines,
  medianLines,
  nameOf,
  qualifications,
  sayOrder,
  type SideRow,
  sideRows,
  survivals,
} from './compare-rows.js';
import {
  sayDifference,
  sayCriteria,
  saySide,
  type CandidateVerdict,
  candidateVerdicts,
  testsOf,
} from './compare-words.js';

const HOW_TO_READ =
  'Shift: by how much the candidate is longer (Hodges-Lehmann), with its exact interval; ratio: of the medians; p: exact ' +
  'Mann-Whitney, of survived Fisher; ∞: did not recover. docs/compare.md says how verdicts are reached.';

const TONE: Readonly<Record<ComparisonVerdict, Tone | undefined>> = {
  worse: 'bad',
  better: 'good',
  equivalent: 'good',
  'no evidence': undefined,
  'not enough runs': 'doubtful',
};

const VERDICT = (place: 'html' | 'text'): Column<DifferenceRow> =>
  text('verdict', ({ verdict }) => ({ text: verdict, tone: TONE[verdict] }), { on: place });

/** A page that is a telephone wide begins with the answer. */
const DIFFERENCES: readonly Column<DifferenceRow>[] = [
  text('metric', ({ metrics }) => nameOf(metrics)),
  VERDICT('html'),
  figure('n', ({ base_n, candidate_n }) => `${sayCount(base_n)} v ${sayCount(candidate_n)}`),
  interval('shift', sayDifference),
  figure('level', ({ level }) => (level === null ? '' : sayLevel(level))),
  figure('ratio', ({ ratio }) => (ratio === null ? '' : sayRatio(ratio))),
  figure('p', ({ p_two_sided: p }) => (p === null ? '' : sayP(p))),
  VERDICT('text'),
];

const TRIALS: readonly Column<SideRow>[] = [
  text('metric', ({ metrics }) => nameOf(metrics)),
  text('side', ({ label }) => label, { shrinks: true }),
  figure('n', ({ figures }) => (figures === null ? '' : sayCount(figures.n))),
  figure('min', (row) => sayOrder('min_s', row)),
  figure('median', (row) => sayOrder('median_s', row)),
  figure('max', (row) => sayOrder('max_s', row)),
  text('every trial, sorted (s)', ({ points }) => points.join(' ')),
];

const titleOf = ({ base, candidates }: ComparisonResult): string =>
  `${candidates.map(({ label }) => label).join(', ')} against ${base.label}`;

const headline = (result: ComparisonResult): Section =>
  section(null, ...candidateVerdicts(result).map((each) => sentence(each.sentence, 'strong')));

const sides = (result: ComparisonResult): Section =>
  section(null, lines([...[result.base, ...result.candidates].map(saySide), sayCriteria(result)]));

const differencesOf = ({ comparisons, side }: CandidateVerdict, confidence: number): Block[] => {
  const tests = testsOf(comparisons);
  return [...byKey(comparisons).values()].map((own) => {
    const key = keyLine(own);
    const rows = table(differenceRows(own), DIFFERENCES, { caption: `${side.label}: ${key}` });
    return apart(group(key, [rows, lines(qualifications(own, tests, confidence))], 'text'));
  });
};

const differencesByCandidate = (result: ComparisonResult): Section[] =>
  candidateVerdicts(result).map((each) => ({
    ...section(`${each.side.label} against ${result.base.label}`, ...differencesOf(each, result.confidence)),
    shrinks: true,
  }));

const allDifferences = (result: ComparisonResult): Section =>
  section(
    'Differences',
    ...candidateVerdicts(result).flatMap((each) => differencesOf(each, result.confidence)),
    markup(tag`
      <p class="aside">${HOW_TO_READ}</p>`),
  );

interface KeyCharts {
  readonly shifts: LanesChart | null;
  readonly sides: readonly SidesChart[];
}

const charts = (own: readonly Comparison[], { shifts, sides }: KeyCharts, id: string): Html => {
  const key = keyLine(own);
  return tag`<article>
    <h3>${key}</h3>
    ${shifts === null ? NOTHING : chartMarkup(`${id}-shifts`, `Differences with their intervals: ${key}`, shifts)}
    ${sides.map(({ name, chart }, index) =>
      chartMarkup(`${id}-sides-${index + 1}`, `Every trial, ${name}: ${key}`, chart),
    )}
  </article> `;
};

const everyTrial = (result: ComparisonResult): Section => {
  const keys = [...byKey(result.comparisons).values()].map((own) => ({
    own,
    shifts: shiftsChart(result, own),
    sides: sidesCharts(result, own),
  }));
  return section(
    'Every trial',
    list(
      readComparison(
        keys.flatMap(({ shifts }) => shifts ?? []),
        keys.flatMap(({ sides }) => sides.map(({ chart }) => chart)),
      ),
    ),
    ...keys.map((key, index) => markup(charts(key.own, key, `key-${index + 1}`))),
  );
};

/** What the points have beside the other columns of a table of 100. */
const POINTS_WIDTH = 36;

/** The points go on below themselves where they do not fit. */
const folded = (row: SideRow): SideRow[] => {
  const [first, ...others] = row.points;
  const rows = [first === undefined ? [] : [first]];
  for (const point of others) {
    const last = rows.at(-1) ?? [];
    if ([...last, point].join(' ').length > POINTS_WIDTH) rows.push([point]);
    else last.push(point);
  }
  return rows.map((points, index) =>
    index === 0 ? { ...row, points } : { metrics: [], label: '', figures: null, points },
  );
};

const trialsOf = (result: ComparisonResult, own: readonly Comparison[]): Block => {
  const key = keyLine(own);
  const rows = sideRows(result, own);
  const medians = rows.length === 0 ? [] : medianLines(result, own);
  return apart(
    group(
      key,
      [
        on('terminal', table(rows.flatMap(folded), TRIALS)),
        on('pages', table(rows, TRIALS, { caption: `Trials: ${key}` })),
        on('terminal', lines(medians.map((line) => `longest, ${line}`))),
      ],
      'text',
    ),
  );
};

const trials = (result: ComparisonResult): Section =>
  section('Trials', ...[...byKey(result.comparisons).values()].map((own) => trialsOf(result, own)));

const survival = (result: ComparisonResult): Section =>
  section('Survival', ...survivals(result).map(({ key, lines: said }) => group(key, [lines(said)])));

/** Of more items than this the first are shown and the others counted: hundreds of runs must not bury the result. */
const MOST_ITEMS = 30;

const OUTLINE: Outline<ComparisonResult> = [
  ['text', headline],
  ['text', sides],
  ['text', differencesByCandidate],
  ['html', allDifferences],
  ['html', everyTrial],
  ['everywhere', trials],
  ['everywhere', survival],
  ['everywhere', (result) => section('Left out', list(leftOutLines(result), MOST_ITEMS))],
  ['everywhere', ({ notes }) => section('Notes', list(notes, MOST_ITEMS))],
  ['text', () => section(null, sentence(HOW_TO_READ))],
];

/** `seqgap compare` on a terminal: a sentence for each candidate, then what it rests on. */
export const compareTerminal = (result: ComparisonResult, options: TerminalOptions): string =>
  terminalText(sectionsOn('terminal', OUTLINE, result), options);

export const comparisonMarkdown = (result: ComparisonResult): string =>
  markdownReport(titleOf(result), sectionsOn('markdown', OUTLINE, result));

const MARK: Readonly<Record<ComparisonVerdict, string>> = {
  worse: '▲',
  better: '▼',
  equivalent: '=',
  'no evidence': '·',
  'not enough runs': '?',
};

/** `seqgap compare --html`: the comparison in one file. */
export const comparisonHtml = (result: ComparisonResult, version: string, assets: PageAssets): string => {
  const { base, candidates } = result;
  const all = candidateVerdicts(result);
  const [first, ...others] = all;
  return pageHtml(
    {
      title: titleOf(result),
      badge:
        first === undefined || others.length > 0 ? null : { word: first.verdict, mark: MARK[first.verdict] },
      headline: all.map((each) => each.sentence),
      facts: [
        ...[base, ...candidates].map(
          (side, index) => [index === 0 ? 'Base' : 'Candidate', saySide(side)] as const,
        ),
        ['Judged by', sayCriteria(result)],
      ],
      sections: sectionsOn('html', OUTLINE, result),
      footer: `Made by seqgap ${version} compare.`,
    },
    assets,
  );
};
