/** Makes tables sortable, by mouse and by keyboard: each heading gets a button (WAI-ARIA practices, sortable table). */

const valueOf = (row: HTMLTableRowElement, column: number): number | string | null => {
  const cell = row.cells[column];
  if (cell === undefined) return null;
  const { value } = cell.dataset;
  const text = cell.textContent.trim();
  if (value !== undefined) return value === '' ? null : Number(value);
  return text === '' ? null : text;
};

/** Missing values come last, whichever way it is sorted. */
const compare = (a: number | string | null, b: number | string | null, sign: number): number => {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
  return sign * String(a).localeCompare(String(b), 'en', { numeric: true });
};

const sortBy = (table: HTMLTableElement, column: number, ascending: boolean): void => {
  const body = table.tBodies[0];
  if (body === undefined) return;
  const rows = Array.from(body.rows).map((row) => ({ row, value: valueOf(row, column) }));
  rows.sort((a, b) => compare(a.value, b.value, ascending ? 1 : -1));
  body.append(...rows.map(({ row }) => row));
};

const enable = (table: HTMLTableElement): void => {
  const headings = Array.from(table.tHead?.rows[0]?.cells ?? []);
  for (const [column, heading] of headings.entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener('click', () => {
      const ascending = heading.getAttribute('aria-sort') !== 'ascending';
      for (const each of headings) each.removeAttribute('aria-sort');
      heading.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
      sortBy(table, column, ascending);
    });
  }
};

export const enableTables = (): void => {
  for (const table of document.querySelectorAll<HTMLTableElement>('table.sortable')) enable(table);
};
