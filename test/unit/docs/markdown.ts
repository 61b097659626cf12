import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A page of docs/, with LF line ends. */
export const page = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../../docs', name), 'utf8');

/** The text below a heading, up to the next one of any level. Throws if there is no such heading. */
export const section = (text: string, heading: string): string => {
  const lines = text.split('\n');
  const start = lines.indexOf(heading);
  if (start === -1) throw new Error(`no heading "${heading}"`);
  const end = lines.findIndex((line, index) => index > start && /^#{1,6} /.test(line));
  return lines.slice(start + 1, end === -1 ? undefined : end).join('\n');
};

/** Cells of the rows of all tables in a text, header and rule left out. */
export const rows = (text: string): string[][] => {
  const lines = text.split('\n');
  const isRule = (line: string | undefined): boolean => /^\|[ :|-]+\|$/.test(line ?? '');
  return lines
    .filter((line, index) => line.startsWith('|') && !isRule(line) && !isRule(lines[index + 1]))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf('|'))
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
};

/** The names in the first column that stand in code: `name`. */
export const names = (text: string): string[] => rows(text).map(([first = '']) => first.replaceAll('`', ''));

/** Bodies of the fenced blocks of a language. */
export const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter((match) => match[1] === language)
    .map((match) => match[2] ?? '');
