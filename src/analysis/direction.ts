import type { ProbeRow } from '../model/probe.js';
import { ns } from '../model/time.js';
import type { FlowAnalyzer } from './flow.js';
import type { FlowWindow } from './flow-window.js';
import type { LossPeriod } from './gaps.js';
import { OneWayDelays } from './one-way.js';
import { ReflectorCount, type Answered, type Missing } from './reflector-count.js';

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
  private readonly unknown: Unknown[] = [];
  private readonly forward: FlowAnalyzer;
  private readonly reverse: FlowAnalyzer;
  private readonly count = new ReflectorCount();
  private readonly delays = new OneWayDelays();
  private gap: ProbeRow[] = [];

  constructor(forward: FlowAnalyzer, reverse: FlowAnalyzer) {
    this.forward = forward;
    this.reverse = reverse;
  }

  /** @param stalled_ns as for `FlowAnalyzer.push` */
  push(row: ProbeRow, stalled_ns: number): void {
    switch (row.outcome) {
      case 'answered':
      case 'refused':
        this.answered(row, stalled_ns);
        return;
      case 'lost':
      case 'unreachable':
      case 'unresolved':
        this.gap.push(row);
        return;
      case 'duplicate':
        if (row.reflected !== undefined) this.count.copy(row.reflected);
        return;
      case 'stray':
        this.stray(row);
        return;
      case 'unsent':
      case 'local-blocked':
        this.forward.push(row);
    }
  }

  /** No more rows. @param until_ns as for `FlowAnalyzer.finish` */
  finish(until_ns: number): void {
    this.giveUp('no-answer');
    this.forward.finish(until_ns);
    this.reverse.finish(until_ns);
    // When the reflector answered what was lost is only known to within the delay variation of the way there.
    for (const [index, { baseline }] of this.reverse.windows.entries())
      baseline.widen(this.forward.windows[index]?.baseline.jitter_ns() ?? 0);
  }

  /** Why the direction of the losses in a window cannot be told; null: it can, or there are none. */
  whyUnknown({ window }: FlowWindow, interval_ns: number): string | null {
    const from_ns = window.trigger_ns - interval_ns;
    const found = this.unknown.find(
      ({ first_ns, last_ns }) => last_ns >= from_ns && first_ns < window.cut_ns,
    );
    return found === undefined ? null : WHY[found.why];
  }

  private answered(row: ProbeRow, stalled_ns: number): void {
    const gap = this.gap;
    // A stray in it was answered after all, and parts it.
    const parted = gap.findIndex(({ outcome }) => outcome === 'answered');
    if (parted !== -1) {
      const late = gap[parted] as ProbeRow;
      this.gap = gap.slice(0, parted);
      this.answered(late, 0);
      this.gap = gap.slice(parted + 1);
      this.answered(row, stalled_ns);
      return;
    }
    if (row.reflected !== undefined) this.settle({ seq: row.seq, reflected: row.reflected });
    this.good(row, stalled_ns);
  }

  /** The answer after a loss tells how many of its probes the reflector had. */
  private settle(answer: Answered): void {
    // An ICMP error comes for what did not reach the reflector.
    const silent = this.gap.filter(({ outcome }) => outcome === 'lost');
    const missing = this.count.next(answer, silent.length);
    if (this.gap.length === 0) return;
    if ('unknown' in missing) {
      this.giveUp(missing.unknown);
      return;
    }
    const back = missing.answers;
    const there = silent.length - back;
    const backFirst = this.wereUnderWay(silent.slice(0, back));
    let index = 0;
    for (const row of this.gap) {
      const lostThere = row.outcome !== 'lost' || (backFirst ? index++ >= back : index++ < there);
      if (lostThere) this.forward.push(row);
      else this.lostBack(row);
    }
    if (there > 0 && back > 0) {
      this.mixed_ns.push(sendOf(this.gap[0] as ProbeRow));
      const widen = ({ windows }: FlowAnalyzer, count: number): void => {
        const period = windows.flatMap(({ periods }) => periods).at(-1) as LossPeriod;
        period.least_ns = leastSpan(silent, count);
      };
      // Those that arrived part those that did not into this many runs at most.
      widen(this.forward, Math.ceil(there / (back + 1)));
      widen(this.reverse, back);
    }
    this.gap = [];
  }

  /** A cut of both ways at once catches on the way back what was behind it then: a round trip of sends at most. */
  private wereUnderWay(rows: readonly ProbeRow[]): boolean {
    const [first, last] = [rows[0], rows.at(-1)];
    return (
      first !== undefined && last !== undefined && sendOf(last) - sendOf(first) <= 2 * this.delays.half_ns
    );
  }

  private lostBack(row: ProbeRow): void {
    // When it arrived nobody has written down: after the usual time.
    const arrival_ns = ns(sendOf(row) + this.delays.half_ns);
    this.forward.push({ ...row, outcome: 'answered', received_ns: arrival_ns });
    this.reverse.push({ ...row, sent_ns: arrival_ns, accepted_ns: null });
  }

  private good(row: ProbeRow, stalled_ns: number): void {
    const sent_ns = sendOf(row);
    const delay = this.delays.add(row);
    if (delay === null) return;
    const { half_ns, forward_ns, reverse_ns } = delay;
    const arrival_ns = ns(sent_ns + half_ns + forward_ns);
    this.forward.push({ ...row, received_ns: arrival_ns });
    this.reverse.push(
      { ...row, sent_ns: arrival_ns, accepted_ns: null, received_ns: ns(arrival_ns + half_ns + reverse_ns) },
      stalled_ns,
    );
  }

  private stray(row: ProbeRow): void {
    const index = this.gap.findIndex(({ seq }) => seq === row.seq);
    if (index !== -1) this.gap[index] = { ...row, outcome: 'answered' };
    else if (row.reflected !== undefined) this.count.copy(row.reflected);
  }

  private giveUp(why: WhyUnknown): void {
    const [first, last] = [this.gap[0], this.gap.at(-1)];
    if (first !== undefined && last !== undefined)
      this.unknown.push({ first_ns: sendOf(first), last_ns: sendOf(last), why });
    this.gap = [];
  }
}
