import { sharedLookahead } from '../analysis/log.js';
import { KnownError, messageOf, readErrorWords, usage } from '../model/error.js';
import { brief } from '../model/outside.js';
import { NS_PER_S, NS_PER_MS } from '../model/time.js';
import { isCapture } from './capture/capture-file.js';
import { CaptureReader } from './capture/read-capture.js';
import { detect, TEXT_FORMATS, type Detected } from './detect.js';
import { byteChunks, encodingOf, headText, lineText, type Encoding } from './encoding.js';
import { IrttReader } from './irtt.js';
import { LineSplitter } from './lines.js';
import type { FormatName, LineReader, TextFormat } from './reader.js';
import { LogTimeReader, type StampUse } from './log-time.js';
import { plainLine } from './plain-line.js';
import { type LiveRows, plural, Targets, type TargetResult } from './targets.js';
import { UnreadLines } from './unread-lines.js';
import { WINDOWS_INTERVAL_NS, WINDOWS_TIMEOUT_NS } from './windows-reader.js';

/** A log to read: a file, or a pipe. */
export interface LogSource {
  /** How the log is called in results and errors. */
  readonly name: string;
  readonly chunks: AsyncIterable<Buffer>;
  /** The last few kilobytes; null where only reading to the end would show them. */
  readonly tail: () => Promise<Buffer | null>;
}

/** How logs are to be read and judged. Nanoseconds; null: not said. */
export interface ReadOptions {
  readonly format: FormatName | null;
  readonly interval_ns: number | null;
  readonly timeout_ns: number | null;
  readonly threshold_ns: number | null;
  readonly mergeGap_ns: number;
}

/** A log, read and analysed. */
export interface ForeignLog {
  readonly source: string;
  readonly format: FormatName;
  readonly targets: readonly TargetResult[];
  readonly assumptions: readonly string[];
  readonly notes: readonly string[];
  /** When something was, in the terms of the log; null for a log without times. */
  readonly time: (at_ns: number) => string | null;
}

/** So much is looked at to tell what a log is. */
export const HEAD = 1 << 16;
/** How long these wait for an answer before they send the next, beyond what anybody asks of them. */
const LONGEST_WAIT_NS: Readonly<Partial<Record<FormatName, number>>> = {
  windows: 60 * NS_PER_S,
  fping: 10 * NS_PER_S,
};
/** How the lines end whose last figure would be wrong had they been cut off. Those without are left out. */
const WHOLE = / ?ms(?: \(DUP!\)| TTL=\d+)?$|%\)?$|loss\)$|(?<!\d)[.。]$|nreachable$/;

/** Reads at least `HEAD` octets ahead, if there are so many. */
const readHead = async (chunks: AsyncIterator<Buffer>): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for (let length = 0; length < HEAD;) {
    const { value, done } = await chunks.next();
    if (done === true) break;
    parts.push(value);
    length += value.length;
  }
  return Buffer.concat(parts);
};

const unreadable = (source: string, error: unknown): KnownError =>
  usage(`cannot read ${source}: ${readErrorWords(error)}`, undefined, error);

const nothingIn = (source: string, format: FormatName, leftOut: readonly string[] = []): KnownError =>
  usage(
    [`${source}: no probe in it, though it looks like the output of ${format}`, ...leftOut].join('; '),
    'give the whole log: the heading and the summary alone do not say which probes were lost',
  );

const noFigure = (source: string, ...why: readonly string[]): KnownError =>
  usage(
    `${source}: ${why.join('; ')}`,
    'no figure can be given of that; a log with a line for each probe, and times, can be read (ping -D, fping -D)',
  );

/** Of `ts -i`. */
const STEPS =
  'the times in front are the lengths of the steps from line to line, as ts -i writes them: not used';

const readIrtt = async (
  source: LogSource,
  head: Buffer,
  rest: AsyncIterator<Buffer>,
  options: ReadOptions,
): Promise<ForeignLog> => {
  const reader = new IrttReader({
    source: source.name,
    interval_ns: options.interval_ns,
    longestPause_ns: 0,
    threshold_ns: options.threshold_ns,
    mergeGap_ns: options.mergeGap_ns,
    resolution_ns: 0,
    pausePerLost_ns: 0,
    lookahead: sharedLookahead(),
  });
  try {
    let known = reader.push(head);
    for (let next = await rest.next(); known && next.done !== true; next = await rest.next())
      known = reader.push(next.value);
  } catch (error) {
    throw usage(
      `${source.name}: not what irtt writes: ${brief(messageOf(error))}`,
      'give the file of `irtt client -o FILE` (json_format 1), not compressed',
      error,
    );
  }
  const targets = reader.finish();
  if (targets.length === 0) throw nothingIn(source.name, 'irtt');
  return {
    source: source.name,
    format: 'irtt',
    targets,
    assumptions: [],
    notes: thresholdNotes(targets),
    time: () => null,
  };
};

const readCapture = async (
  source: LogSource,
  head: Buffer,
  rest: AsyncIterator<Buffer>,
  options: ReadOptions,
): Promise<ForeignLog> => {
  const reader = new CaptureReader(source.name, { ...options, apart: false });
  reader.push(head);
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) reader.push(next.value);
  const { targets, assumptions, notes } = reader.finish();
  return {
    source: source.name,
    format: 'pcap',
    targets,
    assumptions,
    notes: [...thresholdNotes(targets), ...notes],
    // Starts are in UTC.
    time: () => null,
  };
};

export interface Pace {
  readonly assumed_ns: number;
  readonly source: IntervalSource;
}

const paceOf = async (
  source: LogSource,
  head: Buffer,
  encoding: Encoding,
  detected: Detected,
  options: ReadOptions,
): Promise<Pace> => {
  if (options.interval_ns !== null) return { assumed_ns: options.interval_ns, source: 'option' };
  if (detected.format === 'ping' && !detected.stamped) {
    const tail = (head.length < HEAD ? head : await source.tail()) ?? Buffer.alloc(0);
    const told = summaryInterval(headText(tail, encoding));
    if (told !== null) return { assumed_ns: told, source: 'summary' };
  }
  if (detected.format === 'fping' && !detected.stamped) {
    const tail = (head.length < HEAD ? head : await source.tail()) ?? Buffer.alloc(0);
    const told = outageInterval(headText(tail, encoding));
    if (told !== null) return { assumed_ns: told, source: 'summary' };
  }
  return usualPace(detected);
};

/** Where neither an option nor the log tells. */
export const usualPace = ({ format }: Pick<Detected, 'format'>): Pace => ({
  assumed_ns: format === 'windows' ? WINDOWS_INTERVAL_NS : NS_PER_S,
  source: 'default',
});

const targetsOf = (
  source: string,
  { detected, pace, options }: TextPlan,
  stamps: LogTimeReader,
  live: LiveRows | null,
): Targets => {
  const windows = detected.format === 'windows';
  return new Targets(
    {
      source,
      modulus: detected.format === 'ping' || detected.format === 'hping3' ? 65_536 : null,
      // A Windows log without times is given some by its reader.
      stamped: detected.stamped || windows,
      modelled: windows && !detected.stamped,
      assumed_ns: pace.assumed_ns,
      interval_ns: windows ? pace.assumed_ns : options.interval_ns,
      longestPause_ns: windows ? pace.assumed_ns + (options.timeout_ns ?? WINDOWS_TIMEOUT_NS) : 0,
      threshold_ns: options.threshold_ns,
      mergeGap_ns: options.mergeGap_ns,
      rttResolution_ns: windows ? 1e6 : 0,
      pausePerLost_ns: windows && !detected.stamped ? pace.assumed_ns : 0,
      waits_ns:
        detected.format === 'ping'
          ? null
          : Math.max(LONGEST_WAIT_NS[detected.format] ?? 0, 2 * (options.timeout_ns ?? WINDOWS_TIMEOUT_NS)),
      live,
    },
    stamps,
  );
};

/**
 * Reads one log from beginning to end, in flat memory, and analyses it.
 *
 * @throws KnownError for a log that cannot be read, is empty, or of no known format.
 */
export const readLog = async (source: LogSource, options: ReadOptions): Promise<ForeignLog> => {
  const chunks = source.chunks[Symbol.asyncIterator]();
  try {
    const head = await readHead(chunks);
    if (isCapture(head) && (options.format === null || options.format === 'pcap'))
      return await readCapture(source, head, chunks, options);
    const encoding = encodingOf(head.subarray(0, HEAD));
    const detected = detect(source.name, headText(head.subarray(0, HEAD), encoding), options.format);
    if (detected.format === 'irtt') return await readIrtt(source, head, chunks, options);
    const pace = await paceOf(source, head, encoding, detected, options);
    return await readText(source.name, head, chunks, { encoding, detected, pace, options });
  } catch (error) {
    throw error instanceof KnownError || !(error instanceof Error && 'code' in error)
      ? error
      : unreadable(source.name, error);
  } finally {
    await chunks.return?.();
  }
};

const useOf = ({ steps, stamped, mistimed }: Detected): StampUse => {
  if (steps) return 'pass-over';
  return stamped || mistimed ? 'read' : 'none';
};

export interface TextPlan {
  readonly encoding: Encoding;
  readonly detected: Detected;
  readonly pace: Pace;
  readonly options: ReadOptions;
}

/** What makes probes of the bytes of a log. */
export interface TextReading {
  /** null: no more. */
  readonly push: (chunk: Buffer | null) => void;
  readonly reader: LineReader;
  readonly stamps: LogTimeReader;
  readonly targets: Targets;
  readonly unread: UnreadLines;
  readonly splitter: LineSplitter;
}

/** @param live gets the probes as they are decided, and nothing is analysed; null: all are analysed together. */
export const openText = (name: string, plan: TextPlan, live: LiveRows | null): TextReading => {
  const { encoding, detected, options } = plan;
  const stamps = new LogTimeReader(useOf(detected), detected.style, detected.fronts);
  const targets = targetsOf(name, plan, stamps, live);
  const format = TEXT_FORMATS.find((each) => each.name === detected.format) as TextFormat;
  const decode = lineText(encoding);
  const text = (bytes: Buffer, from: number, to: number): string => plainLine(decode(bytes, from, to));
  const reader = format.open({
    source: name,
    settings: { ...options, apart: detected.apart },
    stamps,
    targets,
    text,
  });
  const unread = new UnreadLines();
  let cut = detected.begun;
  const splitter = new LineSplitter(
    (bytes, from, to) => {
      if (cut) cut = false;
      else if (reader.line(bytes, from, to)) unread.understood += 1;
      else {
        const line = text(bytes, from, to);
        if (line.trim() !== '') unread.add(line, reader.suspects?.(line) === true);
      }
    },
    (bytes, from, to) => WHOLE.test(text(bytes, from, to).trimEnd()),
  );
  const bytes = byteChunks(encoding);
  const push = (chunk: Buffer | null): void => {
    splitter.push(bytes(chunk));
    if (chunk === null) splitter.end();
  };
  return { push, reader, stamps, targets, unread, splitter };
};

const readText = async (
  name: string,
  head: Buffer,
  rest: AsyncIterator<Buffer>,
  plan: TextPlan,
): Promise<ForeignLog> => {
  const { detected, pace, options } = plan;
  const { push, reader, stamps, targets, unread, splitter } = openText(name, plan, null);
  push(head);
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) push(next.value);
  push(null);
  const { forbids } = unread;
  if (forbids !== null) throw noFigure(name, forbids);
  const own = reader.finish?.() ?? null;
  const results = own?.targets ?? targets.finish();
  const untimed =
    stamps.impossible === 0
      ? []
      : [`${plural(stamps.impossible, 'line')} with a time that no clock shows: it was left out`];
  if (results.length === 0)
    throw nothingIn(name, detected.format, [...untimed, ...targets.said, ...targets.leftOut]);
  // Where not one target has a figure, the counts are no result but the reason.
  if (results.every(({ silent }) => silent !== null))
    throw noFigure(name, ...results.map(({ silent }) => silent ?? ''));
  return {
    source: name,
    format: detected.format,
    targets: results,
    assumptions: own?.assumptions ?? [
      ...assumptions({
        format: detected.format,
        stamps,
        assumed_ns: pace.assumed_ns,
        source: pace.source,
        timeout_ns: options.timeout_ns,
        interpolated: results.reduce((total, { interpolated }) => total + interpolated, 0),
      }),
      ...stamps.assumed,
      ...(detected.steps ? [STEPS] : []),
      ...targets.takenFor,
      ...results.flatMap(({ assumed }) => assumed),
    ],
    notes: [
      ...thresholdNotes(results),
      ...targets.said,
      ...(own?.notes ?? []),
      ...unread.said,
      ...untimed,
      ...(detected.begun ? ['the first line is cut off and was left out'] : []),
      ...(splitter.cut ? ['the last line is cut off and was left out'] : []),
      ...(splitter.skipped === 0 ? [] : [`${splitter.skipped} lines of more than 64 KiB were skipped`]),
    ],
    time: own?.time ?? ((at_ns) => stamps.own(at_ns)),
  };
};

/** Where the spacing of sends in a log without times comes from. */
export type IntervalSource = 'option' | 'summary' | 'default';

const s = (value_ns: number): string => `${Number((value_ns / NS_PER_S).toFixed(6))} s`;

const SAID: Readonly<Record<IntervalSource, string>> = {
  option: '--interval',
  summary: "by the log's own summary",
  default: 'the default; --interval says otherwise',
};

/** What the figures of a log without usable times, or without numbers, rest on; a sentence each. */
export const assumptions = (facts: {
  readonly format: FormatName;
  readonly stamps: LogTimeReader;
  readonly assumed_ns: number;
  readonly source: IntervalSource;
  readonly timeout_ns: number | null;
  readonly interpolated: number;
}): string[] => {
  const { format, stamps, assumed_ns, source } = facts;
  const timeout_ns = facts.timeout_ns ?? WINDOWS_TIMEOUT_NS;
  const waits = facts.timeout_ns === null ? 'its default; --timeout says otherwise' : '--timeout';
  const said: string[] = [];
  if (format === 'windows')
    said.push(
      'Windows numbers nothing: lines are counted in order' +
        (stamps.kind === null
          ? `; no times: an answered probe is taken to last ${s(assumed_ns)}, an unanswered one ${s(timeout_ns)} ` +
            `(${waits}), or up to ${s(timeout_ns + assumed_ns)} in the upper bound`
          : ''),
    );
  else if (stamps.kind === null)
    said.push(`no times in the log: bounds assume a send every ${s(assumed_ns)} (${SAID[source]})`);
  said.push(...stamps.worth);
  if (stamps.kind !== null && facts.interpolated > 0)
    said.push(
      `when they left is not said for ${plural(facts.interpolated, 'unanswered probe')}: taken from the neighbours`,
    );
  return said;
};

/** One line per delay threshold, with the targets it holds for where there is more than one value. */
export const thresholdNotes = (
  targets: readonly { readonly target: string; readonly threshold_ns: number }[],
): string[] => {
  const names = new Map<number, string[]>();
  for (const { target, threshold_ns } of targets)
    names.set(threshold_ns, [...(names.get(threshold_ns) ?? []), target]);
  return [...names].map(([threshold_ns, those]) => {
    const which = names.size === 1 ? '' : ` (${those.join(', ')})`;
    return `a reply after more than ${s(threshold_ns)} is late${which}`;
  });
};

/** iputils alone says how long it took: `250 packets transmitted, 214 received, 14.4% packet loss, time 4056ms`. */
const SUMMARY = /\b(\d{1,10}) packets transmitted, .* time (\d{1,15})ms/g;

/**
 * The mean interval of the sends by the last summary of a log, from the first send to the last, in nanoseconds;
 * null if there is none. Nearer to the truth than the nominal one: ping's sends drift (iputils#483).
 */
export const summaryInterval = (tail: string): number | null => {
  const summary = [...tail.matchAll(SUMMARY)].at(-1);
  const intervals = Number(summary?.[1]) - 1;
  const took_ms = Number(summary?.[2]);
  return intervals > 0 && took_ms > 0 ? (took_ms * NS_PER_MS) / intervals : null;
};

/** `fping -o`: of each target what it lost, and for how long that was, each probe taken for one interval. */
const OUTAGE = /%loss = (\d{1,10})\/(\d{1,10})\/[\d.]+%, outage\(ms\) = (\d{1,15})/g;

/** The interval of fping's sends by its own summary, in nanoseconds; null if nothing was lost, or none says it. */
const outageInterval = (tail: string): number | null => {
  for (const [, sent, received, outage_ms] of tail.matchAll(OUTAGE)) {
    const lost = Number(sent) - Number(received);
    if (lost > 0 && Number(outage_ms) > 0) return (Number(outage_ms) * NS_PER_MS) / lost;
  }
  return null;
};
