import { describe, expect, test } from 'vitest';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import { names, page, section } from './markdown.js';

const text = page('power.md');

/** Drivers that only act: they are named under `power:` of a node. The lab's is told in docs/lab.md. */
const powerDrivers = [...(await loadDrivers()).values()].filter(
  ({ name, role }) => role === undefined && name !== 'lab',
);

describe('every power driver has a section that names what it does and what it needs', () => {
  test.each(powerDrivers.map((driver) => [driver.name, driver] as const))('%s', (name, driver) => {
    const said = section(text, `## ${name}`);
    for (const parameter of Object.keys(driver.params)) expect(said).toContain(`\`${parameter}\``);
    if (name === 'generic-exec') return;
    expect(names(said).toSorted()).toEqual(Object.keys(driver.actions).toSorted());
  });
});
