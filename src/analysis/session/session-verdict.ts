import type { SessionEnding } from '../../model/event.js';
import type { HeartbeatRow } from '../../model/probe.js';
import type { SessionVerdict } from '../../model/record.js';
import { fromMs, NS_PER_S, type Nanoseconds, ns } from '../../model/time.js';
import { DurationHistogram } from '../statistics/quantile.js';
import type { PhaseWindow } from '../flow/windows.js';

/** Linux never retransmits sooner than this after a round trip (RFC 6298 §2.4 would have 1 s). */
const LINUX_MIN_RTO_NS = fromMs(200);

/**
 * Linux's timer wheel fires late by up to an eighth of a timer, never early (kernel/time/timer.c): measured with 250
 * ticks a second 1 to 6 % over the whole stall, 3 % in the middle.
 */
const TIMER_LATENESS = 1.03;

/** Who retransmits, and what else it sends. */
interface Sender {
  /** R, the retransmission timeout at onset. */
  readonly rto_ns: number;
  /** From one segment to the next; Infinity: the next one waits until this one is answered. */
  readonly every_ns: number;
}

/**
 * How long a TCP session stalls for an outage. After the first lost segment retransmissions leave at
 *
 *     R(2^k - 1), k = 1, 2, …     where a second segment follows before the timeout (RFC 6298 §5.5)
 *     R 2^k,      k = 0, 1, …     where it is alone: the first of them is a tail loss probe (RFC 8985 §7), which
 *                                 starts the timeout anew
 *
 * and the first that leaves after the outage brings the session back, as does a new segment before the first timeout:
 * D <= S(D) < 2D + R, but for the lateness of timers. Measured with R = 0.204 s: D = 2.0 s stalls 3.13 s with a segment
 * every 100 ms, 3.33 s with one every 500 ms; D = 3.3 s 6.5 s and 3.35 s.
 *
 * @param outage_ns D, from the first lost segment to the end of the outage; <= 0 gives 0
 */
export const predictedStall = (outage_ns: number, { rto_ns, every_ns }: Sender): Nanoseconds => {
  if (outage_ns <= 0) return ns(0);
  const timeout_ns = rto_ns * TIMER_LATENESS;
  // Where the next segment is due as the timer fires, the timer wins: so it was in every measurement at 200 ms.
  const isAlone = every_ns * TIMER_LATENESS >= rto_ns;
  const retransmitted_ns = isAlone
    ? timeout_ns * 2 ** Math.max(0, Math.ceil(Math.log2(outage_ns / timeout_ns)))
    : timeout_ns * (2 ** Math.ceil(Math.log2(1 + outage_ns / timeout_ns)) - 1);
  // After a timeout the window is one segment, and that is the lost one.
  const next_ns = every_ns === Infinity ? Infinity : every_ns * Math.ceil(outage_ns / every_ns);
  return ns(
    next_ns < timeout_ns * (isAlone ? 2 : 1) ? Math.min(next_ns, retransmitted_ns) : retransmitted_ns,
  );
};

/** What the events of a trial say about one connection. Instants on the trial's clock. */
export interface SessionStory {
  readonly opened_ns: number | null;
  readonly end: { readonly at_ns: number; readonly ending: SessionEnding; readonly detail: string } | null;
  /** It was let go of by the tool itself; null: the recording does not say when. */
  readonly closed_ns: number | null;
  readonly inOrder: boolean;
  readonly rto_ns: number | null;
  /** How long it took to open; null: the recording does not say. */
  readonly took_ns: number | null;
  /** To be opened while the outage lasted. */
  readonly during: boolean;
  /** From one segment of the speaker's to the next; Infinity: it waits for the answer first. */
  readonly every_ns: number;
  readonly control: boolean;
}

/** Why a phase can or cannot test sessions, and when its outage ended, as an interval. */
export interface SessionTest {
  /** null: it can; else why not. */
  readonly untested: string | null;
  /** Where this session's own traffic is known to have lost nothing while other traffic did. */
  readonly spared: boolean;
  /**
   * What an echo has to be later than to show that the session lived: the last probe that the longest outage took, or,
   * where its end was not seen, the first. null: nothing was lost.
   */
  readonly hitUntil_ns: number | null;
  /** End of the outage that was under way until an instant; null: no stateless stream says. */
  readonly outageEnd:
    | ((until_ns: number) => { readonly lo_ns: number; readonly hi_ns: number } | null)
    | null;
}

export interface SessionJudgement {
  readonly verdict: SessionVerdict;
  readonly stall_ns: Nanoseconds | null;
  readonly predicted_ns: Nanoseconds | null;
  readonly error: string | null;
}

const LEAST_STALL_NS = fromMs(50);
/** An echo is overdue after so many times what it usually takes. */
const USUAL_TIMES = 4;

const nothing = (verdict: SessionVerdict, error: string | null): SessionJudgement => ({
  verdict,
  stall_ns: null,
  predicted_ns: null,
  error,
});

/** No RST and no FIN is what `blackholed` means, also where the kernel gave up at last (ETIMEDOUT). */
const verdictOfEnding = (ending: SessionEnding, detail: string): SessionVerdict => {
  switch (ending) {
    case 'reset':
      return 'reset';
    case 'app-closed':
      return 'app-closed';
    case 'error':
      return /ECONNRESET|EPIPE|reset by peer/i.test(detail) ? 'reset' : 'blackholed';
    case 'refused-open':
      return 'not-tested';
    // The bytes did not come back; what came is somebody else's.
    case 'garbled':
    case 'other-protocol':
      return 'blackholed';
    case 'no-data':
      return 'app-closed';
  }
};

/**
 * The last heartbeats of a healthy session may be on their way when the recording ends: for some of their usual echo
 * times. How often there is one has nothing to do with it.
 */
const graceOf = ({ baseline }: SessionWindow): number =>
  Math.max(NS_PER_S, USUAL_TIMES * (baseline.median() ?? 0));

/** Of the stratum that is opened in the outage, in the phase with that outage. */
const isBegunAfter = ({ during, opened_ns }: SessionStory, { window }: SessionWindow): boolean =>
  during &&
  (opened_ns === null || opened_ns > window.trigger_ns) &&
  window.phase !== 'failback' &&
  window.part === 'measured';

const untestable = (story: SessionStory, own: SessionWindow, test: SessionTest): string | null => {
  const { trigger_ns } = own.window;
  if (story.control) return 'control session';
  const neverOpened = story.end === null ? 'never opened' : `never opened: ${story.end.detail}`;
  if (isBegunAfter(story, own))
    return story.opened_ns === null && story.end !== null ? neverOpened : test.untested;
  if (story.opened_ns === null || story.opened_ns > trigger_ns) return neverOpened;
  if (story.end !== null && story.end.at_ns < trigger_ns) return `ended before: ${story.end.detail}`;
  if (own.baseline.count === 0 && own.silentSince_ns !== null)
    return 'no data: it opened, but nothing ever came back before the trigger';
  const silent = own.silentSince_ns !== null && own.silentSince_ns < trigger_ns - graceOf(own);
  if (silent || own.baseline.count === 0) return 'ended before: silent when the trigger was issued';
  const isUntouched = own.sentAfter === 0 && own.worst === null && own.silentSince_ns === null;
  if (isUntouched && story.end === null) return test.untested ?? 'nothing was said after the trigger';
  return test.untested;
};

/**
 * Stall and what TCP alone explains of it. The stall is how long the first heartbeat that the outage caught took
 * beyond the usual: with heartbeats sent whether or not the last was echoed, that is the one that took longest.
 * Up to max(50 ms, 3 x the median of the baseline) it is ordinary and counts as 0.
 */
const stallOf = (
  story: SessionStory,
  own: SessionWindow,
  test: SessionTest,
): { readonly stall_ns: number; readonly predicted_ns: number | null; readonly late: boolean } => {
  const usual_ns = own.baseline.median() ?? 0;
  const { worst } = own;
  const took_ns = worst === null ? 0 : worst.echoed_ns - worst.sent_ns;
  const least_ns = Math.max(LEAST_STALL_NS, 3 * usual_ns);
  if (worst === null || took_ns <= least_ns) return { stall_ns: 0, predicted_ns: 0, late: false };
  const stall_ns = took_ns - usual_ns;
  const end = test.outageEnd?.(worst.echoed_ns) ?? null;
  if (end === null) return { stall_ns, predicted_ns: null, late: false };
  const rto_ns = story.rto_ns ?? LINUX_MIN_RTO_NS + usual_ns;
  const sender = { rto_ns, every_ns: story.every_ns };
  const predict = (end_ns: number): number => predictedStall(end_ns - worst.sent_ns, sender);
  return {
    stall_ns,
    predicted_ns: predict((end.lo_ns + end.hi_ns) / 2),
    late: stall_ns > predict(end.hi_ns) + Math.max(NS_PER_S, 2 * rto_ns),
  };
};

/**
 * A session that was begun in the outage: its stall is how long it took to open and to be answered. Nothing is
 * predicted: when a SYN is sent again differs between kernels (RFC 6298: after 1, 3 and 7 s; Linux since 6.5: every
 * second at first).
 */
const begunAfter = (
  { took_ns }: SessionStory,
  worst: NonNullable<SessionWindow['worst']>,
): SessionJudgement => {
  const answered_ns = worst.echoed_ns - worst.sent_ns;
  const stall_ns = (took_ns ?? 0) + answered_ns;
  return {
    verdict: 'survived',
    stall_ns: ns(stall_ns <= LEAST_STALL_NS ? 0 : stall_ns),
    predicted_ns: null,
    error: null,
  };
};

/** A far end this slow hides short stalls. */
const LATE_ECHO_NS = fromMs(500);

const lateEcho = ({ baseline }: SessionWindow): string | null => {
  const usual_ns = baseline.median() ?? 0;
  return usual_ns > LATE_ECHO_NS ? `echoes late: usually after ${(usual_ns / NS_PER_S).toFixed(2)} s` : null;
};

/** Why the session counts as silent at the end of the phase; null: it was not. */
const silence = (story: SessionStory, own: SessionWindow, observedUntil_ns: number): string | null => {
  if (own.isMissingOne) return 'an echo is missing though later ones came';
  const since_ns = own.silentSince_ns;
  if (since_ns === null) return null;
  const silent_ns = Math.min(observedUntil_ns, story.closed_ns ?? Infinity, own.window.end_ns) - since_ns;
  return silent_ns > graceOf(own) ? `still silent after ${(silent_ns / NS_PER_S).toFixed(1)} s` : null;
};

/** Only an echo that came after the trigger, and after what the outage took, shows that the session lived. */
const isAnswered = ({ worst, lastEcho_ns }: SessionWindow, { hitUntil_ns }: SessionTest): boolean =>
  worst !== null && (lastEcho_ns ?? -Infinity) > (hitUntil_ns ?? -Infinity);

/**
 * The verdict on one connection in one phase (docs/sessions.md, "Verdicts").
 *
 * @param observedUntil_ns end of the recording, where it does not say when the session was let go of
 */
export const judgeSession = (
  story: SessionStory,
  own: SessionWindow,
  test: SessionTest,
  observedUntil_ns: number,
): SessionJudgement => {
  const why = untestable(story, own, test);
  if (why !== null) return nothing('not-tested', why);
  if (isBegunAfter(story, own) && story.opened_ns === null) return nothing('blackholed', 'it never opened');
  if (story.end !== null && story.end.at_ns < own.window.end_ns)
    return nothing(verdictOfEnding(story.end.ending, story.end.detail), story.end.detail);
  const begun = isBegunAfter(story, own);
  // Who accepts for a dead server (a proxy) has opened it, and has nothing to say.
  if (begun && own.worst === null) return nothing('blackholed', 'no data: it opened, but nothing came back');
  const silent = silence(story, own, observedUntil_ns);
  if (silent !== null) return nothing('blackholed', silent);
  // Judged once, in the last phase: the recording does not say when the order broke.
  if (!story.inOrder && own.window.isLast)
    return nothing('blackholed', 'bytes were lost, repeated or out of order');
  if (begun && own.worst !== null) return begunAfter(story, own.worst);
  if (!isAnswered(own, test))
    return nothing('not-tested', 'the trial ended before its heartbeat could be answered');
  const { stall_ns, predicted_ns, late } = stallOf(story, own, test);
  if (stall_ns === 0 && test.spared) return nothing('not-tested', 'no outage reached it');
  return {
    verdict: late ? 'survived-late' : 'survived',
    stall_ns: ns(stall_ns),
    predicted_ns: predicted_ns === null ? null : ns(predicted_ns),
    error: lateEcho(own),
  };
};

/** What one connection's heartbeats say in one measured phase. Flat memory; rows in any order. */
export class SessionWindow {
  readonly window: PhaseWindow;
  /** Echo times of heartbeats that were echoed before the trigger. */
  readonly baseline = new DurationHistogram();
  /** The heartbeat that took longest of those that were not over before the trigger. */
  worst: { readonly sent_ns: number; readonly echoed_ns: number } | null = null;
  /** When the last echo came; null: none did. */
  lastEcho_ns: number | null = null;
  /** Heartbeats sent after the trigger. */
  sentAfter = 0;
  readonly #unanswered: { first_ns: number; firstSeq: number } = {
    first_ns: Infinity,
    firstSeq: Infinity,
  };
  #lastEchoedSeq = -1;

  constructor(window: PhaseWindow) {
    this.window = window;
  }

  push({ seq, sent_ns, echoed_ns }: HeartbeatRow): void {
    const { baselineFrom_ns, start_ns, trigger_ns, end_ns } = this.window;
    if (sent_ns >= end_ns || sent_ns < Math.min(baselineFrom_ns, start_ns)) return;
    if (sent_ns >= trigger_ns) this.sentAfter++;
    // What is echoed only in the next phase was silent in this one: the failback may have brought it back.
    if (echoed_ns === null || echoed_ns >= end_ns) {
      if (seq < this.#unanswered.firstSeq) {
        this.#unanswered.firstSeq = seq;
        this.#unanswered.first_ns = sent_ns;
      }
      return;
    }
    this.#lastEchoedSeq = Math.max(this.#lastEchoedSeq, seq);
    this.lastEcho_ns = Math.max(this.lastEcho_ns ?? echoed_ns, echoed_ns);
    if (echoed_ns < trigger_ns) this.baseline.add(echoed_ns - sent_ns);
    else if (this.worst === null || echoed_ns - sent_ns > this.worst.echoed_ns - this.worst.sent_ns)
      this.worst = { sent_ns, echoed_ns };
  }

  /** Send instant of the first heartbeat that was never echoed; null: all were. */
  get silentSince_ns(): number | null {
    return this.#unanswered.firstSeq === Infinity ? null : this.#unanswered.first_ns;
  }

  /** A heartbeat is missing although a later one was echoed: bytes were lost. */
  get isMissingOne(): boolean {
    return this.#unanswered.firstSeq < this.#lastEchoedSeq;
  }
}
