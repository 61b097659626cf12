import { describe, expect, test } from 'vitest';
import { loadDrivers } from '../../../src/trigger/driver.js';
import type { Driver } from '../../../src/trigger/schema.js';
import { checkSamples } from '../../../src/trigger/samples.js';

const drivers = await loadDrivers();

describe('the samples of every driver give what it says they give', () => {
  test.each([...drivers.values()].map((driver) => [driver.name, driver] as const))('%s', (_, driver) => {
    expect(checkSamples(driver)).toEqual([]);
  });
});

/** Every way to break one pattern or one word of a driver, with where it is. */
const mutants = (driver: Driver): [string, Driver][] => {
  const found: [string, Driver][] = [];
  const walk = (value: unknown, path: readonly string[]): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const here = [...path, key];
      if (key === 'samples') continue;
      if (key === 'regex' || key === 'jmespath' || key === 'off')
        found.push([here.join('.'), changed(driver, here, 'x{9}')]);
      else if (path.at(-1) === 'words') found.push([here.join('.'), changed(driver, here, undefined)]);
      else walk(inner, here);
    }
  };
  walk(driver, []);
  return found;
};

const changed = (driver: Driver, path: readonly string[], value: string | undefined): Driver => {
  const copy = structuredClone(driver);
  const [last = '', ...above] = path.toReversed();
  const holder = above
    .toReversed()
    .reduce(
      (inner, key) => inner[key] as Record<string, unknown>,
      copy as unknown as Record<string, unknown>,
    );
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return copy;
};

describe('breaking any one pattern or word of a driver makes its samples fail', () => {
  const all = [...drivers.values()].flatMap((driver) =>
    mutants(driver).map(([where, mutant]) => [`${driver.name} ${where}`, mutant] as const),
  );
  test.each(all)('%s', (_, mutant) => expect(checkSamples(mutant)).not.toEqual([]));
});

describe('checkSamples', () => {
  const keepalived = drivers.get('keepalived');
  if (keepalived?.role === undefined) throw new Error('keepalived has a role');

  test('fails when a pattern is broken', () => {
    const broken = { ...keepalived, role: { ...keepalived.role!, extract: [{ jmespath: '[].data.stat' }] } };
    expect(checkSamples(broken).map(({ of }) => of)).toContain('role');
  });

  test('fails when a word is mapped wrongly', () => {
    const words = { ...keepalived.role!.words, '2': { role: 'standby' as const, word: 'MASTER' } };
    const failures = checkSamples({ ...keepalived, role: { ...keepalived.role!, words } });
    expect(failures[0]).toMatchObject({ sample: 1, of: 'role' });
    expect(failures[0]?.problem).toContain('got {"role":"standby","raw":"MASTER"}');
  });

  test('names what has no sample, and samples of nothing', () => {
    const [first] = keepalived.samples;
    const failures = checkSamples({ ...keepalived, samples: [{ ...first!, of: 'rolle' }] });
    expect(failures.find(({ of }) => of === 'rolle')?.problem).toContain('there are role, sync.active');
    expect(failures.find(({ of }) => of === 'leftover.0')).toMatchObject({
      sample: null,
      problem: 'has no sample',
    });
  });
});
