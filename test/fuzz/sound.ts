/** What was found; its message says what does not hold. */
export class Finding extends Error {}

export const expectThat = (holds: boolean, otherwise: string): void => {
  if (!holds) throw new Finding(otherwise);
};

/** Every number in a document is one; lengths of time are not negative, and bounds are in order. */
export const expectSound = (value: unknown, path = '$'): void => {
  if (typeof value === 'number') expectThat(Number.isFinite(value), `${path} is ${value}`);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) expectSound(inner, `${path}.${key}`);
  expectBounds(value as Readonly<Record<string, unknown>>, path);
};

const LENGTHS = [
  'lo_s',
  'outage_s',
  'hi_s',
  'longest_lo_s',
  'longest_s',
  'longest_hi_s',
  'total_s',
  'span_s',
  'silence_s',
];
const BOUNDS = [
  ['lo_s', 'outage_s', 'hi_s'],
  ['longest_lo_s', 'longest_s', 'longest_hi_s'],
] as const;
/** Rounding of doubles, where instants are of years. */
const SLACK_S = 1e-3;

const expectBounds = (row: Readonly<Record<string, unknown>>, path: string): void => {
  const number = (key: string): number | null => {
    const value = row[key];
    return typeof value === 'number' ? value : null;
  };
  for (const key of LENGTHS) {
    const length = number(key);
    expectThat(length === null || length >= 0, `${path}.${key} is negative: ${length}`);
  }
  for (const keys of BOUNDS) {
    const known = keys.map(number).filter((each) => each !== null);
    for (const [index, each] of known.entries())
      expectThat(
        index === 0 || each >= (known[index - 1] as number) - SLACK_S,
        `${path}: ${keys.join(' ≤ ')} does not hold: ${known.join(', ')}`,
      );
  }
  const [sent, lost, received] = [number('sent'), number('lost'), number('received')];
  if (sent === null || lost === null || received === null) return;
  expectThat(
    lost <= sent && received <= sent && lost >= 0,
    `${path}: sent ${sent}, lost ${lost}, received ${received}`,
  );
};

const STACK = /\n\s+at .*:\d+:\d+/;
// What a schema says of a value that is missing, `received undefined`, is none of them.
const ODD = /(?<!received )(?<![\w"'/.-])(?:NaN|Infinity|undefined|\[object Object\])(?![\w"'/.-])/g;

/** Words for a person: no stack, and no value that is none, unless the input said so itself and is quoted. */
export const expectWords = (text: string, from: string, given: Buffer): void => {
  const bug = text.includes('this is a bug') || (STACK.test(text) && !STACK.test(given.toString('latin1')));
  expectThat(!bug, `${from}: a stack: ${text.slice(0, 4000)}`);
  for (const { 0: word, index } of text.matchAll(ODD)) {
    if (given.toString('latin1').replaceAll('\0', '').toLowerCase().includes(word.toLowerCase())) continue;
    expectThat(false, `${from}: ${word} in: ${text.slice(Math.max(0, index - 200), index + 60)}`);
  }
};

/** Control characters but tab and line end, and what a CI would take for a command. */
const ACTS =
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]|^\s*::(?=[a-z])|##(?=vso\[|teamcity\[)/m;

/** What reaches a terminal or a log can be read, and does nothing else. */
export const expectPlain = (text: string, from: string): void => {
  const { 0: what, index } = ACTS.exec(text) ?? { 0: null, index: 0 };
  expectThat(
    what === null,
    `${from}: ${JSON.stringify(what)} in: ${text.slice(Math.max(0, index - 100), index + 60)}`,
  );
};
