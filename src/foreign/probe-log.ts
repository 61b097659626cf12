import type { Outcome, ProbeRow } from '../model/probe.js';
import { ns } from '../model/time.js';
import { localFailure } from '../probe/send/local-failure.js';
import { HELD, HeldProbes, PROBE_STATE, logRow, Numbering } from './held-probes.js';

/** Less may be the rounding of stamps and round trips. */
const CLOCK_STEP_NS = 1e9;
const FINE_STEP_NS = 100e6;
/** So much longer than its spacing a probe takes that is not answered, where the tool keeps its schedule (measured). */
const KEPT_SCHEDULE_NS = 20e6;
/** From this spacing on it may be iputils' adaptive ping, which slows down in an outage, to so much more. */
const ADAPTIVE_NS = 150e6;
const ADAPTED_NS = 1.5e9;
/** Without `-n` ping looks up the name of who sent an error, and waits for it. */
const NAMES_NS = 10e9;
/** Fewer spacings say too little of what is to be expected. */
const ENOUGH_STEPS = 2;

/** No tool counts further. */
const HIGHEST_WIRE = 2 ** 32 - 1;
/** No probe is waited for so long: a day. */
export const LONGEST_RTT_NS = 86_400e9;
/**
 * So many probes that no line is about are believed of one log, all its gaps together: half an hour at 1 ms, 23 days at 1 s;
 * and some more for each line. What a log costs is then bound by its length.
 */
const MOST_UNSEEN = 2_000_000;
const UNSEEN_PER_LINE = 16;

/** What is left of the above, over all targets of a log. */
export interface UnseenBudget {
  left: number;
}

export const unseenBudget = (): UnseenBudget => ({ left: MOST_UNSEEN });

export interface ProbeLogSettings {
  readonly stream: string;
  /** Numbers wrap after so many; null: they do not. */
  readonly modulus: number | null;
  /** Do the lines carry times? Without, sends are taken to be `interval_ns` apart. */
  readonly stamped: boolean;
  /** Are those what a reader took them to be, and not a clock's? */
  readonly modelled: boolean;
  readonly interval_ns: number;
  /** How long the tool may wait for an answer before it sends the next; null: it sends by a schedule. */
  readonly waits_ns: number | null;
  /** Of the log's times, as far as it is read. */
  readonly resolution_ns: number;
  /** Shared by the targets of the log. */
  readonly unseen: UnseenBudget;
  /** An unanswered probe is handed on as lost when one that left so much later is known; null: when it must be. */
  readonly hold_ns: number | null;
}

/** The clock of a log went on by this much more (or less) than the numbers, between two probes. */
interface ClockStep {
  readonly by_ns: number;
  /** Probes lost in between, and how far apart they are taken to be. */
  readonly lost: number;
  readonly spacing_ns: number;
}

/** What a tool counted from its heading to its summary, where no line is about a probe. */
export interface Quiet {
  /** Of all sections of the log, from 1. */
  readonly section: number;
  readonly transmitted: number;
  readonly received: number;
}

/** A part of a log whose summary and lines do not agree, or that has no line but the summary. */
export interface Disputed {
  /** Own numbers of the probes that it is about: `from` up to, but without, `to`. */
  readonly from: number;
  readonly to: number;
  readonly transmitted: number;
  readonly received: number;
  /** Replies that lines are about, and probes that lines or their numbers tell of. */
  readonly replies: number;
  readonly probes: number;
}

/** More are counted together. */
const MOST_DISPUTED = 1000;

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
  /** Steps of the clock in the middle of a gap: what lies between is known by numbers alone. */
  readonly steps: ClockStep[] = [];
  /** What lines said that cannot be, and was left out, by what it was. */
  readonly impossible = new Map<string, number>();
  /** Parts of which nothing is known but their counts. */
  readonly disputed: Disputed[] = [];
  /** Sections that have no line but heading and summary, and how many there are in all. */
  readonly quiet: Quiet[] = [];
  sections = 0;
  /** What the summary of a log says that began before its first line; null: none. */
  before: { readonly transmitted: number; readonly received: number } | null = null;
  /** Runs of the tool that sent one probe, and nothing tells when. */
  untimedRuns = 0;
  /** Probes that failed, by outcome, cause and who said so. */
  readonly causes = new Map<string, number>();
  readonly #settings: ProbeLogSettings;
  readonly #emit: (row: ProbeRow) => void;
  readonly #numbering: Numbering;
  readonly #held = new HeldProbes();
  /** Has any line been about it? */
  started = false;
  #origin = 0;
  /** Number of the first probe since the heading; null: the log began without one. */
  #section: number | null = null;
  /** Own number of the first probe that a line since the heading is about; it or `#section` is where the part begins. */
  #partFrom = 0;
  /** Replies since then, each probe once. */
  #replies = 0;
  /** Number of a probe that is known to have left, and of which nothing was said since; -1: none. */
  #announced = -1;
  /** The newest send whose time is known; -1: none yet. */
  #knownSeq = -1;
  #knownSent = NaN;
  /** Between two sends, by those that were seen, and how many those were. */
  #spacing: number;
  #spacings = 0;
  /** Added to the times of the log, so that they go on where the clock was set. */
  #shift_ns = 0;
  /** The longest round trip; NaN: none yet. */
  #slowest_ns = NaN;
  /** Of the reply before. */
  #newestRtt_ns = NaN;
  /** Was a probe answered by an error since the last known send? Tools that look up names may wait for those. */
  #errors = false;
  #lastSent = -Infinity;

  constructor(settings: ProbeLogSettings, emit: (row: ProbeRow) => void) {
    this.stream = settings.stream;
    this.#settings = settings;
    this.#emit = emit;
    this.#numbering = new Numbering(settings.modulus);
    this.#spacing = settings.interval_ns;
  }

  /** A heading: the tool starts, and numbers from `first`. */
  begin(first: number): void {
    if (this.started) this.#restart(first);
    else this.#start(first);
    this.#section = this.#held.next;
    this.#newPart();
  }

  /**
   * A heading of a tool that is run again and again, when is known: numbers go on, at the beginning from
   * `first`, and the time between counts.
   */
  goOn(first = 0): void {
    if (!this.started) this.#start(first);
    this.#section = this.#held.next;
    this.#newPart();
  }

  /** What the next probe will be called. */
  get next(): number {
    return this.#held.next;
  }

  /** Since the heading. */
  get replies(): number {
    return this.#replies;
  }

  #newPart(): void {
    this.#partFrom = this.#held.next;
    this.#replies = 0;
  }

  /** `told_ns`, the round trip, NaN and `ttl` -1: not said. */
  reply(wire: number, at_ns: number, told_ns: number, ttl: number, duplicate: boolean): void {
    const held = this.#held;
    const { stamped } = this.#settings;
    const rtt_ns = told_ns > LONGEST_RTT_NS ? NaN : told_ns;
    if (told_ns > LONGEST_RTT_NS) this.#leaveOut('a round trip of more than a day');
    const seq = this.#locate(wire, at_ns);
    if (Number.isNaN(seq)) return;
    if (duplicate) {
      this.#emitRow(seq, 'duplicate', Math.max(0, this.#lastSent), at_ns + this.#shift_ns, ttl, null);
      return;
    }
    this.#replies += 1;
    const rtt = Number.isNaN(rtt_ns) ? 0 : rtt_ns;
    if (!(rtt_ns <= this.#slowest_ns)) this.#slowest_ns = rtt_ns;
    if (stamped && seq >= held.next) this.#followClock(seq, at_ns - rtt);
    const sent = stamped ? at_ns + this.#shift_ns - rtt : this.#slot(seq);
    // Without a round trip nothing is known of the delay: when it came stands for when it left.
    const received = Number.isNaN(rtt_ns) ? NaN : stamped ? at_ns + this.#shift_ns : sent + rtt_ns;
    if (seq === held.next && seq === held.head && !Number.isNaN(sent)) {
      held.begin(seq + 1);
      this.#newestRtt_ns = rtt_ns;
      this.#know(seq, sent);
      this.#emitRow(seq, 'answered', sent, received, ttl, null);
      return;
    }
    if (seq < held.head || (held.has(seq) && held.state(seq) === PROBE_STATE.answered)) {
      this.#repeated(wire, seq, at_ns, rtt_ns, ttl);
      return;
    }
    if (seq >= held.next) this.#newestRtt_ns = rtt_ns;
    this.#extend(seq, sent);
    held.setAnswered(seq, received, ttl);
    if (!Number.isNaN(sent)) held.setSent(seq, sent);
    this.#drain();
  }

  /** No answer when the next probe left, which it did at `at_ns` (`ping -O`, macOS). */
  unanswered(wire: number, at_ns: number): void {
    const held = this.#held;
    const seq = this.#locate(wire, at_ns);
    if (Number.isNaN(seq)) return;
    this.#extend(seq, NaN);
    if (held.has(seq)) held.setWaiting(seq, NaN);
    if (seq + 1 >= held.next) {
      this.#followClock(seq + 1, at_ns);
      this.#extend(seq + 1, at_ns + this.#shift_ns);
      this.#announced = seq + 1;
    }
    this.#drain();
  }

  /** The tool gave up waiting at `at_ns`; `sent_ns` where that tells when the probe left, else NaN. */
  timedOut(wire: number, at_ns: number, sent_ns: number): void {
    const held = this.#held;
    const seq = this.#locate(wire, at_ns);
    if (Number.isNaN(seq)) return;
    if (seq >= held.next) this.#followClock(seq, sent_ns);
    this.#extend(seq, sent_ns + this.#shift_ns);
    if (!held.has(seq)) return;
    held.setWaiting(seq, at_ns + this.#shift_ns);
    if (this.#knownSeq < 0 && held.has(seq - 1)) {
      const step = held.gaveUp(seq) - held.gaveUp(seq - 1);
      if (step > 0) this.#spacing = step;
    }
    this.#drain();
  }

  /** An ICMP error, or a failure of the local host, answered the probe. */
  failed(wire: number, at_ns: number, outcome: Outcome, cause: string, from: string | null): void {
    const seq = this.#locate(wire, at_ns);
    if (Number.isNaN(seq)) return;
    this.#errors = true;
    this.#extend(seq, NaN);
    this.#fail(seq, at_ns, outcome, cause, from);
  }

  /** The send call of a probe failed, of the one announced last (iputils) or of one more (macOS), says strerror. */
  localError(at_ns: number, text: string, of: 'announced' | 'next'): void {
    if (!this.started) this.#start(0);
    const { next } = this.#held;
    const seq = of === 'announced' && this.#announced === next - 1 ? this.#announced : next;
    if (seq >= this.#held.next) this.#followClock(seq, at_ns);
    this.#extend(seq, this.#settings.stamped ? at_ns + this.#shift_ns : this.#slot(seq));
    const { outcome, cause } = localFailure(text);
    this.#fail(seq, at_ns, outcome, cause ?? 'unknown', null);
  }

  /**
   * A summary, of all since the heading: so many probes were sent, so many came back (null: not said). The last ones may
   * not have left a line. Where it does not agree with the lines, nothing is told of this part but its counts.
   *
   * @param waits the tool may have waited for the last answer before it wrote this; false: it was stopped by hand
   * @param unlisted so many of the last ones may have no line, of a tool that writes one for each
   */
  end(transmitted: number, received: number | null = null, waits = true, unlisted = Infinity): void {
    const held = this.#held;
    const section = this.#section;
    const last = (section ?? NaN) + transmitted - 1;
    this.#section = null;
    this.sections += 1;
    const quiet = this.#replies === 0 && (held.next === this.#partFrom || received === 0);
    if (quiet && received !== null && this.quiet.length < MOST_DISPUTED)
      this.quiet.push({ section: this.sections, transmitted, received });
    const probes = held.next - this.#partFrom;
    if (this.#believes(last)) this.#extend(last, NaN);
    else if (last >= held.next)
      this.#leaveOut(`a summary of ${Number.isSafeInteger(transmitted) ? transmitted : 'over 10^15'} probes`);
    const untimed = !this.#settings.stamped || this.#settings.modelled;
    if (transmitted === 1 && section !== null && untimed) this.untimedRuns += 1;
    if (received === null) return;
    const replies = this.#replies;
    // Of a log that began later, the summary is about more than its lines are.
    const agrees =
      section === null
        ? replies <= received && probes <= transmitted && probes - replies <= transmitted - received
        : replies === received && probes <= transmitted && transmitted - probes <= unlisted;
    if (!agrees)
      this.#dispute({ from: this.#partFrom, to: held.next, transmitted, received, replies, probes });
    else if (section === null && probes < transmitted) this.before = { transmitted, received };
    else if (waits && section !== null && last === held.next - 1) this.#decide(section, last);
    this.#newPart();
  }

  #dispute(part: Disputed): void {
    const before = this.disputed.length < MOST_DISPUTED ? undefined : this.disputed.pop();
    const from = before?.from ?? part.from;
    const sum = (key: 'transmitted' | 'received' | 'replies' | 'probes'): number =>
      (before?.[key] ?? 0) + part[key];
    this.disputed.push({
      from,
      to: part.to,
      transmitted: sum('transmitted'),
      received: sum('received'),
      replies: sum('replies'),
      probes: sum('probes'),
    });
  }

  /**
   * The last probe of a tool that ended: a loss that goes on up to it goes on with it. One by itself may have been on its
   * way when the tool was stopped, unless it was the only one.
   */
  #decide(first: number, last: number): void {
    const held = this.#held;
    if (!held.has(last) || held.state(last) !== PROBE_STATE.missing) return;
    const before = last - 1;
    if (last > first && !(held.has(before) && held.state(before) !== PROBE_STATE.answered)) return;
    held.setWaiting(last, NaN);
  }

  /** Hands on what is left. */
  finish(): void {
    this.#dropUndecided();
    while (this.#held.head < this.#held.next) this.#handOn();
  }

  #start(wire: number): void {
    this.started = true;
    this.#origin = wire;
    this.#held.begin(wire);
    this.#partFrom = wire;
  }

  #restart(first: number): void {
    this.#goOnFrom(first);
    this.restarts += 1;
  }

  /** What comes next is `wire`, and nothing is said of the time up to then. */
  #goOnFrom(wire: number): void {
    this.finish();
    this.#numbering.restart(wire, this.#held.next);
    this.#section = null;
    this.#announced = -1;
    this.#knownSeq = -1;
    this.#knownSent = NaN;
  }

  #leaveOut(what: string): void {
    this.impossible.set(what, (this.impossible.get(what) ?? 0) + 1);
  }

  /** Could all up to `seq` have left? */
  #believes(seq: number): boolean {
    return seq - this.#held.next <= this.#settings.unseen.left;
  }

  /** The newest probe had no time to be answered when the tool was stopped: it says nothing. */
  #dropUndecided(): void {
    const held = this.#held;
    if (held.next > held.head && held.state(held.next - 1) === PROBE_STATE.missing) held.next -= 1;
  }

  /** A number that was answered already, and not marked as a duplicate: a very late reply, or ping started anew. */
  #repeated(wire: number, seq: number, at_ns: number, rtt_ns: number, ttl: number): void {
    const behind = this.#held.next - seq;
    if (behind === 1 && wire > 1 && this.#isCopy(at_ns, rtt_ns)) {
      this.#replies -= 1;
      this.#leaveOut('a reply whose line is there twice');
      return;
    }
    if (behind > HELD && rtt_ns >= 0.5 * behind * this.#spacing) {
      const received = at_ns + this.#shift_ns;
      this.#emitRow(seq, 'stray', received - rtt_ns, received, ttl, null);
      return;
    }
    this.#restart(wire);
    this.#newPart();
    this.reply(wire, at_ns, rtt_ns, ttl, false);
  }

  /** Is the line the same as that of the newest reply? A tool that was started anew numbers from 0 or 1. */
  #isCopy(at_ns: number, rtt_ns: number): boolean {
    if (rtt_ns !== this.#newestRtt_ns) return false;
    if (!this.#settings.stamped || Number.isNaN(at_ns)) return true;
    return Math.abs(at_ns + this.#shift_ns - rtt_ns - this.#knownSent) < this.#spacing / 2;
  }

  /** The own number of a probe; NaN: it cannot have this one. */
  #locate(wire: number, at_ns: number): number {
    if (wire > HIGHEST_WIRE) {
      this.#leaveOut('a number of a probe beyond 4294967295');
      return NaN;
    }
    if (!this.started) this.#start(wire);
    const { unseen } = this.#settings;
    unseen.left = Math.min(MOST_UNSEEN, unseen.left + UNSEEN_PER_LINE);
    // As nearly always: nobody has to ask where the log should be by now.
    if (this.#numbering.own(wire) === this.#held.next) return this.#held.next;
    const expected = this.#knownSeq + (at_ns + this.#shift_ns - this.#knownSent) / this.#spacing;
    const seq = this.#numbering.of(wire, this.#held.next, expected, unseen.left);
    if (this.#believes(seq)) return seq;
    this.#leaveOut('a jump of the numbers too far to be loss; what lies between is not measured');
    this.#goOnFrom(wire);
    return this.#held.next;
  }

  /**
   * A clock that jumps back would squeeze all that follows into one instant: from there on time goes on instead. Within
   * a gap the numbers tell how long it took, where the clock went much further than they, or not as far: an outage of
   * three years with two lost probes is none. Without a loss in between a step forward stays: a tool that stood still
   * shows the same, and then it is not known what was meanwhile.
   *
   * @param at_ns when `seq`, which is new, left by the log's clock; NaN: not known.
   */
  #followClock(seq: number, at_ns: number): void {
    const { stamped, modelled } = this.#settings;
    if (!stamped || modelled || Number.isNaN(at_ns)) return;
    const sent = at_ns + this.#shift_ns;
    const newest = Math.max(this.#lastSent, Number.isNaN(this.#knownSent) ? -Infinity : this.#knownSent);
    const probes = this.#knownSeq < 0 ? 1 : Math.max(1, seq - this.#knownSeq);
    const due = (this.#spacings < ENOUGH_STEPS ? 1 : probes) * this.#spacing;
    const held = this.#held;
    const knownSeq = this.#knownSeq;
    const open = held.has(knownSeq) && held.state(knownSeq) !== PROBE_STATE.answered;
    const lost = probes - 1 + (open ? 1 : 0);
    const told = lost > 0 && this.#spacings >= ENOUGH_STEPS;
    const excess = sent - newest - due;
    const back = sent < newest - CLOCK_STEP_NS || (told && -excess > Math.max(this.#rounding(), due / 2));
    const forward = told && excess > Math.max(CLOCK_STEP_NS, probes * this.#slack());
    this.#errors = false;
    if (!back && !forward) return;
    this.#shift_ns -= excess;
    if (back) this.setBack_ns -= excess;
    if (told) this.steps.push({ by_ns: excess, lost, spacing_ns: this.#spacing });
  }

  /** No tool sends faster than it was told, so that little speaks for a clock that was set back. */
  #rounding(): number {
    return this.#settings.resolution_ns > 1e6 ? CLOCK_STEP_NS : FINE_STEP_NS;
  }

  /** How much longer than in good time a probe may take in an outage. */
  #slack(): number {
    if (this.#settings.waits_ns !== null) return this.#settings.waits_ns;
    if (this.#errors) return NAMES_NS;
    const adaptive = this.#spacing >= ADAPTIVE_NS || !(this.#spacing > 4 * this.#slowest_ns);
    return adaptive ? ADAPTED_NS : this.#spacing + KEPT_SCHEDULE_NS;
  }

  #slot(seq: number): number {
    return (seq - this.#origin) * this.#settings.interval_ns;
  }

  /** Makes entries up to `seq`, which left at `sent`; what lies between two known sends is interpolated. */
  #extend(seq: number, sent: number): void {
    const held = this.#held;
    if (seq < held.next) return;
    const first = held.next;
    this.#settings.unseen.left -= seq - first;
    const ranged = this.#settings.stamped && !Number.isNaN(sent);
    const since = this.#knownSeq < 0 ? held.head : Math.max(held.head, this.#knownSeq + 1);
    const step = this.#knownSeq < 0 ? this.#spacing : (sent - this.#knownSent) / (seq - this.#knownSeq);
    if (ranged) this.#interpolate(since, first, seq, sent, step);
    while (held.next <= seq) {
      if (held.full) this.#handOn();
      const { next } = held;
      if (!this.#settings.stamped) held.add(this.#slot(next));
      else if (next === seq) held.add(sent);
      else held.add(ranged ? this.#told(sent - step * (seq - next)) : NaN);
    }
    this.#know(seq, sent);
  }

  /** Gives times to those of `from` to `to - 1` that have none, `step` apart, back from `seq`, which left at `sent`. */
  #interpolate(from: number, to: number, seq: number, sent: number, step: number): void {
    for (let index = from; index < to; index += 1)
      if (Number.isNaN(this.#held.sent(index)))
        this.#held.setSent(index, this.#told(sent - step * (seq - index)));
  }

  #told(interpolated: number): number {
    this.interpolated += 1;
    return interpolated;
  }

  #know(seq: number, sent: number): void {
    if (Number.isNaN(sent)) return;
    const step = sent - this.#knownSent;
    // Times in whole seconds stand still, and then leap.
    const coarse = this.#settings.stamped && this.#settings.resolution_ns > 1e6;
    if (seq === this.#knownSeq + 1 && (step > 0 || (coarse && step > -CLOCK_STEP_NS)))
      this.#learn(Math.max(0, step), coarse ? 64 : 8);
    this.#knownSeq = seq;
    this.#knownSent = sent;
  }

  /** Their running mean: of few all count alike, and a hole in the sends counts as little as two of them. */
  #learn(step: number, over: number): void {
    const spacings = this.#spacings;
    const counted = spacings < ENOUGH_STEPS ? step : Math.min(step, 2 * this.#spacing);
    this.#spacings += 1;
    this.#spacing += (counted - this.#spacing) / Math.min(over, this.#spacings);
  }

  #fail(seq: number, at_ns: number, outcome: Outcome, cause: string, from: string | null): void {
    const held = this.#held;
    if (!held.has(seq) || held.state(seq) >= PROBE_STATE.answered) return;
    held.setFailed(seq, at_ns + this.#shift_ns, { outcome, cause });
    const key = `${outcome}: ${cause}${from === null ? '' : ` (from ${from})`}`;
    this.causes.set(key, (this.causes.get(key) ?? 0) + 1);
    this.#drain();
  }

  /** Hands on what is final: an answer may still come for the others, or a neighbour that tells their time. */
  #drain(): void {
    const held = this.#held;
    const { hold_ns } = this.#settings;
    while (held.head < held.next) {
      const state = held.state(held.head);
      // BSD names the wrong one now and then, and an answer shows it: where that is told at once, it is waited for.
      const decided = state === PROBE_STATE.answered || (state === PROBE_STATE.failed && hold_ns === null);
      const final = decided && !Number.isNaN(held.sent(held.head));
      if (!final && !held.full && !this.#isGivenUp(held.head)) return;
      this.#handOn();
    }
  }

  #isGivenUp(seq: number): boolean {
    const { hold_ns } = this.#settings;
    return hold_ns !== null && this.#knownSent - this.#held.sent(seq) > hold_ns;
  }

  /** When the newest probe left whose time is known; NaN: none. */
  get newest_ns(): number {
    return this.#knownSent;
  }

  /** Between two sends, by those that were seen; null: none was. */
  get spacing_ns(): number | null {
    return this.#spacings === 0 ? null : this.#spacing;
  }

  /**
   * Those that are not handed on, in their order. `sent` NaN: not known; `outcome` null: nothing has come; `gaveUp` NaN: nor did
   * the tool say that it waits no longer.
   */
  eachHeld(visit: (sent: number, received: number, outcome: Outcome | null, gaveUp: number) => void): void {
    const held = this.#held;
    for (let seq = held.head; seq < held.next; seq += 1) {
      const answered = held.state(seq) === PROBE_STATE.answered;
      visit(
        held.sent(seq),
        held.received(seq),
        answered ? 'answered' : (held.failure(seq)?.outcome ?? null),
        held.gaveUp(seq),
      );
    }
  }

  #handOn(): void {
    const held = this.#held;
    const seq = held.head;
    const sent = Number.isNaN(held.sent(seq)) ? this.#guess(seq) : held.sent(seq);
    const failure = held.failure(seq);
    const outcome = held.state(seq) === PROBE_STATE.answered ? 'answered' : (failure?.outcome ?? 'lost');
    held.head = seq + 1;
    this.#emitRow(seq, outcome, sent, held.received(seq), held.ttl(seq), failure?.cause ?? null);
  }

  /** No neighbour tells when it left: one wait before the tool gave up, or one interval after its forerunner. */
  #guess(seq: number): number {
    const gaveUp = this.#held.gaveUp(seq);
    return Number.isNaN(gaveUp) ? this.#after() : this.#told(gaveUp - this.#spacing);
  }

  #after(): number {
    return this.#told(this.#lastSent === -Infinity ? 0 : this.#lastSent + this.#spacing);
  }

  #emitRow(
    seq: number,
    outcome: Outcome,
    sent: number,
    received: number,
    ttl: number,
    cause: string | null,
  ): void {
    const extra = outcome === 'stray' || outcome === 'duplicate';
    // Coarse stamps and rounded round trips may put a send before its forerunner.
    const sent_ns = ns(extra ? sent : Math.max(sent, this.#lastSent));
    if (!extra) this.#lastSent = sent_ns;
    this.#emit(logRow(this.stream, seq, outcome, sent_ns, received, ttl, cause));
  }
}
