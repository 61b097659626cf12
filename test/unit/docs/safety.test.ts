import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { killsTable, type Kills } from '../../../bench/kills-table.js';
import { page, rows, section } from './markdown.js';

const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../bench/kills.json'), 'utf8'),
) as Kills;

test('the table of kills is the one that was recorded', () => {
  const counted = rows(killsTable(recorded));
  const written = rows(section(page('safety.md'), '## Killed in any phase'));
  expect(written.slice(-counted.length)).toEqual(counted);
});
