import { type OutageChain, type RunChains } from '../../analysis/chain/explain-run.js';
import type { Link } from '../../analysis/chain/chain.js';
import type { ForeignClock } from '../../analysis/chain/clocks.js';
import type { Happening } from '../../analysis/chain/happening.js';
import { sayNumberOf } from '../../analysis/words/format.js';
import type { EvidenceRecord } from '../../model/evidence.js';
import type { TrialRow } from '../../model/tables.js';
import type { RunRecord } from '../../model/run.js';
import { sayExplained, sayVariance, spreadsTable, waterfall } from '../run/phases.js';
import { runHeadline } from '../run/headline.js';
import type { AnalysedRun } from '../run/analysed-run.js';
import { sayProgress, sayTrigger } from '../run/run-words.js';
import {
  apart,
  boundsCell,
  type Column,
  drawn,
  figure,
  group,
  lines,
  list,
  on,
  type Outline,
  section,
  type Section,
  sectionsOn,
  sentence,
  table,
  text,
} from '../sections.js';
import { markdownReport } from '../text/markdown.js';
import { terminalText, type TerminalOptions } from '../text/terminal-text.js';
import {
  allContradictions,
  allNotKnown,
  sayAfter,
  sayBasis,
  sayBetween,
  sayLength,
  sayLongest,
  sayOffset,
  told,
} from './chain-words.js';

/** A record that was brought to the run, under the name it was given by. */
export interface BroughtRecord {
  readonly file: string;
  readonly record: EvidenceRecord;
}

/** All that is said of a run's chains. */
export interface ChainReport {
  readonly run: AnalysedRun;
  readonly chains: RunChains;
  readonly records: readonly BroughtRecord[];
  /** null: all. */
  readonly trial: number | null;
}

const lead = ({ run }: ChainReport): Section => {
  const { record } = run;
  return section(null, sentence(sayRun(record)), apart(sentence(runHeadline(run), 'strong')));
};

const sayRun = (record: RunRecord): string =>
  `${record.scenario.name} · ${record.version} · ${sayTrigger(record)} · ${sayProgress(record)}`;

/** Where a milestone comes from: two are enough to look it up. */
const MOST_TOLD = 2;

const sayTold = ({ end }: Link): string => {
  const sources = [...new Set((end?.told ?? []).map(({ source }) => source))];
  const more = sources.length - MOST_TOLD;
  return more > 0 ? `${sources.slice(0, MOST_TOLD).join(', ')} and ${more} more` : sources.join(', ');
};

const linkColumns = (chain: OutageChain): readonly Column<Link>[] => [
  text('link', ({ name }) => name),
  text('until', ({ until }) => until, { on: 'pages' }),
  figure('ends', ({ end }) => (end === null ? '' : sayAfter(end, chain))),
  text('length', ({ row }) => boundsCell({ lo: row.lo_s, point: row.length_s, hi: row.hi_s })),
  text('status', ({ row }) => row.status, { on: 'pages' }),
  text('told by', (link) => sayTold(link), { shrinks: true }),
];

interface Told {
  readonly first: Happening;
  readonly times: number;
}

const happeningColumns = (chain: OutageChain): readonly Column<Told>[] => [
  figure('after loss', ({ first }) => sayAfter(first, chain)),
  text('between', ({ first }) => sayBetween(first, chain)),
  text('what', ({ first, times }) => (times === 1 ? first.words : `${first.words} (${times} times)`), {
    shrinks: true,
  }),
  text('told by', ({ first }) => first.source, { shrinks: true }),
];

/** Beside a bar, as the timeline has it. */
const PAGE_ROOM = 96;

const chainSection = (chain: OutageChain): Section => {
  const { outage, links, happenings } = chain;
  const rows = links.filter(({ end }) => end !== null).map(({ row }) => row);
  return {
    ...section(
      sayExplained(outage.trial),
      sentence(sayLongest(chain)),
      on(
        'terminal',
        drawn((room) => waterfall(rows, room)),
      ),
      on(
        'markdown',
        drawn(() => ['', ...waterfall(rows, PAGE_ROOM).map((line) => `      ${line}`), '']),
      ),
      apart(
        table(
          links.filter(({ end }) => end !== null),
          linkColumns(chain),
          { caption: 'Links' },
        ),
      ),
      apart(
        group('What happened, after the first loss (the trigger is before it):', [
          table(told(happenings), happeningColumns(chain), {
            caption: 'What happened, after the first loss',
          }),
        ]),
      ),
    ),
    shrinks: true,
  };
};

const shown = ({ chains, trial }: ChainReport): readonly OutageChain[] =>
  chains.chains.filter(({ outage }) => trial === null || outage.trial.trial === trial);

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
  const chains = { ...all, spreads: all.spreads.filter(({ spreads }) => spreads.length > 1) };
  return section(
    'Over all trials',
    spreadsTable(chains.spreads),
    lines(chains.spreads.map((spread) => sayLength(spread, chains.chains)).filter((said) => said !== '')),
    lines(chains.spreads.map(sayVariance)),
  );
};

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
        table(own, [
          figure('after', ({ after }) => betweenStamps(after)),
          text('what', ({ words }) => words, { shrinks: true }),
          text('told by', ({ source }) => source, { shrinks: true }),
        ]),
      ]),
    ),
  );

/** Each sentence of a record once, behind its name. */
const records = ({ records: brought }: ChainReport): Section =>
  section(
    'Records',
    list(
      brought.map(({ file, record: { form, evidence, assumptions, notes } }) =>
        [
          `${file}: ${form}, ${sayNumberOf(evidence.length, 'line')} that tell of a failover`,
          ...assumptions,
          ...notes,
        ].join('; '),
      ),
    ),
  );

const OUTLINE: Outline<ChainReport> = [
  ['everywhere', lead],
  ['everywhere', (report) => shown(report).map(chainSection)],
  ['everywhere', unexplained],
  ['everywhere', overTrials],
  ['everywhere', clocks],
  ['everywhere', unplaced],
  ['everywhere', ({ chains }) => section('Contradictions', list(allContradictions(chains)))],
  ['everywhere', ({ chains }) => section('Not known', list(allNotKnown(chains)))],
  ['everywhere', records],
];

/** `seqgap explain` on a terminal. */
export const chainTerminal = (report: ChainReport, options: TerminalOptions): string =>
  terminalText(sectionsOn('terminal', OUTLINE, report), options);

export const chainMarkdown = (report: ChainReport): string =>
  markdownReport(report.run.record.scenario.name, sectionsOn('markdown', OUTLINE, report));
