import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { blocks, page } from '../../unit/docs/markdown.js';

const cli = join(import.meta.dirname, '../../../dist/cli.js');
/** The run that the page tells of, and what its API wrote down, as bench/explain.mjs has it written. */
const recorded = join(import.meta.dirname, '../../golden/why-so-long');

const text = page('why-so-long.md');
const explain = async (...args: readonly string[]): Promise<string> => {
  const options = { cwd: recorded, env: { NO_COLOR: '1' } };
  return (await execa(process.execPath, [cli, 'explain', 'run', ...args], options)).stdout;
};

describe('docs/why-so-long.md', () => {
  const [, order = ''] = /seqgap explain \S+\/latest (.*)/.exec(text) ?? [];

  test('shows lines that explain prints of that run, in their order', async () => {
    const printed = (await explain(...order.split(' '))).split('\n');
    const [shown = ''] = blocks(text, 'text');
    let from = 0;
    for (const line of shown.trimEnd().split('\n')) {
      const at = printed.indexOf(line, from);
      expect(at, `${JSON.stringify(line)} in its place`).toBeGreaterThanOrEqual(0);
      from = at + 1;
    }
    expect(from).toBeGreaterThan(15);
  });

  test('says how long its outages were', async () => {
    const { outages } = JSON.parse(await explain('--json')) as {
      readonly outages: readonly { readonly outage_s: number }[];
    };
    const [, said = ''] = /traffic was down for ([\d., and]+) s\./.exec(text) ?? [];
    const figures = said.split(/, | and /).map(Number);
    expect(figures).toEqual(outages.map(({ outage_s }) => Number(outage_s.toPrecision(4))));
  });

  test('says what is not known without the record', async () => {
    const [, missing = ''] = /Without the activity log: `(.*)`/.exec(text) ?? [];
    expect(missing).not.toBe('');
    expect(await explain('--trial', '1')).toContain(missing);
    expect(await explain('--trial', '1', ...order.split(' '))).not.toContain(missing);
  });
});
