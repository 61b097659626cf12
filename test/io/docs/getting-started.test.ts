import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { page } from '../../unit/docs/markdown.js';
import { shellWords } from './command-lines.js';
import { root } from './pages.js';

const SHOWN = /^```\n\$ seqgap (.*)\n([\s\S]*?)^```$/gm;

test('docs/getting-started.md shows what is printed', async () => {
  const shown = [...page('getting-started.md').matchAll(SHOWN)];
  expect(shown).toHaveLength(1);
  const folder = await mkdtemp(join(tmpdir(), 'seqgap-docs-'));
  try {
    for (const [, command = '', output] of shown) {
      const words = shellWords(command);
      const { stdout } = await execa(process.execPath, [join(root, 'dist/cli.js'), ...words], {
        cwd: folder,
      });
      expect(`${stdout}\n`).toBe(output);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
