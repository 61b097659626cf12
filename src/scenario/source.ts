import { readFile } from 'node:fs/promises';
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { EXIT, KnownError, messageOf } from '../model/error.js';
import { type KeyPath, type LocatedProblem, pathText, type Problem, ScenarioError } from './problem.js';

/** A scenario file as read: the YAML tree with the means to say where in the file a key stands. */
export interface Source {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
  /** Duplicate keys: wrong, yet no hindrance to look for more. */
  readonly duplicates: readonly LocatedProblem[];
}

const unreadable = (file: string, why: string, remedy: string): KnownError =>
  new KnownError(`${file}: ${why}`, { remedy, exitCode: EXIT.usage });

const readText = async (file: string): Promise<string> => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (error) {
    if (error instanceof TypeError) throw unreadable(file, 'not UTF-8 text', 'save the scenario as UTF-8');
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT') throw unreadable(file, 'no such file', 'name a scenario, see scenarios/lab');
    if (code === 'EISDIR') throw unreadable(file, 'is a directory', 'name one of the .yaml files in it');
    if (code === 'EACCES')
      throw unreadable(file, 'permission denied', 'make the file readable for this user');
    throw unreadable(file, messageOf(error), 'check the path');
  }
};

const wordAt = (text: string, offset: number): string =>
  /^["']?([^\s"':,{}[\]]*)/.exec(text.slice(offset))?.[1] ?? '';

const locatedError = (file: string, text: string, lines: LineCounter, error: YAMLError): LocatedProblem => {
  const { line, col } = lines.linePos(error.pos[0]);
  const duplicate = error.code === 'DUPLICATE_KEY';
  const message = duplicate ? 'the key stands twice in one mapping' : `not valid YAML: ${error.message}`;
  return { file, line, column: col, path: duplicate ? wordAt(text, error.pos[0]) : '', message };
};

/** Every scalar is read as text (YAML's failsafe schema): `version: 9.10` is not to become 9.1. */
export const parseSource = (text: string, file: string): Source => {
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, prettyErrors: false });
  const [duplicates, fatal] = [true, false].map((wanted) =>
    document.errors
      .filter((error) => (error.code === 'DUPLICATE_KEY') === wanted)
      .map((error) => locatedError(file, text, lines, error)),
  ) as [LocatedProblem[], LocatedProblem[]];
  if (fatal.length > 0) throw new ScenarioError([...fatal, ...duplicates]);
  const source = { file, document, lines, duplicates };
  const dangling: LocatedProblem[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document)) return;
      const { line, col } = lines.linePos(alias.range?.[0] ?? 0);
      dangling.push({
        file,
        line,
        column: col,
        path: '',
        message: `no anchor &${alias.source} stands before this`,
      });
    },
  });
  if (dangling.length > 0) throw new ScenarioError(dangling);
  const empty = document.contents === null || (isScalar(document.contents) && document.contents.value === '');
  if (empty) throw unreadable(file, 'the file is empty', 'start from scenarios/lab/vrrp-crash.yaml');
  return source;
};

export const readSource = async (file: string): Promise<Source> => parseSource(await readText(file), file);

/** The tree as plain text, lists and mappings. */
export const plain = (source: Source): unknown => {
  try {
    return source.document.toJS() as unknown;
  } catch (error) {
    // The parser's guard against a mapping that unfolds without end by its aliases.
    throw unreadable(source.file, messageOf(error), 'use fewer aliases');
  }
};

const offsetOf = (node: unknown): number | null =>
  typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? (node.range[0] as number)
    : null;

const resolved = (document: Document, node: unknown): Node | null => {
  if (isAlias(node)) return node.resolve(document) ?? null;
  return (node ?? null) as Node | null;
};

/** Offset of the value at the path, or of its key; of the innermost mapping around it where it is missing. */
const offsetAt = (document: Document, path: KeyPath, at: Problem['at']): number => {
  let node = resolved(document, document.contents);
  let offset = offsetOf(node) ?? 0;
  for (const [i, step] of path.entries()) {
    const pair = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && item.key.value === step)
      : undefined;
    const value = pair ? pair.value : isSeq(node) ? node.items[Number(step)] : undefined;
    const keyOffset = offsetOf(pair?.key);
    if (!pair && value === undefined) return offset;
    const wanted = at === 'key' && i === path.length - 1 ? keyOffset : (offsetOf(value) ?? keyOffset);
    offset = wanted ?? offset;
    node = resolved(document, value);
  }
  return offset;
};

export const located = (source: Source, { path, message, at }: Problem): LocatedProblem => {
  const { line, col } = source.lines.linePos(offsetAt(source.document, path, at));
  return { file: source.file, line, column: col, path: pathText(path), message };
};
