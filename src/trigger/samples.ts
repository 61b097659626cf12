import { isDeepStrictEqual } from 'node:util';
import { isOff, passes, readCount, readRole } from './extract.js';
import type { Check, Driver, Sample } from './schema.js';

export interface SampleFailure {
  readonly driver: string;
  /** 1-based position among the driver's samples; null: a part of the driver that no sample covers. */
  readonly sample: number | null;
  readonly of: string;
  readonly problem: string;
}

type Reader = (output: string) => Sample['expect'];

const checkReader =
  (check: Pick<Check, 'extract' | 'good'>): Reader =>
  (output) => ({ passes: passes(check, output) });

/** Everything in a driver that reads an answer, by the name that samples use for it. */
const readersOf = (driver: Driver): Map<string, Reader> => {
  const readers = new Map<string, Reader>();
  const { role, sync } = driver;
  if (role) readers.set('role', (output) => readRole(role, output));
  if (sync !== undefined && 'good' in sync) readers.set('sync', checkReader(sync));
  else if (sync !== undefined) {
    readers.set('sync.active', (output) => ({ count: readCount(sync.active, output) }));
    readers.set('sync.standby', (output) => ({ count: readCount(sync.standby, output) }));
    if (sync.off !== undefined) readers.set('sync.off', (output) => ({ passes: isOff(sync, output) }));
  }
  driver.ready.forEach((check, index) => readers.set(`ready.${index}`, checkReader(check)));
  driver.leftover.forEach((check, index) => readers.set(`leftover.${index}`, checkReader(check)));
  for (const [name, { undo }] of Object.entries(driver.actions))
    if (typeof undo !== 'string') readers.set(`undo.${name}`, checkReader(undo.done));
  return readers;
};

/** Runs a driver's samples through its own extraction. Every reader needs a sample. Empty: all is well. */
export const checkSamples = (driver: Driver): SampleFailure[] => {
  const readers = readersOf(driver);
  const failures = driver.samples.flatMap(({ of, output, expect }, index): SampleFailure[] => {
    const failure = (problem: string): SampleFailure[] => [
      { driver: driver.name, sample: index + 1, of, problem },
    ];
    const reader = readers.get(of);
    if (reader === undefined)
      return failure(`nothing of that name; there are ${[...readers.keys()].join(', ')}`);
    const got = reader(output);
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
