import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { EXIT, messageOf } from '../../../src/model/error.js';
import { forgetSecrets } from '../../../src/model/secret.js';
import { loadScenario } from '../../../src/scenario/load.js';
import { ScenarioError } from '../../../src/yaml/problem.js';

/*
 * errors/CASE.yaml is a scenario with mistakes, errors/CASE.txt what is to be said about it. Messages name the
 * file as it was given, so the tests start from the project's folder.
 */
const folder = relative(process.cwd(), join(import.meta.dirname, 'errors'));
const cases = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.slice(0, -'.yaml'.length));

const SECRET = '12:hunter:hunter2';
const env = { SEQGAP_TEST_SECRET: SECRET };

const failure = async (file: string): Promise<unknown> => {
  try {
    return await loadScenario(file, { env });
  } catch (error) {
    return error;
  }
};

afterEach(forgetSecrets);

test.each(cases)('%s', async (name) => {
  const error = await failure(join(folder, `${name}.yaml`));
  if (!(error instanceof ScenarioError)) throw error;
  expect(error.exitCode).toBe(EXIT.usage);
  await expect(`${messageOf(error)}\n`).toMatchFileSnapshot(join('errors', `${name}.txt`));
});

test('no message shows a secret or a part of one', async () => {
  const error = await failure(join(folder, 'secrets.yaml'));
  const shown = `${messageOf(error)}${JSON.stringify(error)}`;
  expect(shown).toContain('***');
  expect(shown).not.toMatch(/hunter/);
});
