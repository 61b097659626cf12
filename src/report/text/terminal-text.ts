import { sayCount } from '../../analysis/words/format.js';
import { withLocal } from '../../analysis/words/when.js';
import type { Verdict } from '../../model/record.js';
import {
  type Block,
  blocksOn,
  drawn,
  type Item,
  type Section,
  type Table,
  tableOn,
  textOf,
  type Tone,
  VERDICT_MARK,
  VERDICT_TONE,
} from '../sections.js';
import { type Colors, createColors } from '../paint.js';
import { tableLines, truncate, wrap } from './table.js';

export interface TerminalOptions {
  /** No line of text is wider; a table is where its figures need more. */
  readonly columns: number;
  readonly color: boolean;
}

const COLOR = {
  good: 'green',
  bad: 'red',
  doubtful: 'yellow',
  dim: 'dim',
  strong: 'bold',
} as const satisfies Record<Tone, keyof Colors>;

/** The first tone is the outermost. */
const toned = (text: string, tones: readonly Tone[], colors: Colors): string =>
  tones.reduceRight((inner, tone) => colors[COLOR[tone]](inner), text);

const INDENT = 2;
const indented = (lines: readonly string[]): string[] => lines.map((line) => ' '.repeat(INDENT) + line);

const itemLines = (item: Item, bullet: string, room: number, colors: Colors): string[] => {
  if (typeof item === 'string') return wrap(bullet + withLocal(item), room, INDENT);
  const [first = '', ...rest] = wrap(`${VERDICT_MARK[item.verdict]} ${withLocal(item.text)}`, room, INDENT);
  return [toned(first.slice(0, 1), [VERDICT_TONE[item.verdict]], colors) + first.slice(1), ...rest];
};

const folded = (items: readonly Item[], most: number): readonly Item[] => {
  const more = items.length - most;
  return more > 1
    ? [...items.slice(0, most), `and ${sayCount(more)} more, all of which --json lists`]
    : items;
};

const terminalTable = (table: Table, room: number, colors: Colors): string[] => {
  const { columns, rows } = tableOn('terminal', table);
  const heads = columns.map(({ title, short = title, holds, shrinks = false }) => ({
    title: short,
    align: holds === 'figure' ? ('right' as const) : ('left' as const),
    shrinks,
  }));
  const texts = rows.map((cells) => cells.map(textOf));
  return rows.length === 0
    ? []
    : tableLines(heads, texts, room, (text, column, row) => {
        if (row === null) return text === '' ? text : toned(text, ['dim'], colors);
        const cell = rows[row]?.[column] ?? '';
        return typeof cell === 'string' || cell.tone === undefined ? text : toned(text, [cell.tone], colors);
      });
};

const linesOf = (block: Block, room: number, colors: Colors): readonly string[] => {
  switch (block.kind) {
    case 'sentence':
      return block.text === ''
        ? []
        : wrap(withLocal(block.text), room).map((line) => toned(line, block.tones, colors));
    case 'list':
      return folded(block.items, block.most).flatMap((item) =>
        itemLines(item, block.hasBullets ? '- ' : '', room, colors),
      );
    case 'table':
      return terminalTable(block, room, colors);
    case 'group': {
      const inner = blockLines(block.blocks, room - INDENT, colors);
      return inner.length === 0 ? [] : [...wrap(block.title, room, INDENT), ...indented(inner)];
    }
    case 'drawn':
      return block.draw(room, colors);
    case 'markup':
      return [];
  }
};

const blockLines = (blocks: readonly Block[], room: number, colors: Colors): string[] => {
  const lines: string[] = [];
  for (const block of blocksOn('terminal', blocks)) {
    const own = linesOf(block, room, colors);
    if (block.isApart === true && lines.length > 0 && own.length > 0) lines.push('');
    // Not spread: there may be more lines than a call may have arguments.
    for (const line of own) lines.push(line);
  }
  return lines;
};

const sectionLines = ({ title, shrinks, blocks }: Section, room: number, colors: Colors): string[] => {
  const lines = blockLines(blocks, title === null ? room : room - INDENT, colors);
  if (lines.length === 0) return [];
  return title === null
    ? ['', ...lines]
    : ['', shrinks === true ? truncate(title, room) : title, ...indented(lines)];
};

/** `Verdict: pass`, the end of what judges. */
export const verdictLine = (verdict: Verdict): Block =>
  drawn((_room, colors) => [`Verdict: ${toned(verdict, [VERDICT_TONE[verdict]], colors)}`]);

/** A report on a terminal. Ends with a line end. */
export const terminalText = (sections: readonly Section[], { columns, color }: TerminalOptions): string => {
  const colors = createColors(color);
  const [, ...lines] = sections.flatMap((section) => sectionLines(section, columns, colors));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
};
