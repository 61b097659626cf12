import { receiverOf, senderOf, type Datagram } from '../capture/datagram.js';
import type { Hello } from './hellos.js';

/** Destination ports: a single hop (RFC 5881), several (RFC 5883), members of a bundle (RFC 7130). */
export const BFD_PORTS: ReadonlySet<number> = new Set([3784, 4784, 6784]);

const STATES = ['AdminDown', 'Down', 'Init', 'Up'];
const UP = 3;
const DOWN = 1;
/** RFC 5880 §4.1. */
const DIAGNOSTICS = [
  '',
  'control detection time expired',
  'echo function failed',
  'neighbour signaled session down',
  'forwarding plane reset',
  'path down',
  'concatenated path down',
  'administratively down',
  'reverse concatenated path down',
];
/** Of these the sender found out by itself that its peer is gone; what else it says it was told. */
const OWN_FINDING = new Set([1, 2]);
/** Until it is up, a session is spoken of no faster (RFC 5880 §6.8.3). */
const NOT_UP_MS = 1000;
const MOST_SESSIONS = 1024;

const saysOf = (state: number, diagnostic: number, receiver: string): Hello['says'] => {
  if (state === UP) return { kind: 'peer-found', value: receiver };
  return state === DOWN && OWN_FINDING.has(diagnostic) ? { kind: 'peer-lost', value: receiver } : null;
};

/** Sessions as both ends speak of them: each sends no faster than the other wants to hear (RFC 5880 §6.8.7). */
export class Bfd {
  readonly #wanted_ms = new Map<string, number>();

  /** @param at of what UDP carries; null: it is no control packet, or cut too short. */
  helloOf(packet: Buffer, datagram: Datagram, at: number): Hello | null {
    if (at + 24 > packet.length || (packet[at] as number) >> 5 !== 1 || (packet[at + 3] as number) < 24)
      return null;
    const [sender, receiver] = [senderOf(packet, datagram), receiverOf(packet, datagram)];
    const diagnostic = (packet[at] as number) & 31;
    const state = (packet[at + 1] as number) >> 6;
    const key = `bfd ${sender} ${receiver}`;
    if (this.#wanted_ms.size < MOST_SESSIONS || this.#wanted_ms.has(key))
      this.#wanted_ms.set(key, packet.readUInt32BE(at + 16) / 1000);
    const wanted_ms = this.#wanted_ms.get(`bfd ${receiver} ${sender}`) ?? 0;
    const why = diagnostic === 0 ? '' : ` (${DIAGNOSTICS[diagnostic] ?? `diagnostic ${diagnostic}`})`;
    return {
      protocol: 'bfd',
      key,
      sender,
      group: null,
      interval_ms: Math.max(packet.readUInt32BE(at + 12) / 1000, wanted_ms, state === UP ? 1 : NOT_UP_MS),
      words: `BFD of ${sender} to ${receiver}, ${STATES[state]}${why}`,
      says: saysOf(state, diagnostic, receiver),
    };
  }
}
