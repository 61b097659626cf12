import { NS_PER_S } from '../model/time.js';
import { LineLayouts } from './line-layout.js';
import { pingSays, replyPlaces, type PingReply, type PingSays, type RepeatedReply } from './ping-line.js';
import type { ProbeLog } from './probe-log.js';
import type { LineReader, ReadContext, TextFormat } from './reader.js';

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

const OPING_TIMEOUT_NS = NS_PER_S;

/** Between the probes of one run, if it sends more. */
const RUN_INTERVAL_NS = 1e9;

class PingReader implements LineReader {
  readonly #context: ReadContext;
  readonly #layouts: LineLayouts<RepeatedReply>;
  #log: ProbeLog | null = null;
  /** Who sent the reply before, and which target that was about. */
  #from = '';
  #turned: ProbeLog | null = null;
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
    this.#layouts = new LineLayouts(context.stamps);
  }

  line(bytes: Buffer, from: number, to: number): boolean {
    const { stamps, text } = this.#context;
    const known = this.#layouts.read(bytes, from, to);
    if (known !== null) {
      this.#replied(known, stamps.at_ns);
      return true;
    }
    const whole = text(bytes, from, to);
    const line = stamps.strip(whole);
    if (line.trim() === '') {
      if (this.#context.settings.apart && !Number.isNaN(stamps.at_ns)) this.#dated(stamps.at_ns);
      return true;
    }
    const said = pingSays(line);
    if (said === null) return false;
    if (said.kind === 'reply') {
      this.#layouts.learn(bytes, from, to, whole, line, (rest) => replyPlaces(rest, said));
      this.#replied(said, stamps.at_ns);
    } else this.#take(said, line, stamps.at_ns);
    return true;
  }

  #take(said: Exclude<PingSays, { kind: 'reply' }>, line: string, at_ns: number): void {
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
    const log = (this.#log ??= targets.of('target'));
    // Of two that run at a time it does not say of which it is; the numbers do.
    if (this.#beside && (said.kind === 'unanswered' || said.kind === 'timed-out' || said.kind === 'error'))
      return;
    switch (said.kind) {
      case 'unanswered':
        if (said.translated) targets.take('no answer', line);
        log.unanswered(this.#own(said.seq), at_ns);
        return;
      case 'timed-out':
        if (said.waited === true) this.#waits();
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

  /** oping sends the next probe when it is done with one, so that without times an outage takes longer than its probes. */
  #waits(): void {
    const { settings, stamps, targets } = this.#context;
    if (stamps.kind !== null || targets.waitPerLost_ns > 0) return;
    const interval_ns = settings.interval_ns ?? NS_PER_S;
    const timeout_ns = settings.timeout_ns ?? OPING_TIMEOUT_NS;
    if (timeout_ns <= interval_ns) return;
    targets.waitPerLost_ns = timeout_ns - interval_ns;
    targets.say(
      `oping waits for each answer: up to ${timeout_ns / NS_PER_S} s (${settings.timeout_ns === null ? 'its default -w; --timeout says otherwise' : '--timeout'}) for one that does not come, in the upper bound`,
    );
  }

  /** A reply of somebody else than the last: of another ping that runs beside it, or of one whose heading is gone. */
  #turn(from: string): ProbeLog {
    const { targets } = this.#context;
    this.#from = from;
    if (this.#log === null || !this.#headed || targets.has(from)) this.#log = targets.of(from);
    if (this.#headed && this.#log !== this.#newest && !this.#beside) {
      this.#beside = true;
      targets.say('pings run beside each other: lines that do not say of which they are were passed over');
    }
    this.#turned = this.#log;
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

  #replied({ from, seq, rtt_ns, ttl, duplicate }: PingReply, at_ns: number): void {
    const before = this.#log;
    const same = before !== null && before === this.#turned && from === this.#from && this.#open.size < 2;
    const log = same ? before : this.#turn(from);
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
    // Of `ping -q` only the counts are known.
    const quiet = run !== null && run.seen === run.base && received > 0;
    if (run !== null && !quiet)
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
