import { createColors as codes } from 'picocolors';

/**
 * Not to be guessed by a device: of what looks like a colour, the terminal (src/terminal.ts) lets through what was sealed
 * here, so that words from outside stay as plain in a coloured text as elsewhere.
 */
const SEAL = Array.from(crypto.getRandomValues(new Uint16Array(5)), (number) => `${number % 10_000};`).join(
  '',
);

const STYLES = ['bold', 'dim', 'red', 'green', 'yellow', 'cyan'] as const;

export type Colors = Readonly<Record<(typeof STYLES)[number], (text: string) => string>>;

const sealed = (code: string): string => code.replace('[', `[${SEAL}`);

/** How to colour words for a terminal; without colours they stay as they are. */
export const createColors = (color: boolean): Colors => {
  const colors = codes(color);
  const style = (name: (typeof STYLES)[number]): ((text: string) => string) => {
    const [open = '', close = ''] = colors[name]('|').split('|');
    return (text) => sealed(open) + text + sealed(close);
  };
  return Object.fromEntries(STYLES.map((name) => [name, style(name)])) as Colors;
};

const SEALED = new RegExp(String.raw`\u001b\[${SEAL}(\d+m)`);

/** The text with its colours for a terminal, each piece between two of them made plain by `plain`. */
export const painted = (text: string, plain: (text: string) => string): string =>
  text
    .split(SEALED)
    .map((piece, index) => (index % 2 === 1 ? `\u001b[${piece}` : plain(piece)))
    .join('');
