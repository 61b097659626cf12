import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { nightsNeeded } from '../../../src/analysis/gate/family.js';
import { names, page, rows, section } from '../../unit/docs/markdown.js';

const root = new URL('../../../', import.meta.url).pathname;
const text = page('nightly.md');

/** A command and what it prints. */
const SHOWN = /^```\n\$ (seqgap .*)\n[\s\S]*?^```$/gm;
/** The made-up history. */
const TREND = /^```text\n[\s\S]*?^```$/m;

/** Both streams through one pipe, so that their lines stay in the order in which they were written. */
const printed = async (command: string): Promise<string> => {
  const words = command.split(' ').slice(1);
  const { stdout } = await execa(
    'sh',
    ['-c', 'exec "$0" "$@" 2>&1', process.execPath, `${root}dist/cli.js`, ...words],
    { cwd: root, reject: false, env: { NO_COLOR: '1', GITHUB_ACTIONS: '', GITLAB_CI: '' } },
  );
  return `\`\`\`\n$ ${command}\n${stdout}\n\`\`\``;
};

/** The picture, without the table. */
const madeUp = async (): Promise<string> => {
  const golden = await readFile(`${root}test/golden/trend/trend.txt`, 'utf8');
  return `\`\`\`text\n${golden.slice(0, golden.indexOf('\nRuns\n'))}\`\`\``;
};

describe('docs/nightly.md', () => {
  // `vitest -u` writes it anew, after a change of the output or another recording.
  test('shows what is really printed', async () => {
    const commands = [...text.matchAll(SHOWN)].map(([, command = '']) => command);
    expect(commands).toHaveLength(1);
    const blocks = await Promise.all(commands.map(printed));
    const trend = await madeUp();
    const real = text.replaceAll(SHOWN, () => blocks.shift() ?? '').replace(TREND, () => trend);
    await expect(real).toMatchFileSnapshot(`${root}docs/nightly.md`);
  });

  test('says how many nights are needed', () => {
    const table = rows(section(text, '## What decides')).map((row) => row.map(Number));
    const needed = (trials: number): (number | undefined)[] =>
      [1, 2, 3, 6, 12].map(
        (size) =>
          nightsNeeded([{ metric: 'longest', base: 0, candidate: trials, nights: 0 }], 0.05 / size)?.more,
      );
    expect(table).toEqual([1, 2].map((trials) => [trials, ...needed(trials)]));
    expect(text).toContain('with 3 trials a night or more they are 10');
    for (const trials of [3, 4, 6, 10]) expect(needed(trials)).toEqual(Array(5).fill(10));
  });

  test('has every name of the JSON, in its order', async () => {
    const golden = JSON.parse(await readFile(`${root}test/golden/gate/pass.json`, 'utf8')) as object;
    const listed = names(section(text, '## For other programs')).flatMap((cell) => cell.split(', '));
    expect(listed).toEqual(Object.keys(golden));
  });

  test('has every exit code', () => {
    expect(names(section(text, '## Exit codes')).map(Number)).toEqual([0, 1, 2, 3, 64]);
  });
});
