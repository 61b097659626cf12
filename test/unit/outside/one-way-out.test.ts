import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const src = join(import.meta.dirname, '../../../src');

const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name));

/** The sink; what starts before there is a package to load it from; programs that talk to the tool over a pipe, which reads what they say as words from outside. */
const MAY =
  /^(?:terminal\.ts|executable\/main\.ts|probe\/agent\/agent\.ts|lab\/.*|report\/html\/client\/.*)$/;

/** Ways to a terminal, also those that a lint rule does not see. */
const WAYS = [
  /\bprocess\s*(?:\?\.|\.|\[\s*['"`])\s*(?:stdout|stderr|_rawDebug|emitWarning)/,
  /\{[^}]*\b(?:stdout|stderr)\b[^}]*\}\s*=\s*process\b/,
  /\bconsole\s*[.[]/,
  /\bwriteSync\(\s*[12]\b/,
  /\bcreateWriteStream\([^)]*\bfd:\s*[12]\b/,
  /\/dev\/(?:stdout|stderr|tty|fd\b)/,
  /\/proc\/self\/fd/,
  /from '(?:node:)?(?:process|console|tty)'/,
  /\bcreateLogUpdate\(/,
];

test('only src/terminal.ts writes to the terminal', () => {
  expect(files.length).toBeGreaterThan(300);
  const beside = files
    .map((file) => [relative(src, file), readFileSync(file, 'utf8')] as const)
    .filter(([file, text]) => !MAY.test(file) && WAYS.some((way) => way.test(text)));
  expect(beside.map(([file]) => file)).toEqual([]);
});
