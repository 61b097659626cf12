import { KnownError } from '../../model/error.js';
import type { ProbeRow } from '../../model/probe.js';
import type { OutageRow } from '../../model/tables.js';
import { fromMs, ns, NS_PER_S } from '../../model/time.js';
import type { LiveStream } from '../../probe/protocol.js';
import { isGood, judge, newLiveState, type LiveState } from '../../probe/send/ledger.js';
import { isCapture } from '../../foreign/capture/capture-file.js';
import { detect, type Detected } from '../../foreign/detect.js';
import { encodingOf, headText } from '../../foreign/encoding.js';
import { plainLine } from '../../foreign/plain-line.js';
import type { FormatName } from '../../foreign/reader.js';
import {
  HEAD,
  openText,
  usualPace,
  type Pace,
  type ReadOptions,
  type TextReading,
} from '../../foreign/read-log.js';
import { findStamp } from '../../foreign/stamp.js';

/** What is known of a log once it is. */
export interface LiveFacts {
  readonly format: FormatName;
  /** false: it has no times, and sends are taken to be `pace` apart. */
  readonly stamped: boolean;
  readonly pace: Pace;
  /** false: of this format nothing is known before its end. */
  readonly isLive: boolean;
}

export interface LiveListener {
  readonly known: (facts: LiveFacts) => void;
  /** Once: why it is not known by its first lines. It may be by later ones. */
  readonly unknown: (why: string) => void;
  /** A probe is decided; those of a target come in the order of sending. */
  readonly row: (target: string, row: ProbeRow) => void;
}

const LINE_FEED = 10;
/** So many lines tell a format, and whether it has times: the heading, and some probes. */
const ENOUGH_LINES = 4;
/** Of a loop of date and ping several runs: only then is it clear that the dates are the times. */
const ENOUGH_OF_LOOP = 40;
/** As long as a watch waits for an answer: what comes later is late, not lost. */
const HOLD_NS = fromMs(2000);
/** A probe without an answer for so long is a bad sign (as for probes of our own). */
const OVERDUE_NS = fromMs(250);
const OVERDUE_RTTS = 4;

interface Following {
  readonly written: LiveState;
  sent: number;
  answered: number;
  rtt_ns: number | null;
}

const overdueOf = ({ rtt_ns }: Following): number => Math.max(OVERDUE_NS, OVERDUE_RTTS * (rtt_ns ?? 0));

/** A time and nothing else. */
const beginsWithDate = (text: string): boolean => {
  const first = text.split('\n').find((line) => line.trim() !== '') ?? '';
  return findStamp(plainLine(first), null)?.rest === '';
};

/**
 * A log of text that is still written, read as it grows: its probes are handed on as they are decided, and between the
 * lines there is its state. What is analysed at the end is another reading of the same bytes (`readLog`): here a late
 * summary, or a clock that is understood later, cannot change what was said.
 */
export class LiveLog {
  readonly #name: string;
  readonly #options: ReadOptions;
  readonly #listener: LiveListener;
  readonly #following = new Map<string, Following>();
  #head: Buffer | null = Buffer.alloc(0);
  #lines = 0;
  /** So many are looked at next. */
  #enough = ENOUGH_LINES;
  #isUnknownSaid = false;
  #reading: TextReading | null = null;

  constructor(name: string, options: ReadOptions, listener: LiveListener) {
    this.#name = name;
    this.#options = options;
    this.#listener = listener;
  }

  push(chunk: Buffer): void {
    if (this.#head === null) {
      this.#reading?.push(chunk);
      return;
    }
    this.#head = Buffer.concat([this.#head, chunk]);
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1))
      this.#lines += 1;
    this.#detect(this.#head, false);
  }

  /** No more: what is undecided is handed on, as a log that ends has it. */
  end(): void {
    if (this.#head !== null) this.#detect(this.#head, true);
    const reading = this.#reading;
    if (reading === null) return;
    reading.push(null);
    for (const [, log] of reading.targets.logs()) log.finish();
  }

  /** The newest instant that the log tells of, since its first; null: none yet. */
  get newest_ns(): number | null {
    let newest = -Infinity;
    for (const [, log] of this.#reading?.targets.logs() ?? [])
      if (log.newest_ns > newest) newest = log.newest_ns;
    if (newest === -Infinity) return null;
    // Lines of a tool that gave up waiting do not tell when the probe left.
    const read_ns = this.#reading?.stamps.at_ns ?? NaN;
    return read_ns > newest ? read_ns : newest;
  }

  /** The same of one target; null: none yet. */
  newestOf(target: string): number | null {
    const targets = this.#reading?.targets;
    const newest_ns = targets?.has(target) === true ? targets.of(target).newest_ns : NaN;
    return Number.isNaN(newest_ns) ? null : newest_ns;
  }

  /** RFC 3339; null where the log does not say UTC. */
  utc(at_ns: number): string | null {
    return this.#reading?.stamps.utc(at_ns) ?? null;
  }

  /** In the log's own terms; null for a log without times. */
  own(at_ns: number): string | null {
    return this.#reading?.stamps.own(at_ns) ?? null;
  }

  /** Between two sends to a target, the longest that is no hole in them; null: not known yet. */
  interval_ns(target: string): number | null {
    const reading = this.#reading;
    const log = reading?.targets.has(target) === true ? reading.targets.of(target) : null;
    if (reading === null || log === null || log.spacing_ns === null) return null;
    return Math.max(log.spacing_ns, reading.targets.settings.longestPause_ns, reading.targets.resolution_ns);
  }

  /** The longest time between two lines that is usual, over all targets. */
  get pace_ns(): number {
    let longest = NS_PER_S;
    for (const [, log] of this.#reading?.targets.logs() ?? [])
      longest = Math.max(longest, log.spacing_ns ?? 0);
    return Math.max(longest, this.#reading?.targets.settings.longestPause_ns ?? 0);
  }

  /** By what the log's times are wrong, as in its table. */
  widened(row: OutageRow): OutageRow {
    const targets = this.#reading?.targets;
    if (targets === undefined) return row;
    const slack_s = targets.resolution_ns / NS_PER_S;
    const pause_s = ((row.lost + row.late) * targets.settings.pausePerLost_ns) / NS_PER_S;
    return {
      ...row,
      lo_s: Math.max(0, row.lo_s - slack_s),
      hi_s: row.hi_s === null ? null : row.hi_s + slack_s + pause_s,
    };
  }

  /** Every target as its lines show it now. */
  states(): LiveStream[] {
    const targets = this.#reading?.targets;
    return targets === undefined ? [] : [...targets.logs()].map(([name, log]) => this.#stateOf(name, log));
  }

  #stateOf(name: string, log: ReturnType<TextReading['targets']['of']>): LiveStream {
    const following = this.#follow(name);
    const { sent, answered, rtt_ns } = following;
    const state = { ...following.written };
    const overdue = overdueOf(following);
    let held = 0;
    log.eachHeld((sent_ns, received, outcome, gaveUp) => {
      held += 1;
      const at = Number.isNaN(sent_ns) ? gaveUp : sent_ns;
      if (Number.isNaN(at) || outcome === 'local-blocked') return;
      if (outcome === null && Number.isNaN(gaveUp) && log.newest_ns - at < overdue) return;
      judge(
        state,
        { outcome, sent: ns(at), received: Number.isNaN(received) ? null : ns(received) },
        overdue,
      );
    });
    return {
      name,
      sent: sent + held,
      answered,
      bad: state.bad,
      clean_from_ns: state.cleanFrom,
      last_good_ns: state.lastGood,
      good_run: state.goodRun,
      down_since_ns: state.downSince,
      refused_since_ns: state.refusedSince,
      rtt_ms: rtt_ns === null ? null : rtt_ns / 1e6,
      cause: null,
    };
  }

  #detect(head: Buffer, isAll: boolean): void {
    if (isCapture(head)) {
      this.#begin(null, {
        format: 'pcap',
        stamped: true,
        pace: usualPace({ format: 'pcap' }),
        isLive: false,
      });
      return;
    }
    const isLast = isAll || head.length >= HEAD;
    if (!isLast && this.#lines < this.#enough) return;
    // What begins with a banner may still become a log: it is looked at again, ever more rarely.
    this.#enough = 2 * this.#lines;
    const encoding = encodingOf(head.subarray(0, HEAD));
    const text = headText(head.subarray(0, HEAD), encoding);
    if (!isLast && this.#lines < ENOUGH_OF_LOOP && beginsWithDate(text)) return;
    const detected = this.#known(text);
    if (detected instanceof KnownError) {
      if (!this.#isUnknownSaid && !isAll) this.#listener.unknown(detected.message);
      this.#isUnknownSaid = true;
      if (head.length >= HEAD) this.#head = null;
      return;
    }
    const { interval_ns } = this.#options;
    const pace: Pace =
      interval_ns === null ? usualPace(detected) : { assumed_ns: interval_ns, source: 'option' };
    const { format, stamped } = detected;
    const reading =
      format === 'irtt'
        ? null
        : openText(
            this.#name,
            { encoding, detected, pace, options: this.#options },
            { hold_ns: Math.max(HOLD_NS, 2 * (this.#options.threshold_ns ?? 0)), row: this.#row },
          );
    // One that puts its targets together itself knows them at the end.
    const isLive = reading !== null && reading.reader.finish === undefined;
    this.#begin(isLive ? reading : null, { format, stamped, pace, isLive });
    this.#reading?.push(head);
  }

  #known(text: string): Detected | KnownError {
    try {
      return detect(this.#name, text, this.#options.format);
    } catch (error) {
      if (error instanceof KnownError) return error;
      throw error;
    }
  }

  #begin(reading: TextReading | null, facts: LiveFacts): void {
    this.#head = null;
    this.#reading = reading;
    this.#listener.known(facts);
  }

  readonly #row = (target: string, row: ProbeRow): void => {
    if (row.outcome !== 'duplicate' && row.outcome !== 'stray') this.#count(this.#follow(target), row);
    this.#listener.row(target, row);
  };

  #count(following: Following, { outcome, sent_ns, received_ns }: ProbeRow): void {
    following.sent += 1;
    if (outcome !== 'local-blocked')
      judge(following.written, { outcome, sent: sent_ns, received: received_ns }, overdueOf(following));
    if (!isGood(outcome)) return;
    following.answered += 1;
    if (received_ns === null || sent_ns === null) return;
    const rtt_ns = received_ns - sent_ns;
    following.rtt_ns =
      following.rtt_ns === null ? rtt_ns : following.rtt_ns + (rtt_ns - following.rtt_ns) / 8;
  }

  #follow(target: string): Following {
    const known = this.#following.get(target);
    if (known !== undefined) return known;
    const following = { written: newLiveState(), sent: 0, answered: 0, rtt_ns: null };
    this.#following.set(target, following);
    return following;
  }
}
