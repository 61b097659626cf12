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

/** `UTC`, `local time, UTC+01:00` */
export const sayZone = (zone: Zone, utc: string): string => {
  if (zone === 'utc') return 'UTC';
  const minutes = -new Date(utc).getTimezoneOffset();
  const sign = minutes < 0 ? '-' : '+';
  return `local time, UTC${sign}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
};
