import { stringify } from 'yaml';

/** A text as it may stand behind a key, also within braces; quoted where it has to be. */
export const scalar = (text: string): string =>
  stringify(text, {
    lineWidth: 0,
    singleQuote: true,
    ...(/[,[\]{}]/.test(text) ? { defaultStringType: 'QUOTE_SINGLE' as const } : {}),
  }).trimEnd();

const WIDTH = 100;

/** A comment of as many lines as it needs. */
export const comment = (text: string): string[] => {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(/\s+/)) {
    if (line !== '#' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
};

export const indented = (lines: readonly string[], by: number): string[] =>
  lines.map((line) => (line === '' ? '' : `${' '.repeat(by)}${line}`));
