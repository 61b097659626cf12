import { LogAnalyzer, sharedLookahead, type Lookahead, type LogResult } from '../../analysis/log.js';
import { usage } from '../../model/error.js';
import type { Outcome } from '../../model/probe.js';
import type { OutageRow, StreamRow } from '../../model/tables.js';
import { NS_PER_S, ns } from '../../model/time.js';
import { logRow } from '../held-probes.js';
import { LogTimeReader } from '../log-time.js';
import { LONGEST_RTT_NS } from '../probe-log.js';
import type {
  FinishedLog,
  FormatName,
  LineReader,
  ReadContext,
  ReadSettings,
  TextFormat,
} from '../reader.js';
import { familyOf, plural, type TargetResult } from '../targets.js';

/** What one line says of one probe. Nanoseconds. */
export interface SaidProbe {
  readonly kind: 'probe';
  /** null: that of the last heading. */
  readonly target: string | null;
  readonly outcome: Exclude<Outcome, 'unsent' | 'stray' | 'duplicate'>;
  /** The tool's own number; null: it numbers nothing. */
  readonly seq: number | null;
  /** NaN: not said. */
  readonly rtt_ns: number;
  /** How long an unanswered one was waited for; NaN: not said. */
  readonly waited_ns: number;
  readonly ttl: number | null;
  readonly cause: string | null;
}

/** What the tool itself counted, since its heading. */
export interface SaidSummary {
  readonly kind: 'summary';
  readonly target: string | null;
  readonly sent: number;
  readonly received: number;
  /** It is no end: counting goes on. */
  readonly running?: true;
}

export type Said =
  | SaidProbe
  | SaidSummary
  /** A heading: what follows is about this target. */
  | { readonly kind: 'target'; readonly target: string }
  /** Understood, and of no concern. */
  | { readonly kind: 'passed' };

/** The least and the most a time may be that no line tells; `most_ns` null: nothing bounds it. */
export interface Span {
  readonly least_ns: number;
  readonly most_ns: number | null;
}

/** How a tool spaces its probes, where its log has no times. */
export interface Pace {
  /** From one send to the next, after an answer that came sooner. A summary may tell it when all is read. */
  interval: Span;
  /** How long an unanswered probe is waited for, unless its line says. */
  readonly wait: Span;
  /** What the tool may pause after that, before the next. */
  readonly pause: Span;
  /** What of this is assumed, for the reader of the figures. */
  readonly said: string;
}

/** What a line without its time stamp says; null: it is not understood. `stamped`: it had a time. */
export type Say = (line: string, stamped: boolean) => Said | readonly Said[] | null;

/** A tool that sends one probe, waits for what becomes of it, and writes a line about it. */
export interface SeriesFormat {
  readonly name: FormatName;
  readonly example: string;
  readonly knows: (line: string) => boolean;
  /** Of a log without times; the interval is that of `--interval` where that is given. */
  readonly pace: (settings: ReadSettings) => Pace;
  readonly open: (pace: Pace) => Say;
  /** A line tells of many probes, so that a time before it is that of none of them. */
  readonly timeless?: true;
  /** Of lines that errors may stand beside: does this one end a probe? */
  readonly begins?: (line: string) => boolean;
  /** The line with its time at the beginning, where it stands elsewhere. */
  readonly plain?: (line: string) => string;
  /** May a line that is not understood have been about a probe? Left out: where it has words of one, or begins like one. */
  readonly suspicious?: RegExp;
}

export const UNKNOWN: Span = { least_ns: 0, most_ns: null };
export const exactly = (value_ns: number): Span => ({ least_ns: value_ns, most_ns: value_ns });
export const upTo = (most_ns: number): Span => ({ least_ns: 0, most_ns });

/** A probe as most lines tell it. */
export const probe = (
  outcome: SaidProbe['outcome'],
  rest: Partial<Omit<SaidProbe, 'kind' | 'outcome'>> = {},
): SaidProbe => ({
  kind: 'probe',
  target: null,
  outcome,
  seq: null,
  rtt_ns: NaN,
  waited_ns: NaN,
  ttl: null,
  cause: null,
  ...rest,
});

export const PASSED: Said = { kind: 'passed' };

/** More targets are no log, and each takes some kilobytes. */
const MOST_TARGETS = 1024;
/** Waits of a tool are no hole in its sends. */
const LONGEST_PAUSE_NS = 60 * NS_PER_S;
/** What tools say of a probe in words, beside what `UnreadLines` looks for. */
const LIKE_PROBE = /\b(?:refused|no (?:response|reply|answer)|\d+(?:[.,]\d+)? ?ms)\b/i;
/** More are of a log of many words. */
const MOST_BEGINNINGS = 16;
/** So many probes are kept until a line names their target. */
const MOST_EARLY = 10_000;

/** `Connecting` of `Connecting to 10.4.4.4:443: …`; null: it begins with no word. */
const beginningOf = (line: string): string | null => /^\s*(\p{L}{3,})\b/u.exec(line)?.[1] ?? null;

/** What nothing bounds from above has no point either. */
const openOutage = (row: OutageRow): OutageRow => ({ ...row, outage_s: null, hi_s: null });
const openStream = (row: StreamRow): StreamRow =>
  row.periods === 0
    ? row
    : {
        ...row,
        longest_s: null,
        longest_hi_s: null,
        total_s: null,
        span_s: null,
        late_s: null,
        disruption_s: null,
        disruption_loss: null,
        flow_min_s: null,
        flow_median_s: null,
        flow_max_s: null,
      };

/** The probes of one target, in the order of their lines, which is that of sending. */
class SeriesTarget {
  readonly name: string;
  readonly #analyzer: LogAnalyzer;
  readonly #pace: Pace;
  /** Number of the next row. */
  #next = 0;
  /** What the tool's next number should be; null: it has none yet. */
  #wire: number | null = null;
  /** When the next probe leaves, where no line tells. */
  #model_ns = 0;
  /** Lost probes whose wait a line told take at most so much longer than modelled, the others so much. */
  #mostWait_ns: number | null = 0;
  #last_ns = -Infinity;
  #timed = 0;
  #untimed = 0;
  #sent = 0;
  #local = 0;
  /** Since the heading. */
  #ownSent = 0;
  #ownReceived = 0;
  /** Was the newest probe answered? Then none was waited for when the tool was stopped. */
  #answered = false;
  #rtts = 0;
  #notListed = 0;
  readonly causes = new Map<string, number>();
  /** Why there is no figure; null: there is. */
  fault: string | null = null;

  constructor(
    name: string,
    source: string,
    pace: Pace,
    stamps: LogTimeReader,
    settings: ReadSettings,
    lookahead: Lookahead,
  ) {
    this.name = name;
    this.#pace = pace;
    this.#analyzer = new LogAnalyzer({
      source,
      stream: name,
      family: familyOf(name),
      interval_ns: settings.interval_ns,
      longestPause_ns: LONGEST_PAUSE_NS,
      threshold_ns: settings.threshold_ns,
      mergeGap_ns: settings.mergeGap_ns,
      get resolution_ns() {
        return stamps.kind !== null && stamps.resolution_ns >= 1e6 ? stamps.resolution_ns : 0;
      },
      pausePerLost_ns: 0,
      lookahead,
      utc: (at_ns) => stamps.utc(at_ns),
    });
  }

  get probes(): number {
    return this.#sent + this.#local;
  }

  take(said: SaidProbe, at_ns: number): void {
    this.#number(said.seq);
    if (Number.isNaN(at_ns)) this.#untimed += 1;
    else this.#timed += 1;
    if (this.#timed > 0 && this.#untimed > 0)
      this.fault ??= 'some of its probes have a time, and others none';
    const sent_ns = Number.isNaN(at_ns) ? this.#model_ns : at_ns;
    if (sent_ns < this.#last_ns)
      this.fault ??= `its clock goes back by ${seconds(this.#last_ns - sent_ns)} between two probes, so that times say nothing`;
    if (said.rtt_ns > LONGEST_RTT_NS || said.waited_ns > LONGEST_RTT_NS)
      this.fault ??= 'a time of more than a day for one probe';
    const answered = said.outcome === 'answered' || said.outcome === 'refused';
    this.#answered = answered;
    this.#count(said, answered);
    const send = ns(Math.max(sent_ns, this.#last_ns));
    this.#last_ns = send;
    const received = answered ? send + (Number.isNaN(said.rtt_ns) ? 0 : said.rtt_ns) : NaN;
    this.#analyzer.push(
      logRow(this.name, this.#next, said.outcome, send, received, said.ttl ?? -1, said.cause),
    );
    this.#next += 1;
    this.#model_ns += answered ? this.#untilNext(said.rtt_ns) : this.#waitFor(said.waited_ns);
  }

  /** A heading again: the tool was started anew. */
  begin(): void {
    this.#ownSent = 0;
    this.#ownReceived = 0;
    if (this.probes > 0) this.#restarted();
    this.#wire = null;
  }

  summary({ sent, received, running }: SaidSummary): void {
    // One that was stopped while it waited says nothing of its last probe.
    const counts = sent === this.#ownSent || (sent === this.#ownSent + 1 && !this.#answered);
    if (!counts || received !== this.#ownReceived)
      this.fault ??=
        `its own summary says ${sent} sent and ${received} received, its lines ` +
        `${this.#ownSent} and ${this.#ownReceived}`;
    if (running === true) return;
    this.#ownSent = 0;
    this.#ownReceived = 0;
    this.#wire = null;
  }

  /** null: nothing was probed. */
  finish(): TargetResult | null {
    if (this.probes === 0) return null;
    const result = this.#analyzer.finish();
    return {
      ...this.#bounded(result),
      notes: [...result.notes, ...this.#notes()],
      target: this.name,
      interpolated: 0,
      assumed: [],
      silent: null,
    };
  }

  #bounded(result: LogResult): LogResult {
    const stream = this.#rtts > 0 ? result.stream : { ...result.stream, rtt_before_ms: null };
    if (this.#timed > 0) return { ...result, stream };
    const widened = result.outages.map((row) => this.#widened(row));
    if (widened.some(({ hi_s, censored }) => hi_s === null && !censored))
      return { ...result, stream: openStream(stream), outages: widened.map(openOutage) };
    const highest = widened.reduce((most, { hi_s }) => Math.max(most, hi_s ?? 0), stream.longest_hi_s ?? 0);
    return {
      ...result,
      outages: widened,
      stream: { ...stream, longest_hi_s: stream.longest_hi_s === null ? null : highest },
    };
  }

  #widened(row: OutageRow): OutageRow {
    const { interval } = this.#pace;
    const wait = this.#mostWait_ns;
    if (row.hi_s === null) return row;
    if (interval.most_ns === null || wait === null) return { ...row, hi_s: null, outage_s: null };
    const more_ns = interval.most_ns - interval.least_ns + row.lost * wait;
    return { ...row, hi_s: row.hi_s + more_ns / NS_PER_S };
  }

  #notes(): string[] {
    const causes = [...this.causes].map(
      ([cause, count]) => `${this.name}: ${plural(count, 'probe')} ${cause}`,
    );
    return this.#notListed === 0
      ? causes
      : [...causes, `${this.name}: ${plural(this.#notListed, 'probe')} that no line is about: not counted`];
  }

  #count(said: SaidProbe, answered: boolean): void {
    if (said.outcome === 'local-blocked') this.#local += 1;
    else {
      this.#sent += 1;
      this.#ownSent += 1;
    }
    if (answered) {
      // A refusal answers, but no tool counts it as success.
      if (said.outcome === 'answered') this.#ownReceived += 1;
    } else if (said.cause !== null) {
      const key = `${said.outcome}: ${said.cause}`;
      this.causes.set(key, (this.causes.get(key) ?? 0) + 1);
    }
    if (!Number.isNaN(said.rtt_ns)) this.#rtts += 1;
  }

  /** Numbers that are left out are of probes that no line is about: neither lost nor answered. */
  #number(seq: number | null): void {
    if (seq === null) {
      // Only some of its lines have a number.
      if (this.#wire !== null) this.#wire += 1;
      return;
    }
    const missing = this.#wire === null ? 0 : seq - this.#wire;
    this.#wire = seq + 1;
    if (missing < 0) this.#restarted();
    if (missing <= 0) return;
    this.#notListed += missing;
    if (this.#timed === 0)
      this.fault ??= `${plural(missing, 'probe')} before number ${seq} that no line is about`;
    this.#next += missing;
  }

  #restarted(): void {
    if (this.#timed === 0)
      this.fault ??=
        'the tool was started more than once in it, and no line has a time; give each run as a file';
  }

  #untilNext(rtt_ns: number): number {
    const { interval } = this.#pace;
    return Number.isNaN(rtt_ns) ? interval.least_ns : Math.max(interval.least_ns, rtt_ns);
  }

  #waitFor(waited_ns: number): number {
    const { wait, pause } = this.#pace;
    const told = Number.isNaN(waited_ns) ? wait : exactly(waited_ns);
    const more =
      told.most_ns === null || pause.most_ns === null
        ? null
        : told.most_ns - told.least_ns + pause.most_ns - pause.least_ns;
    this.#mostWait_ns =
      more === null || this.#mostWait_ns === null ? null : Math.max(this.#mostWait_ns, more);
    return told.least_ns + pause.least_ns;
  }
}

const seconds = (value_ns: number): string => `${Number((value_ns / NS_PER_S).toFixed(3))} s`;

/** What the times of a log are good for; a sentence each. */
export const saidOfTimes = (stamps: LogTimeReader): string[] => [...stamps.assumed, ...stamps.worth];

class SeriesReader implements LineReader {
  readonly #context: ReadContext;
  readonly #format: SeriesFormat;
  readonly #say: Say;
  readonly #pace: Pace;
  readonly #targets = new Map<string, SeriesTarget>();
  readonly #lookahead = sharedLookahead();
  #target: string | null = null;
  /** Probes that no line named a target for so far, and those of them that came before any name. */
  #nameless = 0;
  readonly #early: [SaidProbe, number][] = [];
  /** The time of a line that has nothing but one: of the probe after it. */
  #alone_ns = NaN;
  /** Such lines, behind each of which nothing came. */
  #silent = 0;
  /** Probes whose own line has a time: then a line with nothing but one is an empty line. */
  #stamped = 0;
  /** Words that lines of probes begin with. */
  readonly #beginnings = new Set<string>();

  constructor(context: ReadContext, format: SeriesFormat) {
    this.#context = context;
    this.#format = format;
    this.#pace = format.pace(context.settings);
    this.#say = format.open(this.#pace);
  }

  line(bytes: Buffer, from: number, to: number): boolean {
    const { stamps, text } = this.#context;
    const whole = text(bytes, from, to);
    const line = stamps.strip(this.#format.plain?.(whole) ?? whole).trimEnd();
    const at_ns = this.#format.timeless === true ? NaN : stamps.at_ns;
    const said = this.#say(line, !Number.isNaN(at_ns));
    if (said === null) {
      if (line.trim() === '' && !Number.isNaN(at_ns)) {
        if (!Number.isNaN(this.#alone_ns)) this.#silent += 1;
        this.#alone_ns = at_ns;
      }
      return line.trim() === '';
    }
    for (const each of 'kind' in said ? [said] : said) {
      if (each.kind === 'probe') this.#begins(line);
      this.#take(each, at_ns);
    }
    return true;
  }

  suspects(line: string): boolean {
    const { suspicious } = this.#format;
    if (suspicious !== undefined) return suspicious.test(line);
    const beginning = beginningOf(line);
    return LIKE_PROBE.test(line) || (beginning !== null && this.#beginnings.has(beginning));
  }

  finish(): FinishedLog {
    const { source } = this.#context;
    if (this.#stamped === 0 && this.#silent > 0)
      throw usage(
        `${source}: ${plural(this.#silent, 'time')} with nothing behind: no figure without what came`,
        'let the loop write a line whatever comes',
      );
    if (this.#early.length > 0) this.#takeEarly(this.#of(null));
    const results: TargetResult[] = [];
    const faults: string[] = [];
    for (const target of this.#targets.values()) {
      const result = target.finish();
      if (target.fault === null && result !== null) results.push(result);
      else if (target.fault !== null) faults.push(`${target.name}: no figure: ${target.fault}`);
    }
    if (results.length === 0 && faults.length > 0)
      throw usage(`${source}: ${faults.join('; ')}`, 'give the whole log of one run, as the tool wrote it');
    const { stamps } = this.#context;
    return {
      targets: results,
      assumptions:
        stamps.kind === null || this.#format.timeless === true ? [this.#pace.said] : saidOfTimes(stamps),
      notes: faults,
    };
  }

  #take(said: Said, at_ns: number): void {
    switch (said.kind) {
      case 'passed':
        return;
      case 'target':
        if (this.#early.length > 0) this.#takeEarly(this.#of(null));
        this.#target = this.#runOf(said.target);
        this.#of(this.#target).begin();
        return;
      case 'summary':
        if (this.#early.length > 0) this.#takeEarly(this.#of(said.target));
        this.#of(this.#target ?? said.target).summary(said);
        return;
      case 'probe': {
        const at = Number.isNaN(at_ns) ? this.#alone_ns : at_ns;
        this.#alone_ns = NaN;
        if (!Number.isNaN(at_ns)) this.#stamped += 1;
        this.#takeProbe(said, at);
      }
    }
  }

  /** A line that names no target is about the only one, which a later line may name. */
  #takeProbe(said: SaidProbe, at_ns: number): void {
    const name = this.#target ?? said.target;
    if (name === null) {
      this.#nameless += 1;
      if (this.#targets.size === 0 && this.#early.length < MOST_EARLY) this.#early.push([said, at_ns]);
      else this.#of(null).take(said, at_ns);
    } else {
      const target = this.#of(name);
      this.#takeEarly(target);
      target.take(said, at_ns);
    }
    if (this.#target === null && this.#nameless > 0 && this.#targets.size > 1)
      throw usage(
        `${this.#context.source}: lines of several targets, of which ${this.#nameless} do not say whose they are`,
        'give the whole log of each run, with its heading',
      );
  }

  #takeEarly(target: SeriesTarget): void {
    for (const [said, at_ns] of this.#early.splice(0)) target.take(said, at_ns);
  }

  /** Without times nothing is known of the time between two runs: each is on its own. */
  #runOf(name: string): string {
    if (this.#context.stamps.kind !== null && this.#format.timeless !== true) return name;
    let run = 1;
    const key = (): string => (run === 1 ? name : `${name} (run ${run})`);
    while ((this.#targets.get(key())?.probes ?? 0) > 0) run += 1;
    return key();
  }

  #of(name: string | null): SeriesTarget {
    const [only] = this.#targets.keys();
    const key = name ?? (this.#targets.size === 1 && only !== undefined ? only : 'target');
    const known = this.#targets.get(key);
    if (known !== undefined) return known;
    const { source, stamps, settings } = this.#context;
    if (this.#targets.size >= MOST_TARGETS)
      throw usage(
        `${source}: more than ${MOST_TARGETS} targets`,
        'give the logs of fewer targets, or check that it is one',
      );
    const made = new SeriesTarget(key, source, this.#pace, stamps, settings, this.#lookahead);
    this.#targets.set(key, made);
    return made;
  }

  #begins(line: string): void {
    if (this.#beginnings.size >= MOST_BEGINNINGS) return;
    const beginning = beginningOf(line);
    if (beginning !== null) this.#beginnings.add(beginning);
  }
}

export const seriesFormat = (format: SeriesFormat): TextFormat => ({
  name: format.name,
  example: format.example,
  knows: format.knows,
  ...(format.begins === undefined ? {} : { begins: format.begins }),
  ...(format.plain === undefined ? {} : { plain: format.plain }),
  open: (context) => new SeriesReader(context, format),
});
