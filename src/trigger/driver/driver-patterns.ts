import { problem, type KeyPath, type Problem } from '../../yaml/problem.js';
import type { Driver } from './schema.js';

/** Where a driver has regular expressions. */
const PATTERN_KEYS = new Set(['regex', 'matches', 'off', 'prompt', 'pager', 'to', 'refused']);
/** A group that is repeated: without one nothing can be exponential, and most patterns have none. */
const REPEATED_GROUP = /\)[*+{]/;

const patternsIn = (value: unknown, path: KeyPath): { readonly path: KeyPath; readonly text: string }[] => {
  if (typeof value !== 'object' || value === null) {
    const key = path.findLast((step) => typeof step === 'string');
    return typeof value === 'string' && PATTERN_KEYS.has(String(key)) ? [{ path, text: value }] : [];
  }
  return Object.entries(value).flatMap(([key, inner]) =>
    patternsIn(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
};

const WHY =
  'takes time without end for some answers (a repetition within a repetition): let each repetition begin or end with something of its own';

/**
 * Patterns of which the reading of an answer could take longer than anyone lives. Only those that are exponential: what
 * is merely slow is broken off when it is read (see `inTime`).
 */
export const patternProblems = async (driver: Driver): Promise<Problem[]> => {
  const suspects = patternsIn({ ...driver, samples: [], params: {} }, []).filter(({ text }) =>
    REPEATED_GROUP.test(text),
  );
  if (suspects.length === 0) return [];
  // CommonJS: bundled, it has nothing but its default.
  const { analyse } = (await import('scslre')).default;
  return suspects.flatMap(({ path, text }) => {
    // Placeholders stand for a word, as where its syntax is checked.
    const pattern = new RegExp(text.replaceAll(/\{\{\s*[\w.-]+\s*\}\}/g, 'x'), 'gm');
    const { reports } = analyse(pattern, { reportTypes: { Move: false, Self: true, Trade: true } });
    return reports.some(({ exponential }) => exponential) ? [problem(path, WHY)] : [];
  });
};
