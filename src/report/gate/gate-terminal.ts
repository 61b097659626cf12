import { type Colors, createColors } from '../paint.js';
import type { GateCheck, GateNight, GateResult } from '../../model/gate.js';
import type { Verdict } from '../../model/record.js';
import { sayComparison } from '../compare/compare-words.js';
import { sayNumberOf } from '../../analysis/words/format.js';
import { gateSentence, sayBaseline, sayCheck, sayNeeded, sayStart } from './gate-words.js';
import { left, right, tableLines, wrap } from '../text/table.js';
import { sayStatistic, VERDICT_MARK } from '../run/words.js';

export interface GateTerminalOptions {
  /** No line of text is wider; a table is where its figures need more, on less than about 72. */
  readonly columns: number;
  readonly color: boolean;
}

const NIGHTS = [
  left('started (UTC)'),
  left('version', true),
  right('n'),
  right('min'),
  right('median'),
  right('max'),
  left(''),
];
/** Of more nights the newest are shown; `--json` has them all. */
const MOST_NIGHTS = 30;

const paintOf = (colors: Colors, verdict: Verdict): ((text: string) => string) =>
  ({ pass: colors.green, fail: colors.red, inconclusive: colors.yellow })[verdict];

const checkLines = (
  checks: readonly GateCheck[],
  result: GateResult,
  width: number,
  colors: Colors,
): string[] =>
  checks.flatMap((check) => {
    const text = `${VERDICT_MARK[check.verdict]} ${sayCheck(check, result)}`;
    const [first = '', ...rest] = wrap(text, width, 2);
    return [paintOf(colors, check.verdict)(first.slice(0, 1)) + first.slice(1), ...rest];
  });

const nightRow = (night: GateNight, word: string): string[] => [
  sayStart(night.started_utc),
  night.version,
  String(night.n),
  sayStatistic(night.min_s, night.n),
  sayStatistic(night.median_s, night.n),
  sayStatistic(night.max_s, night.n),
  word,
];

const nightLines = ({ nights, tested }: GateResult, width: number, colors: Colors): string[] => {
  const shown = nights.slice(-MOST_NIGHTS);
  const older = nights.length - shown.length;
  const rows = [...shown.map((night) => nightRow(night, '')), nightRow(tested, '← this run')];
  const table = tableLines(NIGHTS, rows, width, (cell, _column, row) => {
    if (row === null) return cell === '' ? cell : colors.dim(cell);
    return row === rows.length - 1 ? colors.bold(cell) : cell;
  });
  return older === 0 ? table : [...table, `(${sayNumberOf(older, 'older night')} not shown: --json has all)`];
};

const marginText = ({ margin }: GateResult): string =>
  margin.kind === 'share' ? `${Number((100 * margin.value).toFixed(3))} %` : `${margin.value} s`;

/** Comparisons that do not decide, and yet say that something changed. */
const besides = ({ comparisons, checks }: GateResult): string[] => {
  const deciding = new Set(checks.map((check) => (check.of === 'baseline' ? check.comparison : null)));
  const said = new Set([...deciding].map((each) => (each === null ? '' : sayComparison(each))));
  const lines = comparisons
    .filter((each) => !deciding.has(each) && (each.verdict === 'worse' || each.verdict === 'better'))
    .map((each) => [each.verdict, sayComparison(each)] as const)
    .filter(([, text]) => !said.has(text))
    .map(([verdict, text]) => `${verdict}, shown only: ${text}`);
  // Of what did not recover, all metrics say the same.
  return [...new Set(lines)];
};

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];

const HOW_TO_READ =
  'A figure fails if it is worse than in the baseline (interval beyond 0, shift beyond margin and resolution) and its p, ' +
  'with Holm for all that decide, is at most';

const leftOutLines = ({ excluded, leftOut }: GateResult): string[] => [
  ...leftOut.map(({ path, why }) => `${path}: ${why}`),
  ...excluded.map(({ run, trial, phase, why }) => `${run}, trial ${trial}, ${phase}: ${why}`),
];

/** `seqgap gate` on a terminal: the verdict in a sentence, then what it rests on. Ends with a line end. */
export const gateTerminal = (result: GateResult, options: GateTerminalOptions): string => {
  const colors = createColors(options.color);
  const { columns } = options;
  const width = columns - 2;
  const { run, verdict, checks, alpha, headline, needed, notes } = result;
  const items = (list: readonly string[]): string[] => list.flatMap((item) => wrap(`- ${item}`, width, 2));
  const own = checks.filter(({ of }) => of !== 'baseline');
  const against = checks.filter(({ of }) => of === 'baseline');
  const sentence = `${VERDICT_MARK[verdict]} ${gateSentence(result)}`;
  const missing =
    needed === null || verdict === 'inconclusive' ? [] : wrap(`${sayNeeded(needed, result)}.`, columns);
  const lines = [
    ...wrap(`${run.scenario} · ${run.version} · ${sayStart(run.started_utc)} · ${run.path}`, columns),
    '',
    ...wrap(sentence, columns).map((line) => colors.bold(paintOf(colors, verdict)(line))),
    ...missing,
    ...section('By itself', checkLines(own, result, width, colors)),
    ...section(
      `Against ${sayBaseline(result)}, margin ${marginText(result)}`,
      checkLines(against, result, width, colors),
    ),
    ...section('Changed as well', items(besides(result))),
    ...(headline === null
      ? []
      : section(`Longest outage, night by night: ${headline}`, nightLines(result, width, colors))),
    ...section('Left out', items(leftOutLines(result))),
    ...section('Notes', items(notes)),
    '',
    ...wrap(`${HOW_TO_READ} ${alpha}. docs/nightly.md`, columns),
    `Verdict: ${paintOf(colors, verdict)(verdict)}`,
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
};
