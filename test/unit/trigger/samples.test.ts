import { describe, expect, test } from 'vitest';
import { loadDrivers } from '../../../src/trigger/driver.js';
import { checkSamples } from '../../../src/trigger/samples.js';

const drivers = await loadDrivers();

describe('the samples of every driver give what it says they give', () => {
  test.each([...drivers.values()].map((driver) => [driver.name, driver] as const))('%s', (_, driver) => {
    expect(checkSamples(driver)).toEqual([]);
  });
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
