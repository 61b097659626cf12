import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { formatDuration } from '../../model/duration.js';
import { KnownError, messageOf, hasCode } from '../../model/error.js';
import { type Scenario, type GuardPlan, DAYS, type Day, type WindowPlan } from '../../model/plan.js';
import { type Clock, ns, toMs, type Nanoseconds } from '../../model/time.js';
import { windowWords } from '../../scenario/pacing.js';
import type { DriverGuard } from '../driver/schema.js';
import { type PairKeys, writeState } from './pair-keys.js';

const logSchema = z.object({
  format: z.literal(1),
  nodes: z.array(z.string()),
  failovers_utc: z.array(z.iso.datetime()),
});

/** More are of no use to any guard. */
const KEPT = 1000;

const unusable = (path: string, error: unknown): KnownError =>
  new KnownError(`cannot count the failovers of the pair in ${path}: ${messageOf(error)}`, {
    remedy: 'make it writable, set XDG_STATE_HOME, or remove it if the pair has rested',
    cause: error,
  });

/** The instants in a file, in ms since 1970. */
const readLog = async (path: string): Promise<number[]> => {
  try {
    const { failovers_utc } = logSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    return failovers_utc.map((utc) => Date.parse(utc));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw unusable(path, error);
  }
};

/**
 * The failovers and failbacks of a pair, over all runs on this host, in a file for each of its keys. The lock of the
 * pair keeps others away.
 */
class FlapLog {
  readonly #keys: PairKeys;
  readonly #clock: Clock;

  constructor(keys: PairKeys, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /**
   * Instants in ms since 1970, in order. One in the future is taken for one of now: a clock that was wrong must not
   * hide it, nor keep the pair for ever. Throws KnownError if a file cannot be read.
   */
  async failovers(): Promise<number[]> {
    const now = this.#clock.wall();
    const all = new Set((await Promise.all(this.#paths().map(readLog))).flat());
    return [...all].map((ms) => Math.min(now, ms)).sort((a, b) => a - b);
  }

  /** On disk before the failover: a run that is killed meanwhile has still done it. Throws KnownError. */
  async add(): Promise<void> {
    const all = [...(await this.failovers()), this.#clock.wall()].slice(-KEPT);
    const log: z.input<typeof logSchema> = {
      format: 1,
      nodes: [...this.#keys.nodes],
      failovers_utc: all.map((ms) => new Date(ms).toISOString()),
    };
    for (const path of this.#paths()) {
      try {
        await writeState(path, `${JSON.stringify(log)}\n`);
      } catch (error) {
        throw unusable(path, error);
      }
    }
  }

  #paths(): string[] {
    return this.#keys.known().map((key) => join(this.#keys.folder, 'pairs', `${key}.json`));
  }
}

/** When a pair may be made to fail over. */
export interface Pacing {
  /** Throws KnownError outside the scenario's window. */
  requireWindow(): void;
  /** Null: now. Throws KnownError where waiting would take longer than the scenario allows. */
  next(): Promise<Turn | null>;
  /** Counts a failover that is about to be made. */
  count(): Promise<void>;
}

/** @param guards those of the drivers. A lab stands anything: only what its scenario asks for itself holds there. */
export const openPacing = (
  { nodes, trigger, lab }: Pick<Scenario, 'nodes' | 'trigger' | 'lab'>,
  guards: readonly DriverGuard[],
  keys: PairKeys,
  clock: Clock,
): Pacing => {
  const log = new FlapLog(keys, clock);
  const { guard, window } = trigger;
  const limits = nodes.length === 0 ? null : limitsOf(guard, lab === null ? guards : []);
  return {
    requireWindow: () => {
      const problem = window === null ? null : windowProblem(window, clock.wall());
      if (problem === null) return;
      throw new KnownError(`outside the maintenance window: ${problem}`, {
        remedy: 'wait for it, or change `trigger.window`; nothing was touched',
      });
    },
    next: async () => {
      if (limits === null) return null;
      const turn = turnAt(limits, await log.failovers(), clock.wall());
      if (turn === null || turn.wait_ns <= guard.wait_ns) return turn;
      const at = new Date(clock.wall() + turn.wait_ns / 1e6).toISOString().slice(0, 19);
      const because = limits.about === null ? '' : ` (${limits.about})`;
      throw new KnownError(`the pair has to rest until ${at}Z: ${turn.why}${because}`, {
        remedy: `wait, or allow a longer \`trigger.guard.wait\` than ${formatDuration(guard.wait_ns)}; nothing was touched`,
      });
    },
    count: async () => {
      if (limits !== null) await log.add();
    },
  };
};

/** What a pair may be put through, over all runs. */
export interface GuardLimits {
  /** At most so many failovers within `within_ns`; null: any number. */
  readonly flaps: number | null;
  readonly within_ns: Nanoseconds;
  readonly pause_ns: Nanoseconds;
  /** What the driver says about why; null: nothing. */
  readonly about: string | null;
}

/** When the next failover may be. */
export interface Turn {
  readonly wait_ns: Nanoseconds;
  readonly why: string;
}

const smallest = (values: readonly (number | undefined)[]): number | null => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? null : Math.min(...known);
};

const largest = (values: readonly number[]): number => Math.max(0, ...values);

/** The strictest of the drivers, where the scenario says nothing else. Null if nothing is limited. */
export const limitsOf = (plan: GuardPlan, drivers: readonly DriverGuard[]): GuardLimits | null => {
  const flaps = plan.flaps ?? smallest(drivers.map((guard) => guard.flaps));
  const pause_ns = plan.pause_ns ?? ns(largest(drivers.map(({ pause }) => pause)));
  if (flaps === null && pause_ns === 0) return null;
  return {
    flaps,
    within_ns: plan.within_ns ?? ns(largest(drivers.map(({ within }) => within)) || DEFAULT_WITHIN),
    pause_ns,
    about: drivers.find(({ about }) => about !== undefined)?.about ?? null,
  };
};

/** As in the driver format. */
const DEFAULT_WITHIN = 15 * 60e9;

/**
 * Whose turn is it? @param failovers instants of earlier ones, in ms since 1970, in order; the wall clock is all that
 * two runs have in common. @returns null: now.
 */
export const turnAt = (
  { flaps, within_ns, pause_ns }: GuardLimits,
  failovers: readonly number[],
  now_ms: number,
): Turn | null => {
  const last = failovers.at(-1);
  if (last === undefined) return null;
  // The oldest one that has to leave the window, so that one more fits into it.
  const leaving = flaps === null ? undefined : failovers.at(-flaps);
  const free: readonly Turn[] = [
    {
      wait_ns: ns((last - now_ms) * 1e6 + pause_ns),
      why: `at least ${formatDuration(pause_ns)} between two failovers of the pair`,
    },
    ...(leaving === undefined
      ? []
      : [
          {
            wait_ns: ns((leaving - now_ms) * 1e6 + within_ns),
            why: `at most ${flaps} failovers of the pair within ${formatDuration(within_ns)}`,
          },
        ]),
  ];
  const turn = free.reduce((later, each) => (each.wait_ns > later.wait_ns ? each : later));
  return toMs(turn.wait_ns) > 0 ? turn : null;
};

interface Moment {
  readonly day: Day;
  readonly minute: number;
  /** `Fri 23:15 (Europe/Berlin)` */
  readonly words: string;
}

const momentAt = (wall_ms: number, timezone: string | null): Moment => {
  const format = new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(timezone === null ? {} : { timeZone: timezone }),
  });
  const parts = new Map(format.formatToParts(wall_ms).map(({ type, value }) => [type, value]));
  const [weekday = '', hour = '', minute = ''] = (['weekday', 'hour', 'minute'] as const).map((type) =>
    parts.get(type),
  );
  return {
    day: weekday.toLowerCase() as Day,
    minute: Number(hour) * 60 + Number(minute),
    words: `${weekday} ${hour}:${minute} (${timezone ?? format.resolvedOptions().timeZone})`,
  };
};

const dayBefore = (day: Day): Day => DAYS[(DAYS.indexOf(day) + 6) % 7] ?? day;

/**
 * May the pair be touched now? Days are those on which the window begins: one from 22:00 to 04:00 on Friday ends on
 * Saturday. @param wall_ms UTC, milliseconds since 1970. @returns null if so, else what the time is and when it is not.
 */
export const windowProblem = (window: WindowPlan, wall_ms: number): string | null => {
  const { from_min, to_min, days, timezone } = window;
  const { day, minute, words } = momentAt(wall_ms, timezone);
  const beganToday = minute >= from_min && (from_min >= to_min || minute < to_min) && days.includes(day);
  const beganYesterday = from_min >= to_min && minute < to_min && days.includes(dayBefore(day));
  if (beganToday || beganYesterday) return null;
  return `it is ${words}, and the window is ${windowWords(window)}`;
};
