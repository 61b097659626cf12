import type { ProbeRow } from '../../model/probe.js';
import { NS_PER_S } from '../../model/time.js';

/** One second of a stream. */
interface Second {
  at: number;
  answers: number;
  rtt_ns: number;
  lost: boolean;
  late: boolean;
}

const BARS = '▁▂▃▄▅▆▇█';
/** The usual delay is the second bar, and every doubling is two bars more. */
const USUAL = 1;
const BARS_PER_OCTAVE = 2;

const bar = (rtt_ns: number, usual_ns: number): string => {
  const octaves = usual_ns > 0 ? Math.log2(rtt_ns / usual_ns) : 0;
  const height = Math.round(USUAL + BARS_PER_OCTAVE * octaves);
  return BARS[Math.min(BARS.length - 1, Math.max(0, height))] as string;
};

/**
 * The last minute of a stream, a cell a second: a bar for the delay beside the usual one, `✗` where a probe was lost,
 * `!` where one was late, `·` where nothing was sent, a blank where nothing is known. Told apart without colours.
 */
export class LastMinute {
  readonly #seconds: Second[] = [];
  readonly #length: number;

  constructor(length = 60) {
    this.#length = length;
  }

  /** @param late the answer came after the delay threshold. */
  add(row: ProbeRow, late: boolean): void {
    if (row.outcome === 'duplicate' || row.outcome === 'stray') return;
    const second = this.#second(Math.floor((row.sent_ns ?? row.intended_ns) / NS_PER_S));
    switch (row.outcome) {
      case 'answered':
      case 'refused':
        if (row.received_ns !== null && row.sent_ns !== null) {
          second.answers += 1;
          second.rtt_ns += row.received_ns - row.sent_ns;
        }
        second.late ||= late;
        return;
      case 'lost':
      case 'unreachable':
      case 'unresolved':
        second.lost = true;
        return;
      case 'local-blocked':
      case 'unsent':
    }
  }

  /**
   * @param now_ns and `downSince_ns`: rows come when they are decided, the live state knows earlier.
   * @param usual_ns median delay
   */
  render(cells: number, now_ns: number, downSince_ns: number | null, usual_ns: number): string {
    // It fills from the left, and then moves.
    const now = Math.floor(now_ns / NS_PER_S);
    const first = Math.max(0, now - cells + 1);
    const from = downSince_ns === null ? Infinity : Math.floor(downSince_ns / NS_PER_S);
    const known = new Map(this.#seconds.map((second) => [second.at, second]));
    return Array.from({ length: cells }, (_, index) => {
      const at = first + index;
      const second = known.get(at);
      if (at > now) return ' ';
      if (at >= from || second?.lost === true) return '✗';
      if (second === undefined) return ' ';
      if (second.late) return '!';
      return second.answers === 0 ? '·' : bar(second.rtt_ns / second.answers, usual_ns);
    }).join('');
  }

  #second(at: number): Second {
    const known = this.#seconds.findLast((second) => second.at === at);
    if (known !== undefined) return known;
    const second = { at, answers: 0, rtt_ns: 0, lost: false, late: false };
    this.#seconds.push(second);
    if (this.#seconds.length > this.#length + 5) this.#seconds.shift();
    return second;
  }
}
