import { plainLines } from './outside.js';

/** Spreadsheets take a cell that begins like this for a formula (also with the full-width signs), unless it is a figure. */
const FORMULA = /^\s*(?:[=@\uff0b\uff0d\uff1d\uff20]|[+-](?!\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$))/;

/** A word from outside is text for whoever opens the file, as an apostrophe before it says to spreadsheets. */
export const csvWord = (text: string): string => {
  const word = plainLines(text);
  return FORMULA.test(word) ? `'${word}` : word;
};

/** The word of a cell that `csvWord` wrote. */
export const wordOfCell = (cell: string): string =>
  cell.startsWith("'") && FORMULA.test(cell.slice(1)) ? cell.slice(1) : cell;
