import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import type { Driver, Sample } from '../../trigger/driver/schema.js';
import type { Examined } from '../../trigger/ask/examine.js';
import { sampleOf } from '../../trigger/ask/mask.js';
import { readersOf } from '../../trigger/ask/readers.js';

/** What was seen of devices, as `seqgap drivers test` reads it. */
export interface SamplesFile {
  readonly text: string;
  readonly count: number;
  /** Samples that are read otherwise than the answer was, since something was masked. */
  readonly changed: readonly string[];
}

const NOTE = (
  version: string,
): string => ` Answers of a device as a driver of seqgap ${version} reads them. Where \`expect\` is not what is right, write
 what is: "seqgap drivers test THIS-FILE" then says what is read instead. Secrets are masked, the digits of the
 node's own serial number and its address are others; addresses and names of other devices are not: look through
 it before you send it.`;

/** @param mask what is taken out of answers and parameters */
export const samplesOf = (
  driver: Driver,
  all: readonly Examined[],
  { mask, version }: { readonly mask: (text: string) => string; readonly version: string },
): SamplesFile => {
  const readers = readersOf(driver);
  const samples: Sample[] = [];
  const changed: string[] = [];
  for (const { answer, readings } of all)
    for (const reading of readings) {
      const reader = readers.get(reading.of);
      const { expect } = reading;
      if (answer === null || expect === null || reader === undefined) continue;
      const found = sampleOf(reading, answer, reader, mask);
      if (found === null || samples.some((sample) => isDeepStrictEqual(sample, found.sample))) continue;
      samples.push(found.sample);
      if (!found.same(expect)) changed.push(reading.of);
    }
  const document = {
    driver: driver.name,
    samples: samples.map(({ with: values, ...sample }) => ({
      of: sample.of,
      ...(Object.keys(values).length === 0 ? {} : { with: values }),
      output: sample.output,
      expect: sample.expect,
    })),
  };
  const text = stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
  const comment = NOTE(version)
    .split('\n')
    .map((line) => `#${line}\n`)
    .join('');
  return { text: `${comment}${text}`, count: samples.length, changed };
};
