import { NS_PER_MS, NS_PER_S } from '../model/time.js';

/** What the times in a log are: UTC, the host's own time without its zone, or a time of day without a date. */
export type LogTimeKind = 'utc' | 'local' | 'time-of-day';

interface StampShape {
  readonly kind: LogTimeKind;
  /** Anchored at the beginning; its first groups are what `parse` needs. */
  readonly pattern: RegExp;
  /** Whole seconds of some day-based count (1970 where there is a date), and the digits of the fraction. */
  readonly parse: (match: RegExpExecArray) => { readonly second: number; readonly fraction: string };
}

const DAY_S = 86_400;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** A leap year stands for the year that syslog stamps leave out. */
const NO_YEAR = 2000;

const dayOf = (year: number, month: number, day: number): number => Date.UTC(year, month - 1, day) / 1000;
const monthOf = (name: string): number => MONTHS.indexOf(name.toLowerCase()) + 1;
const timeOf = (hour: string, minute: string, second: string): number =>
  Number(hour) * 3600 + Number(minute) * 60 + Number(second);
const halfDay = (hour: string, half: string | undefined): string => {
  if (half === undefined) return hour;
  return String((Number(hour) % 12) + (/^p/i.test(half) ? 12 : 0));
};
const zoneOf = (zone: string | undefined): number => {
  const parts = /^([+-])(\d\d):?(\d\d)?$/.exec(zone ?? '');
  if (parts === null) return 0;
  return (parts[1] === '-' ? -1 : 1) * (Number(parts[2]) * 3600 + Number(parts[3] ?? 0) * 60);
};

const CLOCK = String.raw`(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d{1,9}))?`;
const ISO = String.raw`\[?(\d{4})-(\d\d)-(\d\d)[T ]${CLOCK}`;

const iso = (match: RegExpExecArray): { second: number; fraction: string } => {
  const [, year, month, day, hour, minute, second, fraction, zone] = match as unknown as string[];
  return {
    second:
      dayOf(Number(year), Number(month), Number(day)) +
      timeOf(hour as string, minute as string, second as string) -
      zoneOf(zone),
    fraction: fraction ?? '',
  };
};

/** 7/14/2021 (with AM or PM, or the second number above 12), 14.07.2021, 14/07/2021, 2021/07/14. */
const dated = (match: RegExpExecArray): { second: number; fraction: string } => {
  const [, a, separator, b, c, hour, minute, second, fraction, half] = match as unknown as string[];
  const [first, middle, last] = [Number(a), Number(b), Number(c)];
  const clock = timeOf(halfDay(hour as string, half), minute as string, second as string);
  const american = separator === '/' && (half !== undefined || middle > 12);
  const day =
    first > 31
      ? dayOf(first, middle, last)
      : american
        ? dayOf(last, first, middle)
        : dayOf(last, middle, first);
  return { second: day + clock, fraction: fraction ?? '' };
};

/** `Tue Nov 14 22:13:20 UTC 2023`, as `date` writes it. */
const dateOutput = (kind: LogTimeKind, zone: string): StampShape => ({
  kind,
  pattern: new RegExp(String.raw`^[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) ${CLOCK}${zone} (\d{4})`),
  parse: (match) => {
    const [, month, day, hour, minute, second, fraction, year] = match as unknown as string[];
    const date = dayOf(Number(year), monthOf(month as string), Number(day));
    return {
      second: date + timeOf(hour as string, minute as string, second as string),
      fraction: fraction ?? '',
    };
  },
});

/** No clock shows a later second: 2242. */
const LATEST_S = 2 ** 33;

/** RFC 3339 of milliseconds since 1970; null for what no calendar has. */
export const isoOf = (wall_ms: number): string | null => {
  const date = new Date(Math.round(wall_ms));
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
};

/** In the order in which they are tried. */
const SHAPES: readonly StampShape[] = [
  {
    // ping -D, fping -D, `ts '%.s'`
    kind: 'utc',
    pattern: /^\[?(\d{9,})\.(\d{1,9})\]?/,
    parse: ([, second, fraction]) => ({ second: Number(second), fraction: fraction ?? '' }),
  },
  { kind: 'utc', pattern: new RegExp(`^${ISO}(Z|[+-]\\d\\d(?::?\\d\\d)?)\\]?`), parse: iso },
  { kind: 'local', pattern: new RegExp(`^${ISO}\\]?`), parse: iso },
  {
    // Get-Date
    kind: 'local',
    pattern: new RegExp(
      String.raw`^\[?(\d{1,4})([./])(\d{1,2})\2(\d{1,4}),? ${CLOCK}(?:[ \u202f]?([AaPp])\.?[Mm]\.?)?\]?`,
    ),
    parse: dated,
  },
  {
    // ts
    kind: 'local',
    pattern: new RegExp(String.raw`^([A-Z][a-z]{2}) +(\d{1,2}) ${CLOCK}`),
    parse: (match) => {
      const [, month, day, hour, minute, second, fraction] = match as unknown as string[];
      const date = dayOf(NO_YEAR, monthOf(month as string), Number(day));
      return {
        second: date + timeOf(hour as string, minute as string, second as string),
        fraction: fraction ?? '',
      };
    },
  },
  dateOutput('utc', ' (?:UTC|GMT)'),
  dateOutput('local', '(?: [A-Z]{3,5})?'),
  {
    // ping --apple-time
    kind: 'time-of-day',
    pattern: new RegExp(String.raw`^\[?${CLOCK}\]?`),
    parse: (match) => {
      const [, hour, minute, second, fraction] = match as unknown as string[];
      return { second: timeOf(hour as string, minute as string, second as string), fraction: fraction ?? '' };
    },
  },
];

/** What stands between a stamp and the line. */
const SEPARATOR = /^\s*[-:|,;>]?\s*/;

export const possible = (second: number): boolean => second >= 0 && second < LATEST_S;

const fractionOf_ns = (digits: string): number => (digits === '' ? 0 : Number(`0.${digits}`) * NS_PER_S);

/**
 * The times that a log's lines begin with, as nanoseconds since the first of them: a wall clock in nanoseconds
 * would not fit a double. Learns the shape of the first stamp and expects it from then on.
 */
export class LogTimeReader {
  kind: LogTimeKind | null = null;
  /** The smallest step of the stamps, in nanoseconds. */
  resolution_ns = NS_PER_S;
  /** Time of the line read last; NaN: it had none. */
  at_ns = NaN;
  /** Lines with a time that no clock shows. */
  impossible = 0;
  /** Most digits of a fraction so far. */
  #finest = 0;
  readonly #expected: boolean;
  #shape: StampShape | null = null;
  #origin_s = NaN;
  #originPart_ns = 0;
  #lastSecond = NaN;
  /** Added where the clock passed midnight or a year that the stamps do not show. */
  #turned_s = 0;

  /** `expected` false: lines are known to carry none, and are not searched for one. */
  constructor(expected = true) {
    this.#expected = expected;
  }

  /** Reads the stamp into `at_ns`, and returns the rest of the line. */
  strip(line: string): string {
    if (!this.#expected) return line;
    const shapes = this.#shape === null ? SHAPES : [this.#shape];
    for (const shape of shapes) {
      const match = shape.pattern.exec(line);
      if (match === null) continue;
      const { second, fraction } = shape.parse(match);
      if (Number.isNaN(second)) continue;
      if (!possible(second)) {
        this.impossible += 1;
        break;
      }
      const rest = line.slice(match[0].length);
      this.#shape = shape;
      this.kind = shape.kind;
      this.see(this.#turned(second), fractionOf_ns(fraction), fraction.length);
      return rest.slice((SEPARATOR.exec(rest) as RegExpExecArray)[0].length);
    }
    this.at_ns = NaN;
    return line;
  }

  /** A stamp of the commonest shape, `[second.fraction] `, that was read already. */
  see(second: number, part_ns: number, digits: number): void {
    if (Number.isNaN(this.#origin_s)) {
      this.#origin_s = second;
      this.#originPart_ns = part_ns;
      this.kind ??= 'utc';
      this.#shape ??= SHAPES[0] as StampShape;
    }
    if (digits > this.#finest) {
      this.#finest = digits;
      this.resolution_ns = 10 ** (9 - digits);
    }
    this.at_ns = (second - this.#origin_s) * NS_PER_S + (part_ns - this.#originPart_ns);
  }

  /** RFC 3339 of an instant of the log; null where the log does not say UTC. */
  utc(at_ns: number): string | null {
    return this.kind === 'utc' ? isoOf(this.#wall_ms(at_ns)) : null;
  }

  /** The same in the log's own terms, `2021-07-14 15:04:05.000`, `15:04:05.123`; null for a log without times. */
  own(at_ns: number): string | null {
    if (this.kind === null) return null;
    const iso = isoOf(this.#wall_ms(at_ns));
    if (iso === null) return null;
    const text = iso.replace('T', ' ').slice(0, -1);
    if (this.kind === 'time-of-day') return text.slice('2000-01-01 '.length);
    return this.#yearless ? text.slice('2000-'.length) : text;
  }

  #wall_ms(at_ns: number): number {
    return this.#origin_s * 1000 + (this.#originPart_ns + at_ns) / NS_PER_MS;
  }

  /** Past midnight, or past the end of the year, a stamp without date or year jumps back. */
  #turned(second: number): number {
    const whole = this.kind === 'time-of-day' ? DAY_S : this.#yearless ? 366 * DAY_S : 0;
    if (whole > 0 && second + this.#turned_s < this.#lastSecond - whole / 2) this.#turned_s += whole;
    this.#lastSecond = second + this.#turned_s;
    return this.#lastSecond;
  }

  get #yearless(): boolean {
    return this.#shape === SHAPES[4];
  }
}
