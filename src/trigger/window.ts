import { DAYS, type Day, type WindowPlan } from '../model/plan.js';
import { windowWords } from '../scenario/pacing-words.js';

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
