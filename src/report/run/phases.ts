import {
  LEAST_FOR_VARIANCE,
  type PhaseSpread,
  type PhaseSpreads,
  phaseSpreads,
} from '../../analysis/timeline/phases-spread.js';
import { API_AGAINST_TRAFFIC } from '../../analysis/timeline/timeline-events.js';
import { oneLine } from '../../model/outside.js';
import type { ResultTables, RowKey, TrialRow, PhaseRow } from '../../model/tables.js';
import { sayBounds, sayNumberOf, saySeconds } from '../../analysis/words/format.js';
import {
  markdownTable,
  markdownText as escaped,
  tableLines,
  type Column,
  wrap,
  left,
  right,
  textWidth,
} from '../text/table.js';
import { trialBounds, worstTrial } from './headline.js';

/** Phrases of phases and timelines that the terminal and the Markdown report have in common. */

type Explained = Pick<ResultTables, 'timeline' | 'phases'>;

const isOf =
  ({ trial, phase }: RowKey) =>
  (row: RowKey): boolean =>
    row.trial === trial && row.phase === phase;

/** `API said done 1.204 s after the trigger; traffic was back 8.310 s later`: of one trial and phase. */
export const apiSentences = ({ timeline = [] }: Explained, key: RowKey): readonly string[] =>
  timeline
    .filter(({ milestone }) => milestone === API_AGAINST_TRAFFIC)
    .filter(isOf(key))
    .flatMap(({ detail }) => detail ?? []);

/** The waterfall of one trial and phase; empty where nothing explains its outage. */
export const trialWaterfall = ({ phases = [] }: Explained, key: RowKey, room: number): string[] =>
  waterfall(phases.filter(isOf(key)), room);

/** `trial 2, failover: 3.42 s  [3.41 … 3.43] (ping)` */
export const sayExplained = (row: TrialRow): string =>
  `trial ${row.trial ?? '-'}, ${row.phase ?? ''}: ${sayBounds(trialBounds(row))} (${row.headline_stream ?? ''})`;

const percent = (share: number | null): string => (share === null ? '' : `${Math.round(100 * share)} %`);

const seconds = (value: number | null): string => (value === null ? '' : saySeconds(value));

/** `0.61 … 1.90 s` */
const sayRange = ({ min_s, max_s }: PhaseSpread): string =>
  min_s === null || max_s === null ? '' : `${saySeconds(min_s)} … ${saySeconds(max_s)}`;

export const SPREAD_TITLES = [
  ['of', 'left'],
  ['phase', 'left'],
  ['until', 'left'],
  ['n', 'right'],
  ['median', 'right'],
  ['min … max', 'left'],
  ['share', 'right'],
  ['variance', 'right'],
] as const;

/** Cells under `SPREAD_TITLES`. */
export const spreadCells = ({ phase, trials, spreads }: PhaseSpreads): readonly (readonly string[])[] =>
  spreads.map((each) => [
    phase ?? '',
    each.name,
    each.until,
    `${each.n}/${trials}`,
    seconds(each.median_s),
    sayRange(each),
    percent(each.share),
    percent(each.variance),
  ]);

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** `Failover: attach carries 81 % of the variance over 10 trials.`, or why nobody can say. */
export const sayVariance = ({ phase, trials, variance, spreads }: PhaseSpreads): string => {
  const of = capital(phase ?? 'all');
  switch (variance) {
    case 'too few trials':
      return `${of}: ${sayNumberOf(trials, 'trial')}, ranges only; at least ${LEAST_FOR_VARIANCE} say which phase carries the variance.`;
    case 'within the intervals':
      return `${of}: the outages of ${trials} trials differ by less than their intervals are wide: no phase carries that.`;
    case 'known': {
      const [first, ...rest] = spreads;
      if (first === undefined) return '';
      const most = rest.reduce((a, b) => ((b.variance ?? 0) > (a.variance ?? 0) ? b : a), first);
      return `${of}: ${most.name} carries ${percent(most.variance)} of the variance over ${trials} trials.`;
    }
  }
};

/** Columns of the drawings: what fits a page. */
const ROOM = 96;

/** Where the time of the outages went: over all trials, then trial by trial. */
export const phasesMarkdown = (tables: ResultTables): string[] => {
  const spreads = phaseSpreads(tables.phases ?? [], tables.trials);
  const table =
    spreads.length === 0
      ? []
      : [
          ...markdownTable(SPREAD_TITLES, spreads.flatMap(spreadCells)),
          '',
          ...spreads.map((each) => `- ${escaped(sayVariance(each))}`),
          '',
        ];
  const trials = tables.trials.flatMap((row) => {
    const drawn = trialWaterfall(tables, row, ROOM);
    const said = apiSentences(tables, row).map((text) => `  ${escaped(text)}.`);
    if (drawn.length + said.length === 0) return [];
    // Indented, not fenced: a name cannot end the block.
    const block = drawn.length === 0 ? [] : ['', ...drawn.map((line) => `      ${line}`), ''];
    return [`- ${escaped(sayExplained(row))}`, ...block, ...said];
  });
  return [...table, ...trials];
};

type Paint = (cell: string) => string;

const TABLE: readonly Column[] = SPREAD_TITLES.map(([title, align]) => ({
  title,
  align,
  shrinks: title === 'phase' || title === 'until',
}));

const INDENT = '  ';

/** The longest of each measured phase, drawn; the others are in summary.md. */
const longest = (tables: ResultTables, room: number): string[] =>
  (['failover', 'failback'] as const).flatMap((phase) => {
    const worst = worstTrial(tables.trials.filter((row) => row.phase === phase));
    const lines = worst === null ? [] : trialWaterfall(tables, worst, room - INDENT.length);
    return worst === null || lines.length === 0
      ? []
      : ['', ...wrap(sayExplained(worst), room), ...lines.map((line) => INDENT + line)];
  });

const where = ({ trial, phase }: TrialRow): string =>
  `trial ${trial ?? '-'}${phase === 'failover' ? '' : `, ${phase ?? ''}`}`;

/** Where the time of the outages went: over all trials, and of the longest. */
export const phaseSection = (tables: ResultTables, room: number, dim: Paint): string[] => {
  const spreads = phaseSpreads(tables.phases ?? [], tables.trials);
  const rows = spreads.flatMap(spreadCells);
  const table = tableLines(TABLE, rows, room, (cell, _column, row) => (row === null ? dim(cell) : cell));
  const said = tables.trials.flatMap((row) =>
    apiSentences(tables, row).flatMap((text) => wrap(`${where(row)}: ${text}`, room, INDENT.length)),
  );
  const drawn = longest(tables, room);
  return [
    ...(rows.length === 0 ? [] : table),
    ...spreads.flatMap((each) => wrap(sayVariance(each), room, INDENT.length)),
    ...(rows.length === 0 ? drawn.slice(1) : drawn),
    ...(rows.length + drawn.length > 0 && said.length > 0 ? [''] : []),
    ...said,
  ];
};

/** Below the line of a trial that has just ended: its waterfall, and the API's word against the traffic's. */
export const trialSection = (tables: ResultTables, trial: number, room: number): string[] => {
  const rows = tables.trials.filter((row) => row.trial === trial);
  return rows.flatMap((row) => {
    const drawn = trialWaterfall(tables, row, room - 2 * INDENT.length);
    const lines = [
      ...drawn,
      ...apiSentences(tables, row).flatMap((text) => wrap(text, room - 2 * INDENT.length, INDENT.length)),
    ];
    const title = rows.length > 1 && lines.length > 0 ? [`${INDENT}${row.phase ?? ''}`] : [];
    return [...title, ...lines.map((line) => INDENT.repeat(2) + line)];
  });
};

/** Narrower bars show nothing, wider ones no more. */
const NARROWEST_BAR = 8;
const WIDEST_BAR = 40;

/** Without titles: each line says itself what it is. */
const WATERFALL = [left('', true), left(''), right(''), right(''), left('', true)];

const STATUS: Readonly<Record<PhaseRow['status'], string>> = {
  ok: '',
  'not-seen': ' (not seen)',
  before: ' (before)',
  after: ' (seen only after traffic was back)',
};

/** @param open its end was not seen */
const bar = (from: number, to: number, width: number, open: boolean): string => {
  const [start, end] = [Math.round(from * width), Math.round(to * width)];
  // So short that it would round to nothing.
  const short = to > from && end === start;
  const drawn = short
    ? `${' '.repeat(Math.min(start, width - 1))}▏`
    : ' '.repeat(start) + (open ? '░' : '█').repeat(Math.max(0, end - start));
  return `|${drawn.slice(0, width).padEnd(width)}|`;
};

/** What is left for the bars: between the columns are two spaces each, and a bar has two ends. */
const barWidth = (rows: readonly (readonly string[])[], room: number): number => {
  const widest = (column: number): number => Math.max(...rows.map((row) => textWidth(row[column] ?? '')));
  const beside = [0, 1, 2, 3].reduce((sum, column) => sum + widest(column) + 2, 2);
  return Math.max(NARROWEST_BAR, Math.min(WIDEST_BAR, room - beside));
};

const sayShare = (share: number | null): string => (share === null ? '' : `${Math.round(100 * share)} %`);

const timeOf = ({ length_s, lo_s, status }: PhaseRow): string => {
  if (length_s !== null) return saySeconds(length_s);
  return status === 'not-seen' && lo_s > 0 ? `≥ ${saySeconds(lo_s)}` : '';
};

/**
 * Where the time of one outage went, a line for each phase: its name, a bar on the time of the outage, its length, share
 * and what ended it. No line is wider than `room`; no colour is needed to read it.
 *
 * @param phases of one trial and phase
 */
export const waterfall = (phases: readonly PhaseRow[], room: number): string[] => {
  const first = phases[0];
  if (first === undefined) return [];
  const lengths = phases.map(({ length_s, lo_s }) => length_s ?? lo_s);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const beside = phases.map((row) => [
    oneLine(row.name),
    timeOf(row),
    sayShare(row.share),
    oneLine(row.until) + STATUS[row.status],
  ]);
  const width = barWidth(beside, room);
  const rows = phases.map((row, index) => {
    const [name = '', ...figures] = beside[index] ?? [];
    const from = total === 0 ? 0 : (row.start_s - first.start_s) / total;
    const to = total === 0 ? 0 : from + (lengths[index] ?? 0) / total;
    return [name, bar(from, to, width, row.length_s === null), ...figures];
  });
  const [, ...lines] = tableLines(WATERFALL, rows, room, (cell) => cell);
  return lines;
};
