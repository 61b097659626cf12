import { sayUtcOffset } from './format.js';

/*
 * Instants as people read them: UTC, and local time with its distance from UTC beside it. Local is what it is where this runs, the
 * host that prints or the browser that shows; where that is UTC nothing is added. Data has UTC alone (RFC 3339).
 */

export type Zone = 'local' | 'utc';

const two = (value: number): string => String(value).padStart(2, '0');

/** `14:03:22.412` of an instant in RFC 3339; dashes where it is not known. */
export const sayTimeOfDay = (utc: string | null, zone: Zone): string => {
  if (utc === null) return '--:--:--.---';
  if (zone === 'utc') return utc.slice(11, 23);
  const at = new Date(utc);
  const ms = String(at.getMilliseconds()).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`;
};

/** `2026-11-21`: a watch can go on over midnight. */
export const sayDay = (utc: string, zone: Zone): string => {
  if (zone === 'utc') return utc.slice(0, 10);
  const at = new Date(utc);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
};

const offsetAt = (utc: string): number => -new Date(utc).getTimezoneOffset();

/** `UTC`, `local time, UTC+01:00` */
export const sayZone = (zone: Zone, utc: string): string =>
  zone === 'utc' ? 'UTC' : `local time, ${sayUtcOffset(offsetAt(utc))}`;

/** `2026-11-30 21:04:14 UTC` */
export const sayUtc = (utc: string): string => `${utc.slice(0, 10)} ${utc.slice(11, 19)} UTC`;

/** `2026-01-31 22:00`, for a column that says that it is UTC. */
export const sayMinute = (utc: string): string => utc.slice(0, 16).replace('T', ' ');

/** `22:04:14 UTC+01:00`, with the date where that is another; null: local time is UTC, or this is no instant. */
export const sayLocal = (utc: string): string | null => {
  const zone_min = offsetAt(utc);
  if (Number.isNaN(zone_min) || zone_min === 0) return null;
  const day = sayDay(utc, 'local');
  const time = sayTimeOfDay(utc, 'local').slice(0, /T\d\d:\d\d:/.test(utc) ? 8 : 5);
  return `${day === utc.slice(0, 10) ? '' : `${day} `}${time} ${sayUtcOffset(zone_min)}`;
};

/** Of a text: an instant, or what stands around it. */
interface Piece {
  readonly text: string;
  /** RFC 3339; null: no instant. */
  readonly utc: string | null;
}

/** `2026-11-30T21:04:14.120Z`, `2026-11-30 21:04:14 UTC` */
const INSTANT = /(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z| UTC(?![+-])))/;

const utcOf = (text: string): string | null => {
  const utc = text.replace(/ UTC$/, 'Z').replace(' ', 'T');
  return Number.isNaN(Date.parse(utc)) ? null : utc;
};

/** A text with the instants in it found. */
export const piecesOf = (text: string): readonly Piece[] =>
  text
    .split(INSTANT)
    .map((piece, index) => ({ text: piece, utc: index % 2 === 0 ? null : utcOf(piece) }))
    .filter((piece) => piece.text !== '');

/** `… 2026-11-30 21:04:14 UTC (22:04:14 UTC+01:00) …` */
export const withLocal = (text: string): string =>
  piecesOf(text)
    .map((piece) => {
      const local = piece.utc === null ? null : sayLocal(piece.utc);
      return local === null ? piece.text : `${piece.text} (${local})`;
    })
    .join('');
