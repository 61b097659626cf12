import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type ParseOptions,
  parseDocument,
  type SchemaOptions,
  visit,
  type YAMLError,
} from 'yaml';
import { KnownError, messageOf, usage } from '../model/error.js';
import { readUserFile, Unreadable } from '../user-file.js';
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
  usage(`${file}: ${why}`, remedy);

const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: 'name a scenario, see scenarios/lab',
  EISDIR: 'name one of the .yaml files in it',
  EACCES: 'make the file readable for this user',
};

/** Octets; a scenario of a thousand streams has a sixth of it. */
const MOST_OCTETS = 1 << 20;
/** As the parser's lexer counts; a scenario of a thousand streams has about 40,000. */
const MOST_TOKENS = 64_000;
/** Each alias is looked up in the whole tree. */
const MOST_ALIASES = 1000;
const MOST_DEPTH = 64;

/** Scenarios and drivers are text files of a few kilobytes. Throws KnownError (usage). */
export const readYamlText = async (file: string, patience_ms: number): Promise<string> => {
  let octets: Buffer;
  try {
    octets = await readUserFile(file, { most: MOST_OCTETS, patience_ms });
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    throw unreadable(file, error.message, REMEDIES[error.code ?? ''] ?? 'check the path');
  }
  const mark = octets.length > 1 ? octets.readUInt16BE(0) : 0;
  if (mark === 0xfffe || mark === 0xfeff)
    throw unreadable(file, 'UTF-16, not UTF-8 text', 'save the file as UTF-8');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch {
    throw unreadable(file, 'not UTF-8 text', 'save the file as UTF-8');
  }
  if (text.includes('\0'))
    throw unreadable(file, 'holds a NUL octet, so it is no text', 'save the file as UTF-8');
  return text;
};

/** What would take the parser minutes is refused before it; the lexer alone takes as long as the text is. */
const requireModest = (text: string, file: string): void => {
  let [tokens, aliases, depth] = [0, 0, 0];
  const refuse = (why: string): never => {
    throw unreadable(file, why, 'such a file was not written by a person: check what made it');
  };
  for (const token of new Lexer().lex(text)) {
    if (++tokens > MOST_TOKENS) refuse(`more than ${MOST_TOKENS} words and signs`);
    if ((token.startsWith('*') || token.startsWith('&')) && ++aliases > MOST_ALIASES)
      refuse(`more than ${MOST_ALIASES} anchors and aliases`);
    if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth--;
    if (depth > MOST_DEPTH) refuse(`more than ${MOST_DEPTH} brackets within each other`);
  }
};

const isTooDeep = (error: unknown): error is Error =>
  error instanceof Error && /maximum call stack/i.test(error.message);

/** What is nested without end has no tree; what is done with it is recursive. Throws KnownError (usage). */
export const withinDepth = <T>(file: string, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    if (isTooDeep(error)) throw unreadable(file, 'is nested too deeply', 'check what made this file');
    throw error;
  }
};

const TAB = 'a tab stands in the indentation; write spaces instead';
const MOST_TABS = 20;
const IS_YAML = /\.(ya?ml|json)$/i;
const NOT_BY_NAME = '; nor does its name end in .yaml: is it the file that was meant?';

/**
 * What keeps the parser from making a tree: the first cause alone, since it stumbles over every later line then; of
 * tabs each, as one replacement mends them all.
 */
const fatalProblems = (
  file: string,
  text: string,
  lines: LineCounter,
  errors: readonly YAMLError[],
): LocatedProblem[] => {
  const [first] = errors;
  if (first === undefined) return [];
  const at = (line: number, column: number, message: string): LocatedProblem[] => [
    { file, line, column, path: '', message },
  ];
  /** The tab in the indentation of a line, where there is one before the place of the error. */
  const tabOf = ({ pos: [offset] }: YAMLError): LocatedProblem[] => {
    const { line } = lines.linePos(offset);
    const spaces = /^ *(?=\t)/.exec(text.slice(lines.lineStarts[line - 1] ?? 0, offset + 1));
    return spaces === null ? [] : at(line, spaces[0].length + 1, TAB);
  };
  if (tabOf(first).length === 0) {
    const { line, col } = lines.linePos(first.pos[0]);
    return at(line, col, `not valid YAML: ${first.message}${IS_YAML.test(file) ? '' : NOT_BY_NAME}`);
  }
  const tabs = new Map(errors.flatMap(tabOf).map((tab) => [tab.line, tab] as const));
  return [...tabs.values()].slice(0, MOST_TABS);
};

/** Keys that stand twice in one mapping, each but the first. The parser's own check takes as long as their number squared. */
const duplicateKeys = (file: string, document: Document, lines: LineCounter): LocatedProblem[] => {
  const found: LocatedProblem[] = [];
  visit(document, {
    Map: (_key, map) => {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (!seen.has(key.value)) {
          seen.add(key.value);
          continue;
        }
        const { line, col } = lines.linePos(key.range?.[0] ?? 0);
        const message = 'the key stands twice in one mapping';
        found.push({ file, line, column: col, path: String(key.value), message });
      }
    },
  });
  return found;
};

/**
 * A YAML text as a tree, with its duplicate keys, within bounds. Throws `ScenarioError` where it is no YAML, KnownError
 * (usage) where it is beyond all measure.
 */
export const parseYaml = (
  text: string,
  file: string,
  options: Pick<SchemaOptions, 'schema'> & Pick<ParseOptions, 'strict'> = {},
): Pick<Source, 'document' | 'lines' | 'duplicates'> =>
  withinDepth(file, () => {
    requireModest(text, file);
    const lines = new LineCounter();
    const document: Document = parseDocument(text, {
      ...options,
      uniqueKeys: false,
      lineCounter: lines,
      prettyErrors: false,
    });
    // The parser takes the end of the stack for a mistake in the text.
    const deep = document.errors.find(isTooDeep);
    if (deep !== undefined) throw deep;
    const fatal = fatalProblems(file, text, lines, document.errors);
    if (fatal.length > 0) throw new ScenarioError(fatal);
    return { document, lines, duplicates: duplicateKeys(file, document, lines) };
  });

/** Every scalar is read as text (YAML's failsafe schema): `version: 9.10` is not to become 9.1. */
export const parseSource = (text: string, file: string): Source => {
  const { document, lines, duplicates } = parseYaml(text, file, { schema: 'failsafe' });
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

/** How long a pipe that nobody writes to is waited for. */
const PATIENCE_MS = 1500;

/** Throws `ScenarioError` or KnownError (usage). */
export const readSource = async (file: string, patience_ms = PATIENCE_MS): Promise<Source> =>
  parseSource(await readYamlText(file, patience_ms), file);

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
