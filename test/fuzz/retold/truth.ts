import type { Random } from '../../../src/analysis/statistics/random.js';

/** What happened: when each probe left, in microseconds since 1970, and whether it was answered. */
export interface Truth {
  readonly sends_us: readonly number[];
  readonly answered: readonly boolean[];
  readonly rtt_us: number;
  /** From one send to the next, and until the tool gives up. */
  readonly every_us: number;
  readonly wait_us: number;
}

/** The bounds of an outage by the probes: from its first loss to its last, and between the answers around it. Seconds. */
export interface Bounds {
  readonly lo_s: number;
  /** null: no answer came before it, or none after. */
  readonly hi_s: number | null;
  readonly lost: number;
}

const START_US = 1_700_000_000_000_000;

export const below = (random: Random, end: number): number => Math.floor(random() * end);

/**
 * One outage or two among 30 to 80 probes, answers at both ends.
 *
 * @param pauses does the tool wait for an answer, and only then send the next?
 */
export const truthOf = (random: Random, every_us: number, wait_us: number, pauses: boolean): Truth => {
  const answered: boolean[] = [];
  const runs = 1 + below(random, 2);
  for (let run = 0; run < runs; run += 1) {
    answered.push(...Array.from({ length: 12 + below(random, 20) }, () => true));
    answered.push(...Array.from({ length: 3 + below(random, 7) }, () => false));
  }
  answered.push(...Array.from({ length: 12 + below(random, 10) }, () => true));
  const sends_us: number[] = [];
  // Also near midnight, and behind noon.
  let now = START_US + oneOfHours[below(random, oneOfHours.length)]! * 3_600_000_000 + below(random, 1e6);
  for (const good of answered) {
    sends_us.push(now);
    now += pauses && !good ? wait_us : every_us;
  }
  return { sends_us, answered, rtt_us: 400 + below(random, 2000), every_us, wait_us };
};

/** 2023-11-14 22:13:20 UTC is the start: these lead around midnight, noon, and a day of two digits to come. */
const oneOfHours = [0, 0, 0, 1.77, 13.77, 24, 20 * 24];

export const boundsOf = ({ sends_us, answered }: Truth): Bounds[] => {
  const found: Bounds[] = [];
  for (let first = 0; first < answered.length; first += 1) {
    if (answered[first] === true) continue;
    let last = first;
    while (answered[last + 1] === false) last += 1;
    const at = (index: number): number => sends_us[index] as number;
    found.push({
      lo_s: (at(last) - at(first)) / 1e6,
      hi_s: first === 0 || last + 1 === answered.length ? null : (at(last + 1) - at(first - 1)) / 1e6,
      lost: last - first + 1,
    });
    first = last;
  }
  return found;
};
