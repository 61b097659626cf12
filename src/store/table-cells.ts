import { wordOfCell } from '../report/csv-word.js';

/** How the cells of one column are read. */
export interface CellKind<Value> {
  /** What it must be, as in `not a number`. */
  readonly what: string;
  /** undefined: the cell is not of this kind. An empty cell is only of a kind that says so (`orEmpty`). */
  readonly read: (cell: string) => Value | undefined;
}

/** As `plainNumber` writes them: no exponent, a point for the decimals. */
const PLAIN_NUMBER = /^-?\d+(?:\.\d+)?$/;

export const text: CellKind<string> = {
  what: 'a text',
  read: (cell) => (cell === '' ? undefined : wordOfCell(cell)),
};

export const number: CellKind<number> = {
  what: 'a number',
  read: (cell) => (PLAIN_NUMBER.test(cell) ? Number(cell) : undefined),
};

export const count: CellKind<number> = {
  what: 'a count',
  read: (cell) => (/^\d+$/.test(cell) ? Number(cell) : undefined),
};

/** One of the words; all of the type's must be named. */
export const oneOf = <Word extends string>(words: Readonly<Record<Word, true>>): CellKind<Word> => {
  const names = Object.keys(words) as Word[];
  return {
    what: `one of ${names.join(', ')}`,
    read: (cell) => (Object.hasOwn(words, cell) ? (cell as Word) : undefined),
  };
};

/** Missing is an empty cell, never 0 or -1. */
export const orEmpty = <Value>({ what, read }: CellKind<Value>): CellKind<Value | null> => ({
  what,
  read: (cell) => (cell === '' ? null : read(cell)),
});
