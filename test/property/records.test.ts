import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/analysis/statistics/random.js';
import { KnownError } from '../../src/model/error.js';
import { EVIDENCE_KINDS, type Evidence, type EvidenceRecord } from '../../src/model/evidence.js';
import { ROLES } from '../../src/model/event.js';
import { mutated, oneOf } from '../fuzz/mutate.js';
import { recordOf } from '../unit/foreign/record/context.js';

const folder = join(import.meta.dirname, '../golden/records');
const names = readdirSync(folder).filter((name) => /\.(?:log|json)$/.test(name));
const samples = names.map((name) => readFileSync(join(folder, name)));

/** Null: refused, in one line. */
const read = async (
  content: Buffer | string,
  owner: string | null = null,
): Promise<EvidenceRecord | null> => {
  try {
    return await recordOf(content, { owner });
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    expect(error.message).not.toContain('\n');
    return null;
  }
};

const sound = (record: EvidenceRecord): void => {
  for (const { kind, subject, value, lo_ms, hi_ms, clock, line, raw } of record.evidence) {
    expect(EVIDENCE_KINDS).toContain(kind);
    if (kind === 'role') expect(ROLES).toContain(value);
    expect(hi_ms).toBeGreaterThan(lo_ms);
    expect(lo_ms).toBeGreaterThanOrEqual(record.span?.lo_ms ?? Infinity);
    expect(hi_ms).toBeLessThanOrEqual(record.span?.hi_ms ?? -Infinity);
    expect(line).toBeGreaterThan(0);
    expect(clock).not.toBe('');
    // oxlint-disable-next-line no-control-regex
    expect(`${raw}${subject}${value ?? ''}${clock}`).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(raw.length).toBeLessThanOrEqual(300);
  }
};

describe('a record', () => {
  test('that is damaged anyhow is refused in one line, or gives evidence within its own span', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.boolean(), async (seed, owned) => {
        const random = seededRandom(seed);
        const content = mutated(oneOf(random, samples), random, () => oneOf(random, samples));
        const record = await read(content, owned ? 'fw-b' : null);
        if (record !== null) sound(record);
      }),
      { numRuns: 600 },
    );
  });

  // What stands in several lines of a list is not whole without some of them.
  const lines = names
    .map((name, at) => ({ name, text: (samples[at] as Buffer).toString() }))
    .filter(({ name }) => name.endsWith('.log') && !/history|information|state/.test(name));

  test.each(lines)('$name: a part of it tells nothing that the whole does not', async ({ text }) => {
    const key = ({ kind, value, part, lo_ms, raw }: Evidence): string =>
      JSON.stringify([kind, value, part, lo_ms, raw]);
    const whole = new Set((await read(text))?.evidence.map(key));
    const all = text.split('\n');
    await fc.assert(
      fc.asyncProperty(fc.subarray(all.map((_, at) => at)), async (kept) => {
        const record = await read(kept.map((at) => all[at] as string).join('\n'));
        expect((record?.evidence ?? []).map(key).filter((each) => !whole.has(each))).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});
