/**
 * Logs as the tools would have written them, made from a pattern: `.` answered, `x` lost, one probe per letter, every
 * 100 ms from 2023-11-14T22:13:20Z with a round trip of 1 ms (Windows: see there).
 */
const START_US = 1_700_000_000_000_000;
const INTERVAL_US = 100_000;
const RTT_US = 1000;

const at = (index: number): number => START_US + index * INTERVAL_US;
const epoch = (us: number): string => `${Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, '0')}`;
const iso = (us: number): string => new Date(us / 1000).toISOString();
const lines = (all: readonly string[]): Buffer => Buffer.from(`${all.join('\n')}\n`);
const each = (pattern: string, line: (letter: string, index: number) => string | null): string[] =>
  Array.from(pattern)
    .map(line)
    .filter((text) => text !== null);

const reply = (seq: string): string => `64 bytes from 10.4.4.4: ${seq} ttl=62 time=1.00 ms`;
const IPUTILS = 'PING 10.4.4.4 (10.4.4.4) 56(84) bytes of data.';
const BSD = 'PING 10.4.4.4 (10.4.4.4): 56 data bytes';

const iputils = (pattern: string, prefix: (us: number) => string, announce: boolean): Buffer =>
  lines([
    IPUTILS,
    ...each(pattern, (letter, index) => {
      if (letter === '.') return `${prefix(at(index) + RTT_US)}${reply(`icmp_seq=${(index + 1) % 65_536}`)}`;
      return announce ? `${prefix(at(index + 1))}no answer yet for icmp_seq=${(index + 1) % 65_536}` : null;
    }),
  ]);

const windows = (
  pattern: string,
  [answer, timeout]: readonly [string, string],
  prefix: (us: number) => string,
): string => {
  let now_us = START_US;
  return each(pattern, (letter) => {
    now_us += letter === '.' ? 1e6 : 4e6;
    return `${prefix(letter === '.' ? now_us - 1e6 + 1000 : now_us)}${letter === '.' ? answer : timeout}\r\n`;
  }).join('');
};

const WORDS = {
  en: ['Reply from 10.4.4.4: bytes=32 time=1ms TTL=62', 'Request timed out.'],
  de: ['Antwort von 10.4.4.4: Bytes=32 Zeit=1ms TTL=62', 'Zeitüberschreitung der Anforderung.'],
  ja: ['10.4.4.4 からの応答: バイト数 =32 時間 =1ms TTL=62', '要求がタイムアウトしました。'],
} as const;

const windowsUtf16 = (
  pattern: string,
  language: keyof typeof WORDS,
  prefix: (us: number) => string,
): Buffer => Buffer.from(`\ufeff${windows(pattern, WORDS[language], prefix)}`, 'utf16le');

const irtt = (pattern: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      version: { irtt: '0.9.0', json_format: 1 },
      config: { remote_address: '10.4.4.4:2112', params: { interval: INTERVAL_US * 1000 } },
      stats: { duplicates: 0 },
      round_trips: Array.from(pattern).map((letter, seqno) => ({
        seqno,
        lost: letter === '.' ? 'false' : 'true_down',
        timestamps: {
          client: {
            send: { wall: at(seqno) * 1000, monotonic: 5_000 + seqno * INTERVAL_US * 1000 },
            receive: letter === '.' ? { monotonic: 5_000 + (seqno * INTERVAL_US + RTT_US) * 1000 } : {},
          },
        },
      })),
    }),
  );

export interface Rendering {
  /** Number of the first probe. */
  readonly first: number;
  /** Do its lines tell when probes left? */
  readonly timed: boolean;
  readonly render: (pattern: string) => Buffer;
}

export const RENDERINGS: Readonly<Record<string, Rendering>> = {
  'iputils -D -O': { first: 1, timed: true, render: (p) => iputils(p, (us) => `[${epoch(us)}] `, true) },
  'iputils -D': { first: 1, timed: true, render: (p) => iputils(p, (us) => `[${epoch(us)}] `, false) },
  'iputils -O': { first: 1, timed: false, render: (p) => iputils(p, () => '', true) },
  iputils: { first: 1, timed: false, render: (p) => iputils(p, () => '', false) },
  'iputils | ts ISO': { first: 1, timed: true, render: (p) => iputils(p, (us) => `${iso(us)} `, true) },
  busybox: {
    first: 0,
    timed: false,
    render: (p) => lines([BSD, ...each(p, (letter, i) => (letter === '.' ? reply(`seq=${i}`) : null))]),
  },
  macos: {
    first: 0,
    timed: false,
    render: (p) =>
      lines([
        BSD,
        ...each(p, (letter, i) =>
          letter === '.' ? reply(`icmp_seq=${i}`) : `Request timeout for icmp_seq ${i}`,
        ),
      ]),
  },
  'macos --apple-time': {
    first: 0,
    timed: true,
    render: (p) =>
      lines([
        BSD,
        ...each(p, (letter, i) => {
          const stamp = (us: number): string => iso(us).slice(11, -1);
          return letter === '.'
            ? `${stamp(at(i) + RTT_US)} ${reply(`icmp_seq=${i}`)}`
            : `${stamp(at(i + 1))} Request timeout for icmp_seq ${i}`;
        }),
      ]),
  },
  'fping -D -l': {
    first: 0,
    timed: true,
    render: (p) =>
      lines(
        each(p, (letter, i) =>
          letter === '.'
            ? `[${epoch(at(i) + RTT_US)}] 10.4.4.4 : [${i}], 64 bytes, 1.00 ms (1.00 avg, 0% loss)`
            : `[${epoch(at(i) + INTERVAL_US)}] 10.4.4.4 : [${i}], timed out (1.00 avg, 9% loss)`,
        ),
      ),
  },
  irtt: { first: 0, timed: true, render: irtt },
  'windows en': { first: 1, timed: false, render: (p) => Buffer.from(windows(p, WORDS.en, () => '')) },
  'windows de, cp850': {
    first: 1,
    timed: false,
    render: (p) => Buffer.from(windows(p, WORDS.de, () => '').replaceAll('ü', '\u0081'), 'latin1'),
  },
  'windows ja': { first: 1, timed: false, render: (p) => Buffer.from(windows(p, WORDS.ja, () => '')) },
  'windows ja, PowerShell': {
    first: 1,
    timed: false,
    render: (p) =>
      windowsUtf16(p, 'ja', (us) => `${iso(us).slice(0, 19).replaceAll('-', '/').replace('T', ' ')} - `),
  },
  'windows en, ISO': { first: 1, timed: false, render: (p) => windowsUtf16(p, 'en', (us) => `${iso(us)} `) },
};
