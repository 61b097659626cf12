import { oneLine } from '../../model/outside.js';

export interface Column {
  readonly title: string;
  /** Numbers go right. */
  readonly align: 'left' | 'right';
  /** May be cut when the table is too wide. Figures never are. */
  readonly shrinks: boolean;
  /** Where names stand on lines of their own, it goes below its row if there is no room in it; the lowest goes first. */
  readonly yields?: number;
}

/** Text; where it `shrinks`, it is cut first. */
export const left = (title: string, shrinks = false): Column => ({ title, align: 'left', shrinks });
/** A figure. */
export const right = (title: string): Column => ({ title, align: 'right', shrinks: false });

const GAP = 2;
const NARROWEST = 4;

const natural = (columns: readonly Column[], rows: readonly (readonly string[])[]): number[] =>
  columns.map((column, index) =>
    // Not spread: a table may have more rows than a call may have arguments.
    rows.reduce((widest, row) => Math.max(widest, textWidth(row[index] ?? '')), textWidth(column.title)),
  );

const wholeWidth = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width + GAP, -GAP);

/** Takes from the widest column that may shrink, until the table fits or none can give more. */
const fitted = (columns: readonly Column[], widths: readonly number[], room: number): number[] => {
  const fit = [...widths];
  let excess = wholeWidth(fit) - room;
  for (; excess > 0; excess -= 1) {
    const widest = columns
      .map((column, index) => ({ index, width: column.shrinks ? (fit[index] ?? 0) : 0 }))
      .reduce((a, b) => (b.width > a.width ? b : a));
    if (widest.width <= NARROWEST) break;
    fit[widest.index] = widest.width - 1;
  }
  return fit;
};

/** Painted before it is padded, so that the end of a line can be trimmed. */
const padded = (
  text: string,
  width: number,
  align: Column['align'],
  paint: (cell: string) => string,
): string => {
  const cell = truncate(text, width);
  const padding = ' '.repeat(width - textWidth(cell));
  return align === 'left' ? paint(cell) + padding : padding + paint(cell);
};

/**
 * The lines of a table, title row first, none wider than `room` where shrinking columns make that possible. Cells
 * are plain text; `paint` colours one when all widths are settled.
 */
export const tableLines = (
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  room: number,
  paint: (cell: string, column: number, row: number | null) => string,
): string[] => {
  const clean = rows.map((row) => row.map(oneLine));
  const widths = fitted(columns, natural(columns, clean), room);
  const line = (cells: readonly string[], row: number | null): string =>
    columns
      .map((column, index) =>
        padded(cells[index] ?? '', widths[index] ?? 0, column.align, (cell) => paint(cell, index, row)),
      )
      .join(' '.repeat(GAP))
      .trimEnd();
  const titles = columns.map((column) => column.title);
  return [line(titles, null), ...clean.map((cells, index) => line(cells, index))];
};

const picked = <Value>(values: readonly Value[], indices: readonly number[]): Value[] =>
  indices.map((index) => values[index] as Value);

/** Texts beside each other, as many to a line as there is room for. */
const packed = (
  texts: readonly { readonly plain: string; readonly painted: string }[],
  room: number,
): string[] => {
  const lines: string[] = [];
  let width = Infinity;
  for (const { plain, painted } of texts) {
    width += GAP + textWidth(plain);
    if (width <= room) lines[lines.length - 1] += ' '.repeat(GAP) + painted;
    else {
      lines.push(painted);
      width = textWidth(plain);
    }
  }
  return lines;
};

/**
 * As `tableLines`, but the cells of shrinking columns are names, which are never cut: where the table is too wide they stand
 * above their row, once for all rows in a row that have the same, and what then has no room in it stands below it.
 */
export const namedLines = (
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  room: number,
  paint: (cell: string, column: number, row: number | null) => string,
): string[] => {
  const clean = rows.map((row) => row.map(oneLine));
  const widths = natural(columns, clean);
  if (wholeWidth(widths) <= room) return tableLines(columns, clean, room, paint);
  const inner = room - GAP;
  const all = columns.map((_column, index) => index);
  const names = all.filter((index) => columns[index]?.shrinks === true);
  const yielding = all
    .filter((index) => columns[index]?.yields !== undefined)
    .toSorted((a, b) => (columns[a]?.yields ?? 0) - (columns[b]?.yields ?? 0));
  const below = new Set<number>();
  const kept = (): number[] => all.filter((index) => !names.includes(index) && !below.has(index));
  for (const index of yielding) if (wholeWidth(picked(widths, kept())) > inner) below.add(index);
  const beside = kept();
  const [titles = '', ...figures] = tableLines(
    picked(columns, beside),
    clean.map((cells) => picked(cells, beside)),
    inner,
    (cell, column, row) => paint(cell, beside[column] as number, row),
  );
  const named = (cells: readonly string[], row: number | null): string[] =>
    packed(
      names
        .filter((index) => cells[index] !== '')
        .flatMap((index) => broken(cells[index] ?? '', room).map((plain) => ({ index, plain })))
        .map(({ index, plain }) => ({ plain, painted: paint(plain, index, row) })),
      room,
    );
  const further = (cells: readonly string[], row: number): string[] =>
    packed(
      [...below]
        .toSorted((a, b) => a - b)
        .filter((index) => cells[index] !== '')
        .map((index) => {
          const [title, cell] = [columns[index]?.title ?? '', cells[index] ?? ''];
          return {
            plain: `${title} ${cell}`,
            painted: `${paint(title, index, null)} ${paint(cell, index, row)}`,
          };
        }),
      inner - GAP,
    ).map((line) => ' '.repeat(GAP) + line);
  const lines = [
    ...named(
      columns.map(({ title }) => title),
      null,
    ),
    ' '.repeat(GAP) + titles,
  ];
  for (const [row, cells] of clean.entries()) {
    const before = clean[row - 1];
    if (before === undefined || names.some((index) => before[index] !== cells[index]))
      lines.push(...named(cells, row));
    lines.push(...[figures[row] ?? '', ...further(cells, row)].map((line) => ' '.repeat(GAP) + line));
  }
  return lines;
};

/** How many columns of a terminal a text takes; text from outside can be in any script. */

const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** East Asian wide and full-width blocks, and emoji (Unicode UAX #11), in the grain a table needs. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

const characterWidth = (character: string): number => {
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
};

export const textWidth = (text: string): number =>
  Array.from(text).reduce((width, character) => width + characterWidth(character), 0);

/** Cut to a width, with an ellipsis where something was cut off. */
export const truncate = (text: string, width: number): string => {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let room = width - 1;
  for (const character of text) {
    room -= characterWidth(character);
    if (room < 0) break;
    kept += character;
  }
  return `${kept}…`;
};

/** In pieces none of which is wider than `width`. */
const broken = (text: string, width: number): string[] => {
  const pieces: string[] = [''];
  let room = width;
  for (const character of text) {
    room -= characterWidth(character);
    if (room < 0) {
      pieces.push('');
      room = width - characterWidth(character);
    }
    pieces[pieces.length - 1] += character;
  }
  return pieces;
};

/**
 * Broken between words so that no line is wider than `width`, and within a word that is wider than a line; later lines are
 * indented by `indent` columns.
 */
export const wrap = (text: string, width: number, indent = 0): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of oneLine(text).split(' ')) {
    const room = width - (lines.length === 0 ? 0 : indent);
    const longer = line === '' ? word : `${line} ${word}`;
    if (textWidth(longer) <= room) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = broken(word, width - indent);
    line = pieces.pop() ?? '';
    lines.push(...pieces);
  }
  lines.push(line);
  return lines.map((each, index) => (index === 0 ? each : ' '.repeat(indent) + each));
};
