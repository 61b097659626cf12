import type { Outcome } from '../model/probe.js';

/** A probe without an answer is held for so many later ones; an answer after that is a `stray`. */
export const HELD = 4096;
/** A power of two above HELD. */
const RING = 2 * HELD;
const at = (seq: number): number => seq & (RING - 1);

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
  private readonly states = new Uint8Array(RING);
  private readonly sends = new Float64Array(RING);
  private readonly arrivals = new Float64Array(RING);
  private readonly ends = new Float64Array(RING);
  private readonly ttls = new Int16Array(RING);
  private readonly failures: (Failure | null)[] = Array.from({ length: RING }, () => null);

  begin(seq: number): void {
    this.head = seq;
    this.next = seq;
  }

  /** One more, `next`, of which nothing is known but when it left (NaN: not even that). */
  add(sent: number): void {
    const slot = at(this.next);
    this.states[slot] = PROBE_STATE.missing;
    this.sends[slot] = sent;
    this.arrivals[slot] = NaN;
    this.ends[slot] = NaN;
    this.ttls[slot] = -1;
    this.failures[slot] = null;
    this.next += 1;
  }

  has(seq: number): boolean {
    return seq >= this.head && seq < this.next;
  }

  get full(): boolean {
    return this.next - this.head >= HELD;
  }

  state(seq: number): ProbeState {
    return this.states[at(seq)] as ProbeState;
  }

  /** NaN: not known. */
  sent(seq: number): number {
    return this.sends[at(seq)] as number;
  }

  /** NaN: nothing came. */
  received(seq: number): number {
    return this.arrivals[at(seq)] as number;
  }

  /** When the tool gave up waiting; NaN: not known. */
  gaveUp(seq: number): number {
    return this.ends[at(seq)] as number;
  }

  /** -1: not said. */
  ttl(seq: number): number {
    return this.ttls[at(seq)] as number;
  }

  failure(seq: number): Failure | null {
    return this.failures[at(seq)] ?? null;
  }

  setSent(seq: number, sent: number): void {
    this.sends[at(seq)] = sent;
  }

  setAnswered(seq: number, received: number, ttl: number): void {
    this.states[at(seq)] = PROBE_STATE.answered;
    this.arrivals[at(seq)] = received;
    this.ttls[at(seq)] = ttl;
  }

  setWaiting(seq: number, gaveUp: number): void {
    if (this.state(seq) === PROBE_STATE.missing) this.states[at(seq)] = PROBE_STATE.waiting;
    this.ends[at(seq)] = gaveUp;
  }

  setFailed(seq: number, received: number, failure: Failure): void {
    this.states[at(seq)] = PROBE_STATE.failed;
    this.arrivals[at(seq)] = received;
    this.failures[at(seq)] = failure;
  }
}
