import { sayCount } from '../../analysis/words/format.js';
import {
  type Block,
  blocksOn,
  type Cell,
  type ColumnHead,
  isOn,
  type Item,
  type Table,
  tableOn,
  VERDICT_MARK,
} from '../sections.js';
import { tag, NOTHING, timed, type Html } from './markup.js';

const itemMarkup = (item: Item): Html =>
  tag`<li>${timed(typeof item === 'string' ? item : `${VERDICT_MARK[item.verdict]} ${item.verdict}: ${item.text}`)}</li>`;

export const listMarkup = (items: readonly Item[]): Html =>
  items.length === 0
    ? NOTHING
    : tag`<ul>
        ${items.map(itemMarkup)}
      </ul> `;

/** Links lead out of a table with a keyboard, too. */
const cellText = (cell: Cell): Html => {
  if (typeof cell === 'string') return timed(cell);
  const said =
    cell.utc === undefined ? timed(cell.text) : tag`<time datetime="${cell.utc}">${cell.text}</time>`;
  const href = cell.href ?? (cell.link == null ? null : `#${cell.link}`);
  return href === null ? said : tag`<a href="${href}">${said}</a>`;
};

const cellMarkup = (cell: Cell, isFigure: boolean, isFirst: boolean): Html => {
  const tone = typeof cell === 'string' ? undefined : cell.tone;
  const classes = [isFigure ? 'figure' : '', tone ?? ''].filter((name) => name !== '').join(' ');
  const kind = classes === '' ? NOTHING : tag` class="${classes}"`;
  const sort =
    typeof cell === 'string' || cell.value === undefined ? NOTHING : tag` data-value="${cell.value ?? ''}"`;
  const id = typeof cell === 'string' || cell.id === undefined ? NOTHING : tag` id="${cell.id}"`;
  return isFirst
    ? tag`<th scope="row"${id}${kind}${sort}>${cellText(cell)}</th>`
    : tag`<td${id}${kind}${sort}>${cellText(cell)}</td>`;
};

/** Longer tables are cut: the CSV files have everything. */
const MOST_ROWS = 300;

const headMarkup = ({ title, holds, sorting }: ColumnHead): Html => {
  const kind = holds === 'text' ? NOTHING : tag` class="figure"`;
  if (sorting === undefined) return tag`<th scope="col"${kind}>${title}</th>`;
  const { href, order } = sorting;
  const sorted = order === null ? NOTHING : tag` aria-sort="${order}"`;
  return tag`<th scope="col"${kind}${sorted}><a href="${href}">${title}</a></th>`;
};

/** A table that the script makes sortable, or who serves it by links; without either, it is a table. */
const tableMarkup = (table: Table): Html => {
  const { columns, rows } = tableOn('html', table);
  const { caption, file } = table;
  if (rows.length === 0) return NOTHING;
  const isFigure = columns.map(({ holds }) => holds !== 'text');
  const isServed = columns.some(({ sorting }) => sorting !== undefined);
  const body = rows.slice(0, MOST_ROWS).map((row) => {
    const cells = row.map((cell, index) => cellMarkup(cell, isFigure[index] === true, index === 0));
    return tag`<tr>${cells}</tr>\n`;
  });
  const cut =
    rows.length > MOST_ROWS
      ? tag`<p class="aside">
          The first ${sayCount(MOST_ROWS)} of ${sayCount(rows.length)}
          rows${file === null ? '' : `; all are in ${file}`}.
        </p>`
      : NOTHING;
  return tag`<div class="scroll" tabindex="0" role="region" aria-label="Table: ${caption}">
      <table class="${isServed ? 'sorted' : 'sortable'}">
        <caption>${caption}</caption>
        <thead><tr>${columns.map(headMarkup)}</tr></thead>
        <tbody>${body}</tbody>
      </table>
    </div>
    ${cut} `;
};

const blockMarkup = (block: Block): Html => {
  switch (block.kind) {
    case 'sentence':
      return block.text === '' ? NOTHING : tag`<p>${timed(block.text)}</p>`;
    case 'list':
      return listMarkup(block.items);
    case 'table':
      return tableMarkup(block);
    case 'group': {
      const inner = blocksMarkup(block.blocks);
      if (inner.markup.trim() === '') return NOTHING;
      return isOn('html', block.titled)
        ? tag`<h3>${block.title}</h3>
          ${inner}`
        : inner;
    }
    case 'drawn':
      return NOTHING;
    case 'markup':
      return block.html;
  }
};

export const blocksMarkup = (blocks: readonly Block[]): Html =>
  tag`${blocksOn('html', blocks).map(blockMarkup)}`;
