import { isDeepStrictEqual } from 'node:util';
import { KnownError } from '../../model/error.js';
import { readersOf, type Reader } from './readers.js';
import type { Driver, Sample } from '../driver/schema.js';
import type { TemplateValues } from '../transport/template.js';

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
const readOrSay = (reader: Reader, output: string, values: TemplateValues): Sample['expect'] | string => {
  try {
    return reader(output, values);
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
