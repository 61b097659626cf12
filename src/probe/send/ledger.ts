import type { SendFigures } from '../../model/event.js';
import { type Outcome, type ProbeRow, type Reflected, encodeProbe } from '../../model/probe.js';
import { fromMs, ns, type Nanoseconds } from '../../model/time.js';
import type { LiveStream } from '../protocol.js';
import { LatenessHistogram } from './lateness.js';

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

/** The ledger is looked at every 100 ms or oftener; a longer pause means that this process stood still (SIGSTOP, CPU steal). */
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
  /** The live state of the written part. */
  readonly #written = newLiveState();
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
    const state = { ...this.#written };
    const overdue = this.#overdue;
    for (let i = this.#head; i < this.#queue.length; i++) {
      const probe = this.#queue[i] as Pending;
      if (probe.sent === null || isHole(probe.outcome)) continue;
      if (probe.outcome === null && now - probe.sent < overdue) continue;
      judge(state, probe, overdue);
    }
    const relative = (at: Nanoseconds | null): Nanoseconds | null =>
      at === null ? null : ns(at - this.#origin);
    return {
      name: this.#stream,
      sent: this.#sent,
      answered: this.#answered,
      bad: state.bad,
      clean_from_ns: relative(state.cleanFrom),
      last_good_ns: relative(state.lastGood),
      good_run: state.goodRun,
      down_since_ns: relative(state.downSince),
      refused_since_ns: relative(state.refusedSince),
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

/** How an answer ended a probe's wait. */
export interface Answer {
  readonly outcome: 'answered' | 'refused' | 'unreachable' | 'unresolved' | 'local-blocked' | 'lost';
  readonly received: Nanoseconds | null;
  readonly ttl?: number | null;
  readonly cause?: string | null;
  /** Of a STAMP reflector; its instants on this host's monotonic clock. */
  readonly reflected?: Reflected;
}

/** How a stream looks so far, probe after probe in the order of sequence. Instants are send instants. */
export interface LiveState {
  /** First good probe since the last bad one. */
  cleanFrom: Nanoseconds | null;
  goodRun: number;
  lastGood: Nanoseconds | null;
  /** First probe of the bad run that is still open. */
  downSince: Nanoseconds | null;
  bad: number;
  /** A probe was answered, by no refusal. */
  accepted: boolean;
  /** First refused probe since the last accepted one; null: none, or nothing was accepted before. */
  refusedSince: Nanoseconds | null;
}

export const newLiveState = (): LiveState => ({
  cleanFrom: null,
  goodRun: 0,
  lastGood: null,
  downSince: null,
  bad: 0,
  accepted: false,
  refusedSince: null,
});

export const isGood = (outcome: Outcome): boolean => outcome === 'answered' || outcome === 'refused';

/**
 * Adds one probe; `outcome: null` is one that is overdue. A refusal shows the path, so nothing is down; but a service that
 * accepted before is not back while it refuses.
 */
export const judge = (
  state: LiveState,
  probe: {
    readonly outcome: Outcome | null;
    readonly sent: Nanoseconds | null;
    readonly received: Nanoseconds | null;
  },
  overdue: number,
): void => {
  const late = probe.received !== null && probe.sent !== null && probe.received - probe.sent > overdue;
  if (probe.outcome === 'answered') {
    state.accepted = true;
    state.refusedSince = null;
  } else if (probe.outcome === 'refused' && state.accepted) state.refusedSince ??= probe.sent;
  if (probe.outcome !== null && isGood(probe.outcome) && !late) {
    if (state.refusedSince !== null) {
      state.cleanFrom = null;
      state.goodRun = 0;
      state.lastGood = probe.sent;
      state.downSince = null;
      return;
    }
    state.cleanFrom ??= probe.sent;
    state.lastGood = probe.sent;
    state.goodRun += 1;
    state.downSince = null;
  } else {
    state.bad += 1;
    state.cleanFrom = null;
    state.goodRun = 0;
    state.downSince ??= probe.sent;
  }
};

/** Writes rows whose instants are monotonic, counted from the trial's origin. */
export const probeWriter =
  (origin: Nanoseconds, write: (line: string) => void) =>
  (row: ProbeRow): void => {
    const since = (at: Nanoseconds): Nanoseconds => ns(Math.round(at - origin));
    const relative = (at: Nanoseconds | null): Nanoseconds | null => (at === null ? null : since(at));
    const { reflected } = row;
    write(
      encodeProbe({
        ...row,
        intended_ns: since(row.intended_ns),
        sent_ns: relative(row.sent_ns),
        accepted_ns: relative(row.accepted_ns),
        received_ns: relative(row.received_ns),
        ...(reflected === undefined
          ? {}
          : {
              reflected: {
                seq: reflected.seq,
                received_ns: since(reflected.received_ns),
                sent_ns: since(reflected.sent_ns),
              },
            }),
      }),
    );
  };

/** Last words are remembered for this many probes, to tell a duplicate from a stray. */
const MEMORY = 65_536;

/** What was said of probes that are written: whether they were answered, and when they were due and sent. */
export class Settled {
  readonly #good = new Uint8Array(MEMORY);
  readonly #intendedAt = new Float64Array(MEMORY);
  readonly #sentAt = new Float64Array(MEMORY);

  add(seq: number, good: boolean, intended: Nanoseconds, sent: Nanoseconds | null): void {
    const slot = seq % MEMORY;
    this.#good[slot] = good ? 1 : 0;
    this.#intendedAt[slot] = intended;
    this.#sentAt[slot] = sent ?? Number.NaN;
  }

  /** @param next the sequence number that comes next; what lies too far behind it is forgotten: null. */
  recall(
    seq: number,
    next: number,
  ): { readonly good: boolean; readonly intended: Nanoseconds; readonly sent: Nanoseconds | null } | null {
    if (next - seq > MEMORY) return null;
    const slot = seq % MEMORY;
    const sent = this.#sentAt[slot] as number;
    return {
      good: this.#good[slot] === 1,
      intended: ns(this.#intendedAt[slot] as number),
      sent: Number.isNaN(sent) ? null : ns(sent),
    };
  }
}
