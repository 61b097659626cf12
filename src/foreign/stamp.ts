/**
 * What a stamp is made of. A log keeps to one: seconds since 1970 with a fraction or without, or a time of day behind a
 * whole date, a date without its year, or none.
 */
export type StampStyle = 'epoch' | 'epoch-whole' | 'dated' | 'yearless' | 'clock';

/** A date as it was written. Months from 1. */
export interface WrittenDate {
  /** null: left out. */
  readonly year: number | null;
  readonly month: number;
  readonly day: number;
  /** Would month and day, exchanged, be a date too, and nothing tells which is meant? */
  readonly either: boolean;
  /** Where nothing tells: is the month first, as it is where clocks have halves? */
  readonly halves: boolean;
}

/** The time in one line. */
export interface Stamp {
  readonly style: StampStyle;
  /** Does it name UTC, or how far from it? */
  readonly utc: boolean;
  /** Seconds since 1970, or of the day, less the zone. */
  readonly second: number;
  /** The fraction, and how many digits it has. */
  readonly part_ns: number;
  readonly digits: number;
  readonly date: WrittenDate | null;
  /** The hour as written, where no half of the day goes with it; else null. */
  readonly bareHour: number | null;
  /** The line without it, and without what stands between. */
  readonly rest: string;
}

const partOf = (fraction: string): Pick<Stamp, 'part_ns' | 'digits'> => ({
  part_ns: Number(fraction) * 10 ** (9 - fraction.length),
  digits: fraction.length,
});

/** No line of a tool with a time in it is longer; to search what is could take forever. */
export const LONGEST_STAMPED = 2000;
/** No date is longer. */
const LONGEST_DATE = 80;

/** What may stand before a time: nothing, a space, a bracket, a quote or another column. */
const BORDER = String.raw`(?<=^|[\s[({"'|,;>])`;
const BEHIND = String.raw`(?=\]?[\s:|,;"')]|\]|$)`;
const EPOCH = new RegExp(String.raw`${BORDER}\[?(\d{9,})[.,](\d{1,9})\]?${BEHIND}`);
/** Seconds, or those with milli-, micro- or nanoseconds behind. */
const EPOCH_WHOLE = new RegExp(String.raw`${BORDER}([12]\d{9})(\d{3}|\d{6}|\d{9})?${BEHIND}`);
/** `22:13:21.123`, also behind `2023-11-14T`, `14/Nov/2023:` and 下午. */
const CLOCK =
  /(?<=^|[\s[({"'|,;>=]|\d[T_-]|\/\d{4}:|[午전후])(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d{1,9})|:(\d{3})(?!\d))?(?![\d:])/;
/** Finland, Denmark, Italy; an address has a fourth part. */
const DOTTED = /(?<=^\s*|\d{4}\s)(\d{1,2})\.(\d\d)\.(\d\d)(?:,(\d{1,3}))?(?=\s)/;

/** Short names of the months, as glibc, macOS and Windows write them; three letters, four where three are of two months. */
const MONTHS: readonly (readonly string[])[] = [
  'jan feb mar apr may jun jul aug sep oct nov dec',
  'jan feb mär apr mai jun jul aug sep okt nov dez',
  'jän feb mrz apr mai jun jul aug sep okt nov dez',
  'jan fév mar avr mai juin juil aoû sep oct nov déc',
  'ene feb mar abr may jun jul ago sep oct nov dic',
  'jan fev mar abr mai jun jul ago set out nov dez',
  'gen feb mar apr mag giu lug ago set ott nov dic',
  'jan feb maa apr mei jun jul aug sep okt nov dec',
  'jan feb mrt apr maj jun jul aug sep okt nov dec',
  'янв фев мар апр мая июн июл авг сен окт ноя дек',
  'янв фев мар апр май июн июл авг сен окт ноя дек',
  'sty lut mar kwi maj cze lip sie wrz paź lis gru',
  'led úno bře dub kvě čvn čvc srp zář říj lis pro',
  'oca şub mar nis may haz tem ağu eyl eki kas ara',
  'tam hel maa huh tou kes hei elo syy lok mar jou',
  'jan feb már ápr máj jún júl aug sze okt nov dec',
].map((names) => names.split(' '));
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
/** Letters behind a time are taken for a zone if they are one, or a year follows: `22:13:21 PING …` has none. */
const ZONES = [
  'CET CEST EET EEST WET WEST BST IST MSK EST EDT CST CDT MST MDT PST PDT AKST AKDT HST JST KST HKT SGT',
  'AEST AEDT ACST ACDT AWST NZST NZDT BRT BRST ART CLT CLST SAST',
]
  .join(' ')
  .replaceAll(' ', '|');

const HALF = /^[ \u202f]?([AaPp])\.?[ \u202f]?[Mm]\b\.?/;
const ZONE = new RegExp(
  String.raw`^,?\s?\(?(?:(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)(?![\d:.]\d|\w)|(?:${ZONES})\b|[A-Z]{3,5}(?=\s\d{4}\b))\)?`,
);
const YEAR = /^\s(\d{4})(?![\d.]|:\d)/;

const YEAR_FIRST =
  /(\d{4})(?:[-/._]|[.년年]\s*)(\d{1,2})(?:[-/._]|[.월月]\s*)(\d{1,2})[.일日]?(?:\s*\(?\p{L}+\.?\)?)?(?:[T\s_,:-]|午前|午後|上午|下午|오전|오후)*$/u;
const PACKED = /(?<!\d)(\d{4})(\d\d)(\d\d)[T\s_-]*$/;
const NUMBERS = /(?<![\d.])(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})\.?,?\s*$/;
const MONTH_FIRST = /(\p{L}{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?(?:\s+(\d{4}))?,?\s*(?:at\s*)?$/u;
/** Chinese, Japanese and Korean: `11月 30`. */
const NUMBERED_MONTH = /(?<!\d)(\d{1,2})[월月]\s*(\d{1,2})[일日]?\s*$/;
const DAY_FIRST =
  /(?<!\d)(\d{1,2})\.?[\s/-]\s*(?:de\s+)?(\p{L}{3,})\.?(?:[\s/-]\s*(?:de\s+)?(\d{4}|\d\d))?[,:]?\s*(?:at\s*|um\s*)?$/u;
const AFTERNOON = /(?:午後|下午|오후)\s*$/;
const BEFORE_NOON = /(?:午前|上午|오전)\s*$/;

/** Null: no month of any language here, or of two. */
const monthOf = (name: string): number | null => {
  const lower = name.toLowerCase();
  const found = new Set<number>();
  for (const names of MONTHS)
    for (const [index, short] of names.entries()) if (lower.startsWith(short)) found.add(index + 1);
  // `mars` and `mai` are the same in all; `lis` is not.
  return found.size === 1 ? ([...found][0] as number) : null;
};

/** From which it can be told which of two numbers is the month. */
const isOn = (weekday: string, year: number, month: number, day: number): boolean =>
  WEEKDAYS[new Date(Date.UTC(year, month - 1, day)).getUTCDay()] === weekday;

const ofNumbers = (before: string, match: RegExpExecArray, halves: boolean): WrittenDate | null => {
  const [first, middle] = [Number(match[1]), Number(match[3])];
  const year = Number(match[4]) + ((match[4] as string).length === 2 ? 2000 : 0);
  if (first < 1 || middle < 1 || first > 31 || middle > 31 || (first > 12 && middle > 12)) return null;
  const dayFirst = { year, month: middle, day: first, either: false, halves };
  const monthFirst = { year, month: first, day: middle, either: false, halves };
  if (middle > 12) return monthFirst;
  if (first > 12 || match[2] === '.') return dayFirst;
  if (first === middle) return dayFirst;
  const weekday = /(\p{L}{3})\p{L}*,?\s*$/u.exec(before.slice(0, match.index))?.[1]?.toLowerCase() ?? '';
  const [asDay, asMonth] = [isOn(weekday, year, middle, first), isOn(weekday, year, first, middle)];
  if (asDay !== asMonth) return asDay ? dayFirst : monthFirst;
  return { ...dayFirst, either: true, halves: halves && match[2] === '/' };
};

interface Dated {
  readonly date: WrittenDate | null;
  /** Where it begins in what stands before the clock. */
  readonly at: number;
}

const named = (match: RegExpExecArray, name: string, day: string, year: string | undefined): Dated | null => {
  const month = monthOf(name);
  if (month === null || Number(day) < 1 || Number(day) > 31) return null;
  const full = year === undefined ? null : Number(year) + (year.length === 2 ? 2000 : 0);
  return { date: { year: full, month, day: Number(day), either: false, halves: false }, at: match.index };
};

/** Null: there is no such month, or day. */
const ofParts = (year: number | null, month: number, day: number, halves: boolean): WrittenDate | null =>
  month >= 1 && month <= 12 && day >= 1 && day <= 31 ? { year, month, day, either: false, halves } : null;

/** The date that what stands before a clock ends with. */
const dateIn = (before: string, halves: boolean): Dated => {
  const yearFirst = YEAR_FIRST.exec(before) ?? PACKED.exec(before);
  if (yearFirst !== null) {
    const [year, month, day] = yearFirst.slice(1, 4).map(Number) as [number, number, number];
    const date = ofParts(year, month, day, halves);
    if (date !== null) return { date, at: yearFirst.index };
  }
  const numbers = NUMBERS.exec(before);
  if (numbers !== null) return { date: ofNumbers(before, numbers, halves), at: numbers.index };
  const numbered = NUMBERED_MONTH.exec(before);
  if (numbered !== null)
    return { date: ofParts(null, Number(numbered[1]), Number(numbered[2]), halves), at: numbered.index };
  const monthFirst = MONTH_FIRST.exec(before);
  const dayFirst = DAY_FIRST.exec(before);
  return (
    (monthFirst === null
      ? null
      : named(monthFirst, monthFirst[1] as string, monthFirst[2] as string, monthFirst[3])) ??
    (dayFirst === null
      ? null
      : named(dayFirst, dayFirst[2] as string, dayFirst[1] as string, dayFirst[3])) ?? {
      date: null,
      at: before.length,
    }
  );
};

const zoneSeconds = (zone: string): number => {
  const parts = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  if (parts === null) return 0;
  return (parts[1] === '-' ? -1 : 1) * (Number(parts[2]) * 3600 + Number(parts[3] ?? 0) * 60);
};

const LEADING = /^["')\]]*\s*(?:[:|,;>=]|-(?!--))?\s*["'(]?/;
const TRAILING = /[\s"'([{|,;>:-]*$/;
/** What only a probe's line has. */
const OF_A_PROBE = /(?:seq|req|ttl|time)\s?[=<]\s?\d/i;

/** What is left of a line: what stands behind the time, or before it where that ends the line. */
const restOf = (before: string, after: string): string => {
  // A weekday, or a line drawn around it: this one is a date and nothing else.
  if (!/[\p{L}\p{N}]/u.test(after) && /^[^\p{L}\p{N}]*\p{L}{0,12}[^\p{L}\p{N}]*$/u.test(before)) return '';
  const rest = after.slice((LEADING.exec(after) as RegExpExecArray)[0].length);
  if (rest.trim() !== '' && (OF_A_PROBE.test(rest) || !OF_A_PROBE.test(before))) {
    const quoted =
      /["']\s*$/.test(rest) && /["']\s*$/.test(`${before}${after.slice(0, after.length - rest.length)}`);
    return quoted ? rest.replace(/["']\s*$/, '') : rest;
  }
  const front = before.replace(/\s*[[("'|,;>-]*\s*$/, '');
  return front;
};

/** The last stamp whose line went on behind it: the next one is mostly the same but for the time of day. */
interface Memo {
  /** Up to the time, and between it and the rest. */
  readonly before: string;
  readonly between: string;
  /** Of the time, with its fraction. */
  readonly length: number;
  readonly stamp: Stamp;
  /** Of the time of day. */
  readonly zone_s: number;
}

const ZERO = 48;
const COLON = 58;

const twoDigits = (line: string, at: number): number => {
  const [tens, ones] = [line.charCodeAt(at) - ZERO, line.charCodeAt(at + 1) - ZERO];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
};

/** The time of a line that is like the one before; null: it is not, or its clock has halves. */
const likeBefore = (line: string, memo: Memo): Stamp | null => {
  const at = memo.before.length;
  const end = at + memo.length;
  const { stamp } = memo;
  if (!line.startsWith(memo.between, end) || !line.startsWith(memo.before)) return null;
  if (line.charCodeAt(at + 2) !== COLON || line.charCodeAt(at + 5) !== COLON) return null;
  const hour = twoDigits(line, at);
  const second = hour * 3600 + twoDigits(line, at + 3) * 60 + twoDigits(line, at + 6);
  const fraction = line.slice(at + 9, end);
  const next = line.charCodeAt(end + memo.between.length);
  if (Number.isNaN(second) || !/^\d*$/.test(fraction) || !(next > 32)) return null;
  // What goes on with digits has a longer time, or none.
  if (memo.between === '' || /[\d:]/.test(line[end] as string)) return null;
  return {
    ...stamp,
    second: second - memo.zone_s,
    ...partOf(fraction),
    bareHour: hour,
    rest: line.slice(end + memo.between.length),
  };
};

const clockIn = (line: string): Stamp | null => {
  const match = CLOCK.exec(line) ?? DOTTED.exec(line);
  if (match === null) return null;
  const before = line.slice(0, match.index);
  let after = line.slice(match.index + match[0].length);
  const half = HALF.exec(after);
  if (half !== null) after = after.slice(half[0].length);
  const afternoon = half === null ? AFTERNOON.test(before) : /p/i.test(half[1] as string);
  const halves = half !== null || afternoon || BEFORE_NOON.test(before);
  const zone = ZONE.exec(after);
  if (zone !== null) after = after.slice(zone[0].length);
  const dated = before.slice(-LONGEST_DATE);
  const { date: written, at } = dateIn(dated, halves);
  const year = written !== null && written.year === null ? YEAR.exec(after) : null;
  if (year !== null) after = after.slice(year[0].length);
  const date = written === null || year === null ? written : { ...written, year: Number(year[1]) };
  const hour = Number(match[1]);
  const hours = halves ? (hour % 12) + (afternoon ? 12 : 0) : hour;
  const second = hours * 3600 + Number(match[2]) * 60 + Number(match[3]);
  return {
    style: date === null ? 'clock' : date.year === null ? 'yearless' : 'dated',
    utc: zone?.[1] !== undefined && date !== null && date.year !== null,
    second: second - (date === null ? 0 : zoneSeconds(zone?.[1] ?? '')),
    ...partOf(match[4] ?? match[5] ?? ''),
    date,
    bareHour: halves ? null : hour,
    rest: restOf(before.slice(0, before.length - dated.length + at), after),
  };
};

const epochIn = (line: string, style: 'epoch' | 'epoch-whole'): Stamp | null => {
  const match = (style === 'epoch' ? EPOCH : EPOCH_WHOLE).exec(line);
  if (match === null) return null;
  const before = line.slice(0, match.index);
  return {
    style,
    utc: true,
    second: Number(match[1]),
    ...partOf(match[2] ?? ''),
    date: null,
    bareHour: null,
    rest: restOf(before.replace(TRAILING, ''), line.slice(match.index + match[0].length)),
  };
};

/** What `likeBefore` needs of a line; null: where its time is of another kind. */
const memoOf = (line: string, stamp: Stamp): Memo | null => {
  const match = CLOCK.exec(line);
  const { rest, bareHour } = stamp;
  if (match === null || bareHour === null || (match[1] as string).length !== 2) return null;
  const end = match.index + match[0].length;
  const between = line.slice(end, line.length - rest.length);
  if (rest === '' || between === '' || end + between.length + rest.length !== line.length) return null;
  if (!line.endsWith(rest) || match[5] !== undefined) return null;
  const ofDay = bareHour * 3600 + Number(match[2]) * 60 + Number(match[3]);
  const zone_s = ofDay - stamp.second;
  return { before: line.slice(0, match.index), between, length: match[0].length, stamp, zone_s };
};

/** Digits of a line, from a character up to, but without, another. */
export interface Place {
  readonly from: number;
  readonly to: number;
}

/** The digits of a line's time, and what they make; of a line without a time there are none, and it makes null. */
export interface TimePlaces {
  readonly places: readonly Place[];
  /** The stamp of a line with these digits; the same object each time. */
  readonly stampOf: (numbers: Float64Array) => Stamp | null;
}

/** The whole seconds but for the first digit, which `EPOCH_WHOLE` looks at, and the fraction. */
const epochPlaces = (line: string, found: Stamp): TimePlaces | null => {
  const match = (found.style === 'epoch' ? EPOCH : EPOCH_WHOLE).exec(line);
  if (match === null || match[1]?.length !== 10) return null;
  const from = match.index + match[0].indexOf(match[1]);
  const places = [{ from: from + 1, to: from + 10 }];
  const split = found.style === 'epoch' ? from + 11 : from + 10;
  if (found.digits > 0) places.push({ from: split, to: split + found.digits });
  const stamp = { ...found };
  const first = Number(match[1][0]) * 1e9;
  const unit_ns = 10 ** (9 - found.digits);
  return {
    places,
    stampOf: (numbers) => {
      stamp.second = first + (numbers[0] as number);
      if (stamp.digits > 0) stamp.part_ns = (numbers[1] as number) * unit_ns;
      return stamp;
    },
  };
};

const clockPlaces = (line: string, found: Stamp): TimePlaces | null => {
  const memo = memoOf(line, found);
  if (memo === null) return null;
  const from = memo.before.length;
  const places = [0, 3, 6].map((at) => ({ from: from + at, to: from + at + 2 }));
  if (found.digits > 0) places.push({ from: from + 9, to: from + 9 + found.digits });
  const stamp = { ...found };
  const unit_ns = 10 ** (9 - found.digits);
  return {
    places,
    stampOf: (numbers) => {
      const hour = numbers[0] as number;
      stamp.bareHour = hour;
      stamp.second = hour * 3600 + (numbers[1] as number) * 60 + (numbers[2] as number) - memo.zone_s;
      if (stamp.digits > 0) stamp.part_ns = (numbers[3] as number) * unit_ns;
      return stamp;
    },
  };
};

/** Where the digits of a stamp stand that was found in front of what the tool said; null: that cannot be told. */
export const timePlaces = (line: string, found: Stamp): TimePlaces | null => {
  if (found.rest === '' || !line.endsWith(found.rest)) return null;
  const made = found.style.startsWith('epoch') ? epochPlaces(line, found) : clockPlaces(line, found);
  const end = made?.places.at(-1)?.to ?? Infinity;
  return end <= line.length - found.rest.length ? made : null;
};

/**
 * The times of a log's lines, wherever they stand: what is written before them, of a syslog or a container, is no part of
 * what the tool said.
 */
export class StampFinder {
  readonly style: StampStyle | null;
  #memo: Memo | null = null;

  /** @param style null: any, the finest first */
  constructor(style: StampStyle | null) {
    this.style = style;
  }

  find(line: string): Stamp | null {
    const same = this.#memo === null ? null : likeBefore(line, this.#memo);
    if (same !== null) return same;
    const found = findStamp(line, this.style);
    this.#memo = found === null || found.style.startsWith('epoch') ? null : memoOf(line, found);
    return found;
  }
}

/**
 * The time in a line, wherever it stands: what is written before it, of a syslog or a container, is no part of what the
 * tool said. `style` null: of any, the finest first.
 */
export const findStamp = (line: string, style: StampStyle | null): Stamp | null => {
  if (line.length > LONGEST_STAMPED) return null;
  if (style === 'epoch' || style === 'epoch-whole') return epochIn(line, style);
  if (style === null) return epochIn(line, 'epoch') ?? clockIn(line) ?? epochIn(line, 'epoch-whole');
  const found = clockIn(line);
  return found?.style === style ? found : null;
};
