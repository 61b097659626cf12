import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { seededRandom, type Random } from '../../../src/analysis/statistics/random.js';
import { LineLayouts } from '../../../src/foreign/line-layout.js';
import type { ReadOptions } from '../../../src/foreign/read-log.js';
import { KnownError } from '../../../src/model/error.js';
import { mutated } from '../../fuzz/mutate.js';
import { readText } from './read.js';

/*
 * Lines that are like earlier ones are read from their bytes. What comes of a log must be the same, to the last digit, as
 * where every line is read by the patterns.
 */
afterEach(() => {
  vi.restoreAllMocks();
});

const outcome = async (log: Buffer, options: Partial<ReadOptions>): Promise<unknown> => {
  try {
    const { time, ...read } = await readText(log, options, 1000);
    return { ...read, times: [0, 1e9, 1e12].map(time) };
  } catch (error) {
    if (error instanceof KnownError) return error.message;
    throw error;
  }
};

/** How many lines of it were read by a layout, and that nothing else came of it than without. */
const compare = async (name: string, log: Buffer, options: Partial<ReadOptions> = {}): Promise<number> => {
  const spy = vi.spyOn(LineLayouts.prototype, 'read');
  const fast = await outcome(log, options);
  const repeated = spy.mock.results.filter(({ value }) => value !== null).length;
  spy.mockReturnValue(null);
  expect(fast, name).toEqual(await outcome(log, options));
  spy.mockRestore();
  return repeated;
};

const GOLDEN = join(import.meta.dirname, '../../golden');
const logs = ['logs', 'analyze/logs'].flatMap((folder) =>
  readdirSync(join(GOLDEN, folder))
    .filter((name) => name !== 'expected.json')
    // The beginning of the two that are long says as much.
    .map((name) => ({ name, log: readFileSync(join(GOLDEN, folder, name)).subarray(0, 50_000) })),
);

test('the logs that people have', async () => {
  let repeated = 0;
  for (const { name, log } of logs) repeated += await compare(name, log);
  expect(repeated).toBeGreaterThan(1000);
});

const two = (number: number): string => String(number).padStart(2, '0');
const WEEK_S = 7 * 86_400;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

interface Moment {
  readonly at_s: number;
  readonly iso: string;
  readonly hour: number;
}

/** What stands before a line; of a few it goes past midnight, and noon. */
const PREFIXES: Readonly<Record<string, (moment: Moment) => string>> = {
  none: () => '',
  'ping -D': ({ at_s }) => `[${at_s.toFixed(6)}] `,
  'whole seconds': ({ at_s }) => `${at_s.toFixed(0)} `,
  milliseconds: ({ at_s }) => `${(at_s * 1000).toFixed(0)}: `,
  'beyond any clock': ({ at_s }) => `[99${at_s.toFixed(3)}] `,
  ISO: ({ iso }) => `${iso} `,
  docker: ({ iso }) => `pinger-1  | ${iso.slice(0, -1)}123456Z `,
  kubectl: ({ iso }) => `[pod/pinger/ping] ${iso.slice(0, 19)}+02:00 `,
  syslog: ({ iso }) =>
    `${MONTHS[Number(iso.slice(5, 7)) - 1]} ${String(Number(iso.slice(8, 10))).padStart(2)} ${iso.slice(11, 19)} 10.0.0.9 ping[1234]: `,
  date: ({ iso }) => `Tue Nov ${iso.slice(8, 10)} ${iso.slice(11, 19)} UTC ${iso.slice(0, 4)}: `,
  'either order': ({ iso }) =>
    `${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(0, 4)} ${iso.slice(11, 23)} `,
  'AM and PM': ({ iso, hour }) =>
    `${((hour + 11) % 12) + 1}:${iso.slice(14, 19)} ${hour < 12 ? 'AM' : 'PM'} `,
  'twelve hours': ({ iso, hour }) => `${two(((hour + 11) % 12) + 1)}:${iso.slice(14, 19)} `,
  'time of day': ({ iso }) => `${iso.slice(11, 22).replace('.', ',')} `,
  colours: ({ iso }) => `\x1b[36m${iso}\x1b[0m `,
  'another alphabet': ({ iso }) => `хост ${iso} `,
  steps: ({ hour }) => `00:00:0${hour % 3}.25 `,
};

const BODIES: Readonly<Record<string, (seq: number, rtt_ms: string, random: Random) => string>> = {
  iputils: (seq, rtt) => `64 bytes from fw (10.4.4.4): icmp_seq=${seq} ttl=62 time=${rtt} ms`,
  two: (seq, rtt) =>
    `64 bytes from 10.4.4.${4 + (seq % 2)}: icmp_seq=${seq >> 1} ttl=${seq % 7 === 0 ? 9 : 62} time=${rtt} ms`,
  German: (seq, rtt) => `64 Bytes von 10.4.4.4: icmp_seq=${seq} ttl=62 Zeit=${rtt.replace('.', ',')} ms`,
  Chinese: (seq, rtt) => `来自 10.4.4.4 的 64 字节: icmp_seq=${seq} ttl=62 时间=${rtt} 毫秒`,
  duplicates: (seq, rtt, random) =>
    `64 bytes from 10.4.4.4: seq=${seq} ttl=62 time=${rtt} ms${random() < 0.2 ? ' (DUP!)' : ''}`,
  FortiGate: (seq, rtt) => `64 bytes from 10.4.4.4: icmp_seq=${seq} ttl=62 time=${rtt} ms.`,
  Windows: (_seq, rtt) => `Reply from 10.4.4.4: bytes=32 time=${Math.ceil(Number(rtt))}ms TTL=62`,
  unknown: (_seq, rtt) => `Vastaus 10.4.4.4: tavut=32 aika=${Math.ceil(Number(rtt))}ms TTL=62`,
};

/** Some 120 lines, with what is lost, odd, cut off, or about no reply in between. */
const written = (random: Random, prefix: string, body: string): string => {
  const lines = body === 'two' ? ['PING 10.4.4.4 (10.4.4.4) 56(84) bytes of data.'] : [];
  const start_s = 1_699_900_000 + Math.floor(random() * WEEK_S);
  const pace_s = [0.25, 1, 900][Math.floor(random() * 3)] as number;
  let seq = [1, 90, 65_480][Math.floor(random() * 3)] as number;
  for (let index = 0; index < 120; index += 1, seq += 1) {
    const at_s = start_s + index * pace_s + random() * 0.02;
    const iso = new Date(at_s * 1000).toISOString();
    const before = (PREFIXES[prefix] as (moment: Moment) => string)({
      at_s,
      iso,
      hour: Number(iso.slice(11, 13)),
    });
    const line = (BODIES[body] as (seq: number, rtt_ms: string, random: Random) => string)(
      seq & 0xffff,
      (0.05 + 10 ** (random() * 3)).toPrecision(3),
      random,
    );
    const chance = random();
    if (chance < 0.05) continue;
    if (chance < 0.07) lines.push(`${before}no answer yet for icmp_seq=${seq}`);
    else if (chance < 0.09) lines.push(`${before}Request timed out.`);
    else if (chance < 0.1) lines.push(`${before}${line.slice(0, Math.floor(random() * line.length))}`);
    else if (chance < 0.11) lines.push(`${before}${line.replace(/\d+/g, '7777777777')}`);
    else if (chance < 0.12) lines.push(`${before}${line.replace(/\d(?=\D*$)/, 'x')}`);
    else if (chance < 0.13) lines.push('PING 10.4.4.5 (10.4.4.5) 56(84) bytes of data.');
    else if (chance < 0.14) lines.push('--- 10.4.4.4 ping statistics ---');
    else lines.push(`${before}${line}`);
  }
  return `${lines.join('\n')}\n`;
};

test.each(Object.keys(PREFIXES))('behind %s', async (prefix) => {
  const random = seededRandom(7);
  let repeated = 0;
  for (const body of Object.keys(BODIES))
    for (let round = 0; round < 2; round += 1) {
      const text = written(random, prefix, body);
      repeated += await compare(`${prefix}, ${body}`, Buffer.from(text), {
        format: /Windows|unknown/.test(body) ? 'windows' : 'ping',
      });
    }
  // Halves of a day, colours and seconds of twelve digits are left to the patterns.
  const patterns = ['AM and PM', 'colours', 'beyond any clock'].includes(prefix);
  expect(repeated > 250, `${repeated} lines`).toBe(!patterns);
});

test('damaged logs', async () => {
  const random = seededRandom(11);
  for (const { name, log } of logs)
    if (log.length < 20_000)
      await compare(
        name,
        mutated(log, random, () => log),
      );
});
