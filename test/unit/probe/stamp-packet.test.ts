import { describe, expect, test } from 'vitest';
import {
  decodeStampReply,
  encodeStampProbe,
  encodeStampReply,
  ssidOf,
  stampToken,
} from '../../../src/wire/stamp-packet.js';

/** RFC 8762 §4.2.1, with NTP seconds of 2027-01-15T08:00:00Z and a fraction of one half. */
const TIME = { s: 1_800_000_000, ns: 500_000_000 };
const NTP_TIME = 'eef4508080000000';
const PTP_TIME = '6b49d2001dcd6500';

const hex = (buffer: Buffer): string => buffer.toString('hex');
const bytes = (...parts: string[]): Buffer => Buffer.from(parts.join(''), 'hex');
const probe = (given: Partial<Parameters<typeof encodeStampProbe>[0]> = {}): Buffer =>
  encodeStampProbe({ wire: 0x01020304, time: TIME, timestamps: 'ntp', ssid: 0xa1b2, size: 44, ...given });

describe('the sender’s packet, octet by octet', () => {
  test('44 octets with NTP time stamps', () => {
    expect(hex(probe())).toBe(`01020304${NTP_TIME}1601a1b2${'00'.repeat(28)}`);
  });

  test('the Z bit is set with PTP time stamps', () => {
    expect(hex(probe({ timestamps: 'ptp' }))).toBe(`01020304${PTP_TIME}5601a1b2${'00'.repeat(28)}`);
  });

  test('what is more is Extra Padding (RFC 8972 §4.1), not yet recognised', () => {
    expect(hex(probe({ size: 52 }).subarray(44))).toBe(`80010004${'00'.repeat(4)}`);
    expect(hex(probe({ size: 48 }).subarray(44))).toBe('80010000');
  });
});

describe('an answer', () => {
  const received = { s: 1_800_000_001, ns: 0 };
  const sent = { s: 1_800_000_001, ns: 250_000_000 };
  const answer = (request: Buffer, seq: number | null = 7): Buffer =>
    encodeStampReply(request, { seq, received, sent: () => sent });

  test('is as RFC 8762 §4.3.1 has it', () => {
    expect(hex(answer(probe()))).toBe(
      hex(
        bytes(
          ...['00000007', 'eef4508140000000', '1601', 'a1b2', 'eef4508100000000'],
          ...['01020304', NTP_TIME, '1601', '0000', 'ff', '000000'],
        ),
      ),
    );
  });

  test('keeps the format of the probe’s time stamps', () => {
    const reply = answer(probe({ timestamps: 'ptp' }));
    expect(hex(reply.subarray(4, 14))).toBe('6b49d2010ee6b2805601');
    expect(decodeStampReply(reply)).toMatchObject({ received, sent });
  });

  test('is never longer than the probe, and as long', () => {
    for (const size of [44, 48, 400]) expect(answer(probe({ size }))).toHaveLength(size);
    expect(answer(probe().subarray(0, 41))).toHaveLength(41);
  });

  test('of a stateless reflector has the sender’s number', () => {
    expect(answer(probe(), null).readUInt32BE(0)).toBe(0x01020304);
  });

  test('takes back U for padding, leaves it for what it does not know, and marks what is cut off', () => {
    const padded = Buffer.concat([probe(), bytes('80010002aaaa', '80070001ff', '80010009')]);
    expect(hex(answer(padded).subarray(44))).toBe('00010002aaaa80070001ff40010009');
  });
});

describe('reading an answer', () => {
  const reply = bytes(
    ...['00000009', 'eef4508140000000', '0001', '0000', 'eef4508100000000'],
    ...['01020304', NTP_TIME, '1601', '0000', '3d', '000000'],
  );

  test('of 44 octets', () => {
    expect(decodeStampReply(reply)).toEqual({
      seq: 9,
      ssid: 0,
      received: { s: 1_800_000_001, ns: 0 },
      sent: { s: 1_800_000_001, ns: 250_000_000 },
      senderWire: 0x01020304,
      senderToken: stampToken(probe()),
      ttl: 61,
    });
  });

  test('from 38 octets on, then without a TTL', () => {
    expect(decodeStampReply(reply.subarray(0, 38))).toMatchObject({ seq: 9, ttl: null });
    expect(decodeStampReply(reply.subarray(0, 37))).toBeNull();
  });

  test('with time stamps of the next NTP era (from 2036 on)', () => {
    const later = Buffer.from(reply);
    later.writeUInt32BE(0, 4);
    expect(decodeStampReply(later)?.sent.s).toBe(2 ** 32 - 2_208_988_800);
  });

  test('an SSID needs 16 octets', () => {
    expect(ssidOf(probe())).toBe(0xa1b2);
    expect(ssidOf(Buffer.alloc(15))).toBeNull();
  });
});
