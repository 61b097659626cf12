import * as z from 'zod';
import type { Role } from '../../model/event.js';
import { parseDuration } from '../../model/duration.js';
import { command } from './schema-command.js';
import { about, duration, expression, pattern, scalar, strict } from './schema-field.js';
import { compileJmesPath } from '../../jmes-path.js';

/** What a node is asked, and how its answer is read. */

export const ROLES = [
  'active',
  'standby',
  'transitioning',
  'faulted',
  'suspended',
  'unknown',
] as const satisfies readonly Role[];

const regex = strict({
  /** Matched with the flags `g` and `m`; every match gives one word. */
  regex: pattern,
  group: z.int().min(0).default(1),
});
const jmes = strict({
  /** Over JSON and XML answers; a list gives one word per element. */
  jmespath: expression(compileJmesPath),
});
const rule = z.union([regex, jmes]);
/** Tried in order; the first that finds anything counts. */
const extract = z.union([rule.transform((one) => [one]), z.array(rule).min(1)]);

const asked = { run: command, timeout: duration.default(parseDuration('5s')) };

/** Who the node is: a serial number or an id that no other node has. */
export const identity = strict({ about: about.default('the node says who it is'), ...asked, extract });

/** Which version the node runs: begins with numbers and dots. */
export const version = strict({ ...asked, extract });

/** What the node itself says of when its role changed. */
const since = strict({
  extract,
  /** `time`: when it was, by the node's clock; `age`: how long ago, as in 2m13s. */
  form: z.enum(['time', 'age']),
  /** What is written may be earlier by so much than what is meant. */
  resolution: duration,
});

/** What time the node has, in the same words (and the same time zone) as it says when its role changed. */
export const clock = strict({ ...asked, extract, resolution: duration });

/** What the node wrote down by itself of its failovers, read after a trial. */
export const history = strict({
  about,
  run: command,
  timeout: duration.default(parseDuration('30s')),
});

export const role = strict({
  ...asked,
  extract,
  since: since.optional(),
  /** Raw word -> role, or role and the word that people know it by. */
  words: z.record(
    z.string(),
    z.union([
      z.enum(ROLES).transform((mapped) => ({ role: mapped, word: null as string | null })),
      strict({ role: z.enum(ROLES), word: z.string() }),
    ]),
  ),
});

const words = {
  extract,
  /** Passes if at least one word was found and every word is one of these, … */
  good: z.array(scalar).min(1).optional(),
  /** … or matches this as a whole. */
  matches: pattern.optional(),
};

const needsWords = (check: { good?: unknown; matches?: unknown }): boolean =>
  check.good !== undefined || check.matches !== undefined;
const NEEDS_WORDS = { error: 'needs `good` or `matches`', path: ['good'] };

export const check = strict({ about, ...asked, ...words, remedy: z.string().optional() }).refine(
  needsWords,
  NEEDS_WORDS,
);

/** Passes if the standby holds nearly as many states as the active one: at least active x (1 - share) - count. */
export const counts = strict({
  about,
  ...asked,
  active: extract,
  standby: extract,
  /** Matches the answer of a node without state sync; fine if all nodes are without. */
  off: pattern.optional(),
  slack: strict({ share: z.number().min(0).max(1), count: z.int().min(0) }),
});

export const parameter = strict({
  about,
  default: z.string().optional(),
  secret: z.boolean().default(false),
  /** Another parameter that must be given wherever this one is: its default would not be true any more. */
  needs: z.string().optional(),
});

/** A state that is read beside the probes, as an observer of a scenario. */
export const observer = strict({
  about,
  /** `once`: asked from here, with the parameters of the scenario; `node`: asked of each node, with its own too. */
  each: z.enum(['once', 'node']).default('once'),
  /** Parameters of this question alone. */
  params: z.record(z.string(), parameter.pick({ about: true, default: true })).default({}),
  run: command,
  timeout: duration.default(parseDuration('30s')),
  /** All words it finds are the value, in alphabetical order. */
  extract,
  /** Finds something in every answer that would have shown the value, if there were one: only there nothing is `none`. */
  shape: rule.optional(),
  /** Whose value it is; else the node, or the observer's name. */
  subject: z.string().min(1).optional(),
});

/** Read before an undo is sent, and afterwards. */
export const done = strict({
  ...asked,
  ...words,
  /** If given, the undo is sent only if every word is one of these: any other answer is not understood. */
  bad: z.array(scalar).min(1).optional(),
}).refine(needsWords, NEEDS_WORDS);

export type ExtractRule = z.output<typeof rule>;
export type RoleQuery = z.output<typeof role>;
export type SinceQuery = z.output<typeof since>;
export type ClockQuery = z.output<typeof clock>;
export type ObserverQuery = z.output<typeof observer>;
export type Check = z.output<typeof check>;
export type Counts = z.output<typeof counts>;
