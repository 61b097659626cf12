import { oneLine } from '../model/outside.js';

/** Text from outside, so that it stays text: no table cell, tag, link or emphasis of its own. */
export const markdownText = (text: string): string =>
  oneLine(text)
    .replaceAll(/[\\`*_[\]|~#]/g, String.raw`\$&`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;');

export type MarkdownColumn = readonly [title: string, align: 'left' | 'right'];

/** The lines of a table; cells are plain text. */
export const markdownTable = (
  columns: readonly MarkdownColumn[],
  rows: readonly (readonly string[])[],
): string[] => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(([title]) => title)),
    line(columns.map(([, align]) => (align === 'left' ? '---' : '---:'))),
    ...rows.map((cells) => line(cells.map(markdownText))),
  ];
};
