import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { EXIT, KnownError, messageOf } from '../model/error.js';
import { driverSchema, type Driver } from './schema.js';
import { BUILT_INS, placeholders } from './template.js';
import type { Command } from './transport.js';

type Path = readonly PropertyKey[];

const wordsOfPath = (path: Path): string =>
  path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');

/** Where in the file a path lies: its own node, or the nearest one above it that is there. */
const place = (document: Document, lines: LineCounter, path: Path): string => {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as
      { range?: [number, number, number] } | undefined;
    if (node?.range === undefined || node.range === null) continue;
    const { line, col } = lines.linePos(node.range[0]);
    return `${line}:${col}`;
  }
  return '1:1';
};

/** A union reports all its branches; the one that came furthest is what was meant. */
const innermost = (issue: z.core.$ZodIssue): z.core.$ZodIssue[] => {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const depth = (branch: z.core.$ZodIssue[]): number => Math.max(...branch.map(({ path }) => path.length));
  const best = issue.errors.reduce((deepest, branch) => (depth(branch) > depth(deepest) ? branch : deepest));
  return best.flatMap((inner) => innermost({ ...inner, path: [...issue.path, ...inner.path] }));
};

const wrong = (path: string, problems: readonly string[]): KnownError =>
  new KnownError(problems.join('\n'), {
    remedy: `correct ${path}; docs/drivers.md describes the format`,
    exitCode: EXIT.usage,
  });

interface Located {
  readonly path: Path;
  readonly text: string;
}

interface LocatedCommand {
  readonly path: Path;
  readonly command: Command;
}

const commandsOf = (driver: Driver): LocatedCommand[] => {
  const found: LocatedCommand[] = [];
  const add = (command: Command | undefined, ...path: Path): void => {
    if (command !== undefined) found.push({ path, command });
  };
  const addAll = (commands: readonly Command[], ...path: Path): void =>
    commands.forEach((command, index) => add(command, ...path, index));
  add(driver.role?.run, 'role', 'run');
  add(driver.sync?.run, 'sync', 'run');
  driver.ready.forEach((check, index) => add(check.run, 'ready', index, 'run'));
  driver.leftover.forEach((check, index) => add(check.run, 'leftover', index, 'run'));
  for (const [name, { run, undo }] of Object.entries(driver.actions)) {
    addAll(run, 'actions', name, 'run');
    if (typeof undo === 'string') continue;
    add(undo.done.run, 'actions', name, 'undo', 'done', 'run');
    addAll(undo.run, 'actions', name, 'undo', 'run');
  }
  return found;
};

const unknownPlaceholders = (driver: Driver): Located[] => {
  const names = new Set([...BUILT_INS, ...Object.keys(driver.params)]);
  return commandsOf(driver).flatMap(({ path, command }) =>
    placeholders(command)
      .filter((name) => !names.has(name))
      .map((name) => ({ path, text: `unknown placeholder {{${name}}}; known are ${[...names].join(', ')}` })),
  );
};

const beyondSchema = (driver: Driver, path: string): Located[] => [
  ...(driver.name === basename(path, '.yaml')
    ? []
    : [{ path: ['name'], text: `"${driver.name}" must be the name of the file` }]),
  ...unknownPlaceholders(driver),
];

/** Reads one driver. Throws KnownError (usage) with every problem on a line of its own: `file:line:col: path: what`. */
export const readDriver = async (path: string): Promise<Driver> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new KnownError(`cannot read driver ${path}: ${messageOf(error)}`, {
      exitCode: EXIT.usage,
      cause: error,
    });
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0)
    throw wrong(
      path,
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return `${path}:${line}:${col}: ${error.message}`;
      }),
    );
  const locate = (problem: Located): string =>
    `${path}:${place(document, lines, problem.path)}: ${wordsOfPath(problem.path)}: ${problem.text}`;
  const parsed = driverSchema.safeParse(document.toJS());
  if (!parsed.success)
    throw wrong(
      path,
      parsed.error.issues
        .flatMap(innermost)
        .map((issue) => locate({ path: issue.path, text: issue.message })),
    );
  const problems = beyondSchema(parsed.data, path);
  if (problems.length > 0) throw wrong(path, problems.map(locate));
  return parsed.data;
};
