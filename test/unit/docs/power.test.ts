import { describe, expect, test } from 'vitest';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import { page, rows, section } from './markdown.js';

/** Drivers that only act: they are named under `power:` of a node. The lab's is told in docs/lab.md. */
const powerDrivers = [...(await loadDrivers()).values()].filter(
  ({ name, role }) => role === undefined && name !== 'lab',
);

const written = rows(section(page('power.md'), '## What each sends'));

/** The actions that a cell names, such as `stop-force`. */
const actionsIn = (cell = ''): string[] =>
  [...cell.matchAll(/`((?:stop|reboot|crash)(?:-[a-z]+)?)`/g)].map(([, action = '']) => action).toSorted();

describe('every power driver has a row of what it needs, and what it does gracefully and abruptly', () => {
  test.each(powerDrivers.map((driver) => [driver.name, driver] as const))('%s', (name, driver) => {
    const [row, ...others] = written.filter(([first]) => first === `\`${name}\``);
    expect(others).toEqual([]);
    const [, needs, graceful, abrupt] = row ?? [];
    expect(needs).not.toBe('');
    const actions = Object.entries(driver.actions);
    const sorted = (wanted: boolean): string[] =>
      actions.flatMap(([action, spec]) => (spec.abrupt === wanted ? [action] : [])).toSorted();
    expect(actionsIn(graceful)).toEqual(sorted(false));
    expect(actionsIn(abrupt)).toEqual(sorted(true));
  });
});
