import type { Random } from '../../../src/analysis/statistics/random.js';
import { american, type Line, type Tool } from './words.js';
import { below } from './truth.js';

/**
 * What the figures of a log that was retold may be: `same` as of the plain one; `fewer`, for a reason that is said, or
 * refused; of a `part` of it only what was in that part; `any` where nothing in the log could tell.
 */
export type Expected = 'same' | 'fewer' | 'part' | 'any';

/** A way in which logs come to us. */
export interface Retelling {
  readonly name: string;
  readonly expected: (tool: Tool) => Expected;
  /** Lines are changed or missing, which the log's own summary alone can tell. */
  readonly damages?: true;
  /** Of no use for some tools. */
  readonly fits?: (tool: Tool) => boolean;
  readonly lines: (lines: readonly Line[], random: Random, tool: Tool) => readonly Line[];
}

const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0');
const iso = (us: number): string => new Date(us / 1000).toISOString();
const day = (us: number): string => iso(us).slice(0, 10);
const clock = (us: number): string => iso(us).slice(11, 19);
const micros = (us: number): string => pad(us % 1e6, 6);
const dateOf = (us: number): Date => new Date(us / 1000);
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const GERMAN = ['So', 'Mo', 'Di', 'Mi', 'Do', 'Fr', 'Sa'];
const FRENCH = ['dim.', 'lun.', 'mar.', 'mer.', 'jeu.', 'ven.', 'sam.'];
const month = (us: number): string => MONTHS[dateOf(us).getUTCMonth()] as string;
const syslog = (us: number): string =>
  `${month(us)} ${String(dateOf(us).getUTCDate()).padStart(2)} ${clock(us)}`;

/** Times before a line, as people put them there. */
const CLOCKS: Readonly<Record<string, (us: number) => string>> = {
  epoch: (us) => `[${Math.floor(us / 1e6)}.${micros(us)}] `,
  'epoch, ms': (us) => `${Math.floor(us / 1e6)}.${micros(us).slice(0, 3)} `,
  'epoch, whole': (us) => `${Math.floor(us / 1e6)} `,
  'epoch, 13 digits': (us) => `${Math.floor(us / 1000)} `,
  iso: (us) => `${iso(us)} `,
  'iso, zone': (us) => `${iso(us).slice(0, 23)}+00:00 `,
  'iso, comma': (us) => `${day(us)} ${clock(us)},${micros(us).slice(0, 3)} `,
  'iso, bracket': (us) => `[${day(us)} ${clock(us)}.${micros(us)}] `,
  'iso, whole': (us) => `${day(us)} ${clock(us)} `,
  'iso, underscore': (us) => `${day(us)}_${clock(us)} `,
  date: (us) =>
    `${WEEKDAYS[dateOf(us).getUTCDay()]} ${month(us)} ${dateOf(us).getUTCDate()} ${clock(us)} UTC ${day(us).slice(0, 4)}: `,
  'date, de': (us) =>
    `${GERMAN[dateOf(us).getUTCDay()]} ${dateOf(us).getUTCDate()}. ${month(us).replace('Dec', 'Dez')} ${clock(us)} CET ${day(us).slice(0, 4)} `,
  'date, fr': (us) =>
    `${FRENCH[dateOf(us).getUTCDay()]} ${dateOf(us).getUTCDate()} ${month(us).replace('Dec', 'déc').toLowerCase()}. ${day(us).slice(0, 4)} ${clock(us)} CET `,
  'date, 12 hours': (us) => `${american(us)} - `,
  'cmd, en-US': (us) =>
    `${WEEKDAYS[dateOf(us).getUTCDay()]} ${day(us).slice(5, 7)}/${day(us).slice(8)}/${day(us).slice(0, 4)} ${clock(us)}.${micros(us).slice(0, 2)} `,
  'cmd, de-DE': (us) =>
    `${day(us).slice(8)}.${day(us).slice(5, 7)}.${day(us).slice(0, 4)} ${clock(us)},${micros(us).slice(0, 2)} `,
  ts: (us) => `${syslog(us)} `,
  'ts, fine': (us) => `${syslog(us)}.${micros(us)} `,
  syslog: (us) => `${syslog(us)} fw-probe ping[1234]: `,
  'syslog, container': (us) => `${syslog(us)} fw-probe docker/pinger/3f2a9c[812]: `,
  'syslog, RFC 5424': (us) => `<30>1 ${iso(us).slice(0, 23)}Z fw-probe ping 1234 - - `,
  journald: (us) => `${iso(us).slice(0, 19)}+0000 fw-probe sh[77]: `,
  'docker compose -t': (us) => `pinger-1  | ${iso(us).slice(0, 19)}.${micros(us)}789Z `,
  'kubectl --timestamps': (us) => `${iso(us).slice(0, 19)}.${micros(us)}789Z `,
  'kubectl --prefix --timestamps': (us) =>
    `[pod/pinger-7d4f/ping] ${iso(us).slice(0, 19)}.${micros(us)}789Z `,
  'container runtime': (us) => `${iso(us).slice(0, 19)}.${micros(us)}789Z stdout F `,
  Apache: (us) => `[${day(us).slice(8)}/${month(us)}/${day(us).slice(0, 4)}:${clock(us)} +0000] `,
  'clock alone': (us) => `${clock(us)} `,
  'clock, fine': (us) => `${clock(us)}.${micros(us).slice(0, 3)} `,
  'clock, bracket': (us) => `[${clock(us)}] `,
};
const NAMES: readonly string[] = [
  'pinger-1  | ',
  '[pod/pinger-7d4f/ping] ',
  'fw-probe ping[1234]: ',
  '> ',
  '    ',
  '\t',
  'stdout: ',
  'ping01> ',
  '2> ',
];
const BEHIND: Readonly<Record<string, (us: number) => string>> = {
  'iso behind': (us) => ` ${iso(us)}`,
  'clock behind': (us) => ` [${clock(us)}]`,
  'date behind': (us) => ` ${day(us)} ${clock(us)}`,
  'bar behind': (us) => ` | ${day(us)} ${clock(us)}.${micros(us).slice(0, 3)}`,
};

const each =
  (change: (line: Line, random: Random) => string) =>
  (lines: readonly Line[], random: Random): readonly Line[] =>
    lines.map((line) => ({ at_us: line.at_us, text: change(line, random) }));

/** Tools that have times of their own tell by those, and what a table's heading says of its columns is not kept by a prefix. */
const promised = ({ whole }: Tool): Expected => (whole === true ? 'same' : 'fewer');

const isSummary = ({ text }: Line): boolean =>
  /transmitted|xmt|\d sent\.|successful|Success rate|"summary"|Raw packets|sent=|connects, |Attempted = |\w+ = \d+, .* = \d+, .* = \d+/i.test(
    text,
  );
const isLoss = ({ text }: Line): boolean =>
  /no answer|Keine|timed? ?out|TIMEDOUT|No re|expired|dépass|Zeit.ber|Превышен|noch keine|^000|timeout/i.test(
    text,
  );

const drop = (lines: readonly Line[], random: Random, which: (line: Line) => boolean): Line[] => {
  const those = [...lines.keys()].filter((index) => which(lines[index] as Line));
  const from = below(random, those.length);
  const gone = new Set(those.slice(from, from + 1 + below(random, 3)));
  return lines.filter((_line, index) => !gone.has(index));
};

const ROT: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from('abcdefghijklmnopqrstuvwxyz', (letter, index) => [
    letter,
    'eufjagdhokblimopqrstuvwxyz'[(index * 7 + 3) % 26] as string,
  ]),
);
const KEPT = /^(?:icmp|seq|req|ttl|PING|DUP|ms|rtt|min|avg|max|mdev)$/;

/** What stands before, behind and between. */
export const RETELLINGS: readonly Retelling[] = [
  ...Object.entries(CLOCKS).map(([name, front]): Retelling => ({
    name: `behind ${name}`,
    expected: promised,
    lines: each(({ at_us, text }) => `${front(at_us)}${text}`),
  })),
  ...Object.entries(BEHIND).map(([name, back]): Retelling => ({
    name,
    expected: promised,
    fits: ({ timed }) => !timed,
    lines: each(({ at_us, text }) => (text === '' ? '' : `${text}${back(at_us)}`)),
  })),
  ...NAMES.map((front): Retelling => ({
    name: `behind ${JSON.stringify(front)}`,
    expected: promised,
    lines: each(({ text }) => `${front}${text}`),
  })),
  {
    name: 'in quotes, as CSV',
    expected: promised,
    fits: ({ timed, name }) => !timed && !name.startsWith('fping -J'),
    lines: each(({ at_us, text }) => `"${day(at_us)} ${clock(at_us)}","${text.replaceAll('"', '""')}"`),
  },
  {
    name: 'behind the numbers of its lines',
    expected: (tool) => (tool.timed ? 'fewer' : promised(tool)),
    lines: (lines) => lines.map(({ at_us, text }, index) => ({ at_us, text: `${index + 1}:${text}` })),
  },
  {
    name: 'as CSV',
    expected: promised,
    fits: ({ timed }) => !timed,
    lines: each(({ at_us, text }) => `${day(at_us)} ${clock(at_us)};${text}`),
  },
  { name: 'in quotes', expected: promised, lines: each(({ text }) => `"${text}"`) },
  {
    name: 'coloured',
    expected: () => 'same',
    lines: each(({ text }, random) =>
      random() < 0.7 ? `\u001b[1;3${below(random, 8)}m${text}\u001b[0m` : text,
    ),
  },
  { name: 'CRLF', expected: () => 'same', lines: each(({ text }) => `${text}\r`) },
  { name: 'spaces behind', expected: () => 'same', lines: each(({ text }) => `${text}  `) },
  {
    name: 'empty lines between',
    expected: () => 'same',
    lines: (lines, random) =>
      lines.flatMap((line) => (random() < 0.3 ? [line, { ...line, text: '' }] : [line])),
  },
  {
    name: 'other lines between',
    expected: () => 'fewer',
    lines: (lines, random) =>
      lines.flatMap((line) =>
        random() < 0.08
          ? [
              line,
              {
                ...line,
                text: `${syslog(line.at_us)} fw-probe systemd[1]: Started Session ${below(random, 99)} of user root.`,
              },
            ]
          : [line],
      ),
  },
  {
    name: 'prompts around',
    expected: () => 'fewer',
    lines: (lines) => {
      const [first, last] = [lines[0] as Line, lines.at(-1) as Line];
      return [
        { ...first, text: 'user@fw-probe:~$ ./probe.sh' },
        ...lines,
        { ...last, text: '^C' },
        { ...last, text: 'user@fw-probe:~$ ' },
      ];
    },
  },
  {
    name: 'translated',
    expected: () => 'fewer',
    lines: each(({ text }) =>
      text.replace(/[a-z]{3,}/gi, (word) =>
        KEPT.test(word) ? word : word.replace(/[a-z]/g, (letter) => ROT[letter] ?? letter),
      ),
    ),
  },
  {
    name: 'decimal commas',
    expected: ({ wordless }) => (wordless === true ? 'same' : 'fewer'),
    fits: ({ timed, name }) => !timed && !name.startsWith('fping'),
    lines: each(({ text }) => text.replace(/(?<![\d.])(\d+)\.(\d+)(?=\s?ms)/g, '$1,$2')),
  },
  { name: 'in capitals', expected: () => 'fewer', lines: each(({ text }) => text.toUpperCase()) },
  {
    name: 'without its beginning',
    expected: () => 'part',
    lines: (lines, random) => lines.slice(below(random, lines.length)),
  },
  {
    name: 'without its end',
    expected: () => 'part',
    lines: (lines, random) => lines.slice(0, 1 + below(random, lines.length)),
  },
  {
    name: 'without its heading',
    expected: () => 'part',
    lines: (lines) =>
      lines.filter(
        ({ text }) =>
          !/^(?:PING|Pinging|Ping|Envoi|Обмен|TCPinging|HPING|Connecting to .* on|TCP connect)/.test(text),
      ),
  },
  {
    name: 'without its summary',
    expected: () => 'part',
    lines: (lines) => lines.filter((line) => !isSummary(line)),
  },
  {
    name: 'with losses left out',
    damages: true,
    expected: () => 'fewer',
    fits: ({ endless }) => endless !== true,
    lines: (lines, random) => drop(lines, random, isLoss),
  },
  {
    name: 'with replies left out',
    damages: true,
    expected: () => 'fewer',
    fits: ({ endless }) => endless !== true,
    lines: (lines, random) =>
      drop(
        lines,
        random,
        (line) => !isSummary(line) && !isLoss(line) && /\d ?ms|SENT|RCVD|"resp"|мс/.test(line.text),
      ),
  },
  {
    name: 'with lines twice',
    damages: true,
    expected: () => 'fewer',
    fits: ({ endless }) => endless !== true,
    lines: (lines, random) =>
      lines.flatMap((line) => (random() < 0.05 && !isSummary(line) ? [line, line] : [line])),
  },
  {
    name: 'with a summary that says otherwise',
    expected: () => 'fewer',
    fits: ({ endless }) => endless !== true,
    lines: (lines, random) =>
      lines.map((line) =>
        isSummary(line)
          ? {
              ...line,
              text: line.text.replace(/(?<=\d\D+)\d+/, (count) =>
                String(Math.max(0, Number(count) + 1 + below(random, 9) * (random() < 0.5 ? -1 : 1))),
              ),
            }
          : line,
      ),
  },
  {
    name: 'with a huge number',
    damages: true,
    expected: () => 'fewer',
    fits: ({ endless }) => endless !== true,
    lines: (lines, random) => {
      const at = below(random, lines.length);
      return lines.map((line, index) =>
        index === at && !isSummary(line)
          ? {
              ...line,
              text: line.text.replace(/(?<=(?:time|Zeit|temps|rtt|время|rtt": )[=<]?\s*)\d+/, (was) =>
                random() < 0.5 ? `-${was}` : `9${was}99999999999999`,
              ),
            }
          : line,
      );
    },
  },
  {
    name: 'with lines that were cut',
    damages: true,
    expected: () => 'fewer',
    fits: ({ endless }) => endless !== true,
    lines: (lines, random) =>
      lines.map((line) =>
        random() < 0.03 && !isSummary(line)
          ? { ...line, text: line.text.slice(0, below(random, line.text.length)) }
          : line,
      ),
  },
];

/** How a text becomes octets. */
export const ENCODINGS: readonly {
  readonly name: string;
  readonly expected: Expected;
  readonly bytes: (text: string, random: Random) => Buffer;
}[] = [
  { name: 'UTF-8', expected: 'same', bytes: (text) => Buffer.from(text) },
  { name: 'BOM', expected: 'same', bytes: (text) => Buffer.from(`\ufeff${text}`) },
  { name: 'UTF-16', expected: 'same', bytes: (text) => Buffer.from(`\ufeff${text}`, 'utf16le') },
  {
    name: 'cut at an octet',
    expected: 'part',
    bytes: (text, random) => Buffer.from(text).subarray(0, 200 + below(random, text.length)),
  },
  {
    name: 'begun at an octet',
    expected: 'part',
    bytes: (text, random) => Buffer.from(text).subarray(below(random, text.length)),
  },
];
