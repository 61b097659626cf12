import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { EvidenceRecord } from '../../../../src/model/evidence.js';
import { readWire, type WireContext } from '../../../../src/foreign/wire/wire-record.js';
import { CONTEXT } from './context.js';
import { pcap, START_MS, type Timed } from './packets.js';

export const recordOf = async (
  file: Buffer | readonly Timed[],
  context: Partial<WireContext> = {},
): Promise<EvidenceRecord> => {
  const folder = await mkdtemp(join(tmpdir(), 'wire-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'a.pcap');
  await writeFile(path, Buffer.isBuffer(file) ? file : pcap(file));
  return readWire(path, { ...CONTEXT, ...context });
};

/** Each piece in a line, with its time in seconds from the capture's first second, and the packet in words. */
export const told = async (...given: Parameters<typeof recordOf>): Promise<string[]> => {
  const { evidence, notes } = await recordOf(...given);
  return [
    ...evidence.map(
      ({ kind, subject, part, value, lo_ms, raw }) =>
        `${((lo_ms - START_MS) / 1000).toFixed(3)} ${kind} ${subject}${part === undefined ? '' : ` (${part})`} ${value}: ${raw}`,
    ),
    ...notes,
  ];
};
