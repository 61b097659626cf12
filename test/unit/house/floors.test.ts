import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { groupBy } from '../../../src/model/group-by.js';

const src = join(import.meta.dirname, '../../../src');

/** From the ground up: what stands on a floor may use what is below it, and nothing beside or above. */
const FLOORS = [
  ['model', 'package-folder', 'stop-signals', 'jmes-path'],
  ['analysis', 'clock', 'deadline', 'debug', 'executable', 'process-group', 'user-file'],
  ['report', 'ssh', 'wire', 'yaml'],
  ['reflect', 'scenario', 'store', 'terminal'],
  ['evaluate', 'probe'],
  ['foreign', 'lab'],
  ['trigger'],
  ['history', 'observe', 'watchdog'],
  ['trial'],
  ['cli'],
];
/** Files that a folder shows when it is opened. */
const MOST_FILES = 25;

const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
  .map((entry) => relative(src, join(entry.parentPath, entry.name)));

/** Imports of types and those at run time are imports too, which the linter's rule passes over. */
const importsOf = (file: string): string[] =>
  Array.from(
    readFileSync(join(src, file), 'utf8').matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'(\.[^']+)\.js'/g),
  )
    .map(([, path = '']) => `${join(dirname(file), path)}.ts`)
    .filter((path) => files.includes(path));

const imports = new Map(files.map((file) => [file, importsOf(file)]));

const roomOf = (file: string): string => file.split('/')[0]?.replace(/\.ts$/, '') ?? '';
const floorOf = (file: string): number => FLOORS.findIndex((rooms) => rooms.includes(roomOf(file)));

/** The files of a circle; null: there is none. */
const circle = (): string[] | null => {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    path.push(file);
    for (const next of imports.get(file) ?? []) {
      const found = visit(next);
      if (found !== null) return found;
    }
    path.pop();
    done.add(file);
    return null;
  };
  for (const file of files) {
    const found = visit(file);
    if (found !== null) return found;
  }
  return null;
};

describe('the house', () => {
  test('has a floor for every folder and file of src', () => {
    expect(imports.get('trial/run.ts')).toContain('trial/trial.ts');
    expect([...new Set(files.map(roomOf))].toSorted()).toEqual(FLOORS.flat().toSorted());
  });

  test('nothing uses what is beside or above it', () => {
    const up = [...imports].flatMap(([file, used]) =>
      used
        .filter((other) => roomOf(other) !== roomOf(file) && floorOf(other) >= floorOf(file))
        .map((other) => `${file} uses ${other}`),
    );
    expect(up).toEqual([]);
  });

  test('no file uses itself by way of others', () => expect(circle()).toBeNull());

  test('no folder shows more files than can be seen at once', () => {
    const counts = groupBy(files, (file) => dirname(file));
    expect([...counts].filter(([, own]) => own.length > MOST_FILES).map(([folder]) => folder)).toEqual([]);
  });

  // The linter has no rule for it. A constructor has no other form.
  test('hides members of a class by #', () => {
    const hidden = files.filter((file) =>
      /^\s+private (?!constructor)/m.test(readFileSync(join(src, file), 'utf8')),
    );
    expect(hidden).toEqual([]);
  });
});
