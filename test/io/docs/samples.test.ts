import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { blocks, page } from '../../unit/docs/markdown.js';

const cli = join(import.meta.dirname, '../../../dist/cli.js');
const logs = join(import.meta.dirname, '../../golden/analyze/logs');

test('docs/analyze.md: the sample is what the program says of that log', async () => {
  const [sample = ''] = blocks(page('analyze.md'), '');
  const [command = '', ...said] = sample.split('\n');
  expect(command).toMatch(/^\$ seqgap analyze \S+$/);
  const args = command.split(' ').slice(2);
  const { stdout } = await execa(process.execPath, [cli, ...args], { cwd: logs });
  expect(said.join('\n')).toBe(`${stdout}\n`);
});
