import { NS_PER_MS, NS_PER_S } from '../model/time.js';
import { Fronts } from './fronts.js';
import {
  StampFinder,
  timePlaces,
  type Stamp,
  type StampStyle,
  type TimePlaces,
  type WrittenDate,
} from './stamp.js';

/** What the times in a log are: UTC, the host's own time without its zone, or a time of day without a date. */
export type LogTimeKind = 'utc' | 'local' | 'time-of-day';

const DAY_S = 86_400;
/** A leap year stands for the year that syslog stamps leave out. */
const NO_YEAR = 2000;

const dayOf = (year: number, month: number, day: number): number => Date.UTC(year, month - 1, day) / 1000;

/** No clock shows a later second: 2242. */
const LATEST_S = 2 ** 33;

/** RFC 3339 of milliseconds since 1970; null for what no calendar has. */
export const isoOf = (wall_ms: number): string | null => {
  const date = new Date(Math.round(wall_ms));
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
};

export const possible = (second: number): boolean => second >= 0 && second < LATEST_S;

/**
 * What a log's stamps are used for: read; passed over, since they are no times (`ts -i` writes how long each line took);
 * or there are none, and none is searched for.
 */
export type StampUse = 'read' | 'pass-over' | 'none';

type DateOrder = 'day-first' | 'month-first';

const HALF_DAY_S = DAY_S / 2;
/** A 12-hour clock without halves goes from 12:59:59 to 01:00:00, and no other does. */
const TWELVE_BACK_S = HALF_DAY_S - 1;
/** A log with dates goes on for so long without a line, but not for a month. */
const NEXT_DAY_S = 2 * DAY_S;

/** Of a line without a time. */
const UNTIMED: TimePlaces = { places: [], stampOf: () => null };

/**
 * The times in a log's lines, as nanoseconds since the first of them: a wall clock in nanoseconds would not fit a
 * double. Learns the style of the first stamp and expects it from then on.
 */
export class LogTimeReader {
  kind: LogTimeKind | null = null;
  /** Of the line read last; NaN: it has none. */
  at_ns = NaN;
  /** What the finest stamp so far resolves. */
  resolution_ns = NS_PER_S;
  /** Lines with a time that no clock shows. */
  impossible = 0;
  readonly #use: StampUse;
  readonly #fronts: Fronts;
  #style: StampStyle | null;
  #finder: StampFinder;
  #finest = 0;
  /** The first line with a time. */
  #timed: string | null = null;
  #origin_s = NaN;
  #originPart_ns = 0;
  #lastSecond = NaN;
  /** Added where the clock passed midnight or a year that the stamps do not show. */
  #turned_s = 0;
  /** Of dates of two numbers that may be day or month; null: nothing tells yet. */
  #order: DateOrder | null = null;
  #why: 'told' | 'goes on' = 'told';
  /** The first stamp, and the newest, of those dates. */
  #firstEither: Stamp | null = null;
  #lastEither: Stamp | null = null;
  #twelve: 'maybe' | 'no' | 'yes' = 'maybe';
  #lastHour = NaN;
  /** The newest date, and when its day began as it is read. */
  #date: WrittenDate | null = null;
  #dateOrder: DateOrder = 'day-first';
  #day_s = NaN;

  /**
   * @param style of its stamps; null: that of the first
   * @param fronts what stands before its lines, beside them
   */
  constructor(use: StampUse = 'read', style: StampStyle | null = null, fronts = new Fronts()) {
    this.#use = use;
    this.#fronts = fronts;
    this.#style = style;
    this.#finder = new StampFinder(style);
  }

  #expect(style: StampStyle): void {
    this.#style = style;
    if (this.#finder.style !== style) this.#finder = new StampFinder(style);
  }

  /** Reads the stamp into `at_ns`, and returns the line without it, and without what stood before. */
  strip(line: string): string {
    return this.#fronts.strip(this.#unstamped(line));
  }

  #unstamped(line: string): string {
    if (this.#use === 'none') return line;
    this.at_ns = NaN;
    const found = this.#finder.find(line);
    if (found === null) return this.#timed === null ? line : this.#fronts.shared(line, this.#timed);
    this.#timed ??= line;
    if (this.#use === 'read') this.#take(found);
    return found.rest;
  }

  /** Where the digits of the time of a line stand; null: it cannot be read again by those. Call after `strip`. */
  places(line: string): TimePlaces | null {
    if (this.#use === 'none') return UNTIMED;
    const found = this.#finder.find(line);
    if (found === null) return UNTIMED;
    return this.#use === 'read' ? timePlaces(line, found) : null;
  }

  /** As `strip`, of a line whose places are known. */
  again({ stampOf }: TimePlaces, numbers: Float64Array): void {
    this.at_ns = NaN;
    const found = stampOf(numbers);
    if (found !== null) this.#take(found);
  }

  /** @param found may be written anew afterwards */
  #take(found: Stamp): void {
    const second = this.#secondOf(found);
    if (!possible(second)) {
      this.impossible += 1;
      return;
    }
    this.#expect(found.style);
    this.kind = kindOf(found);
    this.see(this.#turned(second, found.bareHour), found.part_ns, found.digits);
  }

  /** A stamp of the commonest style, `[second.fraction] `, that was read already. */
  see(second: number, part_ns: number, digits: number): void {
    if (Number.isNaN(this.#origin_s)) {
      this.#origin_s = second;
      this.#originPart_ns = part_ns;
      this.kind ??= 'utc';
      if (this.#style === null) this.#expect('epoch');
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
    return this.#style === 'yearless' ? text.slice('2000-'.length) : text;
  }

  /** What figures that rest on these times are worth; a sentence each. */
  get worth(): string[] {
    const { kind, resolution_ns } = this;
    return [
      ...(kind !== null && resolution_ns >= 1e6
        ? [`times are in steps of ${resolution_ns / NS_PER_S} s: bounds are wider by that at each end`]
        : []),
      ...(kind === 'local' || kind === 'time-of-day'
        ? ["times carry no zone: starts are in the log's own time"]
        : []),
    ];
  }

  /** What was assumed of the stamps; a sentence each. */
  get assumed(): string[] {
    const said: string[] = [];
    const date = this.#firstEither?.date ?? null;
    if (date !== null && (this.#order === null || this.#why === 'goes on')) {
      const order = this.#order ?? usual(date);
      const [first, second] = [date.day, date.month].map((number) => String(number).padStart(2, '0'));
      said.push(
        `dates like ${first}/${second}/${String(date.year)} are taken to have the ${order === 'day-first' ? 'day' : 'month'} first` +
          (this.#order === null ? ': nothing in the log tells' : ', since they go on so'),
      );
    }
    if (this.#twelve === 'yes')
      said.push('hours go from 12 to 1: taken for a 12-hour clock that does not say which half');
    return said;
  }

  #wall_ms(at_ns: number): number {
    return this.#origin_s * 1000 + (this.#originPart_ns + at_ns) / NS_PER_MS;
  }

  #secondOf(found: Stamp): number {
    const { date } = found;
    if (date === null) return found.second;
    if (date.either) this.#tell(found, date);
    else if (this.#firstEither !== null && this.#order === null)
      this.#decide(orderLike(this.#firstEither, found), 'told');
    const order = this.#order ?? usual(date);
    if (this.#date !== date || this.#dateOrder !== order) {
      this.#date = date;
      this.#dateOrder = order;
      this.#day_s = secondAs(found, order) - found.second;
    }
    return this.#day_s + found.second;
  }

  /** A date that may be either: what goes on by a day under one reading goes on by a month under the other. */
  #tell(found: Stamp, date: WrittenDate): void {
    this.#firstEither ??= { ...found };
    const last = this.#lastEither;
    this.#lastEither = { ...found };
    if (this.#order !== null || last === null) return;
    if (last.date?.day === date.day && last.date.month === date.month) return;
    const step = (order: DateOrder): number => secondAs(found, order) - secondAs(last, order);
    const fits = (order: DateOrder): boolean => step(order) >= 0 && step(order) < NEXT_DAY_S;
    if (fits('day-first') !== fits('month-first'))
      this.#decide(fits('day-first') ? 'day-first' : 'month-first', 'goes on');
  }

  #decide(order: DateOrder, why: 'told' | 'goes on'): void {
    const first = this.#firstEither;
    this.#order = order;
    this.#why = why;
    // Up to here all were of one day, so that only where that lies in the year was not known.
    if (first === null || Number.isNaN(this.#origin_s)) return;
    const shift = secondAs(first, order) - secondAs(first, usual(first.date as WrittenDate));
    this.#origin_s += shift;
    this.#lastSecond += shift;
  }

  /** Past midnight, or past the end of the year, a stamp without date or year jumps back. */
  #turned(second: number, hour: number | null): number {
    const whole = this.#style === 'clock' ? DAY_S : this.#style === 'yearless' ? 366 * DAY_S : 0;
    if (this.#style === 'clock') this.#turnedTwelve(second, hour);
    if (whole > 0 && second + this.#turned_s < this.#lastSecond - whole / 2) this.#turned_s += whole;
    this.#lastSecond = second + this.#turned_s;
    return this.#lastSecond;
  }

  #turnedTwelve(second: number, hour: number | null): void {
    if (hour === null || hour === 0 || hour > 12) this.#twelve = 'no';
    const back = this.#lastSecond - (second + this.#turned_s);
    if (this.#twelve !== 'no' && this.#lastHour === 12 && hour === 1 && back > 0 && back <= TWELVE_BACK_S) {
      this.#twelve = 'yes';
      this.#turned_s += HALF_DAY_S;
    }
    this.#lastHour = hour ?? NaN;
  }
}

const kindOf = ({ utc, date, style }: Stamp): LogTimeKind => {
  if (utc) return 'utc';
  return date === null && style === 'clock' ? 'time-of-day' : 'local';
};

/** Without anything that tells: the day first, but where a clock with halves says America. */
const usual = (date: WrittenDate): DateOrder => (date.halves ? 'month-first' : 'day-first');

const secondAs = ({ second, date }: Stamp, order: DateOrder): number => {
  if (date === null) return second;
  const swapped = date.either && order === 'month-first';
  const [month, day] = swapped ? [date.day, date.month] : [date.month, date.day];
  return dayOf(date.year ?? NO_YEAR, month, day) + second;
};

/** A later date that can be read in one way only tells how the first was meant: near it. */
const orderLike = (first: Stamp, told: Stamp): DateOrder => {
  const off = (order: DateOrder): number => Math.abs(secondAs(told, order) - secondAs(first, order));
  return off('day-first') <= off('month-first') ? 'day-first' : 'month-first';
};
