import type { Reflected } from '../model/probe.js';
import { FIRST_TELLING_SEQ, wireSeq } from '../model/stamp.js';
import { NS_PER_S } from '../model/time.js';

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
  private last: Answered | null = null;
  private copies: number[] = [];
  private telling = false;
  private answered = 0;
  private steps = 0;

  /** A further copy of an answer, or one that came too late. */
  copy({ seq }: Reflected): void {
    this.copies.push(seq);
    if (this.copies.length > MOST_COPIES) this.copies.shift();
  }

  /** The next answer in the order of sending. @param lost probes between it and the one before */
  next(answer: Answered, lost: number): Missing {
    const missing = this.missing(answer, lost);
    this.answered += 1;
    if (answer.seq >= FIRST_TELLING_SEQ && answer.reflected.seq !== wireSeq(answer.seq)) this.telling = true;
    if (lost === 0 && 'answers' in missing && missing.answers > 0) this.steps += 1;
    if (this.last === null || !this.overtaken(this.last, answer)) this.last = answer;
    return missing;
  }

  private missing(answer: Answered, lost: number): Missing {
    const { last } = this;
    if (last === null) return { unknown: 'no-answer' };
    const telling = this.telling || answer.reflected.seq !== wireSeq(answer.seq);
    if (!telling) return { unknown: 'stateless' };
    const [from, to] = [last.reflected.seq, answer.reflected.seq];
    if (to <= from) return this.overtaken(last, answer) ? { answers: 0 } : { unknown: 'reset' };
    const seen = this.copies.filter((copy) => copy > from && copy < to).length;
    const answers = to - from - 1 - seen;
    const shared = this.steps > Math.max(FEW_STEPS, FEW_SHARE * this.answered);
    return lost > 0 && (shared || answers > lost) ? { unknown: 'shared' } : { answers: Math.max(0, answers) };
  }

  /** Two probes came to the reflector in the other order: then it answered the younger one first. */
  private overtaken(older: Answered, younger: Answered): boolean {
    const ahead = older.reflected.sent_ns - younger.reflected.sent_ns;
    return younger.reflected.seq < older.reflected.seq && ahead >= 0 && ahead < NS_PER_S;
  }
}
