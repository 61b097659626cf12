import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { forgetSecrets } from '../../../src/model/secret.js';
import { loadScenario } from '../../../src/scenario/load.js';
import { openTrigger } from '../../../src/trigger/control.js';
import { loadDrivers } from '../../../src/trigger/driver.js';

const FOLDER = join(import.meta.dirname, '../../../scenarios');
const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.yaml'),
);
const drivers = await loadDrivers();

afterEach(forgetSecrets);

/** Every `${env:NAME}` that the scenario wants. */
const environment = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/\$\{env:(\w+)\}/g)].map(([, name]) => [name, `value of ${name}`]));

test.each(files)('%s is valid, and every driver has what it asks for', async (name) => {
  const file = join(FOLDER, name);
  const env = environment(readFileSync(file, 'utf8'));
  const { scenario } = await loadScenario(file, { env });
  const control = openTrigger(scenario, {
    drivers,
    clock: systemClock,
    input: process.stdin,
    output: process.stderr,
  });
  await control.close();
  expect(scenario.nodes.length).toBeGreaterThan(1);
});
