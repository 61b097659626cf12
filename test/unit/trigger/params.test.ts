import { expect, test } from 'vitest';
import { EXIT } from '../../../src/model/error.js';
import { findDriver, loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import { paramValues } from '../../../src/trigger/driver/params.js';

const generic = findDriver(await loadDrivers(), 'generic-ssh', 'test');
const values = (given: Readonly<Record<string, string>>) =>
  paramValues(generic, 'node fw-a', { role: 'echo active', ...given });

test('an undo that nothing would see the need of is refused', () =>
  expect(() => values({ undo: 'start' })).toThrow(
    expect.objectContaining({
      message: 'node fw-a: the parameter "undo" needs "undone" (prints "ok" if nothing is left behind)',
      exitCode: EXIT.usage,
    }),
  ));

test('an undo with its check, and neither of them, are taken', () => {
  expect(values({ undo: 'start', undone: 'is-up' })).toMatchObject({ undo: 'start', undone: 'is-up' });
  expect(values({})).toMatchObject({ undo: 'true', undone: 'echo ok' });
});
