import type { Outcome, ProbeRow } from '../model/probe.js';
import { ns, type Nanoseconds } from '../model/time.js';

/** A probe without an answer is held for so many later ones; an answer after that is a `stray`. */
export const HELD = 4096;
/** A power of two above HELD. */
const RING = 2 * HELD;
/** Most targets never have more on their way, and a log of fping may have thousands of them. */
const FIRST_RING = 64;

/**
 * `missing`: no line is about it (yet); `waiting`: a line said that no answer had come; `failed`: unreachable,
 * unresolved or local-blocked. The last two are final.
 */
export const PROBE_STATE = { missing: 0, waiting: 1, answered: 2, failed: 3 } as const;
type ProbeState = (typeof PROBE_STATE)[keyof typeof PROBE_STATE];

export interface Failure {
  readonly outcome: Outcome;
  readonly cause: string;
}

/** The probes that are not handed on yet, `head` to `next - 1`, in arrays: nothing is allocated per probe. */
export class HeldProbes {
  /** First number not handed on, and one past the newest. */
  head = 0;
  next = 0;
  /** Length of the arrays, a power of two. */
  #ring = FIRST_RING;
  #states = new Uint8Array(FIRST_RING);
  #sends = new Float64Array(FIRST_RING);
  #arrivals = new Float64Array(FIRST_RING);
  #ends = new Float64Array(FIRST_RING);
  #ttls = new Int16Array(FIRST_RING);
  #failures: (Failure | null)[] = Array.from({ length: FIRST_RING }, () => null);

  begin(seq: number): void {
    this.head = seq;
    this.next = seq;
  }

  /** One more, `next`, of which nothing is known but when it left (NaN: not even that). */
  add(sent: number): void {
    if (this.next - this.head >= this.#ring && this.#ring < RING) this.#grow();
    const slot = this.#at(this.next);
    this.#states[slot] = PROBE_STATE.missing;
    this.#sends[slot] = sent;
    this.#arrivals[slot] = NaN;
    this.#ends[slot] = NaN;
    this.#ttls[slot] = -1;
    this.#failures[slot] = null;
    this.next += 1;
  }

  has(seq: number): boolean {
    return seq >= this.head && seq < this.next;
  }

  get full(): boolean {
    return this.next - this.head >= HELD;
  }

  state(seq: number): ProbeState {
    return this.#states[this.#at(seq)] as ProbeState;
  }

  /** NaN: not known. */
  sent(seq: number): number {
    return this.#sends[this.#at(seq)] as number;
  }

  /** NaN: nothing came. */
  received(seq: number): number {
    return this.#arrivals[this.#at(seq)] as number;
  }

  /** When the tool gave up waiting; NaN: not known. */
  gaveUp(seq: number): number {
    return this.#ends[this.#at(seq)] as number;
  }

  /** -1: not said. */
  ttl(seq: number): number {
    return this.#ttls[this.#at(seq)] as number;
  }

  failure(seq: number): Failure | null {
    return this.#failures[this.#at(seq)] ?? null;
  }

  setSent(seq: number, sent: number): void {
    this.#sends[this.#at(seq)] = sent;
  }

  setAnswered(seq: number, received: number, ttl: number): void {
    this.#states[this.#at(seq)] = PROBE_STATE.answered;
    this.#arrivals[this.#at(seq)] = received;
    this.#ttls[this.#at(seq)] = ttl;
  }

  setWaiting(seq: number, gaveUp: number): void {
    if (this.state(seq) === PROBE_STATE.missing) this.#states[this.#at(seq)] = PROBE_STATE.waiting;
    this.#ends[this.#at(seq)] = gaveUp;
  }

  setFailed(seq: number, received: number, failure: Failure): void {
    this.#states[this.#at(seq)] = PROBE_STATE.failed;
    this.#arrivals[this.#at(seq)] = received;
    this.#failures[this.#at(seq)] = failure;
  }

  #at(seq: number): number {
    return seq & (this.#ring - 1);
  }

  #grow(): void {
    const states = this.#states;
    const sends = this.#sends;
    const arrivals = this.#arrivals;
    const ends = this.#ends;
    const ttls = this.#ttls;
    const failures = this.#failures;
    const old = this.#ring;
    this.#ring *= 2;
    this.#states = new Uint8Array(this.#ring);
    this.#sends = new Float64Array(this.#ring);
    this.#arrivals = new Float64Array(this.#ring);
    this.#ends = new Float64Array(this.#ring);
    this.#ttls = new Int16Array(this.#ring);
    this.#failures = Array.from({ length: this.#ring }, () => null);
    for (let seq = this.head; seq < this.next; seq += 1) {
      const [from, to] = [seq & (old - 1), this.#at(seq)];
      this.#states[to] = states[from] as number;
      this.#sends[to] = sends[from] as number;
      this.#arrivals[to] = arrivals[from] as number;
      this.#ends[to] = ends[from] as number;
      this.#ttls[to] = ttls[from] as number;
      this.#failures[to] = failures[from] ?? null;
    }
  }
}

/** A probe of a foreign log as a row. `received` NaN: nothing came; `ttl` -1: not said. */
export const logRow = (
  stream: string,
  seq: number,
  outcome: Outcome,
  sent_ns: Nanoseconds,
  received: number,
  ttl: number,
  cause: string | null,
): ProbeRow => ({
  stream,
  flow: 0,
  seq,
  outcome,
  intended_ns: sent_ns,
  sent_ns,
  accepted_ns: null,
  received_ns: Number.isNaN(received) ? null : ns(Math.max(received, sent_ns)),
  ttl: ttl === -1 ? null : ttl,
  cause,
});

/** Share of the numbers. */
const JUST_AHEAD = 1 / 64;

/** Numbers on the wire wrap, and begin anew when the tool does; own numbers only grow. */
export class Numbering {
  #offset = 0;
  readonly #modulus: number | null;

  constructor(modulus: number | null) {
    this.#modulus = modulus;
  }

  /** From here on the wire's `first` is our `next`. */
  restart(first: number, next: number): void {
    this.#offset = next - first;
  }

  /** The own number, if none wrapped since the line before. */
  own(wire: number): number {
    return wire + this.#offset;
  }

  /**
   * The own number: of all candidates the one nearest to `expected`, where the log should be by now; NaN if there is
   * no telling, and then more lies ahead of `next` (a long gap) than behind it (a late answer). A time that wants more
   * than `most` probes in between is not believed, nor one that does not fit a number just ahead of where the log was:
   * after a gap of any length that happens once in 64 times, after a clock that was set each time.
   */
  of(wire: number, next: number, expected: number, most: number): number {
    const seq = this.own(wire);
    if (this.#modulus === null || seq === next) return seq;
    const near = next - 1 + (3 / 8) * this.#modulus;
    const untimed = nearest(seq, near, this.#modulus);
    const timed = Number.isNaN(expected)
      ? untimed
      : nearest(seq, Math.max(next - 1, expected), this.#modulus);
    const little = JUST_AHEAD * this.#modulus;
    const step = untimed - next < little && Math.abs(timed - expected) > little;
    const own = timed > untimed && (step || timed - next > most) ? untimed : timed;
    this.#offset += own - seq;
    return own;
  }
}

const nearest = (seq: number, near: number, modulus: number): number =>
  seq + Math.round((near - seq) / modulus) * modulus;
