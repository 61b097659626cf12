import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { rows } from '../../unit/docs/markdown.js';
import { root } from './pages.js';

/** Each allows use, change and distribution of the whole without conditions beyond its notice. */
const FREE: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'Unlicense',
]);

test('docs/licenses.md is what the lock file says; "npm run licenses" makes it anew', async () => {
  const { stdout } = await execa(process.execPath, ['scripts/licenses.mjs', '-'], { cwd: root });
  expect(await readFile(join(root, 'docs/licenses.md'), 'utf8')).toBe(`${stdout}\n`);
});

test('every licence is a free one', async () => {
  const table = rows(await readFile(join(root, 'docs/licenses.md'), 'utf8'));
  expect(table.length).toBeGreaterThan(50);
  expect(table.filter(([, , licence = '']) => !FREE.has(licence))).toEqual([]);
});
