import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { outagesOf, readText } from '../unit/foreign/read.js';
import { RENDERINGS } from '../unit/foreign/render.js';

/** Begins and ends with answered probes: what lies outside the log no format tells. */
const patterns = fc
  .array(fc.tuple(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 1, max: 6 })), { maxLength: 8 })
  .map((runs) => `${runs.map(([good, lost]) => '.'.repeat(good) + 'x'.repeat(lost)).join('')}....`);

const periodsOf = (pattern: string): [first: number, last: number][] =>
  [...pattern.matchAll(/x+/g)].map((run) => [run.index, run.index + run[0].length - 1]);

const all = Object.entries(RENDERINGS);
const timed = all.filter(([, rendering]) => rendering.timed);

describe('periods', () => {
  test.each(all)(
    '%s: any pattern gives its periods, however the chunks fall',
    async (_name, { first, render }) => {
      await fc.assert(
        fc.asyncProperty(patterns, fc.integer({ min: 5, max: 300 }), async (pattern, size) => {
          const found = outagesOf(await readText(render(pattern), {}, size));
          expect(found.map((row) => [row.first_seq - first, row.last_seq - first])).toEqual(
            periodsOf(pattern),
          );
        }),
        { numRuns: 15 },
      );
    },
  );

  test.each(timed)('%s: bounds go by the real sends', async (_name, { render }) => {
    await fc.assert(
      fc.asyncProperty(patterns, async (pattern) => {
        const found = outagesOf(await readText(render(pattern)));
        for (const [index, [begin, end]] of periodsOf(pattern).entries()) {
          const row = found[index];
          // The spacing is 100 ms; stamps are cut to 1 µs or 1 ms.
          expect(row?.lo_s).toBeCloseTo((end - begin) * 0.1, 2);
          expect(row?.hi_s).toBeCloseTo((end - begin + 2) * 0.1, 2);
        }
      }),
      { numRuns: 10 },
    );
  });
});

test('every format counts the same probes', async () => {
  const pattern = '.....xxx....x......';
  for (const { render } of Object.values(RENDERINGS)) {
    const { stream } = (await readText(render(pattern))).targets[0] ?? {};
    expect([stream?.sent, stream?.received, stream?.lost, stream?.late]).toEqual([19, 15, 4, 0]);
  }
});

test('numbers that wrap make no outage, and one across the wrap is found', async () => {
  const pattern = `${'.'.repeat(65_530)}${'x'.repeat(12)}${'.'.repeat(100)}`;
  for (const name of ['iputils', 'iputils -D -O']) {
    const found = outagesOf(await readText(RENDERINGS[name]?.render(pattern) ?? ''));
    expect(found.map((row) => [row.first_seq, row.last_seq])).toEqual([[65_531, 65_542]]);
  }
});
