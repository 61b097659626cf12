import type { SendFigures } from '../model/event.js';
import type { Outcome, ProbeRow, Reflected } from '../model/probe.js';
import { fromMs, ns, type Nanoseconds } from '../model/time.js';
import type { Answer } from './answer.js';
import { LatenessHistogram } from './lateness.js';
import { isGood, judge, newPicture } from './picture.js';
import { probeWriter } from './probe-writer.js';
import type { LiveStream } from './protocol.js';
import { Settled } from './settled.js';

interface Pending {
  readonly seq: number;
  readonly intended: Nanoseconds;
  sent: Nanoseconds | null;
  accepted: Nanoseconds | null;
  received: Nanoseconds | null;
  ttl: number | null;
  cause: string | null;
  reflected: Reflected | null;
  outcome: Outcome | null;
}

interface LedgerOptions {
  /** Number of the flow within its stream. */
  readonly flow?: number;
  /** Shared by the flows of a stream. */
  readonly lateness?: LatenessHistogram;
}

/** An unanswered probe counts as bad in the live view after this long, or four times the usual RTT. */
const OVERDUE = fromMs(250);

/** The ledger is looked at every 100 ms; a longer pause means that this process stood still (SIGSTOP, CPU steal). */
const STALL = fromMs(150);
/** After such a pause, answers that came meanwhile are still in the sockets: time to read them before "lost" is said. */
const GRACE = fromMs(100);

/**
 * Copies of answers that are written: whoever answers may send any number of them, and each is a row. A loop in the
 * network makes a few of each probe; more tells nothing more.
 */
const MOST_COPIES = 1000;
const MOST_COPIES_EACH = 4;

/** Nothing was put on the wire: says nothing about the path. */
const isHole = (outcome: Outcome | null): boolean => outcome === 'unsent' || outcome === 'local-blocked';

/**
 * The probes of one flow from schedule to last word. Rows are written in the order of `seq`, each as soon as
 * it and all before it are decided: by an answer, or by `wait` running out. Memory holds one wait's worth of
 * probes, whatever the length of the run.
 */
export class Ledger {
  readonly #stream: string;
  readonly #wait: Nanoseconds;
  readonly #origin: Nanoseconds;
  readonly #row: (row: ProbeRow) => void;
  /** Undecided probes and those decided behind them, oldest at `#head`. */
  #queue: Pending[] = [];
  #head = 0;
  #next = 0;
  readonly #settled = new Settled();
  readonly #flow: number;
  readonly #lateness: LatenessHistogram;
  #sent = 0;
  #answered = 0;
  #unsent = 0;
  #blocked = 0;
  #copies = 0;
  #rtt: number | null = null;
  #lookedAt: Nanoseconds | null = null;
  #graceUntil = 0;
  #onLost: (seq: number) => void = () => {};
  /** The live picture of the written part. */
  readonly #written = newPicture();
  /** How often each cause was named for a bad probe. */
  readonly #causes = new Map<string, number>();

  /** @param origin the trial's origin: all instants of rows count from it. */
  constructor(
    stream: string,
    wait: Nanoseconds,
    origin: Nanoseconds,
    write: (line: string) => void,
    { flow = 0, lateness = new LatenessHistogram() }: LedgerOptions = {},
  ) {
    this.#stream = stream;
    this.#flow = flow;
    this.#wait = wait;
    this.#origin = origin;
    this.#row = probeWriter(origin, write);
    this.#lateness = lateness;
  }

  /** Tells when the wait for a probe ran out, for engines that hold a resource each. */
  whenLost(listener: (seq: number) => void): void {
    this.#onLost = listener;
  }

  /** The sequence number of the next probe: 64-bit in spirit, never wraps. */
  get nextSeq(): number {
    return this.#next;
  }

  /** A slot that was missed. */
  missed(intended: Nanoseconds): void {
    this.#enqueue(intended).outcome = 'unsent';
    this.#unsent += 1;
  }

  /** Opens the next probe just before its send call. */
  sending(intended: Nanoseconds, now: Nanoseconds): number {
    const probe = this.#enqueue(intended);
    probe.sent = now;
    this.#sent += 1;
    return probe.seq;
  }

  /** The send call is made now: a better stamp than that of `sending` where a socket queues. */
  leaving(seq: number, now: Nanoseconds): void {
    const probe = this.#find(seq);
    if (probe !== null) probe.sent = now;
  }

  /** When a probe left that has not been written yet; null for any other. */
  sentAt(seq: number): Nanoseconds | null {
    return this.#find(seq)?.sent ?? null;
  }

  /** The socket took it. */
  accepted(seq: number, now: Nanoseconds): void {
    const probe = this.#find(seq);
    if (probe !== null) probe.accepted = now;
  }

  /** The newest probe below `seq` that waits for an answer; null if none does. */
  newestWaiting(seq = Infinity): number | null {
    const waits = (probe: Pending): boolean => probe.outcome === null && probe.seq < seq;
    return this.#queue.findLast((probe, index) => index >= this.#head && waits(probe))?.seq ?? null;
  }

  /** Something that is no answer came for a probe: if no answer comes, this is why. */
  remark(seq: number, cause: string): void {
    const probe = this.#find(seq);
    if (probe?.outcome === null) probe.cause = cause;
  }

  /** The first answer decides; a later one is written as `duplicate`, or `stray` if the probe counts as lost. */
  answer(seq: number, answer: Answer): void {
    const probe = this.#find(seq);
    if (probe?.outcome === null) {
      probe.outcome = answer.outcome;
      probe.received = answer.received;
      probe.ttl = answer.ttl ?? null;
      probe.cause = answer.cause ?? null;
      probe.reflected = answer.reflected ?? null;
      if (answer.outcome === 'local-blocked') {
        this.#blocked += 1;
        probe.accepted = null;
      }
      if (isGood(answer.outcome)) {
        this.#answered += 1;
        if (probe.sent !== null && answer.received !== null) {
          const rtt = answer.received - probe.sent;
          this.#rtt = this.#rtt === null ? rtt : this.#rtt + (rtt - this.#rtt) / 8;
        }
      }
      return;
    }
    if (!isGood(answer.outcome) || seq < 0 || seq >= this.#next) return;
    const settled =
      probe === null
        ? this.#settled.recall(seq, this.#next)
        : { good: isGood(probe.outcome ?? 'lost'), intended: probe.intended, sent: probe.sent };
    if (settled === null) return;
    this.#copies += 1;
    if (this.#copies > MOST_COPIES + MOST_COPIES_EACH * this.#next) return;
    this.#row({
      stream: this.#stream,
      flow: this.#flow,
      seq,
      outcome: settled.good ? 'duplicate' : 'stray',
      intended_ns: settled.intended,
      sent_ns: settled.sent,
      accepted_ns: probe?.accepted ?? null,
      received_ns: answer.received,
      ttl: answer.ttl ?? null,
      cause: answer.cause ?? null,
      ...(answer.reflected === undefined ? {} : { reflected: answer.reflected }),
    });
  }

  /** Writes every row whose last word is known by `now`. */
  advance(now: Nanoseconds): void {
    if (this.#lookedAt !== null && now - this.#lookedAt > STALL) this.#graceUntil = now + GRACE;
    this.#lookedAt = now;
    for (;;) {
      const probe = this.#queue[this.#head];
      if (probe === undefined) break;
      if (probe.outcome === null) {
        if (now - (probe.sent ?? probe.intended) < this.#wait || now < this.#graceUntil) break;
        probe.outcome = 'lost';
        this.#onLost(probe.seq);
      }
      this.#head += 1;
      this.#settle(probe, probe.outcome);
    }
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Number of probes that still wait for an answer. */
  get waiting(): number {
    let count = 0;
    for (let i = this.#head; i < this.#queue.length; i++) if (this.#queue[i]?.outcome === null) count += 1;
    return count;
  }

  /** Writes all that is left, unanswered ones as lost. */
  close(): void {
    for (; this.#head < this.#queue.length; this.#head++) {
      const probe = this.#queue[this.#head] as Pending;
      this.#settle(probe, probe.outcome ?? 'lost');
    }
    this.#queue = [];
    this.#head = 0;
  }

  figures(): Omit<SendFigures, 'socket_drops'> {
    return {
      sent: this.#sent - this.#blocked,
      unsent: this.#unsent,
      local_blocked: this.#blocked,
      lateness_p50_ms: this.#lateness.quantile(0.5),
      lateness_p99_ms: this.#lateness.quantile(0.99),
      lateness_max_ms: this.#lateness.max,
    };
  }

  live(now: Nanoseconds): LiveStream {
    const picture = { ...this.#written };
    const overdue = this.#overdue;
    for (let i = this.#head; i < this.#queue.length; i++) {
      const probe = this.#queue[i] as Pending;
      if (probe.sent === null || isHole(probe.outcome)) continue;
      if (probe.outcome === null && now - probe.sent < overdue) continue;
      judge(picture, probe, overdue);
    }
    const relative = (at: Nanoseconds | null): Nanoseconds | null =>
      at === null ? null : ns(at - this.#origin);
    return {
      name: this.#stream,
      sent: this.#sent,
      answered: this.#answered,
      bad: picture.bad,
      clean_from_ns: relative(picture.cleanFrom),
      last_good_ns: relative(picture.lastGood),
      good_run: picture.goodRun,
      down_since_ns: relative(picture.downSince),
      refused_since_ns: relative(picture.refusedSince),
      rtt_ms: this.#rtt === null ? null : this.#rtt / 1e6,
      cause: [...this.#causes].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? null,
    };
  }

  #enqueue(intended: Nanoseconds): Pending {
    const probe: Pending = {
      seq: this.#next++,
      intended,
      sent: null,
      accepted: null,
      received: null,
      ttl: null,
      cause: null,
      reflected: null,
      outcome: null,
    };
    this.#queue.push(probe);
    return probe;
  }

  #find(seq: number): Pending | null {
    const first = this.#queue[this.#head];
    return first === undefined ? null : (this.#queue[this.#head + seq - first.seq] ?? null);
  }

  #settle(probe: Pending, outcome: Outcome): void {
    probe.outcome = outcome;
    this.#settled.add(probe.seq, isGood(outcome), probe.intended, probe.sent);
    if (probe.cause !== null && !isGood(outcome))
      this.#causes.set(probe.cause, (this.#causes.get(probe.cause) ?? 0) + 1);
    if (probe.sent !== null && !isHole(outcome)) {
      if (probe.intended !== probe.sent) this.#lateness.add(probe.sent - probe.intended);
      judge(this.#written, probe, this.#overdue);
    }
    this.#row({
      stream: this.#stream,
      flow: this.#flow,
      seq: probe.seq,
      outcome,
      intended_ns: probe.intended,
      sent_ns: probe.sent,
      accepted_ns: probe.accepted,
      received_ns: probe.received,
      ttl: probe.ttl,
      cause: probe.cause,
      ...(probe.reflected === null ? {} : { reflected: probe.reflected }),
    });
  }

  get #overdue(): number {
    return Math.max(OVERDUE, 4 * (this.#rtt ?? 0));
  }
}
