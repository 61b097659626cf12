import type { Findings, Found, Moment } from './findings.js';
import { inSeconds } from './findings.js';

/**
 * How somebody tells which link-layer address an address has: without having been asked; in answer to a question; beside a
 * question of its own.
 */
export type Telling = 'unasked' | 'answer' | 'beside';

/** The same again within this is the same announcement: they come in bursts. */
const BURST_MS = 1000;
/** An address that is announced again and again by the same owner tells nothing new. */
const MOST_BURSTS = 8;
const MOST_ADDRESSES = 4096;
const MOST_UNANSWERED = 64;

/** A question that had no answer yet. */
interface Question {
  readonly first: Moment;
  readonly words: string;
  times: number;
}

interface Address {
  mac: string | null;
  /** By this owner. */
  bursts: number;
  found: Found | null;
  last_ms: number;
  answers: number;
  question: Question | null;
  /** How long each was asked for in vain. */
  readonly unanswered: (Question & { readonly until_ms: number; readonly end: string })[];
}

/** Which link-layer addresses are told of addresses on the wire, and which questions for them stay without an answer. */
export class Announcements {
  readonly #findings: Findings;
  readonly #isWatched: (address: string) => boolean;
  readonly #addresses = new Map<string, Address>();

  constructor(findings: Findings, isWatched: (address: string) => boolean) {
    this.#findings = findings;
    this.#isWatched = isWatched;
  }

  told(address: string, mac: string, telling: Telling, at: Moment, words: string): void {
    this.#findings.sentBy(address, mac);
    const known = this.#of(address);
    if (known === null) return;
    if (telling !== 'beside') this.#answered(known, at);
    if (telling === 'answer') known.answers += 1;
    const isNew = known.mac !== mac;
    if (isNew) known.bursts = 0;
    const inBurst = !isNew && Math.abs(at.lo_ms - known.last_ms) < BURST_MS;
    if (inBurst && telling === 'unasked' && known.found !== null) {
      known.found.more += 1;
      known.found.until_ms = at.lo_ms;
    }
    // What is told beside or when asked is news only where it changes, or of an address that the run is about.
    const isNews =
      telling === 'unasked'
        ? !inBurst && known.bursts < MOST_BURSTS
        : isNew && (known.mac !== null || this.#isWatched(address));
    known.mac = mac;
    if (telling === 'unasked' || isNews) known.last_ms = at.lo_ms;
    if (!isNews) return;
    known.bursts += 1;
    const found = this.#findings.add('announced', { subject: address, value: mac }, at, words);
    known.found = telling === 'unasked' ? found : null;
  }

  /** Somebody wants to know who has this address. */
  asked(address: string, at: Moment, words: string): void {
    const known = this.#isWatched(address) ? this.#of(address) : this.#addresses.get(address);
    if (known === undefined || known === null) return;
    if (known.question === null) known.question = { first: at, words, times: 1 };
    else known.question.times += 1;
  }

  /** Of addresses for which no answer was ever seen, nothing is said: answers to others may not pass where it was captured. */
  finish(until_ms: number): void {
    for (const [address, known] of this.#addresses) {
      this.#close(known, until_ms, 'until the capture ends');
      if (known.answers === 0) continue;
      for (const { first, words, times, until_ms, end } of known.unanswered)
        this.#findings.add(
          'resolved',
          { subject: address, value: 'none' },
          first,
          `${words}: asked ${times} times without an answer for ${inSeconds(until_ms - first.lo_ms)}, ${end}`,
        );
    }
  }

  #answered(known: Address, at: Moment): void {
    this.#close(known, at.lo_ms, 'then it was told');
  }

  #close(known: Address, until_ms: number, end: string): void {
    const { question } = known;
    known.question = null;
    if (question === null || question.times < 2 || until_ms - question.first.lo_ms < BURST_MS) return;
    if (known.unanswered.length < MOST_UNANSWERED) known.unanswered.push({ ...question, until_ms, end });
  }

  #of(address: string): Address | null {
    const known = this.#addresses.get(address);
    if (known !== undefined) return known;
    if (this.#addresses.size >= MOST_ADDRESSES) return null;
    const made: Address = {
      mac: null,
      bursts: 0,
      found: null,
      last_ms: -Infinity,
      answers: 0,
      question: null,
      unanswered: [],
    };
    this.#addresses.set(address, made);
    return made;
  }
}
