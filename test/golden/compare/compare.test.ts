import { describe, expect, test } from 'vitest';
import { compareTerminal } from '../../../src/report/compare-terminal.js';
import { textWidth } from '../../../src/report/text-width.js';
import { compared } from './input.js';

const plain = { columns: 100, color: false } as const;
const file = (name: string): string => new URL(name, import.meta.url).pathname;

describe('two candidates against a base', () => {
  test('on a terminal', async () => {
    await expect(compareTerminal(compared, plain)).toMatchFileSnapshot(file('terminal.txt'));
  });
});
