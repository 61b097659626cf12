import { type OutageChain } from '../../analysis/chain/explain-run.js';
import { sayOffset } from '../../analysis/chain/clock-offset.js';
import type { ForeignClock } from '../../analysis/chain/clocks.js';
import { sayNumberOf } from '../../analysis/words/format.js';
import type { TrialRow } from '../../model/tables.js';
import { sayExplained, spreadsTable } from '../run/phases.js';
import { runHeadline } from '../run/headline.js';
import type { AnalysedRun, Explained } from '../run/analysed-run.js';
import { sayProgress, sayRun, sayTrigger } from '../run/run-words.js';
import {
  apart,
  type Column,
  figure,
  group,
  lines,
  list,
  type Outline,
  section,
  type Section,
  sectionsOn,
  sentence,
  table,
  text,
} from '../sections.js';
import { pageHtml, type PageAssets } from '../html/page.js';
import { markdownReport } from '../text/markdown.js';
import { terminalText, type TerminalOptions } from '../text/terminal-text.js';
import { sayAdvice } from './advice-words.js';
import { chainBlocks } from './chain-blocks.js';
import { allContradictions, allNotKnown, sayBasis, sayCarrier, sayLength, saySource } from './chain-words.js';

/** All that is said of a run's chains. */
export interface ChainReport extends Explained {
  readonly run: AnalysedRun;
  /** null: all. */
  readonly trial: number | null;
}

const lead = ({ run }: ChainReport): Section => {
  const { record } = run;
  return section(null, sentence(sayRun(record)), apart(sentence(runHeadline(run), 'strong')));
};

/** Those of the trial that was asked for, or all. */
export const shown = ({ chains, trial }: ChainReport): readonly OutageChain[] =>
  chains.chains.filter(({ outage }) => trial === null || outage.trial.trial === trial);

const chainSection = (chain: OutageChain): Section => ({
  ...section(sayExplained(chain.outage.trial), ...chainBlocks(chain, true)),
  shrinks: true,
});

const isSame = (a: TrialRow, b: TrialRow): boolean => a.trial === b.trial && a.phase === b.phase;

/** Trials without a chain, each with why. */
const unexplained = ({ run, chains, trial }: ChainReport): Section =>
  section(
    'Not explained',
    list(
      run.tables.trials
        .filter((row) => trial === null || row.trial === trial)
        .filter((row) => !chains.chains.some(({ outage }) => isSame(outage.trial, row)))
        .map((row) => {
          const why =
            row.status === 'ok' ? 'no packet of a stream was lost' : (row.void_reason ?? row.status);
          return `trial ${row.trial ?? '-'}, ${row.phase ?? ''}: ${why}`;
        }),
    ),
  );

const overTrials = ({ chains: all }: ChainReport): Section => {
  const chains = {
    ...all,
    spreads: all.spreads.filter(({ spreads, trials }) => spreads.length > 1 && trials > 1),
  };
  return section(
    'Over all trials',
    spreadsTable(chains.spreads),
    lines(chains.spreads.map((spread) => sayLength(spread, chains.chains)).filter((said) => said !== '')),
    lines(chains.spreads.map(sayCarrier).filter((said) => said !== '')),
  );
};

/** What is documented, and what it would make: never an order. */
export const timers = ({ advice }: Pick<ChainReport, 'advice'>): Section =>
  section('Timers of the longest link', list(advice.map(sayAdvice)));

const STATES: Readonly<Record<ForeignClock['state'], string>> = {
  placed: 'placed',
  'not-known': 'not known',
  contradicted: 'contradicts itself',
};

const CLOCKS: readonly Column<ForeignClock>[] = [
  text('clock', ({ clock }) => clock),
  text('was', ({ offset, state }) =>
    offset === null || state !== 'placed' ? STATES[state] : sayOffset(offset),
  ),
  text('by', (clock) => (clock.state === 'placed' ? sayBasis(clock) : ''), { shrinks: true }),
  text('in', ({ files }) => files.join(', '), { on: 'pages' }),
];

/** Foreign clocks against the run's own. */
const clocks = ({ chains }: ChainReport): Section =>
  section('Clocks', table(chains.clocks, CLOCKS, { caption: 'Clocks' }));

const betweenStamps = ({ lo_ms, hi_ms }: { readonly lo_ms: number; readonly hi_ms: number }): string =>
  lo_ms === 0 && hi_ms === 0
    ? '0'
    : `+${(Math.max(0, lo_ms) / 1000).toFixed(1)} … +${(hi_ms / 1000).toFixed(1)} s`;

/** What could not be placed, by its own clock: the lengths between hold. */
const unplaced = ({ chains }: ChainReport): Section =>
  section(
    'Not on the run’s clock: times from the first of each, by its own',
    ...chains.unplaced.map(({ clock, lines: own }) =>
      group(`${clock}:`, [
        table(
          own,
          [
            figure('after', ({ after }) => betweenStamps(after)),
            text('what', ({ words }) => words, { shrinks: true }),
            text('told by', ({ source }) => saySource(source)),
          ],
          { caption: `By the clock ${clock}` },
        ),
      ]),
    ),
  );

/** Each sentence of a record once, behind its name. */
const records = ({ records: brought, unread }: ChainReport): Section =>
  section(
    'Records',
    list([
      ...brought.map(({ file, record: { form, evidence, assumptions, notes } }) =>
        [
          `${file}: ${form}, ${sayNumberOf(evidence.length, 'line')} that tell of a failover`,
          ...assumptions,
          ...notes,
        ].join('; '),
      ),
      ...unread,
    ]),
  );

/** What is said beside the chains themselves. */
const BESIDE: readonly ((report: ChainReport) => Section)[] = [
  unexplained,
  overTrials,
  timers,
  clocks,
  unplaced,
  (report) => section('Contradictions', list(allContradictions(report.chains, shown(report)))),
  (report) => section('Not known', list(allNotKnown(report.chains, shown(report)))),
  records,
];

const OUTLINE: Outline<ChainReport> = [
  ['text', lead],
  ['everywhere', (report) => shown(report).map(chainSection)],
  ['everywhere', (report) => BESIDE.map((part) => part(report))],
];

/** In a run's own report: all that explains it, whose charts are below its timelines; empty where it kept no records. */
export const whyItTookSoLong = (run: AnalysedRun): Section => {
  if (run.explained === undefined) return section(null);
  const report = { ...run.explained, run, trial: null };
  const parts = [
    ...shown(report).map((chain) => section(sayExplained(chain.outage.trial), ...chainBlocks(chain, false))),
    ...BESIDE.map((part) => part(report)),
  ];
  return {
    ...section('Why it took so long', ...parts.map(({ title, blocks }) => group(title ?? '', blocks))),
    id: 'chain',
  };
};

/** `seqgap explain` on a terminal. */
export const chainTerminal = (report: ChainReport, options: TerminalOptions): string =>
  terminalText(sectionsOn('terminal', OUTLINE, report), options);

export const chainMarkdown = (report: ChainReport): string =>
  markdownReport(report.run.record.scenario.name, sectionsOn('markdown', OUTLINE, report));

/** `seqgap explain --html`: the chains in one file. */
export const chainHtml = (report: ChainReport, version: string, assets: PageAssets): string => {
  const { record } = report.run;
  return pageHtml(
    {
      title: `${record.scenario.name}: why it took so long`,
      badge: null,
      headline: [runHeadline(report.run)],
      facts: [
        ['Run', `${record.run}, ${sayProgress(record)}`],
        ['Trigger', sayTrigger(record)],
      ],
      sections: sectionsOn('html', OUTLINE, report),
      footer: `Made by seqgap ${version} explain.`,
    },
    assets,
  );
};
