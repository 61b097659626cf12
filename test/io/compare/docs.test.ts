import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { COMPARISON_METRICS, COMPARISON_VERDICTS } from '../../../src/model/comparison.js';
import { names, page, rows, section } from '../../unit/docs/markdown.js';

const root = new URL('../../../', import.meta.url).pathname;
const program = `${root}dist/cli.js`;
const text = page('compare.md');

/** A command and what it prints. */
const SHOWN = /^```\n\$ (seqgap .*)\n[\s\S]*?^```$/gm;

const printed = async (command: string): Promise<string> => {
  const { all } = await execa(process.execPath, [program, ...command.split(' ').slice(1)], {
    cwd: root,
    all: true,
    reject: false,
  });
  return `\`\`\`\n$ ${command}\n${all}\n\`\`\``;
};

describe('docs/compare.md', () => {
  // `vitest -u` writes it anew, after a change of the output or another recording.
  test('shows a comparison as it is printed', async () => {
    const commands = [...text.matchAll(SHOWN)].map(([, command = '']) => command);
    expect(commands).toHaveLength(1);
    const blocks = await Promise.all(commands.map(printed));
    const real = text.replaceAll(SHOWN, () => blocks.shift() ?? '');
    await expect(real).toMatchFileSnapshot(`${root}docs/compare.md`);
  });

  test('has every metric and every verdict', () => {
    expect(names(section(text, '## What is compared with what'))).toEqual([...COMPARISON_METRICS]);
    const verdicts = rows(section(text, '## The verdict')).flatMap(([first = '']) => first.split(', '));
    expect(verdicts.map((verdict) => verdict.replaceAll('`', '')).sort()).toEqual(
      [...COMPARISON_VERDICTS].sort(),
    );
  });

  test('has every name of the JSON, in its order', async () => {
    const golden = JSON.parse(await readFile(`${root}test/golden/compare/compare.json`, 'utf8')) as {
      comparisons: object[];
    };
    const listed = names(section(text, '## For programs')).flatMap((cell) => cell.split(', '));
    expect(listed.sort()).toEqual(Object.keys(golden.comparisons[0] ?? {}).sort());
  });
});
