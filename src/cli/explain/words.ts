import type { StatedClock } from '../../analysis/chain/sight.js';
import { parseDuration } from '../../model/duration.js';
import { KnownError, usage } from '../../model/error.js';
import { brief } from '../../model/outside.js';
import { NS_PER_MS } from '../../model/time.js';

const CLOCK =
  /^(?<clock>.+)=(?<sign>[+-]?)(?<ahead>[\d.]+[a-z]+)(?:(?:±|\+\/?-|\+-)(?<error>[\d.]+[a-z]+))?$/;
const EXAMPLE = 'for example --clock fw-a=+2.3s±0.1s: its clock is 2.2 to 2.4 s ahead of this run';

const milliseconds = (given: string, text: string): number => {
  try {
    return parseDuration(text) / NS_PER_MS;
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    throw usage(`--clock ${brief(given, 60)}: ${error.message}`, EXAMPLE, error);
  }
};

/** One of the last digit that was written: `2.3s` is known to 0.1 s. */
const lastDigit = (text: string): string => text.replaceAll(/\d(?=.*\d)/g, '0').replace(/\d(?=\D*$)/, '1');

/** What `--clock fw-a=+2.3s±0.1s` says; `+-` for those without a ±. Throws KnownError. */
export const statedClock = (given: string): StatedClock => {
  const { clock, sign, ahead, error } = CLOCK.exec(given)?.groups ?? {};
  if (clock === undefined || ahead === undefined)
    throw usage(`--clock ${brief(given, 60)} says no clock and how far it is ahead`, EXAMPLE);
  const middle_ms = (sign === '-' ? -1 : 1) * milliseconds(given, ahead);
  const error_ms = milliseconds(given, error ?? lastDigit(ahead));
  return { clock, lo_ms: middle_ms - error_ms, hi_ms: middle_ms + error_ms };
};

const ZONE = /^(?<sign>[+-])(?<hours>\d{2}):?(?<minutes>[0-5]\d)$/;

/** Minutes east of UTC: `+02:00`, `UTC`, `Z`; null: not given. Throws KnownError. */
export const zoneOf = (given: string | undefined): number | null => {
  if (given === undefined) return null;
  if (/^(?:utc|z)$/i.test(given)) return 0;
  const { sign, hours, minutes } = ZONE.exec(given)?.groups ?? {};
  const total = Number(hours) * 60 + Number(minutes);
  if (sign === undefined || total > 14 * 60)
    throw usage(`--zone ${brief(given, 60)} is not a zone`, 'for example --zone +02:00, or --zone UTC');
  return sign === '-' ? -total : total;
};

const OWNED = /^(?<owner>[\w.-]+)=(?<file>.+)$/;

/** `fw-a=ha.log`: whose log a file is; null: not said. */
export const ownedFile = (
  given: string,
  isThere: (path: string) => boolean,
): { readonly owner: string | null; readonly file: string } => {
  const { owner, file } = isThere(given) ? {} : (OWNED.exec(given)?.groups ?? {});
  return owner === undefined || file === undefined ? { owner: null, file: given } : { owner, file };
};
