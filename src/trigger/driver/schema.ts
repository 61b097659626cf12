import * as z from 'zod';
import { parseDuration } from '../../model/duration.js';
import { TIMED } from '../../analysis/twin/timer.js';
import { command, exec, http, shell } from './schema-command.js';
import { about, duration, pattern, scalar, strict } from './schema-field.js';
import {
  check,
  clock,
  counts,
  done,
  history,
  identity,
  observer,
  parameter,
  role,
  ROLES,
  version,
} from './schema-reader.js';

/**
 * The driver format: one YAML file per platform. What a node is asked, how the answer is read, what is sent to it
 * and how that is taken back. docs/drivers.md explains it.
 */
const undo = strict({
  about,
  /** Read first (nothing is sent if it passes) and afterwards (until it passes). */
  done,
  run: z.array(command).min(1),
  within: duration.default(parseDuration('60s')),
});

// Quoted in YAML: 1.10 would be the number 1.1.
const number = z.string().regex(/^\d+(\.\d+)*$/, "is a version such as '1.4'");

/** Versions that an action is for; others are refused before anything is touched. */
const versions = strict({
  from: number.optional(),
  below: number.optional(),
  remedy: z.string().optional(),
}).refine(({ from, below }) => from !== undefined || below !== undefined, {
  error: 'needs `from` or `below`',
});

const action = strict({
  about,
  /** Without warning to the node. For crash and stop an abrupt action of the power driver goes first. */
  abrupt: z.boolean().default(false),
  /** Must pass just before the action, else nothing is sent: a toggle is not to be switched the wrong way. */
  requires: check.optional(),
  versions: versions.optional(),
  run: z.array(command).min(1),
  /** How long a command may take, where the scenario's `trigger.timeout` is shorter. */
  timeout: duration.optional(),
  /** The node goes away: a lost connection is to be expected and says nothing. */
  drops: z.boolean().default(false),
  /** `none`: nothing is left behind. `power`: only the power driver can take it back. */
  undo: z.union([z.literal('none'), z.literal('power'), undo]),
  /**
   * How long after the command its effect may still be to come (a request that is only accepted, a shutdown that takes
   * its time): until then "undone already" is not believed. Without it: `settlingTime` in undo.ts.
   */
  settles: duration.optional(),
  /** Success is believed when the node has one of these roles and another node one of those. */
  confirm: strict({
    node: z.array(z.enum(ROLES)).min(1),
    peer: z.array(z.enum(ROLES)).min(1),
    within: duration.default(parseDuration('60s')),
  }),
});

/** What a pair may be put through, over all runs. */
const guard = strict({
  about: about.optional(),
  /** At most so many failovers … */
  flaps: z.int().min(1).optional(),
  /** … in this time. */
  within: duration.default(parseDuration('15m')),
  /** The least time between two. */
  pause: duration.default(parseDuration('0s')),
});

/** `every` and `times`, or `hold` and how often what it waits for comes. */
const timerSetting = strict({
  every: duration.default(parseDuration('0s')),
  times: z.int().min(1).optional(),
  hold: duration.optional(),
}).refine(
  ({ every, times, hold }) => (hold === undefined ? every > 0 && times !== undefined : times === undefined),
  {
    error: 'needs `every` and `times`, or `hold`',
  },
);

/** A timer of the platform that makes a link of an outage, as its makers document it. Nothing is ever set by it. */
const timer = strict({
  /** What it is called on the device. */
  what: about,
  link: z.enum(TIMED),
  /** Up to one interval more, by the node's priority. */
  skew: z.boolean().default(false),
  /** By default, and the least that is documented. */
  usual: timerSetting,
  least: timerSetting,
  source: z.url({ protocol: /^https$/ }),
});

const sample = strict({
  /** `role`, `identity`, `sync`, `ready.0`, `undo.switchover`, … : docs/drivers.md, "Samples". */
  of: z.string().min(1),
  /** Values of placeholders in the patterns. */
  with: z.record(z.string(), z.string()).default({}),
  output: z.string(),
  expect: z.union([
    strict({ role: z.enum(ROLES), raw: z.string() }),
    strict({ passes: z.boolean() }),
    strict({ count: z.int().nullable() }),
    strict({ id: z.string().nullable() }),
    strict({ version: z.string().nullable() }),
    strict({ say: z.string().nullable() }),
    strict({ value: z.string().nullable() }),
    strict({ time: z.string().nullable() }),
    strict({ ago: z.string().nullable() }),
    strict({ tells: z.array(z.string()) }),
  ]),
});

export const TRANSPORTS = ['ssh', 'shell', 'http', 'exec'] as const;
/** `sync-off`: state sync is switched off on the node, for the control arm of a scenario. */
export const DRIVER_ACTIONS = ['switchover', 'reboot', 'stop', 'crash', 'sync-off'] as const;
export type DriverAction = (typeof DRIVER_ACTIONS)[number];

/** `crash`, or a variant of it: `crash-redeploy`. */
const actionName = z
  .string()
  .regex(
    new RegExp(`^(${DRIVER_ACTIONS.join('|')})(-[a-z0-9-]+)?$`),
    `is ${DRIVER_ACTIONS.join(', ')}, or one of them with a variant, as in crash-hard`,
  );

export const driverSchema = strict({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'use lower-case letters, digits and dashes'),
  title: about,
  about,
  /** What nobody could verify, and what a person should know before the first use. */
  notes: z.array(about).default([]),
  /** Which versions it was held against, and how near to the real thing that was. */
  tested: z
    .array(
      strict({
        /** `program`: the real program; `outputs`: what devices printed; `documents`: what its makers write. */
        by: z.enum(['program', 'outputs', 'documents']),
        versions: z.array(scalar).min(1),
      }),
    )
    .default([]),
  /** Its API may move addresses and routes of the pair: a failover may wait for it. */
  cloud: z.boolean().default(false),
  transport: z.enum(TRANSPORTS),
  shell: shell.optional(),
  http: http.optional(),
  exec: exec.optional(),
  /** What `{{name}}` may stand for besides the built-in ones; without a default it must be given. */
  params: z.record(z.string(), parameter).default({}),
  /** Matches an answer that is a refusal although the command ended well. */
  refused: z.array(pattern).default([]),
  identity: identity.optional(),
  version: version.optional(),
  role: role.optional(),
  /** How many nodes of a healthy pair are active. `all`: a trigger names its node. */
  active: z.enum(['one', 'all']).default('one'),
  clock: clock.optional(),
  history: history.optional(),
  sync: z.union([check, counts]).optional(),
  /** Must pass on every node of a healthy pair. */
  ready: z.array(check).default([]),
  /** Must pass too: nothing forced was left behind by an earlier run or a person. */
  leftover: z.array(check).default([]),
  guard: guard.optional(),
  /** By the names that the scenarios' `observe` uses. */
  observers: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'use lower-case letters, digits and dashes'), observer)
    .default({}),
  actions: z.record(actionName, action),
  timers: z.array(timer).default([]),
  samples: z.array(sample).min(1),
});

/** Samples without their driver, as somebody who has such a device may send them. */
export const samplesSchema = strict({ driver: z.string(), samples: z.array(sample).min(1) });

export type Driver = z.output<typeof driverSchema>;
export type Samples = z.output<typeof samplesSchema>;
export type Undo = z.output<typeof undo>;
export type ActionSpec = z.output<typeof action>;
export type VersionRange = z.output<typeof versions>;
export type DriverGuard = z.output<typeof guard>;
export type Sample = z.output<typeof sample>;
export type {
  Check,
  ClockQuery,
  Counts,
  ExtractRule,
  ObserverQuery,
  RoleQuery,
  SinceQuery,
} from './schema-reader.js';
