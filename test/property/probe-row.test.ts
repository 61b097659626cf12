import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeHeartbeat,
  decodeProbe,
  decodeProbeBytes,
  encodeHeartbeat,
  encodeProbe,
  OUTCOMES,
  type HeartbeatRow,
  type ProbeRow,
} from '../../src/model/probe.js';
import { ns } from '../../src/model/time.js';

const slug = fc.stringMatching(/^[a-zäß0-9][a-zäß0-9_.-]{0,20}$/u);
// Negative, fractional and exponent forms take the slow path; the digits of an int32 and of a double the fast one.
const number = fc.oneof(
  fc.nat(),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
  fc.constantFrom(0, 999_999_999, 1_000_000_000, 999_999_999_999_999, 1_000_000_000_000_000),
);
const orNull = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.option(arbitrary, { nil: null });
const instant = number.map(ns);

const probeRow: fc.Arbitrary<ProbeRow> = fc
  .record({
    stream: slug,
    flow: fc.nat(),
    seq: fc.nat(),
    outcome: fc.constantFrom(...OUTCOMES),
    intended_ns: instant,
    sent_ns: orNull(instant),
    accepted_ns: orNull(instant),
    received_ns: orNull(instant),
    ttl: orNull(fc.nat(255)),
    cause: orNull(slug),
  })
  .chain((row) =>
    fc.oneof(
      fc.constant(row),
      fc
        .record({ seq: fc.nat(), received_ns: instant, sent_ns: instant })
        .map((reflected): ProbeRow => ({ ...row, reflected })),
    ),
  );

const heartbeatRow: fc.Arbitrary<HeartbeatRow> = fc.record({
  session: slug,
  connection: fc.nat(),
  seq: fc.nat(),
  sent_ns: instant,
  echoed_ns: orNull(instant),
});

test('a probe row decodes to what was encoded, alone and amid other bytes', () => {
  fc.assert(
    fc.property(probeRow, fc.string(), (row, around) => {
      const line = encodeProbe(row);
      expect(decodeProbe(line)).toEqual(row);
      const before = Buffer.from(around);
      const bytes = Buffer.concat([before, Buffer.from(line), before]);
      expect(decodeProbeBytes(bytes, before.length, bytes.length - before.length)).toEqual(row);
    }),
  );
});

test('a heartbeat row decodes to what was encoded', () => {
  fc.assert(
    fc.property(heartbeatRow, (row) => {
      expect(decodeHeartbeat(encodeHeartbeat(row))).toEqual(row);
    }),
  );
});

test('a probe row cut anywhere before its last cell does not decode', () => {
  fc.assert(
    fc.property(probeRow, fc.nat(), (row, cut) => {
      const line = encodeProbe(row);
      const torn = line.slice(0, cut % line.lastIndexOf(','));
      expect(() => decodeProbe(torn)).toThrow();
    }),
  );
});
