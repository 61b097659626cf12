import type { Verdict } from '../model/record.js';
import type { Bounds } from '../analysis/words/format.js';
import { sayBounds } from '../analysis/words/format.js';
import { sayLocal, sayMinute } from '../analysis/words/when.js';
import type { Html } from './html/markup.js';
import type { Colors } from './paint.js';

/**
 * What a report says, as data: sections of blocks. Three renderers draw any of it: text/terminal-text.ts, text/markdown.ts and
 * html/blocks.ts. Where the three differ, the section, block or column says so itself (`on`).
 */

export type Face = 'terminal' | 'markdown' | 'html';

/** Where something is shown: on one face, or on several. A page has room, and is kept. */
type Place = Face | 'text' | 'pages' | 'everywhere';

const FACES: Readonly<Record<Place, readonly Face[]>> = {
  terminal: ['terminal'],
  markdown: ['markdown'],
  html: ['html'],
  text: ['terminal', 'markdown'],
  pages: ['markdown', 'html'],
  everywhere: ['terminal', 'markdown', 'html'],
};

export const isOn = (face: Face, place: Place = 'everywhere'): boolean => FACES[place].includes(face);

/** Colours are for terminals only: nothing may be said by them alone. */
export type Tone = 'good' | 'bad' | 'doubtful' | 'dim' | 'strong';

export const VERDICT_MARK: Readonly<Record<Verdict, string>> = { pass: '✓', fail: '✗', inconclusive: '?' };
export const VERDICT_TONE: Readonly<Record<Verdict, Tone>> = {
  pass: 'good',
  fail: 'bad',
  inconclusive: 'doubtful',
};

interface RichCell {
  readonly text: string;
  /** A table of a page is sorted by this, whatever is said; null comes last. */
  readonly value?: number | null;
  readonly tone?: Tone | undefined;
  /** Of the element of a page that says more. */
  readonly link?: string | null;
  /** Of another page of the site. */
  readonly href?: string;
  /** By which a chart of the page leads to it. */
  readonly id?: string;
  /** The instant that it says (RFC 3339): local time is put beside it. */
  readonly utc?: string;
}

export type Cell = string | RichCell;

/** Empty where there is no value. */
export const cellOf = (value: number | null, say: (value: number) => string): RichCell => ({
  text: value === null ? '' : say(value),
  value,
});

/** What did not recover is longer than any. */
export const boundsCell = (bounds: Bounds): RichCell => ({
  text: sayBounds(bounds),
  value: bounds.lo === null ? null : (bounds.point ?? Number.MAX_VALUE),
});

/** An instant as data has it; null: not known. */
export const instantCell = (utc: string | null): Cell => (utc === null ? '' : { text: utc, utc });

/** The same to the minute, for a column that says that it is UTC. */
export const minuteCell = (utc: string): Cell => ({ text: sayMinute(utc), utc: `${utc.slice(0, 16)}Z` });

interface ColumnOptions {
  /** Another title where there is little room. */
  readonly short?: string;
  /** May be cut on a terminal when the table is too wide. Figures never are. */
  readonly shrinks?: boolean;
  readonly on?: Place;
  /** Of a table whose other rows are on other pages: where it is sorted by this column, and how it is now (null: by another). */
  readonly sorting?: { readonly href: string; readonly order: 'ascending' | 'descending' | null };
}

export interface ColumnHead extends ColumnOptions {
  readonly title: string;
  /** Figures stand right; a figure with its interval does so in HTML only. */
  readonly holds: 'text' | 'figure' | 'interval';
}

/** A column of a table: its title, and what it says of a row. */
export interface Column<Row> extends ColumnHead {
  readonly cell: (row: Row) => Cell | null;
}

const column =
  (holds: ColumnHead['holds']) =>
  <Row>(title: string, cell: Column<Row>['cell'], options: ColumnOptions = {}): Column<Row> => ({
    title,
    holds,
    cell,
    ...options,
  });

export const text = column('text');
export const figure = column('figure');
export const interval = column('interval');

/** A line of a list; of a check its verdict, which is coloured on a terminal and said on a page. */
export type Item = string | { readonly verdict: Verdict; readonly text: string };

interface Shown {
  /** Everywhere, if not said. */
  readonly on?: Place;
  /** On a terminal an empty line comes before it, but for the first of a section. */
  readonly isApart?: boolean;
}

interface Sentence extends Shown {
  readonly kind: 'sentence';
  readonly text: string;
  readonly tones: readonly Tone[];
}

interface List extends Shown {
  readonly kind: 'list';
  readonly items: readonly Item[];
  /** On a terminal; on a page every item has one. */
  readonly hasBullets: boolean;
  /** Of more items a terminal shows only so many, and counts the others. */
  readonly most: number;
}

export interface Table extends Shown {
  readonly kind: 'table';
  readonly columns: readonly ColumnHead[];
  readonly rows: readonly (readonly Cell[])[];
  /** On a page, for those who do not see what is around it. */
  readonly caption: string;
  /** Where all rows are, if a page shows the first only. */
  readonly file: string | null;
}

interface Group extends Shown {
  readonly kind: 'group';
  readonly title: string;
  /** Where the title is shown; elsewhere the captions of its tables have it. */
  readonly titled: Place;
  readonly blocks: readonly Block[];
}

/** What no other block can say: its lines as they are. */
interface Drawn extends Shown {
  readonly kind: 'drawn';
  readonly draw: (room: number, colors: Colors) => readonly string[];
}

/** A chart, or whatever else there is on a page only. */
interface Markup extends Shown {
  readonly kind: 'markup';
  readonly html: Html;
}

/** One that is empty is not shown. */
export type Block = Sentence | List | Table | Group | Drawn | Markup;

export interface Section {
  /** null: its blocks stand by themselves, as those at the beginning and the end. */
  readonly title: string | null;
  /** The title has names from outside: a terminal may cut it. */
  readonly shrinks?: boolean;
  /** Of its heading on a page, where that is not the title. */
  readonly id?: string;
  readonly blocks: readonly Block[];
}

export const section = (title: string | null, ...blocks: readonly Block[]): Section => ({ title, blocks });

export const on = (place: Place, block: Block): Block => ({ ...block, on: place });
export const apart = (block: Block): Block => ({ ...block, isApart: true });

export const sentence = (said: string, ...tones: readonly Tone[]): Block => ({
  kind: 'sentence',
  text: said,
  tones,
});

export const list = (items: readonly Item[], most = Infinity): Block => ({
  kind: 'list',
  items,
  hasBullets: true,
  most,
});

/** A list that needs no bullets on a terminal. */
export const lines = (items: readonly Item[]): Block => ({
  kind: 'list',
  items,
  hasBullets: false,
  most: Infinity,
});

interface TableOptions<Row> {
  readonly caption?: string;
  readonly file?: string;
  /** Of all cells of a row. */
  readonly toneOf?: (row: Row) => Tone | undefined;
}

export const table = <Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { caption = '', file, toneOf }: TableOptions<Row> = {},
): Table => ({
  kind: 'table',
  columns,
  rows: rows.map((row) => {
    const tone = toneOf?.(row);
    const cells = columns.map(({ cell }) => cell(row) ?? '');
    return tone === undefined ? cells : cells.map((cell) => ({ ...richOf(cell), tone }));
  }),
  caption,
  file: file ?? null,
});

export const group = (title: string, blocks: readonly Block[], titled: Place = 'everywhere'): Block => ({
  kind: 'group',
  title,
  titled,
  blocks,
});

export const drawn = (draw: Drawn['draw']): Block => on('text', { kind: 'drawn', draw });

export const markup = (html: Html): Block => on('html', { kind: 'markup', html });

/** The sections of a kind of report in their order, and where each of them is shown. */
export type Outline<Subject> = readonly (readonly [
  place: Place,
  sections: (subject: Subject) => Section | readonly Section[],
])[];

/** Nothing is worked out that is not shown. */
export const sectionsOn = <Subject>(
  face: Face,
  outline: Outline<Subject>,
  subject: Subject,
): readonly Section[] =>
  outline.filter(([place]) => isOn(face, place)).flatMap(([, sections]) => sections(subject));

export const blocksOn = (face: Face, blocks: readonly Block[]): readonly Block[] =>
  blocks.filter((block) => isOn(face, block.on));

type Grid = Pick<Table, 'columns' | 'rows'>;

const localOf = (cell: Cell): string | null => {
  const { utc } = richOf(cell);
  return utc === undefined ? null : sayLocal(utc);
};

/** Behind a column of instants one of local time, where that is another. A page does so itself, by the zone of who reads it. */
const withLocalTime = ({ columns, rows }: Grid): Grid => {
  const isInstant = columns.map((_column, index) =>
    rows.some((cells) => localOf(cells[index] ?? '') !== null),
  );
  return {
    columns: columns.flatMap((each, index) =>
      isInstant[index] === true ? [each, text('local time', () => '')] : [each],
    ),
    rows: rows.map((cells) =>
      cells.flatMap((cell, index) =>
        isInstant[index] === true ? [cell, { text: localOf(cell) ?? '', tone: richOf(cell).tone }] : [cell],
      ),
    ),
  };
};

/** The columns that a face has, with their cells. A page leaves out what is empty in every row, unless it is sorted by that. */
export const tableOn = (face: Face, { columns, rows }: Table): Grid => {
  const isShown = columns.map(
    (each, index) =>
      isOn(face, each.on) &&
      (face !== 'html' ||
        each.sorting !== undefined ||
        rows.some((cells) => textOf(cells[index] ?? '') !== '')),
  );
  const shown = {
    columns: columns.filter((_column, index) => isShown[index]),
    rows: rows.map((cells) => cells.filter((_cell, index) => isShown[index])),
  };
  return face === 'html' ? shown : withLocalTime(shown);
};

const richOf = (cell: Cell): RichCell => (typeof cell === 'string' ? { text: cell } : cell);

export const textOf = (cell: Cell): string => richOf(cell).text;
