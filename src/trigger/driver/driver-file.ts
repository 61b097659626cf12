import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type * as z from 'zod';
import { messageOf, usage } from '../../model/error.js';
import type { Scenario } from '../../model/plan.js';
import { PACKAGE } from '../../package-folder.js';
import { problem, ScenarioError, type Problem, unknownName } from '../../yaml/problem.js';
import { located, parseYaml, readYamlText, type Source } from '../../yaml/source.js';
import { builtTree } from './built-texts.js';
import { driverProblems } from './driver-check.js';
import { driverSchema, samplesSchema, type Driver, type Samples } from './schema.js';

/** How little a branch of a union fits: one of another type not at all, else by the keys that it does not know. */
const distance = (issues: readonly z.core.$ZodIssue[]): number =>
  issues.reduce((sum, issue) => {
    if (issue.code === 'invalid_type' && issue.path.length === 0) return Infinity;
    if (issue.code === 'unrecognized_keys') return sum + issue.keys.length;
    return issue.code === 'invalid_union' && issue.errors.length > 0
      ? sum + Math.min(...issue.errors.map(distance))
      : sum;
  }, 0);

/** A union reports all its branches; the one that knows the keys best and came furthest is what was meant. */
const innermost = (issue: z.core.$ZodIssue): z.core.$ZodIssue[] => {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const depth = (branch: z.core.$ZodIssue[]): number => Math.max(...branch.map(({ path }) => path.length));
  const best = issue.errors.reduce((nearest, branch) => {
    const [best, other] = [distance(nearest), distance(branch)];
    return other < best || (other === best && depth(branch) > depth(nearest)) ? branch : nearest;
  });
  return best.flatMap((inner) => innermost({ ...inner, path: [...issue.path, ...inner.path] }));
};

const problemsOf = (issue: z.core.$ZodIssue): Problem[] => {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split('\n');
    return issue.keys.map((key, index) => problem([...path, key], messages[index] ?? 'unknown key', 'key'));
  }
  return [problem(path, issue.message, issue.code === 'invalid_key' ? 'key' : 'value')];
};

const nameOf = (path: string): string => basename(path, '.yaml');

/** A driver that is a pipe is nobody's: it is read by every command. */
const PATIENCE_MS = 1000;

interface Parsed {
  readonly content: unknown;
  readonly wrong: (problems: readonly Problem[]) => ScenarioError;
}

const parsed = async (path: string): Promise<Parsed> => {
  const text = await readYamlText(path, PATIENCE_MS);
  const parse = (): Pick<Source, 'document' | 'lines' | 'duplicates'> => {
    const source = parseYaml(text, path);
    if (source.duplicates.length > 0) throw new ScenarioError(source.duplicates);
    return source;
  };
  return {
    content: (await builtTree(text)) ?? parse().document.toJS(),
    wrong: (problems) => {
      const source = { file: path, ...parse() };
      return new ScenarioError(problems.map((each) => located(source, each)));
    },
  };
};

/** Throws KnownError (usage), every problem on a line of its own: `file:line:col: path: what`. */
const shaped = <T>(schema: z.ZodType<T>, { content, wrong }: Parsed): T => {
  const found = schema.safeParse(content);
  if (!found.success) throw wrong(found.error.issues.flatMap(innermost).flatMap(problemsOf));
  return found.data;
};

/** Reads one driver. Throws KnownError (usage), every problem on a line of its own: `file:line:col: path: what`. */
export const readDriver = async (path: string): Promise<Driver> => {
  const file = await parsed(path);
  const driver = shaped(driverSchema, file);
  const problems = [
    ...(driver.name === nameOf(path)
      ? []
      : [problem(['name'], `"${driver.name}" must be the name of the file`)]),
    ...(await driverProblems(driver)),
  ];
  if (problems.length > 0) throw file.wrong(problems);
  return driver;
};

/** Reads samples without their driver; null: the file is none of such, but perhaps a driver. Throws as `readDriver`. */
export const readSamples = async (path: string): Promise<Samples | null> => {
  const file = await parsed(path);
  const { content } = file;
  const isSamples = typeof content === 'object' && content !== null && 'driver' in content;
  return isSamples ? shaped(samplesSchema, file) : null;
};

/** The drivers that come with the program. */
const BUILT_IN = join(PACKAGE, 'drivers');

const filesIn = async (folder: string): Promise<string[]> => {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    throw usage(`cannot read the driver folder ${folder}: ${messageOf(error)}`, 'check --drivers', error);
  }
};

const readAll = async (folder: string): Promise<Driver[]> =>
  Promise.all((await filesIn(folder)).map(readDriver));

/** They do not change while the program runs, and there are many. */
let builtIn: Promise<Driver[]> | null = null;

/**
 * Reads the built-in drivers and then those in `folders`; a later one of the same name replaces an earlier one.
 * Throws KnownError (usage) for a folder or file that cannot be read.
 */
export const loadDrivers = async (folders: readonly string[] = []): Promise<Map<string, Driver>> => {
  builtIn ??= readAll(BUILT_IN);
  const lists = await Promise.all([builtIn, ...folders.map(readAll)]);
  return new Map(lists.flat().map((driver) => [driver.name, driver]));
};

/**
 * Reads those drivers that a scenario names, and no other: a driver has the name of its file. All of them where one
 * is missing, so that the nearest name can be told. Throws KnownError (usage) as `loadDrivers`.
 */
export const driversOf = async (
  { nodes, observe }: Pick<Scenario, 'nodes' | 'observe'>,
  folders: readonly string[],
): Promise<Map<string, Driver>> => {
  const wanted = new Set([
    ...nodes.flatMap(({ driver, power }) => [driver, ...(power === null ? [] : [power.driver])]),
    ...observe.flatMap(({ source }) => (source.kind === 'driver' ? [source.driver] : [])),
  ]);
  const lists = await Promise.all([BUILT_IN, ...folders].map(filesIn));
  const files = new Map(lists.flat().map((path) => [nameOf(path), path]));
  if ([...wanted].some((name) => !files.has(name))) return loadDrivers(folders);
  const paths = [...wanted].flatMap((name) => files.get(name) ?? []);
  const drivers = await Promise.all(paths.map(readDriver));
  return new Map(drivers.map((driver) => [driver.name, driver]));
};

/** Throws KnownError (usage) with the nearest name for an unknown one. `where`: who asks, as in `node fw-a`. */
export const findDriver = (drivers: ReadonlyMap<string, Driver>, name: string, where: string): Driver => {
  const driver = drivers.get(name);
  if (driver !== undefined) return driver;
  throw usage(`${where}: ${unknownName(name, 'a driver', [...drivers.keys()])}`);
};
