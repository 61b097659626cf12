import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seqOfId } from '../../../src/probe/stream/dns.js';
import { decodeAnswer, encodeQuery } from '../../../src/wire/dns-packet.js';

/** dig +noedns www.example.org AAAA, as captured: an alias with a TTL of 300 s, and its address with 60 s. */
const ALIASED =
  '1a2b81800001000200000000' +
  '03777777076578616d706c65036f726700001c0001' +
  'c00c000500010000012c00070463646e31c010' +
  'c02d001c00010000003c001020010db8000000000000000000000053';

describe('DNS packets', () => {
  test('a query as dig +noedns +recurse sends it', () => {
    expect(encodeQuery(0x1a2b, 'www.example.org.', 'AAAA').toString('hex')).toBe(
      '1a2b0100000100000000000003777777076578616d706c65036f726700001c0001',
    );
  });

  test('the address behind an alias, with the least TTL of the two', () => {
    expect(decodeAnswer(Buffer.from(ALIASED, 'hex'), 'AAAA')).toEqual({
      id: 0x1a2b,
      rcode: 'NOERROR',
      addresses: ['2001:db8::53'],
      ttl_s: 60,
    });
    expect(decodeAnswer(Buffer.from(ALIASED, 'hex'), 'A')).toMatchObject({ addresses: [] });
  });

  test('an error has a word and no address', () => {
    const packet = Buffer.from(`1a2b8182${'0000'.repeat(4)}`, 'hex');
    expect(decodeAnswer(packet, 'A')).toEqual({
      id: 0x1a2b,
      rcode: 'SERVFAIL',
      addresses: [],
      ttl_s: null,
    });
    packet.writeUInt16BE(0x818c, 2);
    expect(decodeAnswer(packet, 'A')?.rcode).toBe('RCODE12');
  });

  test('a query, and a packet that is cut off, are no answers', () => {
    expect(decodeAnswer(encodeQuery(1, 'a.test', 'A'), 'A')).toBeNull();
    const whole = Buffer.from(ALIASED, 'hex');
    for (let length = 0; length < whole.length; length++)
      expect(decodeAnswer(whole.subarray(0, length), 'AAAA')).toBeNull();
  });

  test('no packet makes it throw or hang', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => {
        decodeAnswer(Buffer.from(octets), 'A');
      }),
    );
  });

  test('an identifier is that of the newest probe that had it', () => {
    expect(seqOfId(0, 0)).toBeNull();
    expect(seqOfId(3, 4)).toBe(3);
    expect(seqOfId(4, 4)).toBeNull();
    expect(seqOfId(65_535, 65_537)).toBe(65_535);
    expect(seqOfId(0, 65_537)).toBe(65_536);
  });
});
