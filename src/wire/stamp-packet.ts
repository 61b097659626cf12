import { readTime, writeTime, type TimeFormat, type TimeOfDay } from './stamp-time.js';

/**
 * STAMP test packets in unauthenticated mode (RFC 8762 §4.2.1 and §4.3.1, session identifier and TLVs of RFC 8972).
 *
 *     sender     0 sequence  4 time stamp  12 error estimate  14 SSID  16 zero (28)
 *     reflector  0 sequence  4 time stamp  12 error estimate  14 SSID  16 receive time stamp
 *                24 sender's sequence  28 sender's time stamp  36 sender's error estimate  38 zero (2)
 *                40 sender's TTL  41 zero (3)
 */
export const STAMP_OCTETS = 44;
const [SEQ, TIME, ERROR, SSID, RECEIVED] = [0, 4, 12, 14, 16];
const [SENDER_SEQ, SENDER_TIME, SENDER_ERROR, SENDER_TTL] = [24, 28, 36, 40];

/** TWAMP-Light reflectors (RFC 5357 App. I) may end their answer with the sender's error estimate. */
const LEAST_REPLY = 38;
/** What a request must at least have, so that an answer of the same length carries all fields of RFC 5357 §4.2.1. */
export const LEAST_REQUEST = 41;

/** Extra Padding (RFC 8972 §4.1); a TLV begins with flags, type and a length of two octets (§4). */
const PADDING_TYPE = 1;
const TLV_HEADER = 4;
/** Not recognised: set by the sender, taken back by a reflector that knows the type (RFC 8972 §4). */
const FLAG_U = 0x80;
/** A TLV that is longer than the packet (RFC 8972 §4). */
const FLAG_M = 0x40;

/** The smallest packet above the bare one: a TLV needs its header. */
export const LEAST_PADDED = STAMP_OCTETS + TLV_HEADER;

/** Time stamps are PTP's (RFC 8762 §4.2.1). The bit above it, S, says that UTC is kept; we cannot know, and leave it. */
const Z_BIT = 0x40;
/** Multiplier 1, scale 22: 2^(22-32) s, about 1 ms, which is how exactly the wall clock is read (RFC 4656 §4.1.2). */
const OWN_ERROR = 0x16_01;

const writeError = (buffer: Buffer, format: TimeFormat): void => {
  buffer.writeUInt16BE(OWN_ERROR | (format === 'ptp' ? Z_BIT << 8 : 0), ERROR);
};

const formatOf = (buffer: Buffer): TimeFormat => ((buffer[ERROR] as number) & Z_BIT ? 'ptp' : 'ntp');

export interface StampProbe {
  /** 32-bit. */
  readonly wire: number;
  readonly time: TimeOfDay;
  readonly timestamps: TimeFormat;
  readonly ssid: number;
  /** Octets of UDP payload: STAMP_OCTETS, or LEAST_PADDED and up. */
  readonly size: number;
}

export const encodeStampProbe = (probe: StampProbe): Buffer => {
  const buffer = Buffer.alloc(probe.size);
  buffer.writeUInt32BE(probe.wire, SEQ);
  writeTime(buffer, TIME, probe.time, probe.timestamps);
  writeError(buffer, probe.timestamps);
  buffer.writeUInt16BE(probe.ssid, SSID);
  if (probe.size >= LEAST_PADDED) {
    buffer[STAMP_OCTETS] = FLAG_U;
    buffer[STAMP_OCTETS + 1] = PADDING_TYPE;
    buffer.writeUInt16BE(probe.size - LEAST_PADDED, STAMP_OCTETS + 2);
  }
  return buffer;
};

/** The time stamp in a probe, as it must come back: with the number it says which probe an answer is for. */
export const stampToken = (probe: Buffer): number => probe.readUInt32BE(TIME + 4);

export const ssidOf = (packet: Buffer): number | null =>
  packet.length < SSID + 2 ? null : packet.readUInt16BE(SSID);

export interface StampReply {
  /** The reflector's own. */
  readonly seq: number;
  readonly ssid: number;
  readonly received: TimeOfDay;
  readonly sent: TimeOfDay;
  readonly senderWire: number;
  /** As `stampToken`. */
  readonly senderToken: number;
  /** With which the probe reached the reflector; null where it did not say (255: not known, RFC 5357 §4.2.1). */
  readonly ttl: number | null;
}

/** Null for what is too short. Whether it answers a probe of ours is for the caller to compare. */
export const decodeStampReply = (packet: Buffer): StampReply | null => {
  if (packet.length < LEAST_REPLY) return null;
  const format = formatOf(packet);
  const ttl = packet[SENDER_TTL] ?? 0;
  return {
    seq: packet.readUInt32BE(SEQ),
    ssid: packet.readUInt16BE(SSID),
    received: readTime(packet, RECEIVED, format),
    sent: readTime(packet, TIME, format),
    senderWire: packet.readUInt32BE(SENDER_SEQ),
    senderToken: packet.readUInt32BE(SENDER_TIME + 4),
    ttl: ttl === 0 || ttl === 255 ? null : ttl,
  };
};

/**
 * What an answer has where a probe has zero (RFC 8762 §4.2.1) or random padding (RFC 5357 §4.1.2): the time at which
 * the reflector received a probe, and the time stamp of that probe.
 *
 * @param packet at least LEAST_REQUEST octets
 */
export const answerTimes = (packet: Buffer): readonly TimeOfDay[] => [
  readTime(packet, RECEIVED, formatOf(packet)),
  readTime(packet, SENDER_TIME, (packet[SENDER_ERROR] as number) & Z_BIT ? 'ptp' : 'ntp'),
];

/** Flags of the TLVs of a packet that is about to go back (RFC 8972 §4): only padding is known here. */
const answerTlvs = (reply: Buffer): void => {
  for (let at = STAMP_OCTETS; at + TLV_HEADER <= reply.length;) {
    const length = reply.readUInt16BE(at + 2);
    const known = reply[at + 1] === PADDING_TYPE;
    const whole = at + TLV_HEADER + length <= reply.length;
    reply[at] = whole ? (known ? 0 : FLAG_U) : FLAG_M;
    if (!whole) return;
    at += TLV_HEADER + length;
  }
};

/**
 * The answer to a probe, as long as the probe, with its identifier and its TLVs, in its format of time stamps. `sent`
 * is asked for last.
 *
 * @param request at least LEAST_REQUEST octets: answers are never longer than what they answer.
 */
export const encodeStampReply = (
  request: Buffer,
  own: { readonly seq: number | null; readonly received: TimeOfDay; readonly sent: () => TimeOfDay },
): Buffer => {
  const reply = Buffer.from(request);
  const format = formatOf(request);
  reply.fill(0, SSID + 2, Math.min(STAMP_OCTETS, reply.length));
  request.copy(reply, SENDER_SEQ, SEQ, SEQ + 4);
  request.copy(reply, SENDER_TIME, TIME, TIME + 8);
  request.copy(reply, SENDER_ERROR, ERROR, ERROR + 2);
  // The TTL of a datagram is not told to a program that reads it by Node.
  reply[SENDER_TTL] = 255;
  writeTime(reply, RECEIVED, own.received, format);
  writeError(reply, format);
  // Without a number of its own: a stateless reflector repeats the sender's.
  if (own.seq !== null) reply.writeUInt32BE(own.seq % 2 ** 32, SEQ);
  answerTlvs(reply);
  writeTime(reply, TIME, own.sent(), format);
  return reply;
};
