import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeArrival, encodeEcho, internetChecksum, type Echo } from '../../../src/wire/echo-packet.js';

const echo = fc.record({
  id: fc.nat(65_535),
  token: fc.nat(2 ** 32 - 1),
  seq: fc.maxSafeNat(),
  size: fc.nat(1472),
});

const ipv4 = (protocol: number, ttl: number, payload: Buffer, options = 0): Buffer => {
  const header = Buffer.alloc(20 + options);
  header[0] = 0x40 | (header.length / 4);
  header[8] = ttl;
  header[9] = protocol;
  return Buffer.concat([header, payload]);
};

const ipv6 = (next: number, payload: Buffer): Buffer => {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header[6] = next;
  return Buffer.concat([header, payload]);
};

/** What the far end sends back. */
const replyTo = (request: Buffer, family: 4 | 6): Buffer => {
  const reply = Buffer.from(request);
  reply[0] = family === 4 ? 0 : 129;
  return reply;
};

const icmpError = (type: number, code: number, quoted: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type, code, 0, 0, 0, 0, 0, 0]), quoted]);

const request = (family: 4 | 6, given: Partial<Echo> = {}): Buffer =>
  encodeEcho({ family, id: 0x1234, token: 0xdeadbeef, seq: 65_536 + 7, size: 56, ...given });

describe('internetChecksum', () => {
  // RFC 1071 §3: the sum of these words is ddf2, the checksum its complement.
  test('of the example in RFC 1071', () => {
    expect(internetChecksum(Buffer.from('0001f203f4f5f6f7', 'hex'))).toBe(0x220d);
  });

  test('of an echo request as tcpdump shows it', () => {
    const known = Buffer.from('0800f7ff00000000', 'hex');
    expect(internetChecksum(known)).toBe(0);
  });

  test('an odd octet is padded with zero', () => {
    expect(internetChecksum(Buffer.from('000102', 'hex'))).toBe(
      internetChecksum(Buffer.from('00010200', 'hex')),
    );
  });

  test('over a packet that carries it is zero', () => {
    fc.assert(fc.property(echo, (each) => internetChecksum(encodeEcho({ family: 4, ...each })) === 0));
  });
});

describe('decodeArrival', () => {
  test('reads back every echo reply, behind an IPv4 header with or without options', () => {
    fc.assert(
      fc.property(echo, fc.nat(255), fc.constantFrom(0, 4, 40), (each, ttl, options) => {
        const reply = ipv4(1, ttl, replyTo(encodeEcho({ family: 4, ...each }), 4), options);
        const { id, token, seq } = each;
        expect(decodeArrival(reply, 4)).toEqual({ kind: 'reply', id, token, seq, ttl });
      }),
    );
  });

  test('reads back every ICMPv6 echo reply; its hop limit is not known', () => {
    fc.assert(
      fc.property(echo, (each) => {
        const reply = replyTo(encodeEcho({ family: 6, ...each }), 6);
        const { id, token, seq } = each;
        expect(decodeArrival(reply, 6)).toEqual({ kind: 'reply', id, token, seq, ttl: null });
      }),
    );
  });

  test('an echo request is not an arrival (both are seen on loopback)', () => {
    expect(decodeArrival(ipv4(1, 64, request(4)), 4)).toBeNull();
    expect(decodeArrival(request(6), 6)).toBeNull();
  });

  test.each([
    [3, 0, 'net-unreachable'],
    [3, 1, 'host-unreachable'],
    [3, 3, 'port-unreachable'],
    [3, 13, 'admin-prohibited'],
    [3, 99, 'unreachable-99'],
    [11, 0, 'time-exceeded'],
    [12, 0, 'parameter-problem'],
  ])('ICMP error %i/%i is %s', (type, code, cause) => {
    const error = ipv4(1, 60, icmpError(type, code, ipv4(1, 63, request(4))));
    expect(decodeArrival(error, 4)).toEqual({
      kind: 'error',
      id: 0x1234,
      token: 0xdeadbeef,
      seq16: 7,
      cause,
    });
  });

  test.each([
    [1, 0, 'no-route'],
    [1, 1, 'admin-prohibited'],
    [1, 3, 'address-unreachable'],
    [2, 0, 'packet-too-big'],
    [3, 0, 'time-exceeded'],
    [4, 0, 'parameter-problem'],
  ])('ICMPv6 error %i/%i is %s', (type, code, cause) => {
    const error = icmpError(type, code, ipv6(58, request(6)));
    expect(decodeArrival(error, 6)).toEqual({
      kind: 'error',
      id: 0x1234,
      token: 0xdeadbeef,
      seq16: 7,
      cause,
    });
  });

  test('an error that quotes only the 8 octets of RFC 792 has no token', () => {
    const error = ipv4(1, 60, icmpError(3, 1, ipv4(1, 63, request(4).subarray(0, 8))));
    expect(decodeArrival(error, 4)).toMatchObject({ id: 0x1234, token: null, seq16: 7 });
  });

  test.each([5, 4, 13])('ICMP type %i is no loss', (type) => {
    expect(decodeArrival(ipv4(1, 60, icmpError(type, 0, ipv4(1, 63, request(4)))), 4)).toBeNull();
  });

  test('an error about a UDP packet with the same octets is not ours', () => {
    expect(decodeArrival(ipv4(1, 60, icmpError(3, 3, ipv4(17, 63, request(4)))), 4)).toBeNull();
    expect(decodeArrival(icmpError(1, 4, ipv6(17, request(6))), 6)).toBeNull();
  });

  test('a packet cut anywhere never throws, and never makes up a reply', () => {
    const whole4 = [
      ipv4(1, 64, replyTo(request(4), 4)),
      ipv4(1, 64, icmpError(3, 1, ipv4(1, 63, request(4)))),
    ];
    for (const packet of whole4)
      for (let cut = 0; cut < packet.length; cut++) {
        const arrival = decodeArrival(packet.subarray(0, cut), 4);
        if (arrival !== null) expect(arrival.id).toBe(0x1234);
      }
    for (const packet of [replyTo(request(6), 6), icmpError(1, 3, ipv6(58, request(6)))])
      for (let cut = 0; cut < packet.length; cut++) {
        const arrival = decodeArrival(packet.subarray(0, cut), 6);
        if (arrival !== null) expect(arrival.id).toBe(0x1234);
      }
  });

  test('random octets never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom<(4 | 6)[]>(4, 6), (octets, family) => {
        decodeArrival(Buffer.from(octets), family);
      }),
      { numRuns: 2000 },
    );
  });
});
