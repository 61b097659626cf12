import type { ProbeRow, Reflected } from '../../model/probe.js';
import { FIRST_TELLING_SEQ, wireSeq } from './stamp-sequence.js';
import { ns, NS_PER_S } from '../../model/time.js';
import type { FlowWindow } from './flow-window.js';
import type { FlowAnalyzer } from './flow.js';
import type { LossPeriod } from './gaps.js';

type WhyUnknown = Extract<Missing, { unknown: string }>['unknown'];

const WHY: Readonly<Record<WhyUnknown, string>> = {
  stateless: 'the reflector has no sequence number of its own (stateless)',
  reset: 'the reflector began to count anew within the loss',
  shared: 'the reflector counts more than this stream',
  'no-answer': 'no answer came on one side of the loss',
};

/** A loss whose direction cannot be told. */
interface Unknown {
  readonly first_ns: number;
  readonly last_ns: number;
  readonly why: WhyUnknown;
}

const sendOf = ({ sent_ns, intended_ns }: ProbeRow): number => sent_ns ?? intended_ns;

/** Shortest time that `count` probes in a row span. */
const leastSpan = (rows: readonly ProbeRow[], count: number): number => {
  let least = Infinity;
  for (let index = 0; index + count <= rows.length; index++)
    least = Math.min(least, sendOf(rows[index + count - 1] as ProbeRow) - sendOf(rows[index] as ProbeRow));
  return least;
};

/**
 * The rows of a STAMP flow as two flows, one for each way (RFC 6673 §7): what was lost there never had a chance to be
 * lost on the way back, so that the way back was not tested meanwhile: a hole in its sends. Of a loss on both ways only
 * the counts are known, not the order: the bounds allow for any. Memory holds one loss at a time.
 */
export class DirectionSplitter {
  /** Losses on both ways at once, by the send of their first probe. */
  readonly mixed_ns: number[] = [];
  readonly #unknown: Unknown[] = [];
  readonly #forward: FlowAnalyzer;
  readonly #reverse: FlowAnalyzer;
  readonly #count = new ReflectorCount();
  readonly #delays = new OneWayDelays();
  #gap: ProbeRow[] = [];

  constructor(forward: FlowAnalyzer, reverse: FlowAnalyzer) {
    this.#forward = forward;
    this.#reverse = reverse;
  }

  /** @param stalled_ns as for `FlowAnalyzer.push` */
  push(row: ProbeRow, stalled_ns: number): void {
    switch (row.outcome) {
      case 'answered':
      case 'refused':
        this.#answered(row, stalled_ns);
        return;
      case 'lost':
      case 'unreachable':
      case 'unresolved':
        this.#gap.push(row);
        return;
      case 'duplicate':
        if (row.reflected !== undefined) this.#count.copy(row.reflected);
        return;
      case 'stray':
        this.#stray(row);
        return;
      case 'unsent':
      case 'local-blocked':
        this.#forward.push(row);
    }
  }

  /** No more rows. @param until_ns as for `FlowAnalyzer.finish` */
  finish(until_ns: number): void {
    this.#giveUp('no-answer');
    this.#forward.finish(until_ns);
    this.#reverse.finish(until_ns);
    // When the reflector answered what was lost is only known to within the delay variation of the way there.
    for (const [index, { baseline }] of this.#reverse.windows.entries())
      baseline.widen(this.#forward.windows[index]?.baseline.jitter_ns() ?? 0);
  }

  /** Why the direction of the losses in a window cannot be told; null: it can, or there are none. */
  whyUnknown({ window }: FlowWindow, interval_ns: number): string | null {
    const from_ns = window.trigger_ns - interval_ns;
    const found = this.#unknown.find(
      ({ first_ns, last_ns }) => last_ns >= from_ns && first_ns < window.cut_ns,
    );
    return found === undefined ? null : WHY[found.why];
  }

  #answered(row: ProbeRow, stalled_ns: number): void {
    const gap = this.#gap;
    // A stray in it was answered after all, and parts it.
    const parted = gap.findIndex(({ outcome }) => outcome === 'answered');
    if (parted !== -1) {
      const late = gap[parted] as ProbeRow;
      this.#gap = gap.slice(0, parted);
      this.#answered(late, 0);
      this.#gap = gap.slice(parted + 1);
      this.#answered(row, stalled_ns);
      return;
    }
    if (row.reflected !== undefined) this.#settle({ seq: row.seq, reflected: row.reflected });
    this.#good(row, stalled_ns);
  }

  /** The answer after a loss tells how many of its probes the reflector had. */
  #settle(answer: Answered): void {
    // An ICMP error comes for what did not reach the reflector.
    const silent = this.#gap.filter(({ outcome }) => outcome === 'lost');
    const missing = this.#count.next(answer, silent.length);
    if (this.#gap.length === 0) return;
    if ('unknown' in missing) {
      this.#giveUp(missing.unknown);
      return;
    }
    const back = missing.answers;
    const there = silent.length - back;
    const backFirst = this.#wereUnderWay(silent.slice(0, back));
    let index = 0;
    for (const row of this.#gap) {
      const lostThere = row.outcome !== 'lost' || (backFirst ? index++ >= back : index++ < there);
      if (lostThere) this.#forward.push(row);
      else this.#lostBack(row);
    }
    if (there > 0 && back > 0) {
      this.mixed_ns.push(sendOf(this.#gap[0] as ProbeRow));
      const widen = ({ windows }: FlowAnalyzer, count: number): void => {
        const period = windows.flatMap(({ periods }) => periods).at(-1) as LossPeriod;
        period.least_ns = leastSpan(silent, count);
      };
      // Those that arrived part those that did not into this many runs at most.
      widen(this.#forward, Math.ceil(there / (back + 1)));
      widen(this.#reverse, back);
    }
    this.#gap = [];
  }

  /** A cut of both ways at once catches on the way back what was behind it then: a round trip of sends at most. */
  #wereUnderWay(rows: readonly ProbeRow[]): boolean {
    const [first, last] = [rows[0], rows.at(-1)];
    return (
      first !== undefined && last !== undefined && sendOf(last) - sendOf(first) <= 2 * this.#delays.half_ns
    );
  }

  #lostBack(row: ProbeRow): void {
    // When it arrived nobody has written down: after the usual time.
    const arrival_ns = ns(sendOf(row) + this.#delays.half_ns);
    this.#forward.push({ ...row, outcome: 'answered', received_ns: arrival_ns });
    this.#reverse.push({ ...row, sent_ns: arrival_ns, accepted_ns: null });
  }

  #good(row: ProbeRow, stalled_ns: number): void {
    const sent_ns = sendOf(row);
    const delay = this.#delays.add(row);
    if (delay === null) return;
    const { half_ns, forward_ns, reverse_ns } = delay;
    const arrival_ns = ns(sent_ns + half_ns + forward_ns);
    this.#forward.push({ ...row, received_ns: arrival_ns });
    this.#reverse.push(
      { ...row, sent_ns: arrival_ns, accepted_ns: null, received_ns: ns(arrival_ns + half_ns + reverse_ns) },
      stalled_ns,
    );
  }

  #stray(row: ProbeRow): void {
    const index = this.#gap.findIndex(({ seq }) => seq === row.seq);
    if (index !== -1) this.#gap[index] = { ...row, outcome: 'answered' };
    else if (row.reflected !== undefined) this.#count.copy(row.reflected);
  }

  #giveUp(why: WhyUnknown): void {
    const [first, last] = [this.#gap[0], this.#gap.at(-1)];
    if (first !== undefined && last !== undefined)
      this.#unknown.push({ first_ns: sendOf(first), last_ns: sendOf(last), why });
    this.#gap = [];
  }
}

/** By how much one answered probe took longer than the fastest, on the way there and on the way back. */
export interface OneWayDelay {
  /** Half of the fastest round trip, which stands for the delay of either way. */
  readonly half_ns: number;
  readonly forward_ns: number;
  readonly reverse_ns: number;
}

/**
 * One-way delays by two clocks that need not agree: only differences count. What the probe took longer there is by the
 * reflector's stamp, but never more than it took longer in all, so that a step of the reflector's clock delays
 * nothing. The time that it spent in the reflector belongs to neither way.
 */
export class OneWayDelays {
  #leastForward_ns = Infinity;
  #leastRoundTrip_ns = Infinity;

  /** Half of the fastest round trip so far. */
  get half_ns(): number {
    return this.#leastRoundTrip_ns === Infinity ? 0 : this.#leastRoundTrip_ns / 2;
  }

  /** Null for a row without all of its stamps. */
  add({ sent_ns, received_ns, reflected }: ProbeRow): OneWayDelay | null {
    if (sent_ns === null || received_ns === null || reflected === undefined) return null;
    const forward = reflected.received_ns - sent_ns;
    const inReflector = Math.max(0, reflected.sent_ns - reflected.received_ns);
    const roundTrip = Math.max(0, received_ns - sent_ns - inReflector);
    this.#leastForward_ns = Math.min(this.#leastForward_ns, forward);
    this.#leastRoundTrip_ns = Math.min(this.#leastRoundTrip_ns, roundTrip);
    const longer = roundTrip - this.#leastRoundTrip_ns;
    const forward_ns = Math.min(Math.max(0, forward - this.#leastForward_ns), longer);
    return { half_ns: this.half_ns, forward_ns, reverse_ns: longer - forward_ns };
  }
}

/** An answered probe of a STAMP flow. */
export interface Answered {
  readonly seq: number;
  readonly reflected: Reflected;
}

/** How many answers of the reflector are missing between two answers, or why that cannot be told. */
export type Missing =
  | { readonly answers: number }
  | { readonly unknown: 'stateless' | 'reset' | 'shared' | 'no-answer' };

/** Numbers that the reflector gave to further copies are few; the oldest are forgotten. */
const MOST_COPIES = 1000;
/** So many unexplained steps of the counter are no accident: it counts more than this flow. */
const FEW_STEPS = 3;
const FEW_SHARE = 0.01;

/**
 * The sequence number of a stateful reflector counts its answers (RFC 8762 §4.3.1): what is missing in it between two
 * answers that came was sent back and lost.
 */
export class ReflectorCount {
  #last: Answered | null = null;
  #copies: number[] = [];
  #telling = false;
  #answered = 0;
  #steps = 0;

  /** A further copy of an answer, or one that came too late. */
  copy({ seq }: Reflected): void {
    this.#copies.push(seq);
    if (this.#copies.length > MOST_COPIES) this.#copies.shift();
  }

  /** The next answer in the order of sending. @param lost probes between it and the one before */
  next(answer: Answered, lost: number): Missing {
    const missing = this.#missing(answer, lost);
    this.#answered += 1;
    if (answer.seq >= FIRST_TELLING_SEQ && answer.reflected.seq !== wireSeq(answer.seq)) this.#telling = true;
    if (lost === 0 && 'answers' in missing && missing.answers > 0) this.#steps += 1;
    if (this.#last === null || !this.#overtaken(this.#last, answer)) this.#last = answer;
    return missing;
  }

  #missing(answer: Answered, lost: number): Missing {
    const last = this.#last;
    if (last === null) return { unknown: 'no-answer' };
    const telling = this.#telling || answer.reflected.seq !== wireSeq(answer.seq);
    if (!telling) return { unknown: 'stateless' };
    const [from, to] = [last.reflected.seq, answer.reflected.seq];
    if (to <= from) return this.#overtaken(last, answer) ? { answers: 0 } : { unknown: 'reset' };
    const seen = this.#copies.filter((copy) => copy > from && copy < to).length;
    const answers = to - from - 1 - seen;
    const shared = this.#steps > Math.max(FEW_STEPS, FEW_SHARE * this.#answered);
    return lost > 0 && (shared || answers > lost) ? { unknown: 'shared' } : { answers: Math.max(0, answers) };
  }

  /** Two probes came to the reflector in the other order: then it answered the younger one first. */
  #overtaken(older: Answered, younger: Answered): boolean {
    const ahead = older.reflected.sent_ns - younger.reflected.sent_ns;
    return younger.reflected.seq < older.reflected.seq && ahead >= 0 && ahead < NS_PER_S;
  }
}
