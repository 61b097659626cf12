import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKAGE } from '../package-folder.js';

/** A place in what is shipped, as a stack names it. */
const PLACE = /(file:\/\/\S+?\.js):(\d+):(\d+)/g;

const mapOf = (file: string): SourceMap | null => {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')) as SourceMapPayload);
  } catch {
    return null;
  }
};

/**
 * The stack with the places in the source instead of those in the bundle; what has no source map stays. Maps are read only
 * here: to have Node follow them costs every start.
 */
export const sourceStack = (stack: string): string => {
  const maps = new Map<string, SourceMap | null>();
  return stack.replaceAll(PLACE, (place: string, url: string, line: string, column: string) => {
    const file = fileURLToPath(url);
    if (!maps.has(file)) maps.set(file, mapOf(file));
    const origin = maps.get(file)?.findOrigin(Number(line), Number(column));
    if (origin === undefined || !('fileName' in origin)) return place;
    const source = relative(PACKAGE, resolve(dirname(file), origin.fileName));
    return `${source}:${origin.lineNumber}:${origin.columnNumber}`;
  });
};
