import type { ProbeRow } from '../model/probe.js';

/** Replies of one stream and flow came with another TTL than before: another path, or another node that forwards. */
export interface TtlChange {
  readonly stream: string;
  readonly flow: number;
  readonly was: number;
  readonly ttl: number;
  /** The send instant of the last probe that was answered with the old TTL: the change was not before. */
  readonly since_ns: number;
  /** When the first answer with the new one was read: the change was not after. */
  readonly at_ns: number;
}

/** Paths that take turns with each packet would fill the timeline and explain nothing. */
const MOST_OF_FLOW = 32;

interface LastReply {
  ttl: number;
  sent_ns: number;
  changes: number;
}

/** The changes of TTL in the replies of a trial. One row at a time, flat memory; rows of a flow in the order of `seq`. */
export class TtlChanges {
  readonly #flows = new Map<string, LastReply>();
  readonly #changes: TtlChange[] = [];

  probe({ stream, flow, outcome, sent_ns, received_ns, ttl }: ProbeRow): void {
    // An ICMP error has the TTL of whoever sent it; a stray reply comes after younger ones.
    if (outcome !== 'answered' || ttl === null || sent_ns === null || received_ns === null) return;
    const key = `${stream} ${flow}`;
    const last = this.#flows.get(key);
    if (last === undefined) {
      this.#flows.set(key, { ttl, sent_ns, changes: 0 });
      return;
    }
    if (last.ttl !== ttl && last.changes++ < MOST_OF_FLOW)
      this.#changes.push({ stream, flow, was: last.ttl, ttl, since_ns: last.sent_ns, at_ns: received_ns });
    last.ttl = ttl;
    last.sent_ns = sent_ns;
  }

  /** In the order of the rows. */
  changes(): readonly TtlChange[] {
    return this.#changes;
  }
}
