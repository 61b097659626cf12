import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { rows } from '../../unit/docs/markdown.js';
import { root } from './pages.js';

const page = (): Promise<string> => readFile(join(root, 'docs/scenario-reference.md'), 'utf8');

test('docs/scenario-reference.md is what the schema says; "npm run reference" makes it anew', async () => {
  const { stdout } = await execa(process.execPath, ['scripts/scenario-reference.mjs', '-'], { cwd: root });
  expect(await page()).toBe(`${stdout}\n`);
});

test('has keys at every depth, each with a meaning', async () => {
  const keys = rows(await page());
  expect(keys.filter(([, , meaning]) => meaning === '')).toEqual([]);
  const names = keys.map(([key]) => key);
  for (const key of [
    'name',
    'nodes.NAME.power.ssh',
    'streams[].every',
    'phases[].until.role',
    'lab.existing',
  ])
    expect(names).toContain(`\`${key}\``);
});
