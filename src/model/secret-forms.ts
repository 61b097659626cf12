/*
 * In which ways a secret may be written: a device repeats what it was told as it was told it, in the notation of its
 * answer, or as its log has it.
 */

/** What is shorter stands in any text by chance: to mask it would garble figures, and show where it was. */
export const LEAST_SECRET = 4;

/**
 * Shorter ones are masked as they are written, not in other case: `PASS` stands in more texts than `pass`. Of a secret of
 * several lines, the same holds for a line: a shorter one (`}`, `EOF`) says nothing.
 */
const LEAST_WORD = 6;

/** Longer patterns are slow to compile: a longer secret is looked for piece by piece. */
const LONGEST_PIECE = 1000;

/** Characters of a secret that are looked for: no key is longer, and whoever names a log as one must not wait for it. */
const LONGEST_SECRET = 1 << 14;

/** Begins and ends a key in a file, and is known to everybody. */
const PEM_BOUNDARY = /^-----(?:BEGIN|END) [\w ]+-----$/;

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base64 of this length may be broken into lines (RFC 2045 §6.8: 76 characters, RFC 7468 §2: 64). */
const MAY_WRAP = 40;

/** `%`, itself perhaps encoded again: `%2F`, `%252F`, `%25252F`. */
const PERCENT = '%(?:25){0,2}';

/** What stands before each octet of a dump in hexadecimal digits, or of a text whose every sign is encoded. */
const BEFORE_OCTETS = ['', ':', ' ', '-', '%', '%25', '\\x', '\\\\x'];

/** One way of writing a secret. */
export interface SecretForm {
  /** The source of a regular expression whose time is proportional to the text; made when it is wanted. */
  readonly pattern: () => string;
  /** Letters and digits of which one lot stands, in some case, wherever the form does; none: nothing is that plain. */
  readonly anchors: readonly string[];
}

/** Shell quotes for a single quote within single quotes; twice for the shell of an SSH server. */
const inQuotes = (text: string): string => text.replaceAll("'", `'\\''`);

const literally = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);

const octetsOf = (text: string): number[] => [...Buffer.from(text)];

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0');

const anyHexCase = (digits: string): string =>
  digits.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);

/** How some signs are written in JSON, XML and shells, beside their codes. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  '"': [String.raw`\\{0,7}"`, '&(?:amp;)?quot;'],
  "'": [
    ...[inQuotes(inQuotes("'")), inQuotes("'")]
      .flatMap((quoted) => [quoted.replaceAll('\\', '\\\\'), quoted])
      .map(literally),
    String.raw`\\{0,2}'`,
    '&(?:amp;)?apos;',
  ],
  '&': ['&(?:amp;){0,2}'],
  '<': [String.raw`\\?<`, '&(?:amp;)?lt;'],
  '>': [String.raw`\\?>`, '&(?:amp;)?gt;'],
  '/': [String.raw`\\{0,2}\/`],
  ' ': [String.raw`\\? `, String.raw`\+`, `${PERCENT}2[bB]`],
  '\n': [String.raw`\r?\n`, String.raw`(?:\\{1,4}r)?\\{1,4}n`, `${PERCENT}0[dD]${PERCENT}0[aA]`],
  '\r': [String.raw`\r`, String.raw`\\{1,4}r`],
  '\t': [String.raw`\t`, String.raw`\\{1,4}t`],
};

/** A letter in either case; a case of two letters (`ß`, `SS`) is none. */
const letterPattern = (letter: string, anyCase: boolean): string => {
  const cases = [letter, letter.toLowerCase(), letter.toUpperCase()];
  const same = [...new Set(cases)].filter((each) => each.length === letter.length);
  return anyCase && same.length > 1 ? `(?:${same.join('|')})` : literally(letter);
};

/** A sign that some notation has to escape, in every notation that may be around it. */
const signPattern = (sign: string, anyCase: boolean): string => {
  const code = sign.codePointAt(0) ?? 0;
  const units = Array.from({ length: sign.length }, (_, at) => hex(sign.charCodeAt(at), 4));
  const escape = code < 0x80 ? String.raw`\\?` : '';
  const ways = [
    ...(NAMES[sign] ?? [escape + letterPattern(sign, anyCase)]),
    octetsOf(sign)
      .map((octet) => PERCENT + anyHexCase(hex(octet, 2)))
      .join(''),
    units.map((unit) => String.raw`\\{1,4}u${anyHexCase(unit)}`).join(''),
    `&(?:amp;)?#(?:0{0,5}${code}|[xX]0{0,5}${anyHexCase(hex(code, 0))});`,
  ];
  return `(?:${ways.join('|')})`;
};

/**
 * A run of backslashes or of single quotes is one piece: notations put more of them in between, and one by one they could be
 * told apart in many ways.
 */
const runPattern = (run: string): string => {
  const count = run.length;
  return run.startsWith('\\')
    ? String.raw`(?:\\{${count},${Math.max(count + 8, Math.min(8 * count, 32))}}|(?:${PERCENT}5[cC]|&#92;){${count}})`
    : String.raw`(?:['\\]{${count},${count + 72}}|(?:${PERCENT}27|&(?:amp;)?(?:apos|#39|#x27);){${count}})`;
};

const CASED = Object.fromEntries(
  Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => [letter, `[${letter}${letter.toUpperCase()}]`]),
);

/** As it is, or as shells, JSON, XML, URLs and forms write it. */
const textPattern = (text: string): string => {
  const anyCase = text.length >= LEAST_WORD;
  return Array.from(text.matchAll(/\\+|'{2,}|./gsu), ([piece]) => {
    if (/^(?:\\+|'{2,})$/.test(piece)) return runPattern(piece);
    if (!/^[A-Za-z0-9]$/.test(piece)) return signPattern(piece, anyCase);
    return (anyCase ? CASED[piece.toLowerCase()] : undefined) ?? piece;
  }).join('');
};

const textForm = (text: string): SecretForm => {
  const [longest = ''] = (text.match(/[A-Za-z0-9]+/g) ?? []).sort((a, b) => b.length - a.length);
  return { pattern: () => textPattern(text), anchors: longest.length < LEAST_SECRET ? [] : [longest] };
};

const hexForms = (octets: readonly number[]): SecretForm[] => {
  const digits = octets.map((octet) => hex(octet, 2));
  return BEFORE_OCTETS.map((before) => ({
    pattern: () =>
      (/[:\s-]/.test(before) ? '' : literally(before)) + digits.map(anyHexCase).join(literally(before)),
    anchors: [digits.slice(0, 8).join(before)],
  }));
};

const base64Sign = (sign: string): string => {
  if (sign === '+') return `(?:[+-]|${PERCENT}2[bB])`;
  return sign === '/' ? String.raw`(?:\\{0,2}\/|_|${PERCENT}2[fF])` : sign;
};

/** Two neighbours for what may be broken into lines: a break is in one of them at most. The longest there are. */
const base64Anchors = (text: string, wraps: boolean): string[] => {
  const runs = text.match(/[A-Za-z0-9]{4,8}/g) ?? [];
  const length = (at: number): number =>
    Math.min(runs[at]?.length ?? 0, (wraps ? runs[at + 1]?.length : runs[at]?.length) ?? 0);
  const best = runs.reduce((most, _run, at) => (length(at) > length(most) ? at : most), 0);
  return runs.slice(best, best + (wraps ? 2 : 1));
};

/**
 * What base64 makes of the octets where `before` octets of something else come first: only signs that hold nothing of
 * the neighbours, and the last one as far as it is known.
 */
const base64Form = (octets: readonly number[], before: 0 | 1 | 2): SecretForm => {
  const text = Buffer.from([...Array.from({ length: before }, () => 0), ...octets]).toString('base64');
  const bits = (before + octets.length) * 8;
  const end = Math.floor(bits / 6);
  const whole = text.slice(Math.ceil((before * 8) / 6), end);
  const wraps = whole.length >= MAY_WRAP;
  const pattern = (): string => {
    const open = 6 - (bits % 6);
    const from = BASE64.indexOf(text[end] ?? 'A');
    const last = Array.from(BASE64.slice(from, from + (1 << open)), base64Sign);
    const body = Array.from(whole, base64Sign).join(wraps ? String.raw`\s{0,2}` : '');
    return `${body}${open === 6 ? '' : `(?:${last.join('|')})`}={0,2}`;
  };
  return { pattern, anchors: base64Anchors(whole, wraps) };
};

/** The secret, and each line of it; with its letters as they may be composed, without the blanks around it. */
const partsOf = (whole: string): string[] => {
  const secret = whole.slice(0, LONGEST_SECRET);
  const lines = secret.split(/[\r\n]+|\\n/).map((line) => line.trim());
  const own = lines.filter((line) => line.length >= LEAST_WORD && !PEM_BOUNDARY.test(line));
  const long = (lines.length === 1 ? [secret] : own).flatMap((line) =>
    line.length > LONGEST_PIECE ? (line.match(/.{6,1000}/gsu) ?? []) : [],
  );
  return [secret, secret.trim(), ...(lines.length === 1 ? [] : own), ...long]
    .flatMap((part) => [part, part.normalize('NFC'), part.normalize('NFD')])
    .filter(({ length }) => length >= LEAST_SECRET && length <= LONGEST_PIECE);
};

/** Letters that other case makes two of (`ß`) are no single sign any more. */
const casesOf = (text: string): string[] =>
  text.length < LEAST_WORD
    ? [text]
    : [text, ...[text.toUpperCase(), text.toLowerCase()].filter((other) => other.length !== text.length)];

/** Every form of some secrets, the longest secret first: one may be the beginning of another. */
export const formsOf = (secrets: Iterable<string>): SecretForm[] => {
  const parts = [...new Set([...secrets].flatMap(partsOf))].sort((a, b) => b.length - a.length);
  return parts.flatMap((part) => {
    const octets = octetsOf(part);
    return [
      ...casesOf(part).map(textForm),
      ...hexForms(octets),
      ...([0, 1, 2] as const).map((before) => base64Form(octets, before)),
    ];
  });
};
