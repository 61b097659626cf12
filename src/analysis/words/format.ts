/** How numbers become text, for machines (`plain…`) and for people (`say…`). Nowhere else. */

/** Decimals kept by unit: 1 µs, and a hundredth of a per cent. */
const DECIMALS_BY_SUFFIX: readonly (readonly [suffix: string, decimals: number])[] = [
  ['_ms', 3],
  ['_s', 6],
  ['share', 4],
];

/** Rounded by the unit in the column's name; whole numbers stay as they are. Never -0. */
export const roundByUnit = (column: string, value: number): number => {
  if (!Number.isFinite(value)) throw new Error(`${column} is ${value}: a missing value must be null`);
  const decimals = DECIMALS_BY_SUFFIX.find(([suffix]) => column.endsWith(suffix))?.[1];
  return decimals === undefined ? value + 0 : Number(value.toFixed(decimals)) + 0;
};

/** The same of every number in fields or lists, by the nearest name. */
export const roundAllByUnit = <Value>(value: Value, name = ''): Value => {
  if (typeof value === 'number') return roundByUnit(name, value) as Value;
  if (Array.isArray(value)) return value.map((each: unknown) => roundAllByUnit(each, name)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, roundAllByUnit(each as unknown, key)]),
  ) as Value;
};

/** Without an exponent: `String` uses one below 1e-6, which `roundByUnit` has rounded away. */
export const plainNumber = (column: string, value: number): string => String(roundByUnit(column, value));

/** About three figures, and never finer than a millisecond. */
const decimalsOf = (seconds: number): number => {
  if (Math.abs(seconds) < 1) return 3;
  return Math.abs(seconds) < 100 ? 2 : 1;
};

/** So little that it only undoes the error of a binary fraction, as in 3.42 * 100 = 341.99999999999994. */
const BINARY_ERROR = 1e-6;

const roundDown = (value: number, decimals: number): string => {
  const scale = 10 ** decimals;
  return (Math.floor(value * scale + BINARY_ERROR) / scale + 0).toFixed(decimals);
};

const roundUp = (value: number, decimals: number): string => {
  const scale = 10 ** decimals;
  return (Math.ceil(value * scale - BINARY_ERROR) / scale + 0).toFixed(decimals);
};

/** `3.42 s`, `0.036 s`, `134.0 s` */
export const saySeconds = (value: number): string => `${(value + 0).toFixed(decimalsOf(value))} s`;

/** `0.31 ms`, `12.4 ms`, `120 ms` */
export const sayMs = (value: number): string => {
  if (Math.abs(value) < 10) return `${(value + 0).toFixed(2)} ms`;
  return `${value.toFixed(Math.abs(value) < 100 ? 1 : 0)} ms`;
};

/** Of a share 0..1: `0.25 %`, `4.0 %`, `90 %` */
export const sayPercent = (share: number): string => {
  const percent = 100 * share;
  return `${percent < 1 ? Number(percent.toPrecision(2)) : percent.toFixed(percent < 10 ? 1 : 0)} %`;
};

/** For notes, which write no zero at the end: `4 %`, `0.25 %`. Of a share, or of so many `of` so many. */
export const spellPercent = (share: number, of = 1): string =>
  `${Number(((100 * share) / of).toPrecision(2))} %`;

/** For notes, which group no digits: `1 probe`, `60000 probes`. */
export const spellProbes = (count: number): string => (count === 1 ? '1 probe' : `${count} probes`);

/** With a capital at the beginning of a sentence. */
export const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** `60,000` */
export const sayCount = (value: number): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');

const OCTET_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `512 B`, `4.2 kB`, `48.3 MB`: powers of 1000 */
export const sayOctets = (octets: number): string => {
  const power = Math.min(OCTET_UNITS.length - 1, Math.floor(Math.log10(Math.max(1, octets)) / 3));
  const value = octets / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${OCTET_UNITS[power] ?? ''}`;
};

/** `3 trials`, `1 trial` */
export const sayNumberOf = (count: number, noun: string, nouns = `${noun}s`): string =>
  `${sayCount(count)} ${count === 1 ? noun : nouns}`;

/** `1st`, `2nd`, `11th`, `23rd` */
export const sayNth = (nth: number): string => {
  const endings = nth % 100 > 10 && nth % 100 < 14 ? [] : ['th', 'st', 'nd', 'rd'];
  return `${nth}${endings[nth % 10] ?? 'th'}`;
};

/** The bounds of an outage, in seconds. `point` and `hi` are null where the recovery was not seen. */
export interface Bounds {
  readonly lo: number | null;
  readonly point: number | null;
  readonly hi: number | null;
}

/** The ends are rounded outwards, so that the printed interval still holds the true value. */
const ends = ({ lo, hi }: { lo: number; hi: number }, decimals: number): readonly [string, string] => [
  roundDown(lo, decimals),
  roundUp(hi, decimals),
];

/**
 * For tables: `3.42 s  [3.41 … 3.43]`; `< 0.021 s` where nothing was lost; `≥ 12.30 s` where the recovery was not
 * seen, `not known` where that leaves nothing; empty where there is no figure.
 */
export const sayBounds = ({ lo, point, hi }: Bounds): string => {
  if (lo === null) return '';
  if (point === null || hi === null) return lo === 0 ? 'not known' : `≥ ${roundDown(lo, decimalsOf(lo))} s`;
  if (point === 0) return `< ${roundUp(hi, decimalsOf(hi))} s`;
  const decimals = decimalsOf(point);
  return `${saySeconds(point)}  [${ends({ lo, hi }, decimals).join(' … ')}]`;
};

/**
 * For sentences: `3.42 s (3.41–3.43 s)`, `at least 12.30 s`, `less than 0.021 s`.
 *
 * @param what the interval is, where it could be taken for another: `measured `
 */
export const spellBounds = ({ lo, point, hi }: Bounds, what = ''): string => {
  if (lo === null || (lo === 0 && (point === null || hi === null))) return 'an unknown time';
  if (point === null || hi === null) return `at least ${roundDown(lo, decimalsOf(lo))} s`;
  if (point === 0) return `less than ${roundUp(hi, decimalsOf(hi))} s`;
  return `${saySeconds(point)} (${what}${ends({ lo, hi }, decimalsOf(point)).join('–')} s)`;
};

/** A difference of two times in seconds, and its ends; any may be infinite. */
export interface Shift {
  /** null: not known. */
  readonly shift: number | null;
  /** null: open. */
  readonly lo: number | null;
  readonly hi: number | null;
}

/** Of a difference: of times, or of counts. */
export type Unit = ' s' | '';

const settled = ({ shift, lo, hi }: Shift, unit: Unit): { lo: number; hi: number; decimals: number } => ({
  lo: lo ?? -Infinity,
  hi: hi ?? Infinity,
  decimals:
    unit === ''
      ? 1
      : decimalsOf([shift, lo, hi].find((value) => value !== null && Number.isFinite(value)) ?? 0),
});

const signed = (value: number, text: string): string => {
  if (!Number.isFinite(value)) return value < 0 ? '-∞' : '+∞';
  return value < 0 ? text : `+${text}`;
};

/**
 * For tables: `+1.21 s  [+0.98 … +1.45]`, `+1.21 s  [+0.98 … +∞]`; without `hasInterval` the shift alone. The ends are
 * rounded outwards.
 */
export const sayShift = (all: Shift, hasInterval: boolean, unit: Unit = ' s'): string => {
  const { shift } = all;
  const { lo, hi, decimals } = settled(all, unit);
  const point = shift === null ? '?' : signed(shift, `${(shift + 0).toFixed(decimals)}${unit}`);
  return hasInterval
    ? `${point}  [${signed(lo, roundDown(lo, decimals))} … ${signed(hi, roundUp(hi, decimals))}]`
    : point;
};

/** The ends of a shift for sentences: `0.98 to 1.45 s`, `at least 0.98 s`, `0.40 s shorter to 0.70 s longer`. */
export const spellEnds = (
  all: Shift,
  [less, more]: readonly [less: string, more: string],
  unit: Unit = ' s',
): string => {
  const { lo, hi, decimals } = settled(all, unit);
  const beyondZero = (near: number, far: number): string =>
    far === Infinity
      ? `at least ${roundDown(near, decimals)}${unit}`
      : `${roundDown(near, decimals)} to ${roundUp(far, decimals)}${unit}`;
  if (lo >= 0) return beyondZero(lo, hi);
  if (hi <= 0) return beyondZero(-hi, -lo);
  const size = (value: number): string =>
    value === Infinity ? 'any time' : `${roundUp(value, decimals)}${unit}`;
  return `${size(-lo)} ${less} to ${size(hi)} ${more}`;
};

/** The same, with the way also where both ends go it: `0.98 to 1.45 s longer`. */
export const spellShift = (
  all: Shift,
  words: readonly [less: string, more: string],
  unit: Unit = ' s',
): string => {
  const { lo, hi } = settled(all, unit);
  const [less, more] = words;
  const way = lo >= 0 ? ` ${more}` : hi <= 0 ? ` ${less}` : '';
  return `${spellEnds(all, words, unit)}${way}`;
};

/** `0.029`, `< 0.001`; never 0. */
export const sayP = (p: number): string => (p < 0.001 ? '< 0.001' : p.toPrecision(2));

/** For sentences: `p = 0.029`, `p < 0.001` */
export const spellP = (p: number): string => `p ${p < 0.001 ? '' : '= '}${sayP(p)}`;

/** Of a share 0..1, as of an interval's level: `97.1 %`, never rounded up to a level that was not reached. */
export const sayLevel = (level: number): string => `${roundDown(100 * level, 1)} %`;

/** `1.39` */
export const sayRatio = (ratio: number): string => (ratio < 100 ? ratio.toFixed(2) : ratio.toFixed(0));

/** `UTC+02:00` */
export const sayUtcOffset = (zone_min: number): string => {
  const minutes = Math.abs(zone_min);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `UTC${zone_min < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
};
