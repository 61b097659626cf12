import { phaseSpreads } from '../analysis/timeline/phases-spread.js';
import type { ResultTables, TrialRow } from '../model/record.js';
import { worstTrial } from './headline.js';
import {
  apiSentences,
  sayExplained,
  sayVariance,
  SPREAD_TITLES,
  spreadCells,
  trialWaterfall,
} from './phases.js';
import { tableLines, type Column } from './table.js';
import { wrap } from './text-width.js';

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
