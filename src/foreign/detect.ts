import { usage } from '../model/error.js';
import { brief } from '../model/outside.js';
import { fpingFormat } from './fping-reader.js';
import { IRTT_EXAMPLE } from './irtt.js';
import { pingFormat } from './ping-reader.js';
import type { FormatName, TextFormat } from './reader.js';
import { LogTimeReader } from './log-time.js';
import { windowsFormat } from './windows-reader.js';

export const TEXT_FORMATS: readonly TextFormat[] = [pingFormat, windowsFormat, fpingFormat];

/** What the beginning of a log says about the whole. */
export interface Detected {
  readonly format: FormatName;
  /** Do its lines carry times? */
  readonly stamped: boolean;
  /** Or times that no clock shows? */
  readonly mistimed: boolean;
}

const EXAMPLES = [
  ...TEXT_FORMATS.map(({ name, example }) => `${name} (${example})`),
  `irtt (${IRTT_EXAMPLE})`,
].join('; ');

const isIrtt = (head: string): boolean =>
  head.trimStart().startsWith('{') && /"irtt"|"round_trips"/.test(head);

const known = (format: TextFormat, lines: readonly string[]): Detected & { count: number } => {
  const stamps = new LogTimeReader();
  let count = 0;
  let stamped = false;
  for (const line of lines) {
    if (!format.knows(stamps.strip(line).trimEnd())) continue;
    count += 1;
    stamped ||= !Number.isNaN(stamps.at_ns);
  }
  return { format: format.name, count, stamped, mistimed: stamps.impossible > 0 };
};

const quoted = (line: string | undefined): string =>
  line === undefined ? '' : `; it begins with ${JSON.stringify(brief(line, 60))}`;

/**
 * The format of a log by its beginning: the one that knows most of its lines.
 *
 * @throws KnownError, with what was tried and what known lines look like.
 */
export const detect = (source: string, head: string, forced: FormatName | null): Detected => {
  if (head.trim() === '')
    throw usage(`${source} is empty`, 'give the output of ping, ping -t, fping -l or irtt client -o');
  if (forced === 'irtt' || (forced === null && isIrtt(head)))
    return { format: 'irtt', stamped: true, mistimed: false };
  const lines = head.split(/\r?\n/).filter((line) => line.trim() !== '');
  const found = TEXT_FORMATS.filter(({ name }) => forced === null || name === forced)
    .map((format) => known(format, lines))
    .reduce((best, each) => (each.count > best.count ? each : best));
  if (found.count > 0) return found;
  throw usage(
    forced === null
      ? `${source}: none of its first lines is of a format that is known${quoted(lines[0])}`
      : `${source}: none of its first lines is of the format ${forced}${quoted(lines[0])}`,
    `tried: ${EXAMPLES}`,
  );
};
