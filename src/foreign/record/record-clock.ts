import { sayUtcOffset } from '../../analysis/words/format.js';
import type { RecordContext } from '../../model/evidence.js';
import { possible } from '../log-time.js';
import type { Stamp, WrittenDate } from '../stamp.js';
import type { Instant } from './form.js';

export const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** A double of milliseconds since 1970 holds no less for certain. */
const FINEST_MS = 0.001;

/** A day of the calendar, milliseconds since 1970; null: there is none, as the 31st of June. */
const dayOf = (year: number, month: number, day: number): number | null => {
  const ms = Date.UTC(year, month - 1, day);
  return new Date(ms).getUTCDate() === day ? ms : null;
};

/**
 * Puts the stamps of a record on the calendar. Each by itself, whatever stands around it: a clock that was set, and a list
 * that begins with what is newest, are found afterwards.
 */
export class RecordClock {
  /** Times without a date: there is nothing to place them by. */
  undated = 0;
  impossible = 0;
  zoned = false;
  unzoned = false;
  #yearless = false;
  /** The first date that can be read in two ways. */
  #either: WrittenDate | null = null;
  readonly #near_ms: number;
  readonly #year: number;
  readonly #zone_ms: number;
  readonly #zone_min: number | null;
  /** The day that was placed last: most lines are of the same. */
  #date: WrittenDate | null = null;
  #day_ms: number | null = null;

  constructor({ near, zone_min }: RecordContext) {
    this.#near_ms = (near.lo_ms + near.hi_ms) / 2;
    this.#year = new Date(this.#near_ms).getUTCFullYear();
    this.#zone_min = zone_min;
    this.#zone_ms = (zone_min ?? 0) * MINUTE_MS;
  }

  /** Null: it cannot be placed. */
  place(stamp: Stamp): Instant | null {
    const { date, second, part_ns, digits, utc, style } = stamp;
    if (style === 'clock') {
      this.undated += 1;
      return null;
    }
    const day_ms = date === null ? 0 : this.#dayOf(date);
    if (day_ms === null || !possible(day_ms / 1000 + second)) {
      this.impossible += 1;
      return null;
    }
    if (utc) this.zoned = true;
    else this.unzoned = true;
    const lo_ms = day_ms + second * 1000 + part_ns / 1e6 - (utc ? 0 : this.#zone_ms);
    return { lo_ms, hi_ms: lo_ms + Math.max(10 ** (3 - digits), FINEST_MS) };
  }

  /** What was assumed; a sentence each. */
  get assumed(): string[] {
    const said: string[] = [];
    if (this.unzoned)
      said.push(
        `times have no zone: taken as ${this.#zone_min === null || this.#zone_min === 0 ? 'UTC' : sayUtcOffset(this.#zone_min)}`,
      );
    if (this.#yearless) said.push('times have no year: each is taken for the one nearest to the run');
    if (this.#either !== null) {
      const { day, month, year } = this.#either;
      said.push(
        `dates like ${[day, month].map((each) => String(each).padStart(2, '0')).join('/')}/${String(year)} may begin with the day or the month: each is taken for the one nearest to the run`,
      );
    }
    return said;
  }

  #dayOf(date: WrittenDate): number | null {
    if (this.#date !== date) {
      this.#date = date;
      this.#day_ms = this.#nearest(date);
    }
    return this.#day_ms;
  }

  #nearest(date: WrittenDate): number | null {
    const { year, month, day, either } = date;
    if (year === null) this.#yearless = true;
    if (either) this.#either ??= date;
    const years = year === null ? [this.#year - 1, this.#year, this.#year + 1] : [year];
    const days = years.flatMap((each) => [
      dayOf(each, month, day),
      ...(either ? [dayOf(each, day, month)] : []),
    ]);
    const off = (ms: number): number => Math.abs(ms + DAY_MS / 2 - this.#near_ms);
    return days.reduce<number | null>(
      (best, ms) => (ms !== null && (best === null || off(ms) < off(best)) ? ms : best),
      null,
    );
  }
}
