import { gzipSync } from 'node:zlib';
import { wireRecord } from '../../../src/foreign/wire/wire-record.js';
import { logPipe } from '../../../src/foreign/open-log.js';
import { EVIDENCE_KINDS, type Evidence } from '../../../src/model/evidence.js';
import { KnownError } from '../../../src/model/error.js';
import { allPackets, pcap, pcapng, START_MS } from '../../unit/foreign/wire/packets.js';
import { CONTEXT } from '../../unit/foreign/wire/context.js';
import type { Kind } from '../kind.js';
import { oneOf } from '../mutate.js';
import { expectPlain, expectThat, expectWords } from '../sound.js';

async function* chunks(body: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < body.length; from += size) yield body.subarray(from, from + size);
}

const MOST = 20_000;

const expectEvidence = ({ kind, subject, value, lo_ms, hi_ms, line, raw }: Evidence): void => {
  expectThat(EVIDENCE_KINDS.includes(kind), `a kind that is none: ${kind}`);
  expectThat(lo_ms >= 0 && lo_ms <= hi_ms && hi_ms < Infinity, `${lo_ms} to ${hi_ms}`);
  expectThat(Number.isInteger(line) && line > 0, `packet ${line}`);
  expectThat(raw.length <= 300, `${raw.length} characters`);
  // In one line: an address may begin like an order to a CI, and is made plain where a line begins with it.
  expectPlain(`${kind} ${subject} ${value} ${raw}`, 'evidence');
};

/** Captures, in both forms and byte orders, with each kind of packet that is read. */
export const wire: Kind = {
  name: 'wire',
  corpus: () => {
    const packets = allPackets().map((packet, index) => [index * 0.7, packet] as const);
    return [pcap(packets), pcapng(packets, 3), ...packets.map((packet) => pcap([packet, packet]))].map(
      (body) => ({
        head: '',
        body,
      }),
    );
  },
  run: async ({ body }, random) => {
    const packed = random() < 0.05 ? gzipSync(body) : body;
    // Shorter than this a first piece does not tell what it is.
    const size = oneOf(random, [24, 100, 1 << 16]);
    const near = oneOf(random, [0, START_MS]);
    try {
      const record = await wireRecord(logPipe(chunks(packed, size), 'a.pcap'), {
        ...CONTEXT,
        near: { lo_ms: near, hi_ms: near },
      });
      expectThat(record.evidence.length < MOST, `${record.evidence.length} pieces of evidence`);
      for (const evidence of record.evidence) expectEvidence(evidence);
      const { span } = record;
      const outside = record.evidence.find(
        ({ lo_ms, hi_ms }) => span === null || lo_ms < span.lo_ms || hi_ms > span.hi_ms,
      );
      expectThat(outside === undefined, `${outside?.raw} is outside of all that was captured`);
      expectWords([...record.evidence.map(({ raw }) => raw), ...record.notes].join('\n'), 'record', body);
    } catch (error) {
      if (!(error instanceof KnownError)) throw error;
    }
  },
};
