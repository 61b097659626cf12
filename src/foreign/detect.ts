import { usage } from '../model/error.js';
import { brief } from '../model/outside.js';
import { csvFormat } from './formats/csv.js';
import { curlFormat } from './formats/curl.js';
import { fpingJsonFormat, fpingListFormat } from './formats/fping-lists.js';
import { hpingFormat } from './formats/hping3.js';
import { httpingFormat } from './formats/httping.js';
import { iperfFormat } from './formats/iperf3.js';
import { marksFormat } from './formats/marks.js';
import { mikrotikFormat } from './formats/mikrotik.js';
import { mtrFormat } from './formats/mtr.js';
import { npingFormat } from './formats/nping.js';
import { papingFormat } from './formats/paping.js';
import { powershellFormat } from './formats/powershell.js';
import { pspingFormat } from './formats/psping.js';
import { refusalOf } from './formats/refused.js';
import { tcpdumpFormat } from './formats/tcpdump.js';
import { tcpingFormat } from './formats/tcping.js';
import { vmpingFormat } from './formats/vmping.js';
import { fpingFormat } from './formats/fping.js';
import { IRTT_EXAMPLE } from './irtt.js';
import { pingFormat } from './ping-reader.js';
import { FORMATS, type FormatName, type TextFormat } from './reader.js';
import { possible } from './log-time.js';
import { Fronts } from './fronts.js';
import { plainLine } from './plain-line.js';
import { findStamp, type StampStyle } from './stamp.js';
import { windowsFormat } from './windows-reader.js';

export const TEXT_FORMATS: readonly TextFormat[] = [
  marksFormat,
  pspingFormat,
  pingFormat,
  windowsFormat,
  fpingFormat,
  csvFormat,
  powershellFormat,
  tcpingFormat,
  papingFormat,
  httpingFormat,
  mikrotikFormat,
  vmpingFormat,
  fpingListFormat,
  fpingJsonFormat,
  tcpdumpFormat,
  iperfFormat,
  hpingFormat,
  npingFormat,
  mtrFormat,
  // Last: an answer of a service may look like anything.
  curlFormat,
];

/** What the beginning of a log says about the whole. */
export interface Detected {
  readonly format: FormatName;
  /** Do its lines carry times? */
  readonly stamped: boolean;
  /** How those are written; null: there are none. */
  readonly style: StampStyle | null;
  /** Do they stand on lines of their own? */
  readonly apart: boolean;
  /** Are what looks like times the lengths of the steps between the lines? */
  readonly steps: boolean;
  /** Or times that no clock shows? */
  readonly mistimed: boolean;
  /** What stands before them. */
  readonly fronts: Fronts;
  /** Is the first line cut off at its front, in the middle of its time? */
  readonly begun: boolean;
}

/** What most people have is shown, the others are named. */
const SHOWN: ReadonlySet<FormatName> = new Set(['ping', 'windows', 'fping']);

const EXAMPLES = [
  ...TEXT_FORMATS.filter(({ name }) => SHOWN.has(name)).map(({ name, example }) => `${name} (${example})`),
  `irtt (${IRTT_EXAMPLE})`,
  `and ${FORMATS.filter((name) => name !== 'irtt' && !SHOWN.has(name)).join(', ')}`,
].join('; ');

const exampleOf = (format: FormatName): string =>
  `its lines look like: ${TEXT_FORMATS.find(({ name }) => name === format)?.example ?? IRTT_EXAMPLE}`;

const isIrtt = (head: string): boolean =>
  head.trimStart().startsWith('{') && /"irtt"|"round_trips"/.test(head);

/** So many lines with a time and nothing else, and no other times, tell when the runs of a loop began. */
const ENOUGH_DATES = 2;
/** What `ts -i` writes is between two lines, and rarely as much. */
const LONGEST_STEP_S = 3600;

/** Times that do not go on are no times of day: `ts -i` writes how long each line took. */
const areSteps = (written: readonly number[]): boolean => {
  const [first] = written;
  if (first === undefined || written.length < 3 || written.some((second) => second > LONGEST_STEP_S))
    return false;
  const still = written.every((second) => second === first);
  return still ? first > 0 : written.some((second, index) => second < (written[index - 1] ?? 0));
};

/** In the middle of a time a cut leaves another one, far from those that follow. */
const FAR_S = 3600;
const NEAR_S = 60;

const isBegun = (lines: readonly string[], style: StampStyle | null): boolean => {
  const times = lines.slice(0, 3).map((line) => {
    const stamp = style === null ? null : findStamp(line, style);
    if (stamp === null) return NaN;
    const { date, second } = stamp;
    return date === null ? second : Date.UTC(date.year ?? 2000, date.month - 1, date.day) / 1000 + second;
  });
  const [first = NaN, next = NaN, third = NaN] = times;
  return Math.abs(next - first) > FAR_S && Math.abs(third - next) < NEAR_S;
};

interface Known extends Detected {
  readonly count: number;
}

const known = (format: TextFormat, lines: readonly string[]): Known => {
  let count = 0;
  let dates = 0;
  let impossible = 0;
  let headings = 0;
  const styles = new Map<StampStyle, number>();
  const written: number[] = [];
  const fronts = new Fronts();
  for (const raw of lines) {
    const line = format.plain?.(raw) ?? raw;
    if (format.begins?.(line.trim()) === true) headings += 1;
    const stamp = findStamp(line, null);
    if (stamp === null) {
      if (fronts.learn(line, format.knows)) count += 1;
      continue;
    }
    const isDate = stamp.rest === '';
    const stamped = !isDate && fronts.learn(stamp.rest, format.knows);
    const isShown = stamp.date !== null || stamp.style === 'clock' || possible(stamp.second);
    if (stamped || (!isDate && format.knows(line.trim()))) count += 1;
    if (isDate) dates += 1;
    else if (stamped && isShown) written.push(stamp.style === 'clock' ? stamp.second : NaN);
    else if (stamped) impossible += 1;
    if (stamped || (isDate && written.length === 0))
      styles.set(stamp.style, (styles.get(stamp.style) ?? 0) + 1);
  }
  // A date before each run of a loop, or before each of the replies that were cut out of it.
  const each = headings > 1 ? dates >= headings - 1 : headings === 0 && dates >= count;
  const apart = written.length === 0 && dates >= ENOUGH_DATES && each;
  const stamped = written.length > 0 || apart;
  const [style] = [...styles].toSorted(([, a], [, b]) => b - a)[0] ?? [null];
  const steps = style === 'clock' && areSteps(written);
  fronts.settle();
  return {
    format: format.name,
    fronts,
    begun: isBegun(lines, stamped && !steps ? style : null),
    count,
    stamped: stamped && !steps,
    apart,
    steps,
    style: stamped ? style : null,
    mistimed: impossible > 0,
  };
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
  if (forced === 'pcap')
    throw usage(
      `${source} does not begin as a capture does`,
      'give the file of tcpdump -w, of dumpcap or of Wireshark',
    );
  if (forced === 'irtt' || (forced === null && isIrtt(head)))
    return {
      format: 'irtt',
      stamped: true,
      style: null,
      apart: false,
      steps: false,
      mistimed: false,
      fronts: new Fronts(),
      begun: false,
    };
  const lines = head
    .split('\n')
    .map(plainLine)
    .filter((line) => line.trim() !== '');
  const found = TEXT_FORMATS.filter(({ name }) => forced === null || name === forced)
    .map((format) => known(format, lines))
    .reduce((best, each) => (each.count > best.count ? each : best));
  const refusal = forced === null ? refusalOf(lines) : null;
  if (refusal !== null && refusal.count >= found.count)
    throw usage(`${source}: ${refusal.why}`, refusal.remedy);
  if (found.count > 0) return found;
  throw usage(
    forced === null
      ? `${source}: none of its first lines is of a format that is known${quoted(lines[0])}`
      : `${source}: none of its first lines is of the format ${forced}${quoted(lines[0])}`,
    forced === null ? `tried: ${EXAMPLES}` : exampleOf(forced),
  );
};
