import jmespath from 'jmespath';
import { z } from 'zod';
import { messageOf } from '../model/error.js';
import type { Role } from '../model/event.js';
import { parseDuration } from '../scenario/duration.js';
import { didYouMean } from '../scenario/problem.js';

/**
 * The driver format: one YAML file per platform. What a node is asked, how the answer is read, what is sent to it
 * and how that is taken back. docs/drivers.md explains it.
 */
const ROLES = [
  'active',
  'standby',
  'transitioning',
  'faulted',
  'suspended',
  'unknown',
] as const satisfies readonly Role[];

/** A strict object whose unknown keys are answered with the nearest known one, a line each. */
const strict = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `unknown key${didYouMean(key, Object.keys(shape))}`).join('\n')
        : undefined,
  });

const duration = z.string().transform((text, context) => {
  try {
    return parseDuration(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
    return z.NEVER;
  }
});

/** `compile` throws on a wrong expression. */
const source = (compile: (text: string) => unknown) =>
  z
    .string()
    .min(1)
    .superRefine((text, context) => {
      try {
        compile(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: messageOf(error) });
      }
    });

const regex = strict({
  /** Matched with the flags `g` and `m`; every match gives one word. */
  regex: source((text) => new RegExp(text, 'gm')),
  group: z.int().min(0).default(1),
});
const jmes = strict({
  /** Over JSON answers; a list gives one word per element. */
  jmespath: source((text) => jmespath.search({}, text)),
});
const rule = z.union([regex, jmes]);
/** Tried in order; the first that finds anything counts. */
const extract = z.union([rule.transform((one) => [one]), z.array(rule).min(1)]);

/** A shell line, or an argument vector; `{{name}}` is filled in from the node. */
const command = z.union([z.string().min(1), z.array(z.string()).min(1)]);
const about = z.string().min(1);
const asked = { run: command, timeout: duration.default(parseDuration('5s')) };

const role = strict({
  ...asked,
  extract,
  /** Raw word -> role, or role and the word that people know it by. */
  words: z.record(
    z.string(),
    z.union([
      z.enum(ROLES).transform((mapped) => ({ role: mapped, word: null as string | null })),
      strict({ role: z.enum(ROLES), word: z.string() }),
    ]),
  ),
});

/** Passes if at least one word was found and every word is one of `good`. */
const check = strict({
  about,
  ...asked,
  extract,
  good: z.array(z.string()).min(1),
  remedy: z.string().optional(),
});

/** Passes if the standby holds nearly as many states as the active one: at least active x (1 - share) - count. */
const counts = strict({
  about,
  ...asked,
  active: extract,
  standby: extract,
  /** Matches the answer of a node without state sync; fine if all nodes are without. */
  off: source((text) => new RegExp(text, 'm')).optional(),
  slack: strict({ share: z.number().min(0).max(1), count: z.int().min(0) }),
});

const undo = strict({
  about,
  /** Read first (nothing is sent if it passes) and afterwards (until it passes). */
  done: check.omit({ about: true, remedy: true }),
  run: z.array(command).min(1),
  within: duration.default(parseDuration('60s')),
});

const action = strict({
  about,
  /** Without warning to the node. For crash and stop an abrupt action of the power driver goes first. */
  abrupt: z.boolean().default(false),
  run: z.array(command).min(1),
  /** The node goes away: a lost connection is to be expected and says nothing. */
  drops: z.boolean().default(false),
  /** `none`: nothing is left behind. `power`: only the power driver can take it back. */
  undo: z.union([z.literal('none'), z.literal('power'), undo]),
  /** Success is believed when the node has one of these roles and another node one of those. */
  confirm: strict({ node: z.array(z.enum(ROLES)).min(1), peer: z.array(z.enum(ROLES)).min(1) }),
});

const sample = strict({
  /** `role`, `sync`, `sync.active`, `sync.standby`, `sync.off`, `ready.0`, `leftover.0`, `undo.switchover`, … */
  of: z.string().min(1),
  output: z.string(),
  expect: z.union([
    strict({ role: z.enum(ROLES), raw: z.string() }),
    strict({ passes: z.boolean() }),
    strict({ count: z.int().nullable() }),
  ]),
});

export const DRIVER_ACTIONS = ['switchover', 'reboot', 'stop', 'crash'] as const;
export type DriverAction = (typeof DRIVER_ACTIONS)[number];

export const driverSchema = strict({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'use lower-case letters, digits and dashes'),
  title: about,
  about,
  transport: z.enum(['ssh', 'exec']),
  /** What `{{name}}` may stand for besides node, host and seqgap; without a default it must be given. */
  params: z.record(z.string(), strict({ about, default: z.string().optional() })).default({}),
  role: role.optional(),
  sync: z.union([check, counts]).optional(),
  /** Must pass on every node of a healthy pair. */
  ready: z.array(check).default([]),
  /** Must pass too: nothing forced was left behind by an earlier run or a person. */
  leftover: z.array(check).default([]),
  actions: z.partialRecord(z.enum(DRIVER_ACTIONS), action),
  samples: z.array(sample).min(1),
});

export type Driver = z.output<typeof driverSchema>;
export type ExtractRule = z.output<typeof rule>;
export type RoleQuery = z.output<typeof role>;
export type Check = z.output<typeof check>;
export type Counts = z.output<typeof counts>;
export type Undo = z.output<typeof undo>;
export type ActionSpec = z.output<typeof action>;
export type Sample = z.output<typeof sample>;
