import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecord } from '../../../../src/foreign/record/read-record.js';
import type { Evidence, EvidenceRecord, RecordContext } from '../../../../src/model/evidence.js';

/** A run of 20 minutes around 07:00 of 2026-11-30, UTC. */
export const CONTEXT: RecordContext = {
  near: { lo_ms: Date.UTC(2026, 10, 30, 6, 50), hi_ms: Date.UTC(2026, 10, 30, 7, 10) },
  zone_min: null,
  nodes: [
    { name: 'fw-a', addresses: ['192.168.1.253'] },
    { name: 'fw-b', addresses: ['192.168.1.254'] },
  ],
  owner: null,
};

/** A record of these bytes, in a file of its own. */
export const recordOf = async (
  content: string | Buffer,
  context: Partial<RecordContext> = {},
): Promise<EvidenceRecord> => {
  const folder = await mkdtemp(join(tmpdir(), 'seqgap-record-'));
  try {
    const path = join(folder, 'ha.log');
    await writeFile(path, content);
    return await readRecord(path, { ...CONTEXT, ...context });
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** What a piece of evidence says, in one line. */
export const told = ({ kind, subject, value, part, lo_ms, hi_ms, clock, line }: Evidence): string => {
  const what = `${kind} ${subject}${value === null ? '' : ` = ${value}`}${part === undefined ? '' : ` (${part})`}`;
  const width = Number((hi_ms - lo_ms).toFixed(3));
  return `${new Date(lo_ms).toISOString()} +${width} ms, ${clock}, ${line}: ${what}`;
};

export const linesOf = ({ evidence }: EvidenceRecord): string[] => evidence.map(told);
