import { parsePingLine, type PingLine } from '../probe/stream/ping-log.js';
import { ByteCursor } from './byte-cursor.js';
import type { ProbeLog } from './probe-log.js';
import type { LineReader, ReadContext, TextFormat } from './reader.js';
import type { LogTimeReader } from './log-time.js';

const BSD_TIMEOUT = /^Request timeout for icmp_seq (\d+)$/;
const BSD_ERROR =
  /^\d+ bytes from ([^ :]+): (Destination .+|Communication prohibited.*|Time to live exceeded)$/;
const BSD_SEND = /^ping6?: (?:sendto|wrote \S+): (.+)$/;
const SUMMARY = /^(\d+) packets transmitted, \d+ (?:packets )?received/;
const TABLE_OF_BSD_ERROR = /^(?:Vr HL TOS|\s*\d \s?\d \s*\d\d )/;

interface Heading {
  readonly target: string;
  readonly local: string | null;
  readonly first: 0 | 1;
}

/**
 * `PING host (10.4.4.4) from 10.4.3.4 eth0: 56(84) bytes of data.`, `PING ::1(::1) 56 data bytes` (iputils, which
 * numbers from 1); `PING 10.4.4.4 (10.4.4.4): 56 data bytes` (BusyBox, macOS: from 0); `PING6(56=40+8+8 bytes) a --> b`.
 */
const headingOf = (line: string): Heading | null => {
  if (!line.startsWith('PING')) return null;
  const six = /^PING6\(.*\) (\S+) --> (\S+)/.exec(line);
  if (six !== null) return { target: six[2] as string, local: six[1] as string, first: 0 };
  const match = /^PING6? \S.*?\(([^()]+)\)\)?(.*\bbytes\b.*)$/.exec(line);
  if (match === null) return null;
  const rest = match[2] as string;
  return {
    target: match[1] as string,
    local: / from (\S+?):? /.exec(rest)?.[1] ?? null,
    first: rest.startsWith(':') ? 0 : 1,
  };
};

/** `64 bytes from host (10.4.4.4): …`, for a log whose heading is gone. */
const SENDER = /^\d+ bytes from (\S+?)(?: \(([^)]+)\))?[:,] /;

class PingReader implements LineReader {
  readonly #context: ReadContext;
  readonly #reply = new PingReply();
  #log: ProbeLog | null = null;
  #local: string | null = null;

  constructor(context: ReadContext) {
    this.#context = context;
  }

  line(bytes: Buffer, from: number, to: number): boolean {
    const reply = this.#reply;
    const context = this.#context;
    if (reply.read(bytes, from, to, context.stamps)) {
      this.#log ??= this.#unheaded(context.text(bytes, from, to));
      this.#log.reply(reply.seq, reply.at_ns, reply.rtt_ns, reply.ttl, reply.duplicate);
      return true;
    }
    const line = context.stamps.strip(context.text(bytes, from, to));
    return this.#stripped(line, context.stamps.at_ns);
  }

  #unheaded(line: string): ProbeLog {
    const sender = SENDER.exec(this.#context.stamps.strip(line));
    return this.#context.targets.of(sender?.[2] ?? sender?.[1] ?? 'target');
  }

  #stripped(line: string, at_ns: number): boolean {
    const heading = headingOf(line);
    if (heading !== null) {
      this.#log = this.#context.targets.of(heading.target);
      this.#log.begin(heading.first);
      this.#local = heading.local;
      return true;
    }
    if (/^\d/.test(line) && this.#replied(line, at_ns)) return true;
    const log = (this.#log ??= this.#context.targets.of('target'));
    return this.#iputils(log, parsePingLine(line), at_ns) || this.#bsd(log, line, at_ns);
  }

  /** A reply after a stamp that is not ping's own. */
  #replied(line: string, at_ns: number): boolean {
    const reply = this.#reply;
    const bytes = Buffer.from(line);
    if (!reply.read(bytes, 0, bytes.length, this.#context.stamps)) return false;
    this.#log ??= this.#unheaded(line);
    this.#log.reply(reply.seq, at_ns, reply.rtt_ns, reply.ttl, reply.duplicate);
    return true;
  }

  #bsd(log: ProbeLog, line: string, at_ns: number): boolean {
    const timeout = BSD_TIMEOUT.exec(line);
    if (timeout !== null) {
      log.unanswered(Number(timeout[1]), at_ns);
      return true;
    }
    const send = BSD_SEND.exec(line);
    if (send !== null) {
      log.localError(at_ns, send[1] as string, 'next');
      return true;
    }
    const summary = SUMMARY.exec(line);
    if (summary !== null) {
      log.end(Number(summary[1]));
      return true;
    }
    // macOS does not say which probe the error is about; the timeout line that follows does.
    const error = BSD_ERROR.exec(line);
    if (error !== null) this.#context.targets.remark(log.stream, `"${error[2]}" from ${error[1]}`);
    return error !== null || TABLE_OF_BSD_ERROR.test(line);
  }

  #iputils(log: ProbeLog, parsed: PingLine | null, at_ns: number): boolean {
    if (parsed === null) return false;
    switch (parsed.kind) {
      case 'reply':
        log.reply(
          parsed.seq16,
          at_ns,
          parsed.rtt_ms === null ? NaN : parsed.rtt_ms * 1e6,
          parsed.ttl ?? -1,
          parsed.duplicate,
        );
        return true;
      case 'no-answer-yet':
        log.unanswered(parsed.seq16, at_ns);
        return true;
      case 'unreachable': {
        // Only a heading with `from` tells the host's own address: its own word is about ARP or ND.
        const outcome = parsed.from === this.#local ? 'unresolved' : 'unreachable';
        log.failed(parsed.seq16, at_ns, outcome, parsed.cause, parsed.from);
        return true;
      }
      case 'local-error':
        log.localError(at_ns, parsed.text, 'announced');
        return true;
    }
  }
}

const LIKE_PING =
  /^(?:\d+ bytes from \S.*\bseq=\d+|\d+ bytes from \S.*\bicmp_seq=\d+|no answer yet for icmp_seq=|Request timeout for icmp_seq |From \S+ icmp_seq=\d+ |PING6?[ (].*\bbytes\b)/;

export const pingFormat: TextFormat = {
  name: 'ping',
  example: '64 bytes from 10.4.4.4: icmp_seq=7 ttl=62 time=0.345 ms',
  knows: (line) => LIKE_PING.test(line),
  open: (context) => new PingReader(context),
};

const BYTES_FROM = Buffer.from(' bytes from ');
const SEQ = Buffer.from('seq=');
const TTL = Buffer.from(' ttl=');
const HLIM = Buffer.from(' hlim=');
const TIME = Buffer.from(' time=');
const MS = Buffer.from(' ms');
const DUP = Buffer.from(' (DUP!)');

/**
 * The line that a log of `ping` has millions of: `64 bytes from 10.4.4.4: icmp_seq=7 ttl=62 time=0.345 ms`, with or
 * without `(DUP!)`, with `seq=` (BusyBox) or `icmp_seq=`, after `[1700000000.123456] ` or nothing. Everything else is
 * left to the slower readers.
 */
export class PingReply {
  seq = 0;
  /** -1: not said. */
  ttl = -1;
  /** NaN: not said (payload below 16 octets). */
  rtt_ns = NaN;
  duplicate = false;
  readonly #cursor = new ByteCursor();

  /** Of the line read last; NaN: it had no stamp. */
  get at_ns(): number {
    return this.#cursor.at_ns;
  }

  /** False: the line is something else. */
  read(bytes: Buffer, from: number, to: number, stamps: LogTimeReader): boolean {
    const cursor = this.#cursor;
    if (!cursor.begin(bytes, from, to, stamps)) return false;
    cursor.integer();
    if (cursor.digits === 0 || !cursor.skip(BYTES_FROM) || !cursor.skipPast(SEQ)) return false;
    this.seq = cursor.integer();
    if (cursor.digits === 0) return false;
    this.ttl = cursor.skip(TTL) || cursor.skip(HLIM) ? cursor.integer() : -1;
    this.rtt_ns = NaN;
    if (cursor.skip(TIME)) {
      this.rtt_ns = cursor.milliseconds();
      // A line that was cut off in the middle of its time would tell a wrong one.
      if (!cursor.skip(MS)) return false;
    }
    this.duplicate = cursor.skip(DUP);
    return cursor.atEnd;
  }
}
