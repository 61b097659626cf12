import { KnownError, usage } from './error.js';
import { ns, type Nanoseconds } from './time.js';

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
const EXAMPLES = '500us, 10ms, 1.5s, 5m or 2h';

const wrong = (problem: string): KnownError =>
  usage(problem, `write a number with its unit, such as ${EXAMPLES}`);

/**
 * Reads a duration such as `500us`, `10ms`, `1.5s`, `5m` (minutes) or `2h`. A bare number is refused, `0` too:
 * a duration without a unit is how a millisecond becomes a second. Finer than 1 ns is rounded.
 */
export const parseDuration = (text: string): Nanoseconds => {
  const match = /^(\d+)(?:\.(\d+))?\s*([a-zµ]*)$/i.exec(text.trim());
  if (!match) throw wrong(`"${text}" is not a duration`);
  const [, whole = '0', fraction = '0', unit = ''] = match;
  if (unit === '') throw wrong(`"${text}" has no unit`);
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  if (factor === undefined) throw wrong(`"${text}" has an unknown unit`);
  // The two parts apart, so that 9 digits after the point stay exact up to 2^53 ns.
  const value = Number(whole) * factor + Math.round(Number(`0.${fraction}`) * factor);
  if (value > Number.MAX_SAFE_INTEGER) throw wrong(`"${text}" is longer than 104 days`);
  return ns(value);
};

/** Hours and minutes only where they come out whole: `90s`, not `1.5m`. */
const unitFor = (value: number): readonly [string, number] => {
  if (value >= 3600e9 && value % 3600e9 === 0) return ['h', 3600e9];
  if (value >= 60e9 && value % 60e9 === 0) return ['m', 60e9];
  if (value >= 1e9 || value === 0) return ['s', 1e9];
  if (value >= 1e6) return ['ms', 1e6];
  return value >= 1e3 ? ['us', 1e3] : ['ns', 1];
};

/**
 * Writes a duration as a person would: `10ms`, `3.42s`, `90s`, `5m`. Every digit is kept, so that
 * `parseDuration` gives back whole nanoseconds exactly.
 */
export const formatDuration = (duration: Nanoseconds): string => {
  const value = Math.abs(Math.round(duration));
  const [unit, factor] = unitFor(value);
  const digits = String(factor).length - 1;
  const rest = String(value % factor)
    .padStart(digits, '0')
    .replace(/0+$/, '');
  const fraction = unit === 'h' || unit === 'm' || rest === '' ? '' : `.${rest}`;
  return `${duration < 0 ? '-' : ''}${Math.floor(value / factor)}${fraction}${unit}`;
};
