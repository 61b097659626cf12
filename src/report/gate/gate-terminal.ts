import { capital, sayNumberOf } from '../../analysis/words/format.js';
import type { GateNight, GateResult } from '../../model/gate.js';
import { sayComparison } from '../compare/compare-words.js';
import { byKey, type DifferenceRow, differenceRows } from '../compare/folded-metrics.js';
import {
  type Block,
  type Column,
  drawn,
  figure,
  type Item,
  lines,
  list,
  minuteCell,
  section,
  sentence,
  table,
  text,
  VERDICT_MARK,
  VERDICT_TONE,
} from '../sections.js';
import { sayStatistic } from '../run/run-words.js';
import { terminalText, type TerminalOptions, verdictLine } from '../text/terminal-text.js';
import { gateSentence, sayBaseline, sayCheck, sayNeeded, sayStart } from './gate-words.js';

const nightColumns = (tested: GateNight): Column<GateNight>[] => [
  text('started (UTC)', ({ started_utc }) => minuteCell(started_utc)),
  text('version', ({ version }) => version, { shrinks: true }),
  figure('n', ({ n }) => String(n)),
  ...(['min', 'median', 'max'] as const).map((name) =>
    figure<GateNight>(name, (night) => sayStatistic(night[`${name}_s`], night.n)),
  ),
  text('', (night) => (night === tested ? '← this run' : '')),
];

/** Of more runs the newest are shown; `--json` has them all. */
const MOST_NIGHTS = 30;

const nightBlocks = ({ nights, tested }: GateResult): Block[] => {
  const shown = nights.slice(-MOST_NIGHTS);
  const older = nights.length - shown.length;
  return [
    table([...shown, tested], nightColumns(tested), {
      toneOf: (night) => (night === tested ? 'strong' : undefined),
    }),
    drawn(() => (older === 0 ? [] : [`(${sayNumberOf(older, 'older run')} not shown: --json has all)`])),
  ];
};

const marginText = ({ margin }: GateResult): string =>
  margin.kind === 'share' ? `${Number((100 * margin.value).toFixed(3))} %` : `${margin.value} s`;

/** Comparisons that do not decide, and yet say that something changed: not what is the same in every trial as one that does. */
const besides = ({ comparisons, checks }: GateResult): string[] => {
  const deciding = checks.flatMap((check) => (check.of === 'baseline' ? (check.comparison ?? []) : []));
  const decides = ({ key, metrics }: DifferenceRow): boolean =>
    deciding.some((each) => each.key === key && metrics.includes(each.metric));
  const said = new Set(deciding.map(sayComparison));
  const lines = [...byKey(comparisons).values()]
    .flatMap(differenceRows)
    .filter((row) => !decides(row) && (row.verdict === 'worse' || row.verdict === 'better'))
    .map((row) => [row.verdict, sayComparison(row)] as const)
    .filter(([, text]) => !said.has(text))
    .map(([verdict, text]) => `${verdict}, shown only: ${text}`);
  // Of what did not recover, all metrics say the same.
  return [...new Set(lines)];
};

const HOW_TO_READ =
  'A figure fails if it is worse than in the baseline (interval beyond 0, shift beyond margin and resolution) and its p, ' +
  'with Holm for all that decide, is at most';

const leftOutLines = ({ excluded, leftOut }: GateResult): string[] => [
  ...leftOut.map(({ path, why }) => `${path}: ${why}`),
  ...excluded.map(({ run, trial, phase, why }) => `${run}, trial ${trial}, ${phase}: ${why}`),
];

/** `seqgap gate` on a terminal: the verdict in a sentence, then what it rests on. */
export const gateTerminal = (result: GateResult, options: TerminalOptions): string => {
  const { run, verdict, learning, checks, alpha, headline, needed, notes } = result;
  const items = (isAgainst: boolean): Item[] =>
    checks
      .filter(({ of }) => (of === 'baseline') === isAgainst)
      .map((check) => ({ verdict: check.verdict, text: sayCheck(check, result) }));
  const lead = `${run.scenario}, version ${run.version}, ${sayStart(run.started_utc)}: ${run.path}`;
  const missing = needed === null || verdict === 'inconclusive' ? '' : `${sayNeeded(needed, result)}.`;
  return terminalText(
    [
      section(null, sentence(lead)),
      section(
        null,
        sentence(`${VERDICT_MARK[verdict]} ${gateSentence(result)}`, 'strong', VERDICT_TONE[verdict]),
        sentence(missing),
      ),
      section('By itself', lines(items(false))),
      section(
        `Against the baseline, margin ${marginText(result)}`,
        sentence(`${capital(sayBaseline(result))}:`),
        lines(items(true)),
      ),
      section('Changed as well', list(besides(result))),
      section(
        `Longest outage, run by run: ${headline ?? ''}`,
        ...(headline === null ? [] : nightBlocks(result)),
      ),
      section('Left out', list(leftOutLines(result))),
      section('Notes', list(notes)),
      section(
        null,
        sentence(`${HOW_TO_READ} ${alpha}. docs/nightly.md`),
        learning === null ? verdictLine(verdict) : sentence('Verdict: learning'),
      ),
    ],
    options,
  );
};
