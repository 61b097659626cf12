import * as z from 'zod';
import { formatDuration } from '../model/duration.js';
import { DAYS, type TriggerPlan, type WindowPlan } from '../model/plan.js';
import { choice, count, duration, mapping, matching } from './field.js';

/** When, and how often, a pair may be made to fail over. */

export const guard = mapping('How often the pair may fail over, over all runs; default as the driver says.', {
  flaps: count('At most so many failovers within `within`.', 1, 1000).optional(),
  within: duration('The time in which failovers are counted.').optional(),
  pause: duration('The least time between two failovers.').optional(),
  wait: duration('How long a run waits for its turn, or else stops.').prefault('5m'),
});

const HOURS = /^([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]|24):([0-5]\d)$/;

const isTimezone = (name: string): boolean => {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }) !== null;
  } catch {
    return false;
  }
};

export const window = mapping('When the pair may be touched, looked at before each trial.', {
  hours: matching('From and to, as in 22:00-04:00.', HOURS, 'a span of hours such as 22:00-04:00'),
  days: z
    .array(choice('A day of the week.', DAYS))
    .min(1, 'needs at least one day')
    .meta({ description: 'Days on which it begins; default every day.' })
    .optional(),
  timezone: z
    .string()
    .refine(isTimezone, { error: ({ input }) => `"${String(input)}" is not a time zone` })
    .meta({ description: 'Such as Europe/Berlin or UTC; default that of this host.' })
    .optional(),
});

/** `22:00-04:00` in minutes since midnight. The text was checked before. */
const minutesOf = (hours: string): readonly [number, number] => {
  const [, fromHour, fromMinute, toHour, toMinute] = HOURS.exec(hours) ?? [];
  return [Number(fromHour) * 60 + Number(fromMinute), Number(toHour) * 60 + Number(toMinute)];
};

export const windowPlan = ({ hours, days, timezone }: z.output<typeof window>): WindowPlan => {
  const [from_min, to_min] = minutesOf(hours);
  return { from_min, to_min, days: days ?? DAYS, timezone: timezone ?? null };
};

const clock = (minute: number): string =>
  [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');

/** `22:00-04:00, fri, sat` */
export const windowWords = ({ from_min, to_min, days }: WindowPlan): string =>
  `${clock(from_min)}-${clock(to_min)}, ${days.length === DAYS.length ? 'every day' : days.join(', ')}`;

/** When and how often, as far as the scenario says it itself: entries of its plan. */
export const pacingEntries = ({ window, guard }: TriggerPlan): [string, string][] => {
  const { flaps, within_ns, pause_ns, wait_ns } = guard;
  const time = within_ns === null ? 'the time that its driver says' : formatDuration(within_ns);
  const rules = [
    ...(flaps === null ? [] : [`at most ${flaps} within ${time}`]),
    ...(pause_ns === null ? [] : [`${formatDuration(pause_ns)} between two`]),
  ];
  const entries: [string, string][] = [];
  if (window !== null)
    entries.push(['window', `only ${windowWords(window)} (${window.timezone ?? 'time of this host'})`]);
  if (rules.length > 0)
    entries.push([
      'guard',
      `failovers over all runs: ${rules.join(', ')}; waited for up to ${formatDuration(wait_ns)}`,
    ]);
  return entries;
};
