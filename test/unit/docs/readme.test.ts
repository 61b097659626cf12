import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const page = (name: string): string => readFileSync(join(root, name), 'utf8');
const readme = page('README.md');

describe('the README', () => {
  test('is short', () => {
    expect(readme.split(/\s+/).length).toBeLessThanOrEqual(900);
  });

  test('shows lines of the watch that docs/watch.md shows, which is a recorded one', () => {
    const shown = readme
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => /^(?:\d{4}-|\d\d:\d\d:\d\d\.)/.test(line));
    expect(shown.length).toBeGreaterThan(3);
    const recorded = page('docs/watch.md').split('\n');
    expect(shown.filter((line) => !recorded.includes(line))).toEqual([]);
  });

  test('has its picture', () => {
    const [, picture = ''] = /!\[[^\]]+\]\(([^)]+)\)/.exec(readme) ?? [];
    expect(existsSync(join(root, picture))).toBe(true);
  });
});
