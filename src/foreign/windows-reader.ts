import { NS_PER_MS, NS_PER_S } from '../model/time.js';
import type { ProbeLog } from './probe-log.js';
import type { LineReader, ReadContext, TextFormat } from './reader.js';
import { WINDOWS_TIME, WINDOWS_WORDS, type WindowsWords } from './windows-words.js';

/** Windows' ping sends the next probe so long after an answer. */
export const WINDOWS_INTERVAL_NS = NS_PER_S;

/**
 * Windows' ping numbers nothing and sends one probe at a time: each line is one probe, in order. Where lines carry no
 * time, an answered probe is taken to last one interval (or its round trip, if longer) and an unanswered one its
 * timeout.
 */
class WindowsReader implements LineReader {
  private readonly context: ReadContext;
  private words: WindowsWords | null = null;
  private log: ProbeLog | null = null;
  private local: string | null = null;
  private count = 0;
  /** When the next probe leaves, where no line tells. */
  private model_ns = 0;
  /** Time of the line before. */
  private previous_ns = -Infinity;

  constructor(context: ReadContext) {
    this.context = context;
  }

  line(bytes: Buffer, from: number, to: number): boolean {
    const { stamps, text } = this.context;
    const line = stamps.strip(text(bytes, from, to)).trimEnd();
    const understood = this.read(line, stamps.at_ns);
    if (understood && !Number.isNaN(stamps.at_ns)) this.previous_ns = stamps.at_ns;
    return understood;
  }

  private read(line: string, at_ns: number): boolean {
    if (this.words !== null) return this.inLanguage(this.words, line, at_ns);
    for (const words of WINDOWS_WORDS) {
      if (!this.inLanguage(words, line, at_ns)) continue;
      this.words = words;
      return true;
    }
    return false;
  }

  private inLanguage(words: WindowsWords, line: string, at_ns: number): boolean {
    const reply = words.reply.exec(line);
    if (reply !== null) return this.reply(words, reply[1] as string, line.slice(reply[0].length), at_ns);
    if (words.timedOut.test(line)) {
      this.timedOut(at_ns);
      return true;
    }
    const heading = words.heading.exec(line);
    if (heading !== null) {
      this.log = this.context.targets.of(heading[2] ?? (heading[1] as string));
      this.local = heading[3] ?? null;
      return true;
    }
    const cause = words.causes.find(([pattern]) => pattern.test(line))?.[1];
    if (cause !== undefined) this.failed(at_ns, 'unresolved', cause, null);
    else if (words.localFailure.test(line)) this.failed(at_ns, 'local-blocked', 'general-failure', null);
    else return false;
    return true;
  }

  private reply(words: WindowsWords, from: string, rest: string, at_ns: number): boolean {
    const time = WINDOWS_TIME.exec(rest);
    if (time === null) {
      const cause = words.causes.find(([pattern]) => pattern.test(rest))?.[1];
      if (cause === undefined) return false;
      this.failed(at_ns, from === this.local ? 'unresolved' : 'unreachable', cause, from);
      return true;
    }
    // `<1ms`: below a millisecond, which is what the bounds are widened by.
    const rtt_ns = Number(time[2]) * NS_PER_MS;
    const arrival = this.stamped(at_ns) ? at_ns : this.model_ns + rtt_ns;
    this.model_ns += Math.max(this.interval_ns, rtt_ns);
    this.log ??= this.context.targets.of(from);
    this.log.reply(this.number(), arrival, rtt_ns, time[3] === undefined ? -1 : Number(time[3]), false);
    return true;
  }

  private timedOut(at_ns: number): void {
    const { timeout_ns } = this.context.settings;
    // It left one timeout earlier, but not before the line above was written.
    const sent = this.stamped(at_ns) ? Math.max(at_ns - timeout_ns, this.previous_ns) : this.model_ns;
    this.model_ns += timeout_ns;
    const log = this.target();
    log.timedOut(this.number(), this.stamped(at_ns) ? at_ns : sent + timeout_ns, sent);
  }

  private failed(
    at_ns: number,
    outcome: 'unreachable' | 'unresolved' | 'local-blocked',
    cause: string,
    from: string | null,
  ): void {
    const sent = this.stamped(at_ns) ? at_ns : this.model_ns;
    this.model_ns += this.interval_ns;
    const log = this.target();
    const number = this.number();
    log.timedOut(number, sent, sent);
    log.failed(number, sent, outcome, cause, from);
  }

  private get interval_ns(): number {
    return this.context.settings.interval_ns ?? WINDOWS_INTERVAL_NS;
  }

  private target(): ProbeLog {
    this.log ??= this.context.targets.of('target');
    return this.log;
  }

  /** In a log with times, a line without one is placed by its neighbours. */
  private stamped(at_ns: number): boolean {
    return this.context.stamps.kind !== null || !Number.isNaN(at_ns);
  }

  private number(): number {
    this.count += 1;
    return this.count;
  }
}

const knows = (line: string): boolean =>
  WINDOWS_WORDS.some(
    ({ reply, heading, timedOut }) => reply.test(line) || heading.test(line) || timedOut.test(line),
  );

export const windowsFormat: TextFormat = {
  name: 'windows',
  example: 'Reply from 10.4.4.4: bytes=32 time=1ms TTL=62',
  knows,
  open: (context) => new WindowsReader(context),
};
