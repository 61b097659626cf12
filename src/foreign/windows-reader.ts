import { NS_PER_MS, NS_PER_S } from '../model/time.js';
import { LineLayouts } from './line-layout.js';
import type { ProbeLog } from './probe-log.js';
import type { LineReader, ReadContext, TextFormat } from './reader.js';
import {
  isKnownLanguage,
  windowsPlaces,
  windowsSays,
  type RepeatedWindowsReply,
  type WindowsReply,
  type WindowsSays,
} from './windows-line.js';

/** Windows' ping sends the next probe so long after an answer. */
export const WINDOWS_INTERVAL_NS = NS_PER_S;
/** It waits so long unless told otherwise (`-w`). */
export const WINDOWS_TIMEOUT_NS = 4 * NS_PER_S;

/**
 * Windows' ping numbers nothing and sends one probe at a time: each line is one probe, in order. Where lines carry no
 * time, an answered probe is taken to last one interval (or its round trip, if longer) and an unanswered one its
 * timeout.
 */
class WindowsReader implements LineReader {
  readonly #context: ReadContext;
  readonly #layouts: LineLayouts<RepeatedWindowsReply>;
  /** Are the sentences of its language known? null: no reply yet. */
  #known: boolean | null = null;
  #replyLine = '';
  /** The newest line that was not understood. */
  #unknown = '';
  /** Was the newest probe answered? Then none was on its way when the tool was stopped. */
  #answered = false;
  /** Answers that were errors, since the heading: Windows counts them as received. */
  #errors = 0;
  #log: ProbeLog | null = null;
  #local: string | null = null;
  /** When the next probe leaves, where no line tells. */
  #model_ns = 0;
  /** Time of the line before. */
  #previous_ns = -Infinity;

  constructor(context: ReadContext) {
    this.#context = context;
    this.#layouts = new LineLayouts(context.stamps);
  }

  line(bytes: Buffer, from: number, to: number): boolean {
    const { stamps, text } = this.#context;
    const known = this.#layouts.read(bytes, from, to);
    if (known !== null) {
      this.#reply(known, known.line, stamps.at_ns);
      if (!Number.isNaN(stamps.at_ns)) this.#previous_ns = stamps.at_ns;
      return true;
    }
    const whole = text(bytes, from, to);
    const rest = stamps.strip(whole).trimStart();
    const line = rest.trimEnd();
    if (line === '') return true;
    const plain = windowsSays(line);
    const said = plain ?? (this.#known === false ? windowsSays(this.#bare(line)) : null);
    if (plain?.kind === 'reply')
      this.#layouts.learn(bytes, from, to, whole, rest, () => windowsPlaces(line, plain));
    const understood = said !== null && this.#take(said, line, stamps.at_ns);
    if (understood && !Number.isNaN(stamps.at_ns)) this.#previous_ns = stamps.at_ns;
    return understood;
  }

  #take(said: WindowsSays, line: string, at_ns: number): boolean {
    const { targets } = this.#context;
    switch (said.kind) {
      case 'reply':
        this.#reply(said, line, at_ns);
        return true;
      case 'timed-out':
        if (said.words) targets.take('no answer', line);
        this.#timedOut(at_ns);
        return true;
      case 'error': {
        if (said.words) targets.take('unreachable', line);
        const far = said.from !== null && said.from !== this.#local;
        if (far) this.#errors += 1;
        this.#failed(at_ns, far ? 'unreachable' : 'unresolved', said.cause, said.from);
        return true;
      }
      case 'local-failure':
        if (said.words) targets.take('not sent', line);
        this.#failed(at_ns, 'local-blocked', 'general-failure', null);
        return true;
      case 'heading':
        this.#log = targets.of(said.target);
        this.#log.goOn(1);
        this.#errors = 0;
        this.#local = said.local;
        return true;
      case 'summary':
        this.#end(said.transmitted, said.received);
        return true;
      case 'sentence':
        return this.#sentence(line, at_ns);
      case 'aside':
        return true;
    }
  }

  /** Every line of Windows' ping is about a probe, and nothing else tells of it. */
  suspects(line: string): boolean {
    if (COUNTS.test(line)) return true;
    if (this.#known === null || !/\p{L}{3}/u.test(line)) return false;
    if (!this.#known || /[.。]\s*$/.test(line)) return true;
    const before = this.#unknown;
    this.#unknown = line;
    return line === before;
  }

  /** In a language that is not known, what stands between the replies and has no number in it. */
  #sentence(line: string, at_ns: number): boolean {
    const { stamps, targets } = this.#context;
    const apart = stamps.kind !== null && Number.isNaN(at_ns);
    if (this.#known !== false || apart) return false;
    targets.take('no answer', line);
    this.#timedOut(at_ns);
    return true;
  }

  /** The line without what stands before every line, of a container or a shell. */
  #bare(line: string): string {
    const reply = this.#replyLine;
    let same = 0;
    while (same < line.length && line[same] === reply[same]) same += 1;
    return line.slice(line.slice(0, same).search(/[\p{L}\d]*$/u)).replace(/^[\d\s:.[\]>|-]+/, '');
  }

  #end(transmitted: number, received: number): void {
    const log = this.#target();
    const more = received - log.replies;
    log.end(
      transmitted,
      more > 0 && more <= this.#errors ? log.replies : received,
      false,
      this.#answered ? 0 : 1,
    );
  }

  #reply({ from, rtt_ms, ttl }: WindowsReply, line: string, at_ns: number): void {
    this.#known ??= isKnownLanguage(line);
    this.#replyLine = line;
    this.#answered = true;
    // `<1ms`: below a millisecond, which is what the bounds are widened by.
    const rtt_ns = rtt_ms * NS_PER_MS;
    const arrival = this.#stamped(at_ns) ? at_ns : this.#model_ns + rtt_ns;
    this.#model_ns += Math.max(this.#interval_ns, rtt_ns);
    this.#log ??= this.#context.targets.of(from);
    this.#log.reply(number(this.#log), arrival, rtt_ns, ttl, false);
  }

  #timedOut(at_ns: number): void {
    this.#answered = false;
    const timeout_ns = this.#context.settings.timeout_ns ?? WINDOWS_TIMEOUT_NS;
    // It left one timeout earlier, but not before the line above was written.
    const sent = this.#stamped(at_ns) ? Math.max(at_ns - timeout_ns, this.#previous_ns) : this.#model_ns;
    this.#model_ns += timeout_ns;
    const log = this.#target();
    log.timedOut(number(log), this.#stamped(at_ns) ? at_ns : sent + timeout_ns, sent);
  }

  #failed(
    at_ns: number,
    outcome: 'unreachable' | 'unresolved' | 'local-blocked',
    cause: string,
    from: string | null,
  ): void {
    const sent = this.#stamped(at_ns) ? at_ns : this.#model_ns;
    this.#answered = false;
    this.#model_ns += this.#interval_ns;
    const log = this.#target();
    const seq = number(log);
    log.timedOut(seq, sent, sent);
    log.failed(seq, sent, outcome, cause, from);
  }

  get #interval_ns(): number {
    return this.#context.settings.interval_ns ?? WINDOWS_INTERVAL_NS;
  }

  #target(): ProbeLog {
    this.#log ??= this.#context.targets.of('target');
    return this.#log;
  }

  /** In a log with times, a line without one is placed by its neighbours. */
  #stamped(at_ns: number): boolean {
    return this.#context.stamps.kind !== null || !Number.isNaN(at_ns);
  }
}

/** Three counts that do not add up are no summary, and no other line has as many. */
const COUNTS = /(?:=\s?\d+\D+){2}=\s?\d+/;

/** Of the next probe. */
const number = (log: ProbeLog): number => {
  if (!log.started) log.goOn(1);
  return log.next;
};

const OF_PROBES: ReadonlySet<WindowsSays['kind']> = new Set(['reply', 'timed-out', 'heading']);

const knows = (line: string): boolean => {
  const said = windowsSays(line);
  return said !== null && OF_PROBES.has(said.kind);
};

export const windowsFormat: TextFormat = {
  name: 'windows',
  example: 'Reply from 10.4.4.4: bytes=32 time=1ms TTL=62',
  knows,
  open: (context) => new WindowsReader(context),
};
