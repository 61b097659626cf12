import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadScenario } from '../../../src/scenario/load.js';
import { planTime, describePlan } from '../../../src/scenario/words.js';
import { scenarioJsonSchema } from '../../../src/scenario/schema.js';

const root = join(import.meta.dirname, '../../../scenarios');
const shipped = readdirSync(join(root, 'lab')).filter((name) => name.endsWith('.yaml'));

/** Made for many short trials: their comments say so. */
const QUICK = /^(vrrp-timer-|cloud-ip-quick)/;

test.each(shipped)('%s loads without a warning, and its plan is the recorded one', async (name) => {
  const file = join(root, 'lab', name);
  const { scenario, warnings } = await loadScenario(file, { env: {} });
  expect(warnings.filter((text) => !(QUICK.test(name) && text.startsWith('trial.steady:')))).toEqual([]);
  expect(readFileSync(file, 'utf8').split('\n')[0]).toBe('# yaml-language-server: $schema=../schema.json');
  await expect(describePlan(scenario)).toMatchFileSnapshot(join('plans', `${name.replace('.yaml', '')}.txt`));
});

test('four trials of vrrp-crash are planned for less than three minutes', async () => {
  const { scenario } = await loadScenario(join(root, 'lab/vrrp-crash.yaml'), { env: {} });
  expect(scenario.trial.repeat).toBe(4);
  expect(planTime(scenario).typical_ns).toBeLessThan(180e9);
});

test('scenarios/schema.json is what "seqgap check --schema" prints', () => {
  expect(JSON.parse(readFileSync(join(root, 'schema.json'), 'utf8'))).toEqual(scenarioJsonSchema());
});

/** Paths of the properties without a description, and the number of all, at any depth. */
const undescribed = (schema: unknown, path = ''): { missing: string[]; all: number } => {
  const found = { missing: [] as string[], all: 0 };
  if (typeof schema !== 'object' || schema === null) return found;
  for (const [key, value] of Object.entries(schema)) {
    const deeper = undescribed(value, `${path}/${key}`);
    found.missing.push(...deeper.missing);
    found.all += deeper.all;
    if (key !== 'properties') continue;
    const own = Object.entries(value as Record<string, { description?: string }>);
    found.missing.push(...own.filter(([, each]) => !each.description).map(([name]) => `${path}/${name}`));
    found.all += own.length;
  }
  return found;
};

test('every key has a description in the schema', () => {
  const { missing, all } = undescribed(scenarioJsonSchema());
  expect(missing).toEqual([]);
  expect(all).toBeGreaterThan(60);
});
