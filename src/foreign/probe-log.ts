import type { Outcome, ProbeRow } from '../model/probe.js';
import { ns } from '../model/time.js';
import { localFailure } from '../probe/local-failure.js';
import { HELD, HeldProbes, PROBE_STATE } from './held-probes.js';
import { logRow } from './log-row.js';
import { Numbering } from './numbering.js';

/** Less may be the rounding of stamps and round trips. */
const CLOCK_STEP_NS = 1e9;

export interface ProbeLogSettings {
  readonly stream: string;
  /** Numbers wrap after so many; null: they do not. */
  readonly modulus: number | null;
  /** Do the lines carry times? Without, sends are taken to be `interval_ns` apart. */
  readonly stamped: boolean;
  readonly interval_ns: number;
}

/**
 * The probes of one target, put together from the lines of a log, and handed on as rows in the order of sending.
 * All instants are nanoseconds since the first stamp of the log; NaN is "not known", so that the millions of
 * numbers passing through stay unboxed.
 *
 * When a probe left is known from its reply (arrival - RTT) or from the line that was written as it left; else it
 * is interpolated between its neighbours. Without stamps it is number x interval.
 */
export class ProbeLog {
  readonly stream: string;
  /** Sends that no line told the time of. */
  interpolated = 0;
  /** Times that the tool was started anew within the log. */
  restarts = 0;
  /** How far the clock was set back within the log, in all. */
  setBack_ns = 0;
  /** Probes that failed, by outcome, cause and who said so. */
  readonly causes = new Map<string, number>();
  private readonly settings: ProbeLogSettings;
  private readonly emit: (row: ProbeRow) => void;
  private readonly numbering: Numbering;
  private readonly held = new HeldProbes();
  /** Has any line been about it? */
  started = false;
  private origin = 0;
  /** Number of the first probe since the heading; null: the log began without one. */
  private section: number | null = null;
  /** Number of a probe that is known to have left, and of which nothing was said since; -1: none. */
  private announced = -1;
  /** The newest send whose time is known; -1: none yet. */
  private knownSeq = -1;
  private knownSent = NaN;
  /** Between two sends, by those that were seen. */
  private spacing: number;
  private lastSent = -Infinity;

  constructor(settings: ProbeLogSettings, emit: (row: ProbeRow) => void) {
    this.stream = settings.stream;
    this.settings = settings;
    this.emit = emit;
    this.numbering = new Numbering(settings.modulus);
    this.spacing = settings.interval_ns;
  }

  /** A heading: the tool starts, and numbers from `first`. */
  begin(first: number): void {
    if (this.started) this.restart(first);
    else this.start(first);
    this.section = this.held.next;
  }

  /** `rtt_ns` NaN and `ttl` -1: not said. */
  reply(wire: number, at_ns: number, rtt_ns: number, ttl: number, duplicate: boolean): void {
    const { held } = this;
    const { stamped } = this.settings;
    const seq = this.locate(wire, at_ns);
    if (duplicate) {
      this.emitRow(seq, 'duplicate', Math.max(0, this.lastSent), at_ns + this.setBack_ns, ttl, null);
      return;
    }
    const rtt = Number.isNaN(rtt_ns) ? 0 : rtt_ns;
    if (stamped && seq >= held.next) this.followClock(at_ns - rtt);
    const sent = stamped ? at_ns + this.setBack_ns - rtt : this.slot(seq);
    const received = stamped ? at_ns + this.setBack_ns : sent + rtt_ns;
    if (seq === held.next && seq === held.head) {
      held.begin(seq + 1);
      this.know(seq, sent);
      this.emitRow(seq, 'answered', Number.isNaN(sent) ? this.after() : sent, received, ttl, null);
      return;
    }
    if (seq < held.head || (held.has(seq) && held.state(seq) === PROBE_STATE.answered)) {
      this.repeated(wire, seq, at_ns, rtt_ns, ttl);
      return;
    }
    this.extend(seq, sent);
    held.setAnswered(seq, received, ttl);
    if (!Number.isNaN(sent)) held.setSent(seq, sent);
    this.drain();
  }

  /** No answer when the next probe left, which it did at `at_ns` (`ping -O`, macOS). */
  unanswered(wire: number, at_ns: number): void {
    const { held } = this;
    const seq = this.locate(wire, at_ns);
    this.extend(seq, NaN);
    if (held.has(seq)) held.setWaiting(seq, NaN);
    if (seq + 1 >= held.next) {
      this.extend(seq + 1, at_ns + this.setBack_ns);
      this.announced = seq + 1;
    }
    this.drain();
  }

  /** The tool gave up waiting at `at_ns`; `sent_ns` where that tells when the probe left, else NaN. */
  timedOut(wire: number, at_ns: number, sent_ns: number): void {
    const { held } = this;
    const seq = this.locate(wire, at_ns);
    this.extend(seq, sent_ns + this.setBack_ns);
    if (!held.has(seq)) return;
    held.setWaiting(seq, at_ns + this.setBack_ns);
    if (this.knownSeq < 0 && held.has(seq - 1)) {
      const step = held.gaveUp(seq) - held.gaveUp(seq - 1);
      if (step > 0) this.spacing = step;
    }
    this.drain();
  }

  /** An ICMP error, or a failure of the local host, answered the probe. */
  failed(wire: number, at_ns: number, outcome: Outcome, cause: string, from: string | null): void {
    const seq = this.locate(wire, at_ns);
    this.extend(seq, NaN);
    this.fail(seq, at_ns, outcome, cause, from);
  }

  /** The send call of a probe failed, of the one announced last (iputils) or of one more (macOS), says strerror. */
  localError(at_ns: number, text: string, of: 'announced' | 'next'): void {
    if (!this.started) this.start(0);
    const { next } = this.held;
    const seq = of === 'announced' && this.announced === next - 1 ? this.announced : next;
    this.extend(seq, this.settings.stamped ? at_ns + this.setBack_ns : this.slot(seq));
    const { outcome, cause } = localFailure(text);
    this.fail(seq, at_ns, outcome, cause ?? 'unknown', null);
  }

  /** A summary: so many probes were sent since the heading. The last ones may not have left a line. */
  end(transmitted: number): void {
    if (this.section !== null) this.extend(this.section + transmitted - 1, NaN);
    this.section = null;
  }

  /** Hands on what is left. */
  finish(): void {
    this.dropUndecided();
    while (this.held.head < this.held.next) this.handOn();
  }

  private start(wire: number): void {
    this.started = true;
    this.origin = wire;
    this.held.begin(wire);
  }

  private restart(first: number): void {
    this.finish();
    this.numbering.restart(first, this.held.next);
    this.section = null;
    this.announced = -1;
    this.knownSeq = -1;
    this.knownSent = NaN;
    this.restarts += 1;
  }

  /** The newest probe had no time to be answered when the tool was stopped: it says nothing. */
  private dropUndecided(): void {
    const { held } = this;
    if (held.next > held.head && held.state(held.next - 1) === PROBE_STATE.missing) held.next -= 1;
  }

  /** A number that was answered already, and not marked as a duplicate: a very late reply, or ping started anew. */
  private repeated(wire: number, seq: number, at_ns: number, rtt_ns: number, ttl: number): void {
    const behind = this.held.next - seq;
    if (behind > HELD && rtt_ns >= 0.5 * behind * this.spacing) {
      const received = at_ns + this.setBack_ns;
      this.emitRow(seq, 'stray', received - rtt_ns, received, ttl, null);
      return;
    }
    this.restart(wire);
    this.reply(wire, at_ns, rtt_ns, ttl, false);
  }

  private locate(wire: number, at_ns: number): number {
    if (!this.started) this.start(wire);
    const expected = this.knownSeq + (at_ns + this.setBack_ns - this.knownSent) / this.spacing;
    return this.numbering.of(wire, this.held.next, expected);
  }

  /** A clock that jumps back would squeeze all that follows into one instant: from there on time goes on instead. */
  private followClock(sent: number): void {
    const newest = Math.max(this.lastSent, Number.isNaN(this.knownSent) ? -Infinity : this.knownSent);
    if (sent + this.setBack_ns < newest - CLOCK_STEP_NS) this.setBack_ns = newest + this.spacing - sent;
  }

  private slot(seq: number): number {
    return (seq - this.origin) * this.settings.interval_ns;
  }

  /** Makes entries up to `seq`, which left at `sent`; what lies between two known sends is interpolated. */
  private extend(seq: number, sent: number): void {
    const { held } = this;
    if (seq < held.next) return;
    const first = held.next;
    const ranged = this.settings.stamped && !Number.isNaN(sent);
    const since = this.knownSeq < 0 ? held.head : Math.max(held.head, this.knownSeq + 1);
    const step = this.knownSeq < 0 ? this.spacing : (sent - this.knownSent) / (seq - this.knownSeq);
    if (ranged) this.interpolate(since, first, seq, sent, step);
    while (held.next <= seq) {
      if (held.full) this.handOn();
      const { next } = held;
      if (!this.settings.stamped) held.add(this.slot(next));
      else if (next === seq) held.add(sent);
      else held.add(ranged ? this.told(sent - step * (seq - next)) : NaN);
    }
    this.know(seq, sent);
  }

  /** Gives times to those of `from` to `to - 1` that have none, `step` apart, back from `seq`, which left at `sent`. */
  private interpolate(from: number, to: number, seq: number, sent: number, step: number): void {
    for (let index = from; index < to; index += 1)
      if (Number.isNaN(this.held.sent(index)))
        this.held.setSent(index, this.told(sent - step * (seq - index)));
  }

  private told(interpolated: number): number {
    this.interpolated += 1;
    return interpolated;
  }

  private know(seq: number, sent: number): void {
    if (Number.isNaN(sent)) return;
    const step = sent - this.knownSent;
    if (seq === this.knownSeq + 1 && step > 0) this.spacing += (step - this.spacing) / 8;
    this.knownSeq = seq;
    this.knownSent = sent;
  }

  private fail(seq: number, at_ns: number, outcome: Outcome, cause: string, from: string | null): void {
    const { held } = this;
    if (!held.has(seq) || held.state(seq) >= PROBE_STATE.answered) return;
    held.setFailed(seq, at_ns + this.setBack_ns, { outcome, cause });
    const key = `${outcome}: ${cause}${from === null ? '' : ` (from ${from})`}`;
    this.causes.set(key, (this.causes.get(key) ?? 0) + 1);
    this.drain();
  }

  /** Hands on what is final: an answer may still come for the others, or a neighbour that tells their time. */
  private drain(): void {
    const { held } = this;
    while (held.head < held.next) {
      const final = held.state(held.head) >= PROBE_STATE.answered && !Number.isNaN(held.sent(held.head));
      if (!final && !held.full) return;
      this.handOn();
    }
  }

  private handOn(): void {
    const { held } = this;
    const seq = held.head;
    const sent = Number.isNaN(held.sent(seq)) ? this.guess(seq) : held.sent(seq);
    const failure = held.failure(seq);
    const outcome = held.state(seq) === PROBE_STATE.answered ? 'answered' : (failure?.outcome ?? 'lost');
    held.head = seq + 1;
    this.emitRow(seq, outcome, sent, held.received(seq), held.ttl(seq), failure?.cause ?? null);
  }

  /** No neighbour tells when it left: one wait before the tool gave up, or one interval after its forerunner. */
  private guess(seq: number): number {
    const gaveUp = this.held.gaveUp(seq);
    return Number.isNaN(gaveUp) ? this.after() : this.told(gaveUp - this.spacing);
  }

  private after(): number {
    return this.told(this.lastSent === -Infinity ? 0 : this.lastSent + this.spacing);
  }

  private emitRow(
    seq: number,
    outcome: Outcome,
    sent: number,
    received: number,
    ttl: number,
    cause: string | null,
  ): void {
    const extra = outcome === 'stray' || outcome === 'duplicate';
    // Coarse stamps and rounded round trips may put a send before its forerunner.
    const sent_ns = ns(extra ? sent : Math.max(sent, this.lastSent));
    if (!extra) this.lastSent = sent_ns;
    this.emit(logRow(this.stream, seq, outcome, sent_ns, received, ttl, cause));
  }
}
