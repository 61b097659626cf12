import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { page, rows, section } from '../../unit/docs/markdown.js';
import { root } from './pages.js';

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(root, 'src', name), 'utf8'))
  .join('\n');

const text = page('troubleshooting.md');

/** `host key unknown`; of a longer one the parts between which something stands. */
const messages = (heading: string): string[] =>
  rows(section(text, heading)).flatMap(([first = '']) =>
    [...first.matchAll(/`([^`]+)`/g)].flatMap(([, said = '']) => said.split('…').map((part) => part.trim())),
  );

describe('docs/troubleshooting.md quotes what the program says', () => {
  test.each([
    ...messages('## What stops a run before anything is touched'),
    ...messages('## What makes a trial void'),
  ])('%s', (message) => {
    expect(message.length).toBeGreaterThan(1);
    expect(sources).toContain(message);
  });
});
