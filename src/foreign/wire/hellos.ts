import type { EvidenceKind } from '../../model/evidence.js';
import { type Findings, inSeconds, type Moment } from './findings.js';

/** A packet by which somebody shows that it is alive. */
export interface Hello {
  readonly protocol: 'vrrp' | 'carp' | 'hsrp' | 'bfd' | 'ha';
  /** Who speaks as what to whom: hellos of one key follow each other. */
  readonly key: string;
  readonly sender: string;
  /** Which part of its sender it speaks for; null: all of it. */
  readonly group: string | null;
  /** By its own word; null: it says none. */
  readonly interval_ms: number | null;
  /** In words that change only where what it says does. */
  readonly words: string;
  /** What it says of its sender, beyond that it is alive; null: nothing. */
  readonly says: { readonly kind: EvidenceKind; readonly value: string | null } | null;
}

/** How a hello follows those before it. */
export type Following = 'first' | 'after a hole' | 'on';

/** So many intervals without a hello are a hole: what VRRP, HSRP and BFD take for dead, unless told otherwise. */
export const HOLE_INTERVALS = 3;
/** More who speak are no pair. */
const MOST_KEYS = 1024;
/** The same packet at a second interface is seen no later. */
const COPY_MS = 1;
/** The interval of those that do not say it is seen in so many gaps at least, and learned from so many at most. */
const LEARN = { least: 4, most: 16 } as const;
/** Of a learned interval nothing shorter is a hole: who sends several kinds of hellos sends them in no step. */
const LEARNED_HOLE_MS = 500;
/** A time that lies further back is of a clock that was set, not of a packet that was overtaken. */
const OVERTAKEN_MS = 1000;

interface Speaker {
  hello: Hello;
  last: Moment;
  readonly gaps: number[];
}

const learned = (gaps: readonly number[]): number | null => {
  if (gaps.length < LEARN.least) return null;
  const sorted = gaps.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.75)] as number;
};

/** How long who sends such hellos may be silent; null: not known yet. */
const patience = ({ interval_ms }: Hello, gaps: readonly number[]): number | null => {
  if (interval_ms !== null) return HOLE_INTERVALS * interval_ms;
  const interval = learned(gaps);
  return interval === null ? null : Math.max(HOLE_INTERVALS * interval, LEARNED_HOLE_MS);
};

/** Of all hellos the first, the last before a hole and the first after it, and those that say something else than before. */
export class Hellos {
  /** Those of more senders than are followed. */
  unfollowed = 0;
  readonly #findings: Findings;
  readonly #speakers = new Map<string, Speaker>();
  readonly #begins_ms: () => number;

  /** @param begins_ms when the capture begins: who is heard soon after may have spoken before */
  constructor(findings: Findings, begins_ms: () => number) {
    this.#findings = findings;
    this.#begins_ms = begins_ms;
  }

  /** Nobody can say whether it has spoken before the capture began. */
  mayBeOld({ interval_ms }: Hello, { lo_ms }: Moment): boolean {
    return lo_ms - this.#begins_ms() < HOLE_INTERVALS * (interval_ms ?? 1000);
  }

  see(hello: Hello, at: Moment): Following {
    const speaker = this.#speakers.get(hello.key);
    if (speaker === undefined) return this.#begin(hello, at);
    const gap_ms = at.lo_ms - speaker.last.lo_ms;
    if (gap_ms < 0 && gap_ms > -OVERTAKEN_MS) return 'on';
    const before = speaker.hello;
    // An interval that has changed was agreed on before it is said.
    const most_ms = Math.max(
      patience(before, speaker.gaps) ?? Infinity,
      patience(hello, speaker.gaps) ?? Infinity,
    );
    const hole = gap_ms >= most_ms;
    if (hole) {
      this.#tell(before, speaker.last, `last ${before.words} before ${inSeconds(gap_ms)} without`);
      this.#tell(hello, at, `first ${hello.words} after ${inSeconds(gap_ms)} without`);
    } else if (gap_ms >= COPY_MS && speaker.gaps.length < LEARN.most) speaker.gaps.push(gap_ms);
    if (hello.words !== before.words) this.#changed(before, hello, at, hole);
    speaker.hello = hello;
    speaker.last = at;
    return hole ? 'after a hole' : 'on';
  }

  /** Who was not heard any more when the capture ended. */
  finish(until_ms: number): void {
    for (const { hello, last, gaps } of this.#speakers.values()) {
      const silent_ms = until_ms - last.lo_ms;
      const most_ms = patience(hello, gaps);
      if (most_ms !== null && silent_ms >= most_ms)
        this.#tell(hello, last, `last ${hello.words}; the capture ends ${inSeconds(silent_ms)} later`);
    }
  }

  #begin(hello: Hello, at: Moment): Following {
    if (this.#speakers.size >= MOST_KEYS) {
      this.unfollowed += 1;
      return 'on';
    }
    this.#speakers.set(hello.key, { hello, last: at, gaps: [] });
    this.#tell(hello, at, `first ${hello.words} in the capture`);
    if (hello.says !== null && !this.mayBeOld(hello, at)) this.#say(hello, hello.says, at);
    return 'first';
  }

  #changed(before: Hello, hello: Hello, at: Moment, told: boolean): void {
    const { says } = hello;
    if (says !== null && (says.kind !== before.says?.kind || says.value !== before.says.value))
      this.#say(hello, says, at);
    else if (!told) this.#tell(hello, at, `${hello.words}; before: ${before.words}`);
  }

  #tell({ protocol, sender }: Hello, at: Moment, words: string): void {
    this.#findings.add('hello', { subject: this.#findings.nameOf(sender), value: protocol }, at, words);
  }

  #say({ sender, group, words }: Hello, { kind, value }: NonNullable<Hello['says']>, at: Moment): void {
    const about = {
      subject: this.#findings.nameOf(sender),
      value: value === null ? null : this.#findings.nameOf(value),
      ...(kind === 'role' && group !== null ? { part: group } : {}),
    };
    this.#findings.add(kind, about, at, words);
  }
}
