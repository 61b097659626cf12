import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ForeignLog } from '../../src/foreign/read-log.js';
import { KnownError } from '../../src/model/error.js';
import { readText } from '../unit/foreign/read.js';

/*
 * Logs as they reach us: behind stamps and decorations, translated, coloured, cut. They give the figures of the plain log,
 * or fewer with a reason, never others.
 */
const TWO = (value: number): string => String(value).padStart(2, '0');
/** From 22:13:00 on, a minute at most. */
const CLOCK = (second: number): string => `22:13:${TWO(second)}`;
const TEN = (second: number): string => `10:13:${TWO(second)} PM`;

type Front = (second: number) => string;

const FRONTS: Readonly<Record<string, Front>> = {
  'date, en_US': (s) => `Tue Nov 14 ${TEN(s)} UTC 2023: `,
  'date, en_GB': (s) => `Tue 14 Nov ${CLOCK(s)} GMT 2023 `,
  'date, de': (s) => `Di 14. Nov ${CLOCK(s)} CET 2023: `,
  'date, fr': (s) => `mar. 14 nov. 2023 ${CLOCK(s)} CET `,
  'date, pt': (s) => `ter 14 nov 2023 ${CLOCK(s)} -03 `,
  'date, ru': (s) => `Вт 14 ноя 2023 ${CLOCK(s)} MSK `,
  'date, zh': (s) => `2023年 11月 14日 星期二 ${CLOCK(s)} CST `,
  'date, zh, halves': (s) => `2023年11月14日 下午10:13:${TWO(s)} `,
  'date, ko': (s) => `2023. 11. 14. (화) ${CLOCK(s)} KST `,
  'date -R': (s) => `Tue, 14 Nov 2023 ${CLOCK(s)} +0000 `,
  'date +%s': (s) => `${1_700_000_000 + s} `,
  'date +%s%3N': (s) => `${1_700_000_000 + s}123 `,
  'date +%F_%T': (s) => `2023-11-14_${CLOCK(s)} `,
  ts: (s) => `Nov 14 ${CLOCK(s)} `,
  journald: (s) => `Nov 14 ${CLOCK(s)} fw-probe ping[1234]: `,
  'journald over ping -D': (s) => `Nov 14 ${CLOCK(s)} fw ping[1]: [${1_700_000_000 + s}.500000] `,
  'syslog, RFC 5424': (s) => `<14>1 2023-11-14T${CLOCK(s)}.123Z fw ping 1234 - - `,
  'docker compose -t': (s) => `pinger-1  | 2023-11-14T${CLOCK(s)}.123456789Z `,
  'kubectl --prefix --timestamps': (s) => `[pod/pinger/ping] 2023-11-14T${CLOCK(s)}.123456789Z `,
  'a container runtime': (s) => `2023-11-14T${CLOCK(s)}.123456789Z stdout F `,
  'cmd, en-US': (s) => `Tue 11/14/2023 ${CLOCK(s)}.42 `,
  'cmd, fi-FI': (s) => `14.11.2023 22.13.${TWO(s)},42 `,
  'Get-Date, en-US': (s) => `11/14/2023 ${TEN(s)} - `,
  'Get-Date, nl-NL': (s) => `14-11-2023 ${CLOCK(s)} - `,
  'Get-Date, long': (s) => `Tuesday, November 14, 2023 ${TEN(s)} - `,
  Apache: (s) => `[14/Nov/2023:${CLOCK(s)} +0000] `,
  CSV: (s) => `"2023-11-14 ${CLOCK(s)}","`,
};
const UNTIMED: Readonly<Record<string, string>> = {
  'docker compose': 'pinger-1  | ',
  kubectl: '[pod/pinger/ping] ',
  quoted: '> ',
  indented: '\t  ',
  coloured: '\u001b[1;32m',
  numbered: '17:',
};

const HEADING = 'PING 192.0.2.1 (192.0.2.1) 56(84) bytes of data.';
const english = (seq: number): string => `64 bytes from 192.0.2.1: icmp_seq=${seq} ttl=62 time=0.345 ms`;
const TRANSLATED: Readonly<Record<string, (seq: number) => string>> = {
  fr: (seq) => `64\u00a0octets de 192.0.2.1\u00a0: icmp_seq=${seq} ttl=62 temps=0,345\u00a0ms`,
  de: (seq) => `64 Bytes von 192.0.2.1: icmp_seq=${seq} ttl=62 Zeit=0.345 ms`,
  zh: (seq) => `64 字节，来自 192.0.2.1: icmp_seq=${seq} ttl=62 时间=0.345 毫秒`,
  ja: (seq) => `64 バイト応答 送信元 192.0.2.1: icmp_seq=${seq} ttl=62 時間=0.345ミリ秒`,
  ko: (seq) => `64 바이트 (192.0.2.1에서): icmp_seq=${seq} ttl=62 시간=0.345 ms`,
  'SR OS': (seq) => `64 bytes from 192.0.2.1: icmp_seq=${seq} ttl=62 time=345us.`,
};

/** `.` answered, `x` lost, a second apart, with a reply at both ends. */
const pattern = fc
  .array(fc.constantFrom('.', '.', '.', 'x'), { minLength: 3, maxLength: 30 })
  .map((letters) => ['.', '.', ...letters, '.']);

const answered = (letters: readonly string[]): number[] =>
  letters.map((letter, index) => (letter === '.' ? index + 1 : 0)).filter((seq) => seq > 0);

const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

const losses = ({ targets }: ForeignLog): [number, number, number][] =>
  targets.flatMap(({ outages }) => outages).map((row) => [row.first_seq, row.last_seq, row.lost]);
const counts = ({ targets }: ForeignLog): [number, number][] =>
  targets.map(({ stream }) => [stream.sent, stream.received]);

const plain = (letters: readonly string[]): Promise<ForeignLog> =>
  readText(text([HEADING, ...answered(letters).map(english)]));

describe('what is not of the tool does not matter', () => {
  const same = async (letters: readonly string[], mess: string): Promise<ForeignLog> => {
    const [clean, found] = [await plain(letters), await readText(mess)];
    expect(counts(found)).toEqual(counts(clean));
    expect(losses(found)).toEqual(losses(clean));
    return found;
  };

  test.each(Object.entries(FRONTS))('%s', async (_name, front) => {
    const property = fc.asyncProperty(pattern, async (letters) => {
      const found = await same(letters, text(answered(letters).map((seq) => `${front(seq)}${english(seq)}`)));
      expect(found.assumptions.join()).not.toContain('no times');
    });
    await fc.assert(property, { numRuns: 10 });
  });

  test.each(Object.entries(UNTIMED))('%s, without times', async (_name, front) => {
    const property = fc.asyncProperty(pattern, async (letters) => {
      const found = await same(letters, text(answered(letters).map((seq) => `${front}${english(seq)}`)));
      expect(found.assumptions.join()).toContain('no times');
    });
    await fc.assert(property, { numRuns: 10 });
  });

  test.each(Object.entries(TRANSLATED))('in the words of %s', async (_name, line) => {
    const property = fc.asyncProperty(pattern, async (letters) => {
      await same(letters, text([HEADING, ...answered(letters).map(line)]));
    });
    await fc.assert(property, { numRuns: 10 });
  });
});

test('a log that lost some of its lines tells no outage that its summary does not', async () => {
  const property = fc.asyncProperty(pattern, fc.infiniteStream(fc.boolean()), async (letters, keeps) => {
    const all = answered(letters);
    const kept = all.filter(() => keeps.next().value === true);
    const share = Math.round(100 - (100 * all.length) / letters.length);
    const summary = `${letters.length} packets transmitted, ${all.length} received, ${share}% packet loss, time 9000ms`;
    const clean = await plain(letters);
    let found: ForeignLog;
    try {
      found = await readText(text([HEADING, ...kept.map(english), '', summary]));
    } catch (error) {
      expect(error).toBeInstanceOf(KnownError);
      expect(kept.length).toBeLessThan(all.length);
      return;
    }
    expect(counts(found)).toEqual([[letters.length, all.length]]);
    expect(losses(found)).toEqual(kept.length === all.length ? losses(clean) : []);
    expect(found.targets[0]?.stream.status).not.toMatch(/down-at-start|not-recovered/);
  });
  await fc.assert(property, { numRuns: 100 });
});

test('where slow replies stand does not matter to which are late', async () => {
  const delays = fc.array(fc.constantFrom('20', '30', '300', '900'), { minLength: 3, maxLength: 3000 });
  const late = async (all: readonly string[]): Promise<number | undefined> => {
    const lines = all.map(
      (delay, index) => `64 bytes from 192.0.2.1: icmp_seq=${index + 1} ttl=62 time=${delay} ms`,
    );
    return (await readText(text([HEADING, ...lines]))).targets[0]?.stream.late;
  };
  const property = fc.asyncProperty(delays, async (all) => {
    expect(await late(all)).toBe(await late(all.toSorted()));
    expect(await late(all)).toBe(await late(all.toSorted().toReversed()));
  });
  await fc.assert(property, { numRuns: 20 });
});
