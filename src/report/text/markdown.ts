import { withLocal } from '../../analysis/words/when.js';
import { oneLine } from '../../model/outside.js';
import {
  type Block,
  blocksOn,
  type Item,
  type Section,
  type Table,
  tableOn,
  textOf,
  VERDICT_MARK,
} from '../sections.js';
import { createColors } from '../paint.js';

/** Text from outside, so that it stays text: no table cell, tag, link or emphasis of its own. */
export const markdownText = (text: string): string =>
  oneLine(text)
    .replaceAll(/[\\`*_[\]|~#]/g, String.raw`\$&`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;');

const markdownItem = (item: Item): string =>
  typeof item === 'string'
    ? `- ${markdownText(withLocal(item))}`
    : `- ${VERDICT_MARK[item.verdict]} ${item.verdict}: ${markdownText(withLocal(item.text))}`;

const markdownTable = (table: Table): string[] => {
  const { columns, rows } = tableOn('markdown', table);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return rows.length === 0
    ? []
    : [
        line(columns.map(({ title }) => title)),
        line(columns.map(({ holds }) => (holds === 'figure' ? '---:' : '---'))),
        ...rows.map((cells) => line(cells.map((cell) => markdownText(textOf(cell))))),
      ];
};

const linesOf = (block: Block): readonly string[] => {
  switch (block.kind) {
    case 'sentence':
      return block.text === '' ? [] : [markdownText(withLocal(block.text))];
    case 'list':
      return block.items.map(markdownItem);
    case 'table':
      return markdownTable(block);
    case 'group': {
      const inner = blockLines(block.blocks);
      return inner.length === 0 ? [] : [`**${markdownText(block.title)}**`, '', ...inner];
    }
    case 'drawn':
      return block.draw(Infinity, createColors(false));
    case 'markup':
      return [];
  }
};

/** With an empty line between two blocks. */
const blockLines = (blocks: readonly Block[]): string[] =>
  blocksOn('markdown', blocks)
    .map(linesOf)
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));

const sectionLines = ({ title, blocks }: Section): string[] => {
  const lines = blockLines(blocks);
  if (lines.length === 0) return [];
  return title === null ? ['', ...lines] : ['', `## ${markdownText(title)}`, '', ...lines];
};

/** A report as Markdown: for a page, a ticket or a change request. Ends with a line end. */
export const markdownReport = (title: string, sections: readonly Section[]): string =>
  `${[`# ${markdownText(title)}`, ...sections.flatMap(sectionLines)].join('\n')}\n`;
