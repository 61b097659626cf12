import type { Random } from '../../src/analysis/statistics/random.js';

/** No case is longer: what grows without end is for a test of its own. */
const LONGEST = 1 << 18;
const MOST_EDITS = 8;

const below = (random: Random, end: number): number => Math.floor(random() * end);
export const oneOf = <Item>(random: Random, items: readonly Item[]): Item =>
  items[below(random, items.length)] as Item;

/** What numbers become. */
const NUMBERS = [
  ...['0', '-0', '-1', '00', '1e9', '1e308', '1e400', '1e-400', 'NaN', 'Infinity', '-Infinity', 'null', ''],
  ...['255', '256', '65535', '65536', '2147483648', '4294967295', '4294967296', '9007199254740993'],
  ...['99999999999', '18446744073709551616', '100000000000000000000', '0x10', '1_000', '1,5', '٣', '1.2.3'],
];
/** What is put between: ends and quotes of every kind, control characters, words with a meaning somewhere. */
const TOKENS = [
  ...[
    '\n',
    '\r',
    '\r\n',
    '\t',
    '\0',
    ' ',
    '\u0007',
    '\u001b[2J',
    '\u001b]0;x\u0007',
    '\u009b',
    '\u202e',
    '\ufeff',
  ],
  ...['"', "'", '`', ',', ';', ':', '{', '}', '[', ']', '(', ')', '%', '::', '::error::', '../', '/dev/null'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '&a',
    '*a',
    '<<: *a',
    '!!js/undefined',
    '- ',
    '? ',
    '#',
    '---\n',
    '|',
    '>',
  ],
  ...[
    'true',
    'false',
    'null',
    '~',
    'undefined',
    'PING ',
    'time=',
    ' ms',
    'icmp_seq=',
    'TTL=',
    '--More--',
    '(y/n)',
    'p,',
    'h,',
  ],
];

type Edit = (input: Buffer, random: Random, other: () => Buffer) => Buffer;

const splice = (input: Buffer, from: number, to: number, put: Buffer): Buffer =>
  Buffer.concat([input.subarray(0, from), put, input.subarray(to)]);

const range = (input: Buffer, random: Random, longest: number): [number, number] => {
  const from = below(random, input.length + 1);
  return [from, Math.min(input.length, from + below(random, longest))];
};

/** By `latin1`, so that every octet stays what it is. */
const text = (input: Buffer): string => input.toString('latin1');
const bytes = (words: string): Buffer => Buffer.from(words, 'latin1');

const onLines =
  (change: (lines: string[], random: Random) => string[]): Edit =>
  (input, random) =>
    bytes(change(text(input).split('\n'), random).join('\n'));

const number: Edit = (input, random) => {
  const found = [...text(input).matchAll(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g)];
  if (found.length === 0) return input;
  const match = oneOf(random, found);
  const [was] = match;
  const near = String(Number(was) + oneOf(random, [-1, 1, 0.5, 1000, -1000]));
  const put = oneOf(random, [
    oneOf(random, NUMBERS),
    near,
    `-${was}`,
    `${was}${was}`,
    was.slice(1),
    `${was}.${was}`,
  ]);
  return splice(input, match.index, match.index + was.length, bytes(put));
};

const EDITS: readonly Edit[] = [
  // One octet, or a bit of it.
  (input, random) => {
    if (input.length === 0) return input;
    const copy = Buffer.from(input);
    const at = below(random, copy.length);
    copy[at] = random() < 0.5 ? below(random, 256) : (copy[at] as number) ^ (1 << below(random, 8));
    return copy;
  },
  (input, random) => splice(input, ...range(input, random, 16), Buffer.alloc(0)),
  (input, random) => splice(input, ...range(input, random, 4), Buffer.from(oneOf(random, TOKENS))),
  number,
  number,
  number,
  // Cut off.
  (input, random) => input.subarray(0, below(random, input.length + 1)),
  (input, random) => input.subarray(below(random, input.length + 1)),
  onLines((lines, random) => lines.toSpliced(below(random, lines.length), 1 + below(random, 3))),
  onLines((lines, random) => {
    const at = below(random, lines.length);
    return lines.toSpliced(at, 0, ...Array.from({ length: 1 + below(random, 20) }, () => lines[at] ?? ''));
  }),
  onLines((lines, random) => {
    const [from, to] = [below(random, lines.length), below(random, lines.length)];
    const [line = ''] = lines.splice(from, 1);
    return lines.toSpliced(to, 0, line);
  }),
  onLines((lines, random) => {
    const from = below(random, lines.length);
    return [...lines.slice(0, from), ...lines.slice(from, from + 30).toReversed(), ...lines.slice(from + 30)];
  }),
  // Into another one.
  (input, random, other) => {
    const second = other();
    return Buffer.concat([
      input.subarray(0, below(random, input.length + 1)),
      second.subarray(below(random, second.length + 1)),
    ]);
  },
  (input, random, other) => {
    const second = other();
    const at = below(random, input.length + 1);
    return splice(input, at, at, second.subarray(...range(second, random, 400)));
  },
  // Again and again.
  (input, random) => {
    const [from, to] = range(input, random, 80);
    const part = input.subarray(from, to);
    const times = Math.min(
      oneOf(random, [10, 100, 1000, 20_000]),
      Math.floor(LONGEST / Math.max(1, part.length)),
    );
    return splice(input, to, to, Buffer.concat(Array.from({ length: times }, () => part)));
  },
  (input) => Buffer.from(text(input), 'utf16le'),
  (input) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text(input), 'utf16le')]),
  (input) => Buffer.from(text(input), 'utf8'),
  (input, random) => bytes(text(input).replaceAll('\n', oneOf(random, ['\r\n', '\r', ' ', '\n\n', '\0']))),
  (input, random) => bytes(random() < 0.5 ? text(input).toUpperCase() : text(input).toLowerCase()),
];

/** The same for the same numbers of `random`. `other` gives something else to put in. */
export const mutated = (input: Buffer, random: Random, other: () => Buffer): Buffer => {
  let result = input;
  // Mostly few: what is changed all over is refused at its first line.
  const edits = 1 + Math.floor(MOST_EDITS * random() ** 3);
  for (let edit = 0; edit < edits; edit += 1)
    result = oneOf(random, EDITS)(result, random, other).subarray(0, LONGEST);
  return result;
};
