import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import yargs from 'yargs';
import { checkCommand } from '../../../src/cli/check.js';
import { EXIT } from '../../../src/model/error.js';
import { forgetSecrets } from '../../../src/model/secret.js';
import { scenarioJsonSchema } from '../../../src/scenario/schema.js';
import { MINIMAL, written } from './written.js';

let out = '';
let errors = '';

beforeEach(() => {
  [out, errors] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((out += String(text))));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((errors += String(text))));
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  forgetSecrets();
  process.exitCode = undefined;
});

const check = async (...words: string[]): Promise<unknown> =>
  yargs(['check', ...words])
    .command(checkCommand)
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new Error(message);
    })
    .parseAsync();

describe('seqgap check', () => {
  test('says the plan and its warnings, and succeeds', async () => {
    await check(await written(MINIMAL));
    expect(out).toMatch(/^minimal\n {2}version unversioned\n/);
    expect(out).toMatch(/\nwarning: no control stream/);
    expect(errors).toBe('');
    expect(process.exitCode).toBeUndefined();
  });

  test('checks every file, says all problems, and fails with 64', async () => {
    const good = await written(MINIMAL);
    const bad = await written(MINIMAL.replace('every', 'evry').replace('action', 'acton'));
    await check(bad, good, `${good}.none`);
    expect(out).toMatch(/^minimal\n/);
    expect(errors).toBe(
      `${bad}:4:45: streams[0].evry: unknown key; did you mean "every"?\n` +
        `${bad}:5:12: trigger.acton: unknown key; did you mean "action"?\n` +
        `${good}.none: no such file\n  → name a scenario, see scenarios/lab\n`,
    );
    expect(process.exitCode).toBe(EXIT.usage);
  });

  test('--json has the plan as resolved, or the problems with their places', async () => {
    const good = await written(MINIMAL);
    const bad = await written(MINIMAL.replace('every: 10ms', 'every: 10'));
    await check('--json', good, bad);
    const document = JSON.parse(out) as { format: number; scenarios: unknown[] };
    expect(document.format).toBe(1);
    expect(document.scenarios).toMatchObject([
      { file: good, valid: true, problems: [], error: null, scenario: { name: 'minimal' } },
      {
        file: bad,
        valid: false,
        max_s: null,
        scenario: null,
        problems: [{ file: bad, line: 4, column: 52, path: 'streams[0].every', message: expect.any(String) }],
      },
    ]);
    expect(process.exitCode).toBe(EXIT.usage);
  });

  test('no output has a secret, even one that looks like a number', async () => {
    vi.stubEnv('FW_PASSWORD', '1000');
    vi.stubEnv('FW_KEY', 'hunter2');
    const file = await written(`${MINIMAL}nodes:
  fw-a:
    driver: panos
    ssh: { host: fw-a, user: root, password: '\${env:FW_PASSWORD}' }
    params: { api-key: 'key \${env:FW_KEY}' }
`);
    await check('--json', file);
    expect(JSON.parse(out)).toMatchObject({
      scenarios: [{ scenario: { nodes: [{ ssh: { password: '***' }, params: { 'api-key': 'key ***' } }] } }],
    });
    await check(file);
    expect(out + errors).not.toContain('hunter2');
  });

  test('--schema prints the JSON Schema and needs no scenario', async () => {
    await check('--schema');
    expect(JSON.parse(out)).toEqual(scenarioJsonSchema());
  });

  test('without a scenario it says what it needs', async () => {
    await expect(check()).rejects.toMatchObject({ message: 'no scenario to check', exitCode: EXIT.usage });
  });
});
