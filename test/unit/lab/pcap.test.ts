import { describe, expect, test } from 'vitest';
import { createPcapReader, type CapturedPacket } from '../../../src/lab/witness/gaps.js';
import { decodeWitness, encodeWitness } from '../../../src/wire/witness-packet.js';

const header = (magic = 0xa1b23c4d): Buffer => {
  const buffer = Buffer.alloc(24);
  buffer.writeUInt32LE(magic, 0);
  return buffer;
};

const record = (seconds: number, nanoseconds: number, frame: Buffer): Buffer => {
  const buffer = Buffer.alloc(16);
  buffer.writeUInt32LE(seconds, 0);
  buffer.writeUInt32LE(nanoseconds, 4);
  buffer.writeUInt32LE(frame.length, 8);
  buffer.writeUInt32LE(frame.length + 100, 12);
  return Buffer.concat([buffer, frame]);
};

const frameOf = (version: 4 | 6, payload: Buffer): Buffer => {
  const frame = Buffer.alloc(14 + (version === 4 ? 20 : 40) + 8);
  frame.writeUInt8(version << 4, 14);
  return Buffer.concat([frame, payload]);
};

describe('createPcapReader', () => {
  test('reads the same packets however the stream is cut', () => {
    const stream = Buffer.concat([
      header(),
      record(1_700_000_000, 123_456_789, Buffer.from('first')),
      record(1_700_000_001, 5, Buffer.from('second packet')),
    ]);
    for (let size = 1; size <= stream.length; size++) {
      const packets: CapturedPacket[] = [];
      const read = createPcapReader(({ time, frame }) => packets.push({ time, frame: Buffer.from(frame) }));
      for (let at = 0; at < stream.length; at += size) read(stream.subarray(at, at + size));
      expect(packets.map(({ frame }) => frame.toString())).toEqual(['first', 'second packet']);
      expect(packets[0]?.time).toBeCloseTo(1_700_000_000.123457, 6);
    }
  });

  test('refuses microsecond captures, whose times would be read a thousand times too short', () => {
    expect(() => createPcapReader(() => undefined)(header(0xa1b2c3d4))).toThrow('nanosecond');
  });
});

describe('decodeWitness', () => {
  test('gives family, direction and sequence number', () => {
    expect(decodeWitness(frameOf(4, encodeWitness(false, 7)))).toEqual({
      family: 4,
      direction: 'forward',
      seq: 7,
    });
    expect(decodeWitness(frameOf(6, encodeWitness(true, 4_000_000_000)))).toEqual({
      family: 6,
      direction: 'reverse',
      seq: 4_000_000_000,
    });
  });

  test('leaves short frames alone', () => {
    expect(decodeWitness(frameOf(4, Buffer.alloc(3)))).toBeNull();
    expect(decodeWitness(Buffer.alloc(0))).toBeNull();
  });
});
