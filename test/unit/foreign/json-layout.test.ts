import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { seededRandom, type Random } from '../../../src/analysis/statistics/random.js';
import { JsonLayout } from '../../../src/foreign/json-layout.js';
import { KnownError } from '../../../src/model/error.js';
import { mutated } from '../../fuzz/mutate.js';
import { readText } from './read.js';

/*
 * Round trips of irtt that are written like earlier ones are not parsed. What comes of a document must be the same as where
 * each of them is.
 */
afterEach(() => {
  vi.restoreAllMocks();
});

const outcome = async (document: Buffer, size: number): Promise<unknown> => {
  try {
    const { time: _, ...read } = await readText(document, { format: 'irtt' }, size);
    return read;
  } catch (error) {
    if (error instanceof KnownError) return error.message;
    throw error;
  }
};

/** How many were not parsed, and that nothing else came of it than where all are. */
const compare = async (document: Buffer, size = 1 << 16): Promise<number> => {
  const spy = vi.spyOn(JsonLayout.prototype, 'read');
  const fast = await outcome(document, size);
  const alike = spy.mock.results.filter(({ value }) => value !== -1).length;
  spy.mockReturnValue(-1);
  expect(fast).toEqual(await outcome(document, size));
  spy.mockRestore();
  return alike;
};

const golden = readFileSync(join(import.meta.dirname, '../../golden/analyze/logs/irtt.json'));

/** What is odd about a round trip, written as text: not all of it is what a parser would give. */
const ODD: readonly ((trip: string) => string)[] = [
  (trip) => trip.replace(/"seqno":(\s*)\d+/, '"seqno":$1-3'),
  (trip) => trip.replace(/"seqno":(\s*)/, '"seqno":$10'),
  (trip) => trip.replace(/"seqno":(\s*\d+)/, '"seqno":$1.5'),
  (trip) => trip.replace(/"seqno":(\s*\d+)/, '"seqno":$1, "seqno": 1'),
  (trip) => trip.replace(/"seqno":(\s*\d+)/, '"seqno":$1e0'),
  (trip) => trip.replace(/"monotonic":(\s*)\d+/, '"monotonic":$112345678901234567890123'),
  (trip) => trip.replace(/"monotonic":(\s*)\d+/, '"monotonic":$11234567890123456789'),
  (trip) => trip.replaceAll(/"monotonic":(\s*\d+)/g, '"mono":$1'),
  (trip) => trip.replace(/"monotonic":(\s*)/, '"monotonic":$1-'),
  (trip) => trip.replace('"lost"', String.raw`"l\u006fst"`),
  (trip) => trip.replace('"false"', '"true_up"'),
  (trip) => trip.replace('"delay"', '"Verzögerung"'),
  (trip) => trip.replace('}', `${'0'.repeat(60)}}`),
  (trip) => trip.replace(/,[^,]*$/, ''),
];

const written = (random: Random, walls: boolean): Buffer => {
  const indent = [0, 2, 4][Math.floor(random() * 3)];
  const text = (value: unknown): string => JSON.stringify(value, null, indent);
  const trips: string[] = [];
  for (let seqno = 0; seqno < 150; seqno += 1) {
    const sent = 11_000_000 + seqno * 1e7 + Math.floor(random() * 1e6);
    const rtt = Math.floor(10 ** (4 + 3 * random()));
    const stamp = (at: number): object => ({
      ...(walls ? { wall: 1.795e18 + at * 1000 } : {}),
      monotonic: at,
    });
    const lost = seqno > 70 && seqno < 80;
    const trip = text({
      seqno,
      lost: String(lost),
      timestamps: { client: { receive: lost ? {} : stamp(sent + rtt), send: stamp(sent) } },
      delay: lost ? {} : { rtt, send: Math.floor(random() * 2e5) - 1e5 },
    });
    const odd = random() < 0.03 ? ODD[Math.floor(random() * ODD.length)] : undefined;
    trips.push(odd === undefined ? trip : odd(trip));
  }
  const head = text({ config: { remote_address: '10.4.4.4:2112', params: { interval: 1e7 } }, irtt: 1 });
  return Buffer.from(`${head.slice(0, -1)}, "round_trips": [${trips.join(',\n')}]}`);
};

test('the document that people have', async () => {
  expect(await compare(golden)).toBeGreaterThan(15);
});

test.each([true, false])('documents with odd round trips; with the wall clock: %s', async (walls) => {
  const random = seededRandom(5);
  let alike = 0;
  for (let round = 0; round < 60; round += 1)
    alike += await compare(written(random, walls), [3000, 20_000, 1 << 16][round % 3]);
  expect(alike).toBeGreaterThan(3000);
});

test('damaged documents', async () => {
  const random = seededRandom(9);
  for (let round = 0; round < 60; round += 1)
    await compare(mutated(round % 2 === 0 ? golden : written(random, true), random, () => golden));
});

test('an object is of a layout where it differs in whole numbers only', () => {
  const found = JsonLayout.of('{"a": 1, "b": ["2", -30]}');
  expect(found?.numbered).toBe('{"a": 0, "b": ["2", 1]}');
  const read = (text: string): unknown => {
    const bytes = Buffer.from(`${text}${' '.repeat(100)}`);
    const end = found?.layout.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
    return end === -1 ? null : [bytes.toString('utf8', 0, end), ...(found?.layout.numbers ?? [])];
  };
  expect(read('{"a": 77777, "b": ["2", 0]}')).toEqual(['{"a": 77777, "b": ["2", 0]}', 77_777, 0]);
  expect(read('{"a": 1, "b": ["2", -1795290803643373696]} ')).toEqual([
    '{"a": 1, "b": ["2", -1795290803643373696]}',
    1,
    NaN,
  ]);
  for (const other of ['{"a": 01, "b": ["2", 1]}', '{"a": 1, "b": ["3", 1]}', '{"a": 1.5, "b": ["2", 1]}'])
    expect(read(other)).toBeNull();
  expect(JsonLayout.of('{"a": 1.5}')).toBeNull();
  expect(JsonLayout.of('{"ä": 1}')).toBeNull();
});
