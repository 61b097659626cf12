import type { ProbeRow } from '../../model/probe.js';
import { SILENT_INTERVALS, Replies } from './replies.js';
import { derivedThreshold, type FlowManner, FlowWindow } from './flow-window.js';
import type { LossPeriod } from './gaps.js';
import { ImpairedRun } from './impaired-run.js';
import type { PhaseWindow } from './windows.js';

export interface FlowSettings extends FlowManner {
  /** The scenario's delay threshold; null: derived from the baseline of each phase. */
  readonly threshold_ns: number | null;
  readonly mergeGap_ns: number;
  /** The kernel stamps what comes, also while the prober stands still; left out: it does not. */
  readonly kernelStamps?: boolean;
}

/** An answer that took longer than any of the baseline. */
interface SlowAnswer {
  readonly sent_ns: number;
  /** It was held until then at most, in terms of sends: the answer, less the fastest round trip. */
  readonly released_ns: number;
}

/** Answers later than the delay threshold, one after the other. */
interface LateRun {
  readonly own: FlowWindow;
  readonly run: LossPeriod;
  /** As of a loss period that began with it. */
  readonly proof_ns: number | null;
  readonly firstReceived_ns: number;
  /** Nothing had come for so long when the first of them came. */
  readonly silence_ns: number;
}

/** A send this much later than its neighbour is a hole, not jitter of the schedule. */
const HOLE_INTERVALS = 2.5;
/** From a SYN to the next, less what a timer may be early. */
const SENT_AGAIN_NS = 0.99e9;
/** Being held by the local socket for less is measurement noise. */
const HELD_NS = 1e6;

/**
 * One flow of a stream as a state machine over its rows, in the order of `seq` (`duplicate` and `stray` rows
 * when they happen). Memory holds what is in flight and the periods found, nothing per probe.
 */
export class FlowAnalyzer {
  readonly windows: readonly FlowWindow[];
  readonly #settings: FlowSettings;
  readonly #replies: Replies;
  /** Index of the window that sends belong to now. */
  #at = 0;
  /** Index of the first window whose trigger has not been passed. */
  #pending = 0;
  /** In force for the probe at hand. */
  #threshold_ns: number;
  #prevSent_ns: number | null = null;
  #prevGoodSent_ns: number | null = null;
  #prevWasGood = false;
  #open: LossPeriod | null = null;
  #openLate: LateRun | null = null;
  /** A run that was held, until the probe after it has been looked at. */
  #heldRun: LossPeriod | null = null;
  /** When the newest held answers came. */
  #released_ns: number | null = null;
  #prevReceived_ns: number | null = null;
  /**
   * The refusals that have no end yet, and the send instant of the last probe that was accepted. Before the first of those they
   * are no change, and in no window.
   */
  #refusal: LossPeriod | null = null;
  #accepted_ns: number | null = null;
  readonly #impairedRun: ImpairedRun;
  /** The newest send that no outage holds which has not ended before the last send but one. */
  #proof_ns: number | null = null;
  /** Newer ones, with slow answers that had not come by then; in flight, so few. */
  #slow: SlowAnswer[] = [];
  #holeSinceGood_ns = 0;

  constructor(windows: readonly PhaseWindow[], settings: FlowSettings) {
    this.windows = windows.map((window) => new FlowWindow(window, settings));
    this.#settings = settings;
    this.#threshold_ns = settings.threshold_ns ?? Infinity;
    this.#replies = new Replies(this.windows);
    this.#impairedRun = new ImpairedRun(this.windows);
  }

  /** @param stalled_ns of the time to its answer, how long the prober may have stood still (`Stalls`) */
  push(row: ProbeRow, stalled_ns = 0): void {
    const sent_ns = row.sent_ns ?? row.intended_ns;
    switch (row.outcome) {
      case 'duplicate':
        this.#windowAt(sent_ns).duplicate++;
        return;
      case 'stray':
        this.#stray(row, sent_ns);
        return;
      case 'unsent':
        this.#windowAt(sent_ns).unsent++;
        return;
      case 'local-blocked':
        this.#windowAt(sent_ns).localBlocked++;
        this.#windowAt(sent_ns).because(row.cause);
        return;
      case 'answered':
        this.#sending(row, sent_ns);
        this.#answered(row, sent_ns, stalled_ns);
        this.#accepted(row, sent_ns);
        break;
      case 'refused':
        this.#sending(row, sent_ns);
        this.#current().refused++;
        this.#refused(row, sent_ns);
        this.#answered(row, sent_ns, stalled_ns);
        break;
      case 'lost':
        this.#sending(row, sent_ns);
        this.#lost(row, sent_ns);
        break;
      case 'unreachable':
        this.#sending(row, sent_ns);
        this.#current().unreachable++;
        this.#lost(row, sent_ns);
        break;
      case 'unresolved':
        this.#sending(row, sent_ns);
        this.#current().unresolved++;
        this.#lost(row, sent_ns);
        break;
    }
    this.#prevSent_ns = sent_ns;
  }

  /**
   * No more rows: what is in flight is final, an open period stays open.
   *
   * @param until_ns the last instant that the history tells of: sends are missed up to there if the wait for
   *   recovery has no end in it. Left out: nobody knows that there should have been more sends.
   */
  finish(until_ns = -Infinity): void {
    this.#replies.upTo(Infinity);
    this.#impairedRun.end(null);
    for (const own of this.windows.slice(this.#at)) own.endSending(this.#prevSent_ns, until_ns);
    for (const own of this.windows) this.#freeze(own);
  }

  /**
   * A refusal proves the path: it is no loss, and has runs of its own, between probes that were accepted. The service says so
   * when a probe arrives, which for one that took longer than the slowest of the baseline may be that much after its send.
   */
  #refused(row: ProbeRow, sent_ns: number): void {
    if (this.#refusal === null) {
      const firstHeld_ns = this.#excess(row, sent_ns, rttOf(row, sent_ns));
      this.#refusal = { ...periodFrom(row, sent_ns, this.#accepted_ns), firstHeld_ns };
      if (this.#accepted_ns !== null) this.#current().refusals.push(this.#refusal);
    }
    this.#refusal.lastSeq = row.seq;
    this.#refusal.last_ns = sent_ns;
  }

  #accepted(row: ProbeRow, sent_ns: number): void {
    this.#accepted_ns = sent_ns;
    if (this.#refusal === null) return;
    // That it changed is known only now: since when it had refused nobody saw.
    if (this.#refusal.before_ns === null) this.#windowAt(this.#refusal.first_ns).refusals.push(this.#refusal);
    this.#refusal.after_ns = sent_ns;
    this.#refusal.afterExcess_ns = this.#excess(row, sent_ns, rttOf(row, sent_ns));
    this.#refusal = null;
  }

  #current(): FlowWindow {
    return this.windows[this.#at] as FlowWindow;
  }

  #windowAt(at_ns: number): FlowWindow {
    const own = this.windows.findLast(({ window }) => at_ns >= window.start_ns);
    return own ?? (this.windows[0] as FlowWindow);
  }

  /** What every real send means, whatever became of it. */
  #sending(row: ProbeRow, sent_ns: number): void {
    this.#replies.upTo(sent_ns);
    // How far apart sends were planned to be where the one before was made.
    const planned_ns = this.#current().manner.interval_ns;
    while (sent_ns >= (this.windows[this.#at + 1]?.window.start_ns ?? Infinity)) {
      this.#current().endSending(this.#prevSent_ns, sent_ns);
      this.#at++;
    }
    this.#passTrigger(sent_ns);
    const own = this.#current();
    own.sent++;
    if (sent_ns < own.window.cut_ns) waited(own, row.seq, sent_ns);
    if (this.#prevSent_ns !== null) this.#settleSlow(this.#prevSent_ns);
    if (own.firstSeq === Infinity) own.firstSeq = row.seq;
    const before = this.windows[this.#pending];
    if (before !== undefined && sent_ns >= before.window.baselineFrom_ns) before.sentBefore++;
    if (this.#prevSent_ns === null) return;
    const spacing = sent_ns - this.#prevSent_ns;
    const most_ns = HOLE_INTERVALS * Math.max(planned_ns, own.manner.interval_ns);
    if (spacing > most_ns) this.#hole(this.#prevSent_ns, sent_ns);
  }

  #hole(from_ns: number, to_ns: number): void {
    this.#current().hole(from_ns, to_ns);
    this.#holeSinceGood_ns += to_ns - from_ns - this.#current().manner.interval_ns;
  }

  /** Fixes the threshold of the phase whose trigger is passed by something that happened at `at_ns`. */
  #passTrigger(at_ns: number): void {
    for (;;) {
      const next = this.windows[this.#pending];
      if (next === undefined || at_ns < next.window.trigger_ns) return;
      this.#freeze(next);
      this.#threshold_ns = next.threshold_ns ?? this.#threshold_ns;
      this.#pending++;
    }
  }

  #freeze(own: FlowWindow): void {
    own.threshold_ns ??= this.#settings.threshold_ns ?? derivedThreshold(own.baseline);
  }

  /** A probe that was released by then was not held by an outage that lasted longer. */
  #settleSlow(until_ns: number): void {
    if (this.#slow.length === 0) return;
    for (const { sent_ns, released_ns } of this.#slow)
      if (released_ns <= until_ns) this.#proof_ns = Math.max(this.#proof_ns ?? sent_ns, sent_ns);
    this.#slow = this.#slow.filter(({ released_ns }) => released_ns > until_ns);
  }

  #lost(row: ProbeRow, sent_ns: number): void {
    const own = this.#current();
    own.lost++;
    own.because(row.cause);
    this.#missed(own, row, sent_ns).lost++;
  }

  /** What was sent then did not come through: the period that it belongs to. */
  #missed(own: FlowWindow, row: ProbeRow, sent_ns: number): LossPeriod {
    this.#inTimeAgain(sent_ns, null);
    this.#impairedRun.impaired(sent_ns, this.#prevSent_ns);
    this.#prevWasGood = false;
    const period =
      this.#open ?? this.#heldOn() ?? this.#reopened(own, sent_ns) ?? this.#begin(own, row, sent_ns);
    this.#open = period;
    period.lastSeq = row.seq;
    period.last_ns = sent_ns;
    return period;
  }

  #answered(row: ProbeRow, sent_ns: number, stalled_ns: number): void {
    const own = this.#current();
    const { received_ns } = row;
    own.received++;
    if (received_ns !== null) {
      // An answer that came after the trigger may have been held up by it: it is no baseline, and is judged by it.
      this.#passTrigger(received_ns);
      this.#replies.push(received_ns, row.seq, this.#holeSinceGood_ns + stalled_ns);
      this.#holeSinceGood_ns = 0;
    }
    const rtt_ns = rttOf(row, sent_ns);
    const isLate = rtt_ns !== null && rtt_ns - stalled_ns > this.#threshold_ns;
    if (isLate && own.manner.sentAgain === true && rtt_ns - stalled_ns - this.#fastest() >= SENT_AGAIN_NS) {
      own.late++;
      this.#missed(own, row, sent_ns).late++;
      this.#prevReceived_ns = received_ns;
      return;
    }
    if (isLate) this.#late(own, row, sent_ns, received_ns as number);
    else {
      this.#inTimeAgain(sent_ns, received_ns);
      this.#impairedRun.end(sent_ns);
    }
    this.#passed(row, sent_ns, rtt_ns);
    this.#prevReceived_ns = received_ns ?? this.#prevReceived_ns;
    // When a reply came that was read late is not known: it may widen the bounds, but says nothing of the delay.
    this.#sample(row, sent_ns, stalled_ns > 0 ? null : rtt_ns, isLate);
  }

  #late(own: FlowWindow, row: ProbeRow, sent_ns: number, received_ns: number): void {
    own.late++;
    this.#impairedRun.impaired(sent_ns, this.#prevSent_ns);
    if (this.#openLate === null) {
      const run = periodFrom(row, sent_ns, this.#prevSent_ns);
      const silence_ns = received_ns - (this.#prevReceived_ns ?? received_ns);
      this.#openLate = { own, run, proof_ns: this.#proof_ns, firstReceived_ns: received_ns, silence_ns };
      own.lateRuns.push(run);
    }
    const { run } = this.#openLate;
    run.lastSeq = row.seq;
    run.last_ns = sent_ns;
    // The last of its answers is the end of the silence that it explains.
    run.recovered_ns = received_ns;
    run.late++;
  }

  /** @param received_ns when the probe that was sent then was answered; null: it was lost */
  #inTimeAgain(sent_ns: number, received_ns: number | null): void {
    const late = this.#openLate;
    if (late === null) return;
    this.#openLate = null;
    late.run.after_ns = sent_ns;
    if (this.#wasHeld(late, sent_ns, received_ns)) this.#adopt(late);
  }

  /**
   * Slow is not down, but a silence that ends with a burst is: what was sent over a while, and came all at once after
   * nothing had come at all, was held where the path was broken (RFC 6414 §3.5, TBLM).
   */
  #wasHeld(
    { own, run, firstReceived_ns, silence_ns }: LateRun,
    sent_ns: number,
    received_ns: number | null,
  ): boolean {
    const { interval_ns } = own.manner;
    const isSilence = silence_ns > Math.max(SILENT_INTERVALS * interval_ns, this.#threshold_ns);
    // What a full queue dropped may part what it held.
    const isSameBurst = this.#released_ns !== null && firstReceived_ns - this.#released_ns <= interval_ns;
    if (!isSilence && !isSameBurst) return false;
    const sent = (received_ns === null ? run.last_ns : sent_ns) - run.first_ns;
    const came = (received_ns ?? run.recovered_ns ?? firstReceived_ns) - firstReceived_ns;
    // What overtakes it says that the path was up.
    return came >= 0 && came < sent / 2;
  }

  /** Makes of a held run a period, or a part of the loss that it follows. */
  #adopt({ own, run, proof_ns }: LateRun): void {
    own.lateRuns.pop();
    this.#released_ns = run.recovered_ns;
    if (run.first_ns < own.window.cut_ns) own.after.clear();
    const previous = own.periods.at(-1);
    if (previous === undefined || previous.after_ns !== run.first_ns) {
      run.proof_ns = proof_ns;
      own.periods.push(run);
      this.#heldRun = run;
      return;
    }
    previous.lastSeq = run.lastSeq;
    previous.last_ns = run.last_ns;
    previous.after_ns = run.after_ns;
    previous.recovered_ns = run.recovered_ns;
    previous.late += run.late;
    this.#heldRun = previous;
  }

  /** It was forwarded, be it late. */
  #passed(row: ProbeRow, sent_ns: number, rtt_ns: number | null): void {
    const own = this.#current();
    const excess_ns = this.#excess(row, sent_ns, rtt_ns);
    if (this.#open !== null) {
      this.#open.after_ns = sent_ns;
      this.#open.recovered_ns = row.received_ns;
      this.#open.afterExcess_ns = excess_ns;
      this.#open.proof_ns ??= this.#proof_ns;
      this.#open = null;
    } else if (this.#heldRun !== null) {
      this.#heldRun.recovered_ns = row.received_ns;
      this.#heldRun.afterExcess_ns = excess_ns;
      this.#heldRun = null;
    } else if (this.#prevWasGood && this.#prevGoodSent_ns !== null) {
      const { trigger_ns, cut_ns } = own.window;
      if (sent_ns > trigger_ns && this.#prevGoodSent_ns < cut_ns) {
        const width = sent_ns + excess_ns - this.#prevGoodSent_ns;
        if (width > own.widestGood_ns) own.widestGood_ns = width;
        if (excess_ns > 0 && width > own.widestSlow_ns) own.widestSlow_ns = width;
      }
    }
    this.#prevGoodSent_ns = sent_ns;
    this.#prevWasGood = true;
    if (excess_ns > 0 && row.received_ns !== null)
      this.#slow.push({ sent_ns, released_ns: row.received_ns - this.#fastest() });
    else {
      this.#proof_ns = sent_ns;
      if (this.#slow.length > 0) this.#slow = [];
    }
  }

  #sample(row: ProbeRow, sent_ns: number, rtt_ns: number | null, isLate: boolean): void {
    const before = this.windows[this.#pending];
    if (before !== undefined && sent_ns >= before.window.baselineFrom_ns) {
      // Where nobody has set the threshold that of the phase before says nothing of this one: slow is its baseline.
      if (isLate && this.#settings.threshold_ns !== null) before.steadyLate++;
      else {
        before.goodBefore++;
        if (rtt_ns !== null) before.baseline.add(rtt_ns, row.ttl);
      }
    }
    const { window, after } = this.#current();
    // Where nothing was triggered nothing comes after it.
    if (rtt_ns === null || sent_ns < window.trigger_ns || window.trigger_ns === -Infinity) return;
    if (sent_ns < window.cut_ns) after.add(rtt_ns, row.ttl);
  }

  /** Round trip of the baseline; only asked once a trigger was passed. */
  #fastest(): number {
    const rtt = this.windows[this.#pending - 1]?.baseline.rtt;
    return rtt === undefined || rtt.count === 0 ? 0 : rtt.min_ns;
  }

  /** How much later than the slowest of the baseline this answer is; only asked once a trigger was passed. */
  #excess(row: ProbeRow, sent_ns: number, rtt_ns: number | null): number {
    const last = this.windows[this.#pending - 1];
    if (last === undefined) return 0;
    const { rtt } = last.baseline;
    const slow = rtt_ns === null || rtt.count === 0 ? 0 : rtt_ns - rtt.max_ns;
    return Math.max(0, slow, held(row, sent_ns));
  }

  /** The held run before, if what follows it at once is lost. */
  #heldOn(): LossPeriod | null {
    const heldRun = this.#heldRun;
    this.#heldRun = null;
    if (heldRun !== null) heldRun.after_ns = null;
    return heldRun;
  }

  /** The period before, if the scenario asks to merge what is this close. */
  #reopened(own: FlowWindow, sent_ns: number): LossPeriod | null {
    const previous = own.periods.at(-1);
    if (previous === undefined || previous.after_ns === null) return null;
    if (sent_ns - previous.after_ns >= this.#settings.mergeGap_ns) return null;
    const onset_ns = own.onset_ns();
    if (previous.first_ns < onset_ns && sent_ns >= onset_ns) return null;
    previous.after_ns = null;
    previous.recovered_ns = null;
    own.merged++;
    return previous;
  }

  #begin(own: FlowWindow, row: ProbeRow, sent_ns: number): LossPeriod {
    const period = periodFrom(row, sent_ns, this.#prevGoodSent_ns);
    own.periods.push(period);
    if (sent_ns < own.window.cut_ns) own.after.clear();
    return period;
  }

  /** A reply after the row was written as lost: it counts as late, but none came within the timeout (RFC 7680). */
  #stray(row: ProbeRow, sent_ns: number): void {
    const own = this.#windowAt(sent_ns);
    const period = own.periods.findLast(({ firstSeq, lastSeq }) => firstSeq <= row.seq && row.seq <= lastSeq);
    if (period === undefined || period.lost === 0) return;
    period.lost--;
    period.late++;
    own.lost--;
    own.late++;
    own.received++;
    own.stray++;
    if (row.received_ns !== null) this.#replies.push(row.received_ns, row.seq, 0);
  }
}

/** A send before the end of the wait; written over the one before, as there is one for each probe. */
const waited = (own: FlowWindow, seq: number, sent_ns: number): void => {
  own.lastWaited ??= { seq, sent_ns };
  own.lastWaited.seq = seq;
  own.lastWaited.sent_ns = sent_ns;
};

const periodFrom = (row: ProbeRow, sent_ns: number, before_ns: number | null): LossPeriod => ({
  firstSeq: row.seq,
  lastSeq: row.seq,
  before_ns,
  proof_ns: null,
  first_ns: sent_ns,
  last_ns: sent_ns,
  after_ns: null,
  recovered_ns: null,
  afterExcess_ns: 0,
  firstHeld_ns: held(row, sent_ns),
  lost: 0,
  late: 0,
  silence_ns: null,
});

const rttOf = ({ received_ns }: ProbeRow, sent_ns: number): number | null =>
  received_ns === null ? null : received_ns - sent_ns;

/** How long the local socket held the probe back; 0 where that is within the noise or not known. */
const held = (row: ProbeRow, sent_ns: number): number => {
  const time = row.accepted_ns === null ? 0 : row.accepted_ns - sent_ns;
  return time > HELD_NS ? time : 0;
};
