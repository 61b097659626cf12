import { type Colors, createColors } from '../paint.js';
import type { ComparisonResult, ComparisonVerdict } from '../../model/comparison.js';
import {
  byKey,
  differenceRows,
  HOW_TO_READ,
  keyLine,
  leftOutLines,
  medianLines,
  remarks,
  sideRows,
  survivals,
  type SideRow,
} from './compare-rows.js';
import { standings, type Standing, sayMargin, saySide, testsOf } from './compare-words.js';
import { sayCount } from '../../analysis/words/format.js';
import { left, right, tableLines, truncate, wrap } from '../text/table.js';

export interface CompareTerminalOptions {
  /** No line of text is wider; a table is where its figures need more, on less than about 100. */
  readonly columns: number;
  readonly color: boolean;
}

const DIFFERENCES = [
  left('metric'),
  right('n'),
  left('shift'),
  right('level'),
  right('ratio'),
  right('p'),
  left('verdict'),
];
const POINTS = [
  left('metric'),
  left('side', true),
  right('n'),
  right('min'),
  right('median'),
  right('max'),
  left('every trial, sorted (s)'),
];
/** What the points have beside the other columns of a table of 100. */
const POINTS_WIDTH = 36;

/** The points go on below themselves where they do not fit. */
const pointLines = ({ cells, points }: SideRow): string[][] => {
  const lines: string[] = [];
  for (const text of points) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + text.length > POINTS_WIDTH) lines.push(text);
    else lines[lines.length - 1] = `${last} ${text}`;
  }
  const [first = '', ...rest] = lines;
  return [[...cells, first], ...rest.map((line) => [...cells.map(() => ''), line])];
};

const paintOf = (colors: Colors, verdict: ComparisonVerdict): ((text: string) => string) => {
  switch (verdict) {
    case 'worse':
      return colors.red;
    case 'better':
      return colors.green;
    case 'equivalent':
      return colors.green;
    case 'no evidence':
      return (text) => text;
    case 'not enough runs':
      return colors.yellow;
  }
};

const differenceSection = (
  { comparisons }: Standing,
  confidence: number,
  width: number,
  colors: Colors,
): string[] => {
  const tests = testsOf(comparisons);
  return [...byKey(comparisons).values()].flatMap((group) => {
    const rows = differenceRows(group);
    const cells = rows.map((row) => row.cells);
    const table = tableLines(DIFFERENCES, cells, width - 2, (cell, column, index) => {
      if (index === null) return colors.dim(cell);
      const row = rows[index];
      return column === DIFFERENCES.length - 1 && row !== undefined
        ? paintOf(colors, row.verdict)(cell)
        : cell;
    });
    const remarked = remarks(group, tests, confidence).flatMap((remark) => wrap(remark, width - 2, 2));
    return ['', ...wrap(keyLine(group), width, 2), ...[...table, ...remarked].map((line) => `  ${line}`)];
  });
};

const pointSection = (result: ComparisonResult, width: number, colors: Colors): string[] =>
  [...byKey(result.comparisons).values()].flatMap((group) => {
    const rows = sideRows(result, group).flatMap(pointLines);
    if (rows.length === 0) return [];
    return [
      '',
      ...wrap(keyLine(group), width, 2),
      ...tableLines(POINTS, rows, width - 2, (cell, _column, row) =>
        row === null ? colors.dim(cell) : cell,
      ).map((line) => `  ${line}`),
      ...medianLines(result, group).flatMap((line) =>
        wrap(`longest, ${line}`, width - 2, 2).map((each) => `  ${each}`),
      ),
    ];
  });

const survivalSection = (result: ComparisonResult, width: number): string[] =>
  survivals(result).flatMap(({ key, lines }) => [
    ...wrap(key, width, 2),
    ...lines.flatMap((line) => wrap(line, width - 2, 2).map((each) => `  ${each}`)),
  ]);

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];

/** Of more items than this the first are shown and the others counted: hundreds of runs must not bury the result. */
const MOST_ITEMS = 30;

const folded = (items: readonly string[]): readonly string[] => {
  const more = items.length - MOST_ITEMS;
  return more > 1
    ? [...items.slice(0, MOST_ITEMS), `and ${sayCount(more)} more, all of which --json lists`]
    : items;
};

const listSection = (title: string, items: readonly string[], columns: number): string[] =>
  section(
    title,
    folded(items).flatMap((item) => wrap(`- ${item}`, columns - 2, 2)),
  );

/** `seqgap compare` on a terminal: a sentence for each candidate, then what it rests on. Ends with a line end. */
export const compareTerminal = (result: ComparisonResult, options: CompareTerminalOptions): string => {
  const colors = createColors(options.color);
  const { base, candidates, confidence, notes } = result;
  const { columns } = options;
  const width = columns - 2;
  const all = standings(result);
  const lines = [
    ...all.flatMap(({ sentence }) => wrap(sentence, columns).map((line) => colors.bold(line))),
    '',
    ...[base, ...candidates].flatMap((side) => wrap(saySide(side), columns, 2)),
    ...wrap(sayMargin(result), columns, 2),
    ...all.flatMap((each) =>
      section(
        truncate(`${each.side.label} against ${base.label}`, columns),
        differenceSection(each, confidence, width, colors).slice(1),
      ),
    ),
    ...section('Trials', pointSection(result, width, colors).slice(1)),
    ...section('Survival', survivalSection(result, width)),
    ...listSection('Left out', leftOutLines(result), columns),
    ...listSection('Notes', notes, columns),
    '',
    ...wrap(HOW_TO_READ, columns),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
};
