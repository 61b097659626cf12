import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../../..');

export interface Page {
  /** From the root: `docs/watch.md`. */
  readonly name: string;
  readonly text: string;
}

const markdownIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));

const FOLDERS = ['docs', 'drivers', 'scenarios', 'bench', 'results'];
const own = readdirSync(root).filter((name) => name.endsWith('.md'));
// What runs leave in results/ is not part of the documents.
const recorded = (name: string): boolean =>
  !name.startsWith('results/') || /^results\/(?:README\.md|example\/)/.test(name);

/** Every document of the project. */
export const pages: readonly Page[] = [...own, ...FOLDERS.flatMap(markdownIn)]
  .filter(recorded)
  .sort()
  .map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }));
