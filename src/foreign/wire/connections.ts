import { receiverOf, senderOf, type Datagram } from '../capture/datagram.js';
import type { Findings, Found, Moment } from './findings.js';

const FIN = 1;
const SYN = 2;
const RST = 4;
/** Probes that connect open and close a connection each: one that was opened so shortly before is no session. */
const SHORT_MS = 2000;
const MOST_OPENED = 4096;
const MOST_ENDED = 4096;

const endpoint = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** Ends of TCP connections that stood for a while, each told once: who reset it, or closed it first. */
export class Connections {
  readonly #findings: Findings;
  /** When the newest were opened; by both ends. */
  readonly #opened = new Map<string, number>();
  readonly #ended = new Map<string, Found>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  see(packet: Buffer, datagram: Datagram, at: Moment): void {
    const { at: from } = datagram;
    if (from + 14 > packet.length) return;
    const flags = packet[from + 13] as number;
    if ((flags & (FIN | SYN | RST)) === 0) return;
    const sender = endpoint(senderOf(packet, datagram), packet.readUInt16BE(from));
    const receiver = endpoint(receiverOf(packet, datagram), packet.readUInt16BE(from + 2));
    const key = sender < receiver ? `${sender} ${receiver}` : `${receiver} ${sender}`;
    if ((flags & SYN) !== 0) {
      this.#open(key, at);
      return;
    }
    const opened_ms = this.#opened.get(key);
    if (opened_ms !== undefined && at.lo_ms - opened_ms < SHORT_MS) return;
    const value = (flags & RST) === 0 ? 'closed' : 'reset';
    const told = this.#ended.get(`${value} ${key}`);
    if (told !== undefined) {
      told.more += 1;
      told.until_ms = at.lo_ms;
      return;
    }
    const found = this.#findings.add(
      'session',
      { subject: key.replace(' ', ' – '), value },
      at,
      `${value === 'reset' ? 'reset' : 'first end'} by ${sender} of its connection with ${receiver}`,
    );
    this.#ended.set(`${value} ${key}`, found);
    forgetOldest(this.#ended, MOST_ENDED);
  }

  #open(key: string, { lo_ms }: Moment): void {
    this.#opened.delete(key);
    this.#opened.set(key, lo_ms);
    forgetOldest(this.#opened, MOST_OPENED);
    // The same ports again are another connection.
    this.#ended.delete(`closed ${key}`);
    this.#ended.delete(`reset ${key}`);
  }
}

const forgetOldest = (map: Map<string, unknown>, most: number): void => {
  if (map.size <= most) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
};
