import { z } from 'zod';
import { DAYS } from '../model/plan.js';
import { choice, count, duration, mapping, matching } from './field.js';

/** When, and how often, a pair may be made to fail over. */

export const guard = mapping('Flap budget and pause, over all runs; instead of what the driver says.', {
  flaps: count('At most so many failovers within `within`.', 1, 1000).optional(),
  within: duration('The time in which failovers are counted.').optional(),
  pause: duration('The least time between two failovers.').optional(),
  wait: duration('How long a run waits for its turn before it stops instead.').prefault('5m'),
});

const HOURS = /^([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]|24):([0-5]\d)$/;

const isTimezone = (name: string): boolean => {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }) !== null;
  } catch {
    return false;
  }
};

export const window = mapping('When the pair may be touched; looked at before each trial.', {
  hours: matching('From and to, as in 22:00-04:00.', HOURS, 'a span of hours such as 22:00-04:00'),
  days: z
    .array(choice('A day of the week.', DAYS))
    .min(1, 'needs at least one day')
    .meta({ description: 'Days on which it begins; default every day.' })
    .optional(),
  timezone: z
    .string()
    .refine(isTimezone, { error: ({ input }) => `"${String(input)}" is not a time zone` })
    .meta({ description: 'Time zone such as Europe/Berlin or UTC; default that of this host.' })
    .optional(),
});

export type WrittenWindow = z.output<typeof window>;

/** `22:00-04:00` in minutes since midnight. The text was checked before. */
export const minutesOf = (hours: string): readonly [number, number] => {
  const [, fromHour, fromMinute, toHour, toMinute] = HOURS.exec(hours) ?? [];
  return [Number(fromHour) * 60 + Number(fromMinute), Number(toHour) * 60 + Number(toMinute)];
};
