import { phaseSpreads } from '../analysis/timeline/phases-spread.js';
import type { ResultTables } from '../model/record.js';
import { markdownTable, markdownText as escaped } from './markdown-table.js';
import {
  apiSentences,
  sayExplained,
  sayVariance,
  SPREAD_TITLES,
  spreadCells,
  trialWaterfall,
} from './phases.js';

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
