import { NS_PER_MS, NS_PER_S } from '../model/time.js';
import type { ProbeLog } from './probe-log.js';
import type { LineReader, ReadContext, TextFormat } from './reader.js';

/** Windows' ping sends the next probe so long after an answer. */
export const WINDOWS_INTERVAL_NS = NS_PER_S;

/**
 * Windows' ping numbers nothing and sends one probe at a time: each line is one probe, in order. Where lines carry no
 * time, an answered probe is taken to last one interval (or its round trip, if longer) and an unanswered one its
 * timeout.
 */
class WindowsReader implements LineReader {
  readonly #context: ReadContext;
  #words: WindowsWords | null = null;
  #log: ProbeLog | null = null;
  #local: string | null = null;
  #count = 0;
  /** When the next probe leaves, where no line tells. */
  #model_ns = 0;
  /** Time of the line before. */
  #previous_ns = -Infinity;

  constructor(context: ReadContext) {
    this.#context = context;
  }

  line(bytes: Buffer, from: number, to: number): boolean {
    const { stamps, text } = this.#context;
    const line = stamps.strip(text(bytes, from, to)).trimEnd();
    const understood = this.#read(line, stamps.at_ns);
    if (understood && !Number.isNaN(stamps.at_ns)) this.#previous_ns = stamps.at_ns;
    return understood;
  }

  #read(line: string, at_ns: number): boolean {
    if (this.#words !== null) return this.#inLanguage(this.#words, line, at_ns);
    for (const words of WINDOWS_WORDS) {
      if (!this.#inLanguage(words, line, at_ns)) continue;
      this.#words = words;
      return true;
    }
    return false;
  }

  #inLanguage(words: WindowsWords, line: string, at_ns: number): boolean {
    const reply = words.reply.exec(line);
    if (reply !== null) return this.#reply(words, reply[1] as string, line.slice(reply[0].length), at_ns);
    if (words.timedOut.test(line)) {
      this.#timedOut(at_ns);
      return true;
    }
    const heading = words.heading.exec(line);
    if (heading !== null) {
      this.#log = this.#context.targets.of(heading[2] ?? (heading[1] as string));
      this.#local = heading[3] ?? null;
      return true;
    }
    const cause = words.causes.find(([pattern]) => pattern.test(line))?.[1];
    if (cause !== undefined) this.#failed(at_ns, 'unresolved', cause, null);
    else if (words.localFailure.test(line)) this.#failed(at_ns, 'local-blocked', 'general-failure', null);
    else return false;
    return true;
  }

  #reply(words: WindowsWords, from: string, rest: string, at_ns: number): boolean {
    const time = WINDOWS_TIME.exec(rest);
    if (time === null) {
      const cause = words.causes.find(([pattern]) => pattern.test(rest))?.[1];
      if (cause === undefined) return false;
      this.#failed(at_ns, from === this.#local ? 'unresolved' : 'unreachable', cause, from);
      return true;
    }
    // `<1ms`: below a millisecond, which is what the bounds are widened by.
    const rtt_ns = Number(time[2]) * NS_PER_MS;
    const arrival = this.#stamped(at_ns) ? at_ns : this.#model_ns + rtt_ns;
    this.#model_ns += Math.max(this.#interval_ns, rtt_ns);
    this.#log ??= this.#context.targets.of(from);
    this.#log.reply(this.#number(), arrival, rtt_ns, time[3] === undefined ? -1 : Number(time[3]), false);
    return true;
  }

  #timedOut(at_ns: number): void {
    const { timeout_ns } = this.#context.settings;
    // It left one timeout earlier, but not before the line above was written.
    const sent = this.#stamped(at_ns) ? Math.max(at_ns - timeout_ns, this.#previous_ns) : this.#model_ns;
    this.#model_ns += timeout_ns;
    const log = this.#target();
    log.timedOut(this.#number(), this.#stamped(at_ns) ? at_ns : sent + timeout_ns, sent);
  }

  #failed(
    at_ns: number,
    outcome: 'unreachable' | 'unresolved' | 'local-blocked',
    cause: string,
    from: string | null,
  ): void {
    const sent = this.#stamped(at_ns) ? at_ns : this.#model_ns;
    this.#model_ns += this.#interval_ns;
    const log = this.#target();
    const number = this.#number();
    log.timedOut(number, sent, sent);
    log.failed(number, sent, outcome, cause, from);
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

  #number(): number {
    this.#count += 1;
    return this.#count;
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

/** What Windows' ping says in one language. Patterns meet the line without its time stamp. */
export interface WindowsWords {
  readonly language: string;
  /** Group 1: the address that answered; the rest of the line follows the match. */
  readonly reply: RegExp;
  /** Group 1: the host, 2: its address, 3: the own address with `-S`. */
  readonly heading: RegExp;
  readonly timedOut: RegExp;
  /** What an answer says instead of a time. */
  readonly causes: readonly (readonly [pattern: RegExp, cause: string])[];
  /** The send call failed. */
  readonly localFailure: RegExp;
}

/**
 * Umlauts are one unknown character: cmd.exe writes them in code page 850, of which only ASCII is read. Wording of
 * Windows 7 to 11.
 */
export const WINDOWS_WORDS: readonly WindowsWords[] = [
  {
    language: 'English',
    reply: /^Reply from (\S+): ?/,
    heading: /^Pinging (\S+)(?: \[([^\]]+)\])?(?: from (\S+))? with \d+ bytes of data/,
    timedOut: /^Request timed out\b/,
    causes: [
      [/Destination host unreachable/, 'host-unreachable'],
      [/Destination net unreachable/, 'net-unreachable'],
      [/Destination protocol unreachable/, 'protocol-unreachable'],
      [/Destination port unreachable/, 'port-unreachable'],
      [/TTL expired in transit/, 'time-exceeded'],
      [/Packet needs to be fragmented/, 'fragmentation-needed'],
    ],
    localFailure: /^(?:PING: transmit failed\b.*|General failure\b.*)$/,
  },
  {
    language: 'German',
    reply: /^Antwort von (\S+): ?/,
    heading: /^Ping wird ausgef.{1,2}hrt f.{1,2}r (\S+)(?: \[([^\]]+)\])?(?: von (\S+))? mit \d+ Bytes Daten/,
    timedOut: /^Zeit.{1,2}berschreitung der Anforderung/,
    causes: [
      [/Zielhost nicht erreichbar/, 'host-unreachable'],
      [/Zielnetz nicht erreichbar/, 'net-unreachable'],
      [/Zielprotokoll nicht erreichbar/, 'protocol-unreachable'],
      [/Zielport nicht erreichbar/, 'port-unreachable'],
      [/G.{1,2}ltigkeitsdauer|TTL .*abgelaufen/, 'time-exceeded'],
      [/Paket m.{1,2}sste fragmentiert/, 'fragmentation-needed'],
    ],
    localFailure: /^(?:PING: Fehler bei der .{1,2}bertragung\b.*|Allgemeiner Fehler\b.*)$/,
  },
  {
    language: 'Japanese',
    reply: /^(\S+) からの応答: ?/,
    heading: /^(\S+?)(?: \[([^\]]+)\])? ?に(?: (\S+) から)? ?ping を送信しています/,
    timedOut: /^要求がタイムアウトしました/,
    causes: [
      [/宛先ホストに到達できません/, 'host-unreachable'],
      [/宛先ネットワークに到達できません/, 'net-unreachable'],
      [/宛先プロトコルに到達できません/, 'protocol-unreachable'],
      [/宛先ポートに到達できません/, 'port-unreachable'],
      [/TTL が期限切れ/, 'time-exceeded'],
      [/パケットの断片化が必要/, 'fragmentation-needed'],
    ],
    localFailure: /^(?:PING: 転送に失敗しました.*|一般エラー.*)$/,
  },
];

/** Language-neutral: `bytes=32 time<1ms TTL=62`, `時間 =1ms TTL=62`, and without bytes and TTL over IPv6. */
export const WINDOWS_TIME = /([=<]) ?(\d+) ?ms(?: TTL=(\d+))?\s*$/;
