import { EXIT, KnownError } from '../model/error.js';
import type { LabDesign, LabPlan } from '../model/lab-plan.js';
import { problemsOf, wordIssue, pathText } from '../yaml/problem.js';
import { labPlan } from './resolve-lab.js';
import { lab } from './schema-lab.js';

/**
 * The plan of a lab of which design and knobs are given as words, as a scenario's `lab` has them. Throws KnownError with
 * all problems at once.
 */
export const labOfKnobs = (design: LabDesign, knobs: Readonly<Record<string, string>>): LabPlan => {
  const raw = { design, ...knobs };
  const parsed = lab.safeParse(raw, { error: wordIssue });
  if (parsed.success) return labPlan(parsed.data);
  const problems = problemsOf(parsed.error.issues, raw);
  throw new KnownError(
    problems.map(({ path, message }) => `lab ${design}: ${pathText(path)}: ${message}`).join('\n'),
    { remedy: 'docs/scenarios.md lists the knobs of each design', exitCode: EXIT.usage },
  );
};
