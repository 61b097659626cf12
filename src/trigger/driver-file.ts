import { basename } from 'node:path';
import type { z } from 'zod';
import { problem, ScenarioError, type Problem } from '../yaml/problem.js';
import { located, parseYaml, readYamlText } from '../yaml/source.js';
import { driverSchema, type Driver } from './schema.js';
import { driverProblems } from './driver-check.js';
import { patternProblems } from './driver-patterns.js';

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

const beyondSchema = (driver: Driver, path: string): Problem[] => [
  ...(driver.name === basename(path, '.yaml')
    ? []
    : [problem(['name'], `"${driver.name}" must be the name of the file`)]),
  ...driverProblems(driver),
];

/** A driver that is a pipe is nobody's: it is read by every command. */
const PATIENCE_MS = 1000;

/** Reads one driver. Throws KnownError (usage), every problem on a line of its own: `file:line:col: path: what`. */
export const readDriver = async (path: string): Promise<Driver> => {
  const { document, lines, duplicates } = parseYaml(await readYamlText(path, PATIENCE_MS), path);
  if (duplicates.length > 0) throw new ScenarioError(duplicates);
  const wrong = (problems: readonly Problem[]): ScenarioError =>
    new ScenarioError(problems.map((each) => located({ file: path, document, lines, duplicates: [] }, each)));
  const parsed = driverSchema.safeParse(document.toJS());
  if (!parsed.success) throw wrong(parsed.error.issues.flatMap(innermost).flatMap(problemsOf));
  const problems = [...beyondSchema(parsed.data, path), ...(await patternProblems(parsed.data))];
  if (problems.length > 0) throw wrong(problems);
  return parsed.data;
};
