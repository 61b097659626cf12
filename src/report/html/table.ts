import { sayCount } from '../../analysis/words/format.js';
import { tag, NOTHING, type Html } from './markup.js';

/** A figure sorts by its value, whatever it is said as; null sorts last. */
export interface Figure {
  readonly text: string;
  readonly value: number | null;
}

export type Cell = string | Figure;

export type HtmlColumn = readonly [title: string, align: 'left' | 'right'];

export const figure = (value: number | null, say: (value: number) => string): Figure => ({
  text: value === null ? '' : say(value),
  value,
});

const cellMarkup = (cell: Cell, align: HtmlColumn[1], first: boolean): Html => {
  const kind = align === 'right' ? tag` class="figure"` : NOTHING;
  const text = typeof cell === 'string' ? cell : cell.text;
  const sort = typeof cell === 'string' ? NOTHING : tag` data-value="${cell.value ?? ''}"`;
  return first ? tag`<th scope="row"${kind}${sort}>${text}</th>` : tag`<td${kind}${sort}>${text}</td>`;
};

/** Longer tables are cut: the CSV files have everything. */
const MOST_ROWS = 300;

/** A table that the script makes sortable; without it, it is a table. */
export const htmlTable = (
  caption: string,
  columns: readonly HtmlColumn[],
  rows: readonly (readonly Cell[])[],
  file: string | null = null,
): Html => {
  if (rows.length === 0) return NOTHING;
  const head = columns.map(([title, align]) =>
    align === 'right'
      ? tag`<th scope="col" class="figure">${title}</th>`
      : tag`<th scope="col">${title}</th>`,
  );
  const body = rows.slice(0, MOST_ROWS).map((row) => {
    const cells = columns.map(([, align], index) => cellMarkup(row[index] ?? '', align, index === 0));
    return tag`<tr>${cells}</tr>\n`;
  });
  const cut =
    rows.length > MOST_ROWS
      ? tag`<p class="aside">
          The first ${sayCount(MOST_ROWS)} of ${sayCount(rows.length)}
          rows${file === null ? '' : `; all are in ${file}`}.
        </p>`
      : NOTHING;
  return tag`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
      <table class="sortable">
        <caption>${caption}</caption>
        <thead><tr>${head}</tr></thead>
        <tbody>${body}</tbody>
      </table>
    </div>
    ${cut} `;
};
