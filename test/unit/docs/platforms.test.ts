import { describe, expect, test } from 'vitest';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import { names, page, section } from './markdown.js';

const text = page('platforms.md');
const drivers = [...(await loadDrivers()).values()]
  .filter(({ name }) => !/^lab(?:-|$)/.test(name))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

const KINDS = [
  ['program', 'The real program'],
  ['outputs', 'Printed outputs'],
  ['documents', 'Documents'],
] as const;

describe('what each driver was held against is what the drivers say', () => {
  const said = section(text, '## What each was held against').replaceAll(/\s+/g, ' ');

  test.each(KINDS)('%s', (kind, words) => {
    const held = drivers
      .filter(({ tested }) => tested.some(({ by }) => by === kind))
      .map(({ name }) => `\`${name}\``);
    expect(said).toContain(`- **${words}**: ${held.join(', ')} -`);
  });

  test('nothing', () => {
    const silent = drivers.flatMap(({ name, tested }) => (tested.length === 0 ? [`\`${name}\``] : []));
    expect(said.split('- **Nothing said**: ')[1]?.trimEnd()).toBe(silent.join(', '));
  });
});

/** Drivers that tell a role; the others are in power.md. */
const platforms = drivers.filter(({ role }) => role !== undefined);

describe('every driver with a role has a row, and its traps where they are printed', () => {
  const summary = names(section(text, '# Firewalls')).flatMap((cell) => cell.split(', '));
  test.each(platforms.map((driver) => [driver.name, driver] as const))('%s', (name, driver) => {
    expect(summary).toContain(name);
    expect(driver.notes).not.toEqual([]);
  });
});
