import { describe, expect, test } from 'vitest';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import type { Driver } from '../../../src/trigger/driver/schema.js';
import { names, page, rows, section } from './markdown.js';

const text = page('platforms.md');
const drivers = [...(await loadDrivers()).values()]
  .filter(({ name }) => !/^lab(?:-|$)/.test(name))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

const KINDS = ['program', 'outputs', 'documents'] as const;

/** A row of the table of what a driver was held against, as its own file says. */
const rowOf = ({ name, tested }: Driver): string[] => [
  `\`${name}\``,
  ...KINDS.map((kind) => tested.flatMap(({ by, versions }) => (by === kind ? versions : [])).join(', ')),
];

test('the table of what each driver was held against is what the drivers say', () => {
  const said = section(text, '## What each was held against');
  expect(rows(said)).toEqual(drivers.filter(({ tested }) => tested.length > 0).map(rowOf));
  const silent = /Nothing is said by ([^:]*):/.exec(said)?.[1]?.replaceAll(/\s+/g, ' ');
  expect(silent).toBe(
    drivers.flatMap(({ name, tested }) => (tested.length === 0 ? [`\`${name}\``] : [])).join(', '),
  );
});

/** Drivers that tell a role; the others are in power.md. */
const platforms = drivers.filter(({ role }) => role !== undefined);

describe('every driver with a role has a row and a section', () => {
  const summary = names(section(text, '# Firewalls'));
  test.each(platforms.map(({ name }) => [name]))('%s', (name) => {
    expect(summary).toContain(name);
    expect(text).toMatch(new RegExp(`^## .*\`${name}\``, 'm'));
  });
});
