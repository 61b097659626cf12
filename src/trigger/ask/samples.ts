import { isDeepStrictEqual } from 'node:util';
import { KnownError } from '../../model/error.js';
import type { Driver, Sample } from '../driver/schema.js';
import type { TemplateValues } from '../transport/template.js';
import { extractWords, placesOfWords } from './extract.js';
import { readersOf, type Reader } from './readers.js';

export interface SampleFailure {
  readonly driver: string;
  /** 1-based position among the driver's samples; null: a part of the driver that no sample covers. */
  readonly sample: number | null;
  readonly of: string;
  readonly problem: string;
}

/** Placeholders in patterns: what the sample gives, else the driver's defaults. */
const valuesOf = (driver: Driver, sample: Sample): TemplateValues => ({
  ...Object.fromEntries(
    Object.entries(driver.params).flatMap(([name, { default: preset }]) =>
      preset === undefined ? [] : [[name, preset]],
    ),
  ),
  node: 'node',
  host: 'host',
  ...sample.with,
});

/** A placeholder without a value is a mistake in the sample. */
const readOrSay = ({ read }: Reader, output: string, values: TemplateValues): Sample['expect'] | string => {
  try {
    return read(output, values);
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return `${error.message}; give it under \`with\``;
  }
};

/** Runs a driver's samples through its own extraction. Every reader needs a sample. Empty: all is well. */
export const checkSamples = (driver: Driver): SampleFailure[] => {
  const readers = readersOf(driver);
  const failures = driver.samples.flatMap((sample, index): SampleFailure[] => {
    const { of, output, expect } = sample;
    const failure = (problem: string): SampleFailure[] => [
      { driver: driver.name, sample: index + 1, of, problem },
    ];
    const reader = readers.get(of);
    if (reader === undefined)
      return failure(`nothing of that name; there are ${[...readers.keys()].join(', ')}`);
    const got = readOrSay(reader, output, valuesOf(driver, sample));
    if (typeof got === 'string') return failure(got);
    return isDeepStrictEqual(got, expect)
      ? []
      : failure(`expected ${JSON.stringify(expect)}, got ${JSON.stringify(got)}`);
  });
  const covered = new Set(driver.samples.map(({ of }) => of));
  const missing = [...readers.keys()].filter((name) => !covered.has(name));
  return [
    ...failures,
    ...missing.map((of) => ({ driver: driver.name, sample: null, of, problem: 'has no sample' })),
  ];
};

/** One more of the same kind beside a word makes another word of it. */
const MORE: readonly (readonly [RegExp, string])[] = [
  [/[a-z]/i, 'x'],
  [/\d/, '7'],
];

const moreOf = (character: string | undefined): string =>
  MORE.find(([kind]) => kind.test(character ?? ''))?.[1] ?? '';

/** The words of a sample that are read as if they were others, since a pattern begins or stops inside them. */
const cutWords = ({ words }: Reader, output: string, values: TemplateValues, whole: boolean): string[] => {
  if (words === null) return [];
  const { rules, edges } = words;
  const plain = output.replaceAll('\r\n', '\n');
  const found = extractWords(rules, plain, values, edges);
  return placesOfWords(rules, plain, values).flatMap(([start, end]) => {
    const word = plain.slice(start, end);
    const longer = [`${word}${moreOf(word.at(-1))}`, `${moreOf(word.at(0))}${word}`];
    // Serial numbers and ids have dashes.
    if (whole) longer.push(`${word}-7`);
    return longer.filter((other) => {
      const changed = `${plain.slice(0, start)}${other}${plain.slice(end)}`;
      return other !== word && isDeepStrictEqual(extractWords(rules, changed, values, edges), found);
    });
  });
};

/**
 * A pattern that takes a part of a word for the whole reads `ABC1` where the device says `ABC12`. Each word that is found in a
 * sample is made longer by a character: it must then be read as another.
 */
export const checkWords = (driver: Driver): SampleFailure[] => {
  const readers = readersOf(driver);
  return driver.samples.flatMap((sample, index): SampleFailure[] => {
    const reader = readers.get(sample.of);
    if (reader === undefined) return [];
    try {
      const [cut] = cutWords(reader, sample.output, valuesOf(driver, sample), sample.of === 'identity');
      if (cut === undefined) return [];
      const problem = `a pattern stops inside a word: with ${JSON.stringify(cut)} in its place the same is read`;
      return [{ driver: driver.name, sample: index + 1, of: sample.of, problem }];
    } catch (error) {
      // A placeholder without a value is told by checkSamples.
      if (error instanceof KnownError) return [];
      throw error;
    }
  });
};
