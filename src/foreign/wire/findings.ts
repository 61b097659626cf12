import type { Evidence, EvidenceKind, RecordContext } from '../../model/evidence.js';
import { brief } from '../../model/outside.js';
import { plural } from '../targets.js';

/** When a packet was captured, and which one of the capture it is. */
export interface Moment {
  /** Milliseconds since 1970, by the clock that stamped it. */
  readonly lo_ms: number;
  readonly hi_ms: number;
  /** Counted from 1. */
  readonly packet: number;
}

/** What a node says by itself; other subjects are what is spoken of. */
const IS_ABOUT_SENDER: ReadonlySet<EvidenceKind> = new Set(['hello', 'role', 'peer-lost', 'peer-found']);

/** Of a kind, near the run; and of all other time that a capture holds. More is counted. */
const MOST_NEAR = 2000;
const MOST_FAR = 500;
/** The clock that stamped the capture may be off by so much. */
const NEAR_MS = 600_000;

/** What was found, while more of the same may follow. */
export interface Found {
  /** Packets that say the same soon after it. */
  more: number;
  until_ms: number;
}

/** Of VRRP and CARP (RFC 9568 §7.3), and of HSRP: whoever is active has them. */
const VIRTUAL_MAC = /^00:00:(?:5e:00:0[12]|0c:07:ac|0c:9f:f)/;
/** More senders are no pair. */
const MOST_SENDERS = 4096;

interface Kept extends Found {
  readonly evidence: Evidence;
}

export const inSeconds = (time_ms: number): string =>
  `${Number((time_ms / 1000).toPrecision(time_ms < 1000 ? 2 : 4))} s`;

/** The evidence of one capture, within bounds whatever passed on the wire. */
export class Findings {
  readonly #context: Pick<RecordContext, 'near' | 'nodes'>;
  readonly #place: Pick<Evidence, 'clock' | 'file'>;
  readonly #kept: Kept[] = [];
  readonly #counts = new Map<string, number>();
  readonly #left = new Map<EvidenceKind, number>();
  readonly #names = new Map<string, string>();
  /** Whose link-layer address it is; null: of more than one. */
  readonly #owners = new Map<string, string | null>();
  readonly #macs = new Map<string, string>();

  constructor(context: Pick<RecordContext, 'near' | 'nodes'>, place: Pick<Evidence, 'clock' | 'file'>) {
    this.#context = context;
    this.#place = place;
    for (const { name, addresses } of context.nodes)
      for (const address of addresses) this.#names.set(address.toLowerCase(), name);
  }

  /** The run's name for the node that has this address; else the address. */
  nameOf(address: string): string {
    return this.#names.get(address) ?? address;
  }

  /** An interface has more addresses than a run knows of it: they are known by the link-layer address that they share with one. */
  sentBy(address: string, mac: string): void {
    if (VIRTUAL_MAC.test(mac)) return;
    const name = this.#names.get(address);
    if (name === undefined) {
      if (this.#macs.size < MOST_SENDERS) this.#macs.set(address, mac);
      return;
    }
    const owner = this.#owners.get(mac);
    this.#owners.set(mac, owner === undefined || owner === name ? name : null);
  }

  isNode(address: string): boolean {
    return this.#names.has(address);
  }

  /** What more of the same is to be added to; it is not kept where there are too many already. */
  add(
    kind: EvidenceKind,
    about: Pick<Evidence, 'subject' | 'value' | 'part'>,
    { lo_ms, hi_ms, packet }: Moment,
    words: string,
  ): Found {
    const found: Kept = {
      evidence: { kind, ...about, lo_ms, hi_ms, ...this.#place, line: packet, raw: words },
      more: 0,
      until_ms: lo_ms,
    };
    if (this.#isRoom(kind, lo_ms)) this.#kept.push(found);
    else this.#left.set(kind, (this.#left.get(kind) ?? 0) + 1);
    return found;
  }

  #isRoom(kind: EvidenceKind, at_ms: number): boolean {
    const { lo_ms, hi_ms } = this.#context.near;
    const near = at_ms >= lo_ms - NEAR_MS && at_ms <= hi_ms + NEAR_MS;
    const key = near ? `near ${kind}` : kind;
    const count = this.#counts.get(key) ?? 0;
    if (count >= (near ? MOST_NEAR : MOST_FAR)) return false;
    this.#counts.set(key, count + 1);
    return true;
  }

  /** In the order of time. */
  get evidence(): Evidence[] {
    return this.#kept
      .map(({ evidence, more, until_ms }) => {
        const after = more === 0 ? '' : `; ${more} more within ${inSeconds(until_ms - evidence.lo_ms)}`;
        const { subject } = evidence;
        const owner = IS_ABOUT_SENDER.has(evidence.kind)
          ? this.#owners.get(this.#macs.get(subject) ?? subject)
          : null;
        return { ...evidence, subject: owner ?? subject, raw: brief(`${evidence.raw}${after}`) };
      })
      .toSorted((a, b) => a.lo_ms - b.lo_ms || a.line - b.line);
  }

  /** What there was no room for; a sentence each. */
  get leftOut(): string[] {
    return [...this.#left].map(
      ([kind, count]) => `there is more of kind ${kind} than is kept: ${plural(count, 'packet')} left out`,
    );
  }
}
