import type { Link } from '../../analysis/chain/chain.js';
import type { OutageChain } from '../../analysis/chain/explain-run.js';
import type { Happening } from '../../analysis/chain/happening.js';
import { waterfall } from '../run/phases.js';
import {
  apart,
  type Block,
  boundsCell,
  type Column,
  drawn,
  figure,
  group,
  markup,
  on,
  sentence,
  table,
  text,
} from '../sections.js';
import type { Html } from '../html/markup.js';
import { chartMarkup } from '../html/page.js';
import { wrap } from '../text/table.js';
import { chainChart } from './chain-lanes.js';
import { sayAfter, sayBetween, sayLongest, saySource, told } from './chain-words.js';

/** The chain of one outage: drawn, as a table of its links, and line by line. */

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

/** What tells the chain of one outage from another's: no two charts or tables of a page have one name. */
const whichOf = ({ outage }: OutageChain): string =>
  `trial ${outage.trial.trial ?? '-'}, ${outage.trial.phase ?? ''}`;
const idOf = ({ outage }: OutageChain): string =>
  `chain-${outage.trial.trial ?? 0}-${outage.trial.phase ?? ''}`;

/** Of more, nobody reads on; --json has all. */
const MOST_SAID = 60;
/** A page has more room: each of its lines is one to which a chart leads. */
const MOST_LINES = 200;

const lineId = (chain: OutageChain, index: number): string => `${idOf(chain)}-line-${index + 1}`;

/**
 * The chain on one axis, under the timeline of its trial or by itself. A press on an event leads to its line in the tables of
 * `chainBlocks`, which must be on the same page.
 */
export const chainFigure = (chain: OutageChain): Html =>
  chartMarkup(
    idOf(chain),
    `The outage of ${whichOf(chain)}, link by link`,
    chainChart(chain, (index) => (index < MOST_LINES ? lineId(chain, index) : null)),
  );

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

interface Line {
  readonly happening: Happening;
  readonly id: string;
}

/** Each by itself, with the line of its record. */
const lineColumns = (chain: OutageChain): readonly Column<Line>[] => [
  figure('after loss', ({ happening, id }) => ({ text: sayAfter(happening, chain), id })),
  text('between', ({ happening }) => sayBetween(happening, chain)),
  text('what', ({ happening }) => happening.words),
  text('told by', ({ happening }) => saySource(happening.source)),
  text('its line', ({ happening }) => happening.raw),
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

const sayMore = (all: readonly unknown[], most: number): Block =>
  sentence(all.length > most ? `and ${all.length - most} more, all of which --json lists` : '');

const TITLE = 'What happened, after the first loss';

const happened = (chain: OutageChain): Block => {
  const all = told(chain.happenings);
  const lines = chain.happenings.map((happening, index) => ({ happening, id: lineId(chain, index) }));
  return group(`${TITLE}:`, [
    on(
      'terminal',
      drawn((room) => happeningLines(all.slice(0, MOST_SAID), chain, room)),
    ),
    on('markdown', table(all.slice(0, MOST_SAID), happeningColumns(chain))),
    on('text', sayMore(all, MOST_SAID)),
    on(
      'html',
      table(lines.slice(0, MOST_LINES), lineColumns(chain), { caption: `${TITLE}: ${whichOf(chain)}` }),
    ),
    on('html', sayMore(lines, MOST_LINES)),
  ]);
};

/** @param isDrawn false: a page has its chart, and what was longest, below the timeline of the trial */
export const chainBlocks = (chain: OutageChain, isDrawn: boolean): readonly Block[] => {
  const seen = chain.links.filter(({ end }) => end !== null);
  const divided = seen.length > 1 ? seen : [];
  const bars = (room: number): string[] =>
    waterfall(
      divided.map(({ row }) => row),
      room,
    );
  return [
    on(isDrawn ? 'everywhere' : 'text', sentence(sayLongest(chain))),
    on('terminal', apart(drawn(bars))),
    // Indented, not fenced: a name cannot end the block.
    on(
      'markdown',
      drawn(() => bars(PAGE_ROOM).map((line) => `      ${line}`)),
    ),
    ...(isDrawn ? [markup(chainFigure(chain))] : []),
    apart(table(divided, linkColumns(chain), { caption: `Links: ${whichOf(chain)}` })),
    apart(happened(chain)),
  ];
};
