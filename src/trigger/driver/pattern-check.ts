import { problem, type KeyPath, type Problem } from '../../yaml/problem.js';
import type { Driver } from './schema.js';

/** Where a driver has regular expressions that read whole answers, and how they are compiled there. */
const ANSWER_KEYS: Readonly<Record<string, (text: string) => RegExp>> = {
  regex: (text) => new RegExp(text, 'gim'),
  off: (text) => new RegExp(text, 'im'),
  refused: (text) => new RegExp(text, 'm'),
  matches: (text) => new RegExp(`^(?:${text})$`, 'i'),
};
/** And where such that see no more than the last lines on a screen. */
const SCREEN_KEYS = new Set(['prompt', 'pager', 'to']);

interface Pattern {
  readonly path: KeyPath;
  readonly key: string;
  readonly text: string;
}

const patternsIn = (value: unknown, path: KeyPath): Pattern[] => {
  if (typeof value !== 'object' || value === null) {
    const key = String(path.findLast((step) => typeof step === 'string'));
    const isPattern = Object.hasOwn(ANSWER_KEYS, key) || SCREEN_KEYS.has(key);
    return typeof value === 'string' && isPattern ? [{ path, key, text: value }] : [];
  }
  return Object.entries(value).flatMap(([key, inner]) =>
    patternsIn(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
};

const patternsOf = (driver: Driver): Pattern[] => patternsIn({ ...driver, samples: [], params: {} }, []);

type Slowness = 'exponential' | 'polynomial' | null;

const slownessOf = async ({ key, text }: Pattern): Promise<Slowness> => {
  // CommonJS: bundled, it has nothing but its default.
  const { analyse } = (await import('scslre')).default;
  // Placeholders stand for a word, as where its syntax is checked.
  const word = text.replaceAll(/\{\{\s*[\w.-]+\s*\}\}/g, 'x');
  const compile = ANSWER_KEYS[key] ?? ((screen) => new RegExp(screen, 'gim'));
  const { reports } = analyse(compile(word), { reportTypes: { Move: true, Self: true, Trade: true } });
  if (reports.some(({ exponential }) => exponential)) return 'exponential';
  return reports.length > 0 ? 'polynomial' : null;
};

/** A group that is repeated: without one nothing can be exponential, and most patterns have none. */
const REPEATED_GROUP = /\)[*+{]/;

const ENDLESS =
  'takes time without end for some answers (a repetition within a repetition): let each repetition begin or end with something of its own';

/**
 * Patterns of which the reading of an answer could take longer than anyone lives. Only those that are exponential: what
 * is merely slow is broken off when it is read (see `inTime`).
 */
export const patternProblems = async (driver: Driver): Promise<Problem[]> => {
  const problems = patternsOf(driver)
    .filter(({ text }) => REPEATED_GROUP.test(text))
    .map(async (pattern) =>
      (await slownessOf(pattern)) === 'exponential' ? [problem(pattern.path, ENDLESS)] : [],
    );
  return (await Promise.all(problems)).flat();
};

const SLOW =
  'takes time that grows as the square of the answer, or worse: let two repetitions that can match the same not stand beside each other ([ \\t]*(\\S.*) for \\s*(.*)), nor one at the beginning that passes over line ends';

/** Patterns that a long answer, or one made for it, would keep from being read in time. */
export const slowPatterns = async (driver: Driver): Promise<Problem[]> => {
  const problems = patternsOf(driver)
    .filter(({ key }) => !SCREEN_KEYS.has(key))
    .map(async (pattern) => ((await slownessOf(pattern)) === null ? [] : [problem(pattern.path, SLOW)]));
  return (await Promise.all(problems)).flat();
};
