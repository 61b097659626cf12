import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { killsTable, type Kills } from '../../../bench/kills-table.js';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import { page, rows, section } from './markdown.js';

const bench = join(import.meta.dirname, '../../../bench');
const recorded = JSON.parse(readFileSync(join(bench, 'kills.json'), 'utf8')) as Kills;
const counted = rows(killsTable(recorded));

test('the table of kills is the one that was recorded', () => {
  const readme = readFileSync(join(bench, 'README.md'), 'utf8');
  expect(rows(section(readme, '## kills.mjs: runs that are killed at random instants'))).toEqual(counted);
});

test('what docs/safety.md says of all kills is its last row', () => {
  const [, alone, withWatchdog, lab, well] = counted.at(-1) ?? [];
  const said = section(page('safety.md'), '## Killed in any phase').replaceAll('\n', ' ');
  expect(said).toContain(`${well} ended well, ${alone} of the run alone`);
  expect(said).toContain(`${withWatchdog} with its watchdog (\`seqgap restore\` does), ${lab} in a lab`);
});

test('the drivers that cannot say who a node is are those without an identity', async () => {
  const silent = [...(await loadDrivers()).values()]
    .filter(({ name, role, identity }) => role && identity === undefined && !name.startsWith('lab'))
    .map(({ name }) => `\`${name}\``)
    .toSorted();
  const said = section(page('safety.md'), '## Another device').replaceAll('\n', ' ');
  expect(said).toContain(`has no \`identity\` (${silent.join(', ')})`);
});
