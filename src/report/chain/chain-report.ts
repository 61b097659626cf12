import { type OutageChain, type RunChains } from '../../analysis/chain/explain-run.js';
import type { Link } from '../../analysis/chain/chain.js';
import { sayOffset } from '../../analysis/chain/clock-offset.js';
import type { ForeignClock } from '../../analysis/chain/clocks.js';
import type { Happening } from '../../analysis/chain/happening.js';
import { sayNumberOf } from '../../analysis/words/format.js';
import type { EvidenceRecord } from '../../model/evidence.js';
import type { TrialRow } from '../../model/tables.js';
import { sayExplained, spreadsTable, waterfall } from '../run/phases.js';
import { runHeadline } from '../run/headline.js';
import type { AnalysedRun } from '../run/analysed-run.js';
import { sayProgress, sayRun, sayTrigger } from '../run/run-words.js';
import {
  apart,
  type Block,
  boundsCell,
  type Column,
  drawn,
  figure,
  group,
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
} from '../sections.js';
import { chartMarkup, pageHtml, type PageAssets } from '../html/page.js';
import { markdownReport } from '../text/markdown.js';
import { wrap } from '../text/table.js';
import { terminalText, type TerminalOptions } from '../text/terminal-text.js';
import { chainChart } from './chain-lanes.js';
import {
  allContradictions,
  allNotKnown,
  sayAfter,
  sayBasis,
  sayBetween,
  sayCarrier,
  sayLength,
  sayLongest,
  saySource,
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
  /** What the run kept and nobody could read, with why. */
  readonly unread: readonly string[];
  /** null: all. */
  readonly trial: number | null;
}

const lead = ({ run }: ChainReport): Section => {
  const { record } = run;
  return section(null, sentence(sayRun(record)), apart(sentence(runHeadline(run), 'strong')));
};

/** Where a milestone comes from: two are enough to look it up. */
const MOST_TOLD = 2;

const sayTold = ({ end }: Link): string => {
  const sources = [...new Set((end?.told ?? []).map(({ source }) => saySource(source)))];
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

const sayWhat = ({ first, times }: Told): string =>
  times === 1 ? first.words : `${first.words} (${times} times)`;

const happeningColumns = (chain: OutageChain): readonly Column<Told>[] => [
  figure('after loss', ({ first }) => sayAfter(first, chain)),
  text('between', ({ first }) => sayBetween(first, chain)),
  text('what', sayWhat),
  text('told by', ({ first }) => saySource(first.source)),
];

/** A line for each, broken where there is no room: what happened is never cut off. */
const happeningLines = (all: readonly Told[], chain: OutageChain, room: number): string[] => {
  const when = all.map(({ first }) => [sayAfter(first, chain), sayBetween(first, chain)] as const);
  const widths = [0, 1].map((column) => Math.max(0, ...when.map((each) => (each[column] ?? '').length)));
  return all.flatMap((each, index) => {
    const [after = '', between = ''] = when[index] ?? [];
    const head = `${after.padStart(widths[0] ?? 0)}  ${between.padEnd(widths[1] ?? 0)}  `;
    const [line = '', ...more] = wrap(
      `${sayWhat(each)} (${saySource(each.first.source)})`,
      Math.max(LEAST_ROOM, room - head.length),
      2,
    );
    return [head + line, ...more.map((rest) => ' '.repeat(head.length) + rest)];
  });
};

/** Of words beside their time. */
const LEAST_ROOM = 20;
/** Beside a bar, as the timeline has it. */
const PAGE_ROOM = 96;

/** Of more, nobody reads on; --json has all. */
const MOST_HAPPENINGS = 60;

const happened = (chain: OutageChain): Block => {
  const all = told(chain.happenings);
  const more = all.length - MOST_HAPPENINGS;
  return group('What happened, after the first loss:', [
    on(
      'terminal',
      drawn((room) => happeningLines(all.slice(0, MOST_HAPPENINGS), chain, room)),
    ),
    on(
      'pages',
      table(all.slice(0, MOST_HAPPENINGS), happeningColumns(chain), {
        caption: 'What happened, after the first loss',
      }),
    ),
    sentence(more > 0 ? `and ${more} more, all of which --json lists` : ''),
  ]);
};

const chainSection = (chain: OutageChain): Section => {
  const { outage, links } = chain;
  const seen = links.filter(({ end }) => end !== null);
  const divided = seen.length > 1 ? seen : [];
  const bars = (room: number): string[] =>
    waterfall(
      divided.map(({ row }) => row),
      room,
    );
  return {
    ...section(
      sayExplained(outage.trial),
      sentence(sayLongest(chain)),
      on('terminal', apart(drawn(bars))),
      // Indented, not fenced: a name cannot end the block.
      on(
        'markdown',
        drawn(() => bars(PAGE_ROOM).map((line) => `      ${line}`)),
      ),
      markup(
        chartMarkup(
          `chain-${outage.trial.trial ?? 0}-${outage.trial.phase ?? ''}`,
          'The outage, link by link',
          chainChart(chain),
        ),
      ),
      apart(table(divided, linkColumns(chain), { caption: 'Links' })),
      apart(happened(chain)),
    ),
    shrinks: true,
  };
};

/** Those of the trial that was asked for, or all. */
export const shown = ({ chains, trial }: ChainReport): readonly OutageChain[] =>
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
          text('told by', ({ source }) => saySource(source)),
        ]),
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

const OUTLINE: Outline<ChainReport> = [
  ['text', lead],
  ['everywhere', (report) => shown(report).map(chainSection)],
  ['everywhere', unexplained],
  ['everywhere', overTrials],
  ['everywhere', clocks],
  ['everywhere', unplaced],
  [
    'everywhere',
    (report) => section('Contradictions', list(allContradictions(report.chains, shown(report)))),
  ],
  ['everywhere', (report) => section('Not known', list(allNotKnown(report.chains, shown(report))))],
  ['everywhere', records],
];

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
