import { EXIT, KnownError } from '../model/error.js';

/** `--until` ends a span, the others begin one. */
export type WhenOption = '--since' | '--until' | '--older-than';

const MS_PER: Readonly<Record<string, number>> = { m: 60e3, h: 3600e3, d: 86_400e3, w: 604_800e3 };
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^(\d{4}-\d{2}-\d{2})[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})$/;

const wrong = (option: string, text: string, why: string): KnownError =>
  new KnownError(`${option} ${text}: ${why}`, {
    remedy: 'for example 2026-01-31 (UTC), 2026-01-31T22:00:00Z or 7d',
    exitCode: EXIT.usage,
  });

/** `Date` takes the 31st of February for the 3rd of March. */
const isDay = (day: string): boolean => {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
};

/**
 * A bound of a span of time: a day (UTC), an instant as in RFC 3339, or an age such as `7d`, `36h`, `90m`, `2w`. A day
 * as the end of a span is part of it. Throws KnownError.
 *
 * @param option as errors name it
 * @param now_ms since 1970, as the result
 */
export const parseWhen = (option: WhenOption, text: string, now_ms: number): number => {
  const age = /^(\d+(?:\.\d+)?)([mhdw])$/.exec(text);
  if (age !== null) return now_ms - Number(age[1]) * (MS_PER[age[2] ?? ''] ?? 0);
  const day = DAY.test(text) ? text : INSTANT.exec(text)?.[1];
  if (day === undefined) throw wrong(option, text, 'neither a day, nor an instant with its zone, nor an age');
  const at = new Date(DAY.test(text) ? `${text}T00:00:00Z` : text.replace(' ', 'T')).getTime();
  if (!isDay(day) || Number.isNaN(at)) throw wrong(option, text, 'there is no such time');
  return DAY.test(text) && option === '--until' ? at + (MS_PER['d'] ?? 0) - 1 : at;
};
