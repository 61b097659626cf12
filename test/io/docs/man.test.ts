import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';
import { definitionOf, type Definition } from '../../../src/cli/complete/definition.js';
import { root } from './pages.js';

let page = '';
beforeAll(async () => {
  ({ stdout: page } = await execa(process.execPath, ['scripts/man.mjs', '-'], {
    cwd: root,
    env: { SOURCE_DATE_EPOCH: '0' },
  }));
});

const all = (surface: Definition): Definition[] => [surface, ...surface.commands.flatMap(all)];

test('has every command, argument, option and example', async () => {
  const modules = await Promise.all(Object.values(COMMANDS).map(({ load }) => load()));
  const plain = page
    .replaceAll(/\\\[u([0-9A-F]+)\]/g, (_all, code: string) =>
      String.fromCodePoint(Number.parseInt(code, 16)),
    )
    .replaceAll('\\-', '-')
    .replaceAll(/\\f[BIR]/g, '')
    .replaceAll('""', '"')
    .replaceAll('\\e', '\\');
  const flowing = plain.replaceAll('\n', ' ');
  const surfaces = modules.map((module) => definitionOf(module)).flatMap(all);
  for (const { usage, about, options, examples } of surfaces.filter((each) => each.about !== null)) {
    expect(plain).toContain(`.SS "seqgap ${usage}"`);
    expect(flowing).toContain(`${about}.`);
    for (const { name } of options) expect(plain).toMatch(new RegExp(`^--${name}\\b`, 'm'));
    for (const { command } of examples) expect(plain).toContain(command);
  }
});

test('says the same each time, but for the day', () => {
  expect(page.split('\n', 1)).toEqual([
    expect.stringMatching(/^\.TH SEQGAP 1 "1970-01-01" "seqgap [\d.]+" "User Commands"$/),
  ]);
});

const LINTERS = { mandoc: ['-Tlint'], groff: ['-man', '-ww', '-z'] } as const;

describe('a formatter has nothing to say about it', () => {
  for (const [tool, options] of Object.entries(LINTERS)) {
    const missing = !existsSync(`/usr/bin/${tool}`);
    test.skipIf(missing)(`${tool}${missing ? ' (skipped: it is not installed)' : ''}`, async () => {
      const { all: said } = await execa(tool, options, { input: page, all: true, reject: false });
      expect(said).toBe('');
    });
  }
});
