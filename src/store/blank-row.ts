/**
 * A row to be copied and filled in. Copies share one layout in memory; a row of forty columns that is built one by one
 * ends as a hash table, several times as large and as slow.
 */
export const blankRow = <Column extends PropertyKey>(columns: readonly Column[]): Record<Column, unknown> =>
  Object.fromEntries(columns.map((column) => [column, null])) as Record<Column, unknown>;
