import { ByteCursor } from './byte-cursor.js';
import type { LogTimeReader } from './log-time.js';
import { addressIn, pingSays, type PingSays } from './ping-line.js';
import type { ProbeLog } from './probe-log.js';
import type { LineReader, ReadContext, TextFormat } from './reader.js';

/** `64 bytes from host (10.4.4.4): …`, for a log whose heading is gone. */
const SENDER = /\d+ bytes from (\S+?)(?: \(([^)]+)\))?[:,] /;

/** What may be said of one run of ping in a loop, `while true; do date; ping -c 1 …; done`. */
interface Run {
  /** When it began, by the line with nothing but a time before it. */
  readonly at_ns: number;
  /** Own number of its first probe. */
  readonly base: number;
  /** What ping calls it; null: no heading yet. */
  first: number | null;
  /** One past the last that a line was about. */
  seen: number;
  /** Had it a summary? */
  ended: boolean;
}

/** Between the probes of one run, if it sends more. */
const RUN_INTERVAL_NS = 1e9;

class PingReader implements LineReader {
  readonly #context: ReadContext;
  readonly #reply = new PingReply();
  #log: ProbeLog | null = null;
  #local: string | null = null;
  /** Ctrl-C was seen since the heading. */
  #interrupted = false;
  #run: Run | null = null;
  /** Has a run more than one probe? */
  #several = false;
  #headed = false;
  /** Of the newest heading. */
  #newest: ProbeLog | null = null;
  /** Do two run at a time? */
  #beside = false;
  /** Those that began and have no summary yet, by what they were called. */
  readonly #open = new Map<string, ProbeLog>();

  constructor(context: ReadContext) {
    this.#context = context;
  }

  line(bytes: Buffer, from: number, to: number): boolean {
    const reply = this.#reply;
    const { stamps, text } = this.#context;
    if (reply.read(bytes, from, to, stamps)) {
      const log = reply.turned || this.#log === null ? this.#turn(text(bytes, from, to)) : this.#log;
      this.#replied(log, reply.seq, reply.at_ns, reply.rtt_ns, reply.ttl, reply.duplicate);
      return true;
    }
    const line = stamps.strip(text(bytes, from, to));
    if (line.trim() === '') {
      if (this.#context.settings.apart && !Number.isNaN(stamps.at_ns)) this.#dated(stamps.at_ns);
      return true;
    }
    const said = pingSays(line);
    if (said === null) return false;
    this.#take(said, line, stamps.at_ns);
    return true;
  }

  #take(said: PingSays, line: string, at_ns: number): void {
    if (said.kind === 'heading') {
      this.#begin(said);
      return;
    }
    if (said.kind === 'interrupted') this.#interrupted = true;
    if (said.kind === 'aside' || said.kind === 'interrupted') return;
    const { targets } = this.#context;
    if (said.kind === 'statistics') {
      this.#log = this.#named(said.line) ?? this.#log;
      return;
    }
    if (said.kind === 'reply' && (this.#log === null || this.#open.size > 1)) this.#turn(line);
    const log = (this.#log ??= targets.of('target'));
    // Of two that run at a time it does not say of which it is; the numbers do.
    if (this.#beside && (said.kind === 'unanswered' || said.kind === 'timed-out' || said.kind === 'error'))
      return;
    switch (said.kind) {
      case 'reply':
        this.#replied(log, said.seq, at_ns, said.rtt_ns, said.ttl, said.duplicate);
        return;
      case 'unanswered':
        if (said.translated) targets.take('no answer', line);
        log.unanswered(this.#own(said.seq), at_ns);
        return;
      case 'timed-out':
        log.timedOut(this.#own(said.seq), at_ns, NaN);
        return;
      case 'error': {
        if (said.translated) targets.take('unreachable', line);
        // Only a heading with `from` tells the host's own address: its own word is about ARP or ND.
        const outcome = said.from === this.#local ? 'unresolved' : 'unreachable';
        log.failed(this.#own(said.seq), at_ns, outcome, said.cause, said.from);
        return;
      }
      case 'local-error':
        log.localError(at_ns, said.text, said.of);
        return;
      case 'remark':
        targets.remark(log.stream, `"${said.text}" from ${said.from}`);
        return;
      case 'summary':
        this.#end(log, said.transmitted, said.received);
    }
  }

  /** A reply of somebody else than the last: of another ping that runs beside it, or of one whose heading is gone. */
  #turn(line: string): ProbeLog {
    const { targets } = this.#context;
    const sender = SENDER.exec(line);
    const from = sender?.[2] ?? sender?.[1] ?? addressIn(line) ?? 'target';
    if (this.#log === null || !this.#headed || targets.has(from)) this.#log = targets.of(from);
    if (this.#headed && this.#log !== this.#newest && !this.#beside) {
      this.#beside = true;
      targets.say('pings run beside each other: lines that do not say of which they are were passed over');
    }
    return this.#log;
  }

  /** Of which target is a line that gives it as it was called? */
  #named(line: string): ProbeLog | null {
    for (const [name, log] of this.#open) if (line.includes(` ${name} `)) return log;
    return null;
  }

  #begin({ target, name, local, first }: PingSays & { readonly kind: 'heading' }): void {
    const log = this.#context.targets.of(target);
    this.#log = log;
    this.#headed = true;
    this.#newest = log;
    this.#open.set(name, log);
    this.#local = local;
    this.#interrupted = false;
    if (this.#run === null) {
      log.begin(first);
      return;
    }
    log.goOn();
    this.#run = { ...this.#run, base: log.next, seen: log.next, first };
  }

  /** A line with nothing but a time: what follows begins then. */
  #dated(at_ns: number): void {
    const log = this.#log;
    const before = this.#run;
    const base = log?.next ?? 0;
    // Of a loop whose summaries were cut out: a date, and nothing came.
    if (log !== null && before !== null && !before.ended && before.seen === before.base)
      log.timedOut(before.base, NaN, before.at_ns);
    this.#run = { at_ns, base: log?.next ?? base, first: null, seen: log?.next ?? base, ended: false };
  }

  #own(seq: number): number {
    const run = this.#run;
    if (run === null) return seq;
    const own = run.base + seq - (run.first ?? seq);
    run.seen = Math.max(run.seen, own + 1);
    return own;
  }

  #replied(log: ProbeLog, seq: number, at_ns: number, rtt_ns: number, ttl: number, duplicate: boolean): void {
    const run = this.#run;
    const own = this.#own(seq);
    const at = run === null || !Number.isNaN(at_ns) ? at_ns : this.#sent(run, own) + (rtt_ns || 0);
    log.reply(own, at, rtt_ns, ttl, duplicate);
  }

  #sent(run: Run, own: number): number {
    if (own > run.base && !this.#several) {
      this.#several = true;
      this.#context.targets.say('a run of the loop sends several probes: taken to be 1 s apart');
    }
    return run.at_ns + (own - run.base) * RUN_INTERVAL_NS;
  }

  #end(log: ProbeLog, transmitted: number, received: number): void {
    const run = this.#run;
    if (run !== null)
      for (
        let own = run.seen;
        own < run.base + Math.min(transmitted, run.seen - run.base + MOST_OF_A_RUN);
        own += 1
      )
        log.timedOut(own, NaN, this.#sent(run, own));
    if (run !== null) run.ended = true;
    log.end(transmitted, received, !this.#interrupted);
    for (const [name, open] of this.#open) if (open === log) this.#open.delete(name);
  }
}

/** A run in a loop sends a few. */
const MOST_OF_A_RUN = 1000;

const OF_PROBES: ReadonlySet<PingSays['kind']> = new Set([
  'reply',
  'unanswered',
  'timed-out',
  'error',
  'heading',
]);

export const pingFormat: TextFormat = {
  name: 'ping',
  example: '64 bytes from 10.4.4.4: icmp_seq=7 ttl=62 time=0.345 ms',
  knows: (line) => {
    const said = pingSays(line);
    return said !== null && OF_PROBES.has(said.kind);
  },
  begins: (line) => pingSays(line)?.kind === 'heading',
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
  /** Is it of another sender than the reply before? */
  turned = false;
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
    if (cursor.digits === 0 || !cursor.skip(BYTES_FROM)) return false;
    this.turned = cursor.changes();
    if (!cursor.skipPast(SEQ)) return false;
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
