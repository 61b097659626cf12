import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';

/**
 * A reflector written from RFC 8762 §4.3.1 and RFC 5357 App. I alone, sharing no code with ours, with what is found in
 * the field: short answers, a counter that begins anew, none at all, and worse.
 */
export interface Quirks {
  /** Octets of its answers: 38 and up. */
  readonly octets?: number;
  /** After so many answers it counts from 0 again. */
  readonly resetAfter?: number;
  readonly stateless?: boolean;
  /** Puts zero where RFC 8972 has the SSID. */
  readonly zeroSsid?: boolean;
  readonly ptp?: boolean;
  /** Probes (by arrival, from 0) it behaves as if they had been lost on the way there, or whose answer is lost. */
  readonly lostThere?: (arrival: number) => boolean;
  readonly lostBack?: (arrival: number) => boolean;
  /** Answers so many times. */
  readonly copies?: number;
  /** In place of an answer. */
  readonly instead?: (probe: Buffer) => Buffer;
  readonly delay_ms?: number;
  /** Answers from a socket of its own, with another port. */
  readonly fromElsewhere?: boolean;
}

export interface Double {
  readonly port: number;
  /** Probes as they came. */
  readonly probes: readonly Buffer[];
  close(): void;
}

/** Seconds since 1970 that every answer is stamped with; a whole number, so that both formats can hold it. */
export const STAMPED_S = 1_800_000_000;

const NTP_1970 = 2_208_988_800;

export const openDouble = async (quirks: Quirks = {}): Promise<Double> => {
  const socket = createSocket('udp4');
  const elsewhere = createSocket('udp4');
  const probes: Buffer[] = [];
  let counter = 0;
  let answered = 0;
  const timers = new Set<NodeJS.Timeout>();

  const answer = (probe: Buffer): Buffer => {
    const reply = Buffer.alloc(Math.max(quirks.octets ?? 44, 44));
    const seconds = quirks.ptp === true ? STAMPED_S : STAMPED_S + NTP_1970;
    reply.writeUInt32BE(quirks.stateless === true ? probe.readUInt32BE(0) : counter++, 0);
    reply.writeUInt32BE(seconds, 4);
    reply.writeUInt16BE(quirks.ptp === true ? 0x40_01 : 0x00_01, 12);
    if (quirks.zeroSsid !== true) probe.copy(reply, 14, 14, 16);
    reply.writeUInt32BE(seconds, 16);
    probe.copy(reply, 24, 0, 14);
    reply[40] = 61;
    answered += 1;
    if (answered === quirks.resetAfter) counter = 0;
    return reply.subarray(0, quirks.octets ?? 44);
  };

  socket.on('message', (probe: Buffer, { port, address }: RemoteInfo) => {
    const arrival = probes.push(probe) - 1;
    if (quirks.lostThere?.(arrival) === true) return;
    const reply = quirks.instead === undefined ? answer(probe) : quirks.instead(probe);
    if (quirks.lostBack?.(arrival) === true) return;
    const from = quirks.fromElsewhere === true ? elsewhere : socket;
    const send = (): void => {
      for (let copy = 0; copy < (quirks.copies ?? 1); copy++) from.send(reply, port, address);
    };
    if (quirks.delay_ms === undefined) send();
    else timers.add(setTimeout(send, quirks.delay_ms));
  });
  for (const each of [socket, elsewhere]) {
    each.bind(0, '127.0.0.1');
    await once(each, 'listening');
  }
  return {
    port: socket.address().port,
    probes,
    close: () => {
      for (const timer of timers) clearTimeout(timer);
      socket.close();
      elsewhere.close();
    },
  };
};
