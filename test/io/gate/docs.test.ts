import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { nightsNeeded } from '../../../src/analysis/gate/family.js';
import { names, page, rows, section } from '../../unit/docs/markdown.js';

const root = new URL('../../../', import.meta.url).pathname;
const text = page('nightly.md');

/** A command and what it prints. */
const SHOWN = /^```\n\$ (seqgap .*)\n[\s\S]*?^```$/gm;
/** The made-up history, and a made-up night. */
const TREND = /^```text\n[\s\S]*?^```$/m;
const JUNIT = /^```xml\n[\s\S]*?^```$/m;

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

const junit = async (): Promise<string> =>
  `\`\`\`xml\n${await readFile(`${root}test/golden/gate/limit-and-regression.xml`, 'utf8')}\`\`\``;

describe('docs/nightly.md', () => {
  // `vitest -u` writes it anew, after a change of the output or another recording.
  test('shows what is really printed', async () => {
    const commands = [...text.matchAll(SHOWN)].map(([, command = '']) => command);
    expect(commands).toHaveLength(4);
    const blocks = await Promise.all(commands.map(printed));
    const [trend, xml] = await Promise.all([madeUp(), junit()]);
    const real = text
      .replaceAll(SHOWN, () => blocks.shift() ?? '')
      .replace(TREND, () => trend)
      .replace(JUNIT, () => xml);
    await expect(real).toMatchFileSnapshot(`${root}docs/nightly.md`);
  });

  test('says how many nights are needed', () => {
    const table = rows(section(text, '## What decides')).map((row) => row.map(Number));
    const figures = [1, 2, 3, 6, 12];
    expect(table).toHaveLength(6);
    for (const [trials = 0, ...nights] of table)
      expect([trials, ...nights]).toEqual([
        trials,
        ...figures.map(
          (size) =>
            nightsNeeded([{ metric: 'longest', base: 0, candidate: trials, nights: 0 }], 0.05 / size)?.more,
        ),
      ]);
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
