import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE } from '../../package-folder.js';

/** Made by scripts/build.mjs: the tree of each driver that comes with the program, as JSON, by the SHA-256 of its text. */
const TREES = join(PACKAGE, 'dist', 'drivers.json');

let trees: Promise<Readonly<Record<string, string>>> | null = null;

const read = async (): Promise<Readonly<Record<string, string>>> => {
  try {
    return JSON.parse(await readFile(TREES, 'utf8')) as Record<string, string>;
  } catch {
    // Nothing is lost by it but time: what is not there is parsed.
    return {};
  }
};

/**
 * The tree of a driver's text as the build has parsed it, which takes longer than all else that is done with a driver;
 * null: the build has not seen this text.
 */
export const builtTree = async (text: string): Promise<unknown> => {
  trees ??= read();
  const tree = (await trees)[createHash('sha256').update(text).digest('hex')];
  return tree === undefined ? null : (JSON.parse(tree) as unknown);
};
