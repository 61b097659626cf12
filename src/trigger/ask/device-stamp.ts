import { KnownError } from '../../model/error.js';
import { ns, type Nanoseconds, type Clock } from '../../model/time.js';
import type { ClockQuery, SinceQuery } from '../driver/schema.js';
import type { TemplateValues } from '../transport/template.js';
import { ask, type Bound } from './bound.js';
import { extractWords } from './extract.js';

/*
 * What devices write for an instant. A time without a zone is read as if it were UTC: it is only ever compared with
 * the clock of the same device, which is written in the same zone.
 */

/** When something happened, as the device says it. */
export type DeviceStamp =
  | { readonly form: 'time'; readonly wall_ms: number }
  | { readonly form: 'age'; readonly age_ns: Nanoseconds };

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const fromParts = (
  [year, month, day]: readonly number[],
  [hour, minute, second]: readonly number[],
): number | null => {
  const at = Date.UTC(year ?? NaN, (month ?? NaN) - 1, day, hour, minute, 0);
  return Number.isNaN(at) ? null : at + (second ?? NaN) * 1000;
};

const CLOCK = String.raw`(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)`;
/** RFC 3339, and `2020/12/08 13:22:52`. */
const DATED = new RegExp(
  String.raw`^(\d{4})[-/](\d{2})[-/](\d{2})[T ]${CLOCK}\s*(Z|[+-]\d{2}:?\d{2})?$`,
  'i',
);
/** C's asctime: `Sun Sep  8 15:28:39 2019`, the weekday left out by some. */
const WORDED = new RegExp(String.raw`^(?:[a-z]{3},?\s+)?([a-z]{3})\s+(\d{1,2})\s+${CLOCK}\s+(\d{4})$`, 'i');

const zoneMs = (zone: string | undefined): number => {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '') ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
};

/** Milliseconds since 1970: from seconds since then, RFC 3339, or what devices write; null: none of these. */
export const parseTime = (text: string): number | null => {
  if (/^\d{9,11}(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const dated = DATED.exec(text);
  if (dated !== null) {
    const at = fromParts(dated.slice(1, 4).map(Number), dated.slice(4, 7).map(Number));
    return at === null ? null : at - zoneMs(dated[7]);
  }
  const [, month = '', day, hour, minute, second, year] = WORDED.exec(text) ?? [];
  const index = MONTHS.indexOf(month.toLowerCase());
  return index === -1
    ? null
    : fromParts([Number(year), index + 1, Number(day)], [hour, minute, second].map(Number));
};

/** `2m13s`, `1d2h`, `13s`: each unit once, the largest first; null: not so. */
export const parseAge = (text: string): Nanoseconds | null => {
  const match = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text.replaceAll(/\s+/g, ''));
  if (match === null || match[0] === '') return null;
  const [w, d, h, m, s] = match.slice(1).map((part) => Number(part || 0)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return ns(((((w * 7 + d) * 24 + h) * 60 + m) * 60 + s) * 1e9);
};

/** Of several (instances, a history) the last; null where there is none, or one that is not understood. */
const latest = (stamps: readonly (number | null)[], best: (...values: number[]) => number): number | null => {
  const known = stamps.filter((stamp) => stamp !== null);
  return known.length === 0 || known.length < stamps.length ? null : best(...known);
};

/** When the role changed last, by the node's own account. */
export const readSince = (
  { extract, form }: SinceQuery,
  text: string,
  values: TemplateValues,
): DeviceStamp | null => {
  const words = extractWords(extract, text, values);
  if (form === 'age') {
    const age = latest(words.map(parseAge), Math.min);
    return age === null ? null : { form, age_ns: ns(age) };
  }
  const time = latest(words.map(parseTime), Math.max);
  return time === null ? null : { form, wall_ms: time };
};

/** What time it is by the node's clock, in milliseconds since 1970. */
export const readTime = (
  { extract }: Pick<ClockQuery, 'extract'>,
  text: string,
  values: TemplateValues,
): number | null => latest(extractWords(extract, text, values).map(parseTime), Math.max);

/** What time a node's clock had at an instant of ours; the two belong together to `uncertainty_ns` either way. */
export interface DeviceClock {
  readonly wall_ms: number;
  /** Of this host's monotonic clock. */
  readonly at_ns: Nanoseconds;
  readonly uncertainty_ns: Nanoseconds;
}

/** The first may have to log in; of the others the quickest is the most exact (RFC 5905 §10 chooses so too). */
const TRIES = 5;

const readOnce = async (
  bound: Bound,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<DeviceClock> => {
  const query = bound.driver.clock;
  if (query === undefined) throw new KnownError(`driver ${bound.driver.name} cannot tell the time of a node`);
  const asked = clock.monotonic();
  const answer = await ask(bound, { ...query, signal });
  const came = clock.monotonic();
  if (answer.text === null) throw new KnownError(answer.error);
  const wall_ms = readTime(query, answer.text, answer.values);
  if (wall_ms === null) throw new KnownError('the time was not understood');
  // It was read on the way, and is written down to the next lower step: its middle is what is nearest.
  return {
    wall_ms: wall_ms + query.resolution / 2e6,
    at_ns: ns((asked + came) / 2),
    uncertainty_ns: ns((came - asked) / 2 + query.resolution / 2),
  };
};

/** Reads a node's clock several times and takes the quickest answer. Throws KnownError where none came. */
export const readClock = async (bound: Bound, clock: Clock, signal?: AbortSignal): Promise<DeviceClock> => {
  let best = await readOnce(bound, clock, signal);
  for (let tries = 1; tries < TRIES; tries += 1) {
    const next = await readOnce(bound, clock, signal);
    if (next.uncertainty_ns < best.uncertainty_ns) best = next;
  }
  return best;
};
