import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeFilePair, privileged, runPair, type FilePair } from './file-pair.js';

/** Of letters that JSON, URLs and shells each write in their own way. */
const CANARY = 'c4n4ry "and\\ its & cage';

let pair: FilePair;
afterEach(async () => {
  delete process.env['SEQGAP_CANARY'];
  await pair.remove();
});

/** The action looks for the secret in every command line of the host, then fails with the secret on its lips. */
const DRIVER = `
name: vault
title: A pair behind a vault
about: every command has the secret in its environment
transport: exec
params:
  dir: { about: folder of the files }
  token: { about: the secret, secret: true }
exec: { env: { VAULT_TOKEN: '{{token}}' } }
role:
  run: [cat, '{{dir}}/{{node}}.role']
  extract: { regex: '^(\\w+)$' }
  words: { active: active, standby: standby }
actions:
  switchover:
    about: fails, and says why
    run: [[sh, '{{dir}}/leak.sh']]
    undo:
      about: nothing to put back
      done: { run: [echo, fine], extract: { regex: '(.*)' }, good: [fine] }
      run: [[sh, '{{dir}}/leak.sh']]
    confirm: { node: [standby], peer: [active] }
samples:
  - { of: role, output: active, expect: { role: active, raw: active } }
`;
const LEAK = `
cd "$(dirname "$0")"
printf '%s' "$VAULT_TOKEN" >canary
grep -lF -f canary /proc/[0-9]*/cmdline >command-lines
rm canary
echo "login refused for $VAULT_TOKEN" >&2
exit 7
`;

const filesIn = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
};

describe.runIf(privileged)('a secret (needs root)', () => {
  it('is in no command line, no file of a run, and nothing that is printed, with --debug neither', async () => {
    pair = await makeFilePair({});
    await pair.write('drivers/vault.yaml', DRIVER);
    await pair.write('leak.sh', LEAK);
    const scenario = (await pair.read('scenario.yaml'))
      .replaceAll('driver: file', 'driver: vault')
      .replaceAll(
        `params: { dir: ${pair.dir} }`,
        `params: { dir: ${pair.dir}, token: '\${env:SEQGAP_CANARY}' }`,
      );
    await pair.write('scenario.yaml', scenario);
    process.env['SEQGAP_CANARY'] = CANARY;
    const { code, stdout, stderr } = await runPair(pair, ['--json', '--debug']);
    expect(code).toBe(2);
    // It was there, or nothing is shown by what follows.
    expect(stderr).toContain('login refused for ***');
    const lines = [
      `node fw-a > this host: cat ${pair.dir}/fw-a.role`,
      'node fw-a < ended with 0 after',
      'node fw-a | active',
      'node fw-a ! login refused for ***',
    ];
    for (const line of lines) expect(stderr).toContain(`Z ${line}`);
    expect(await pair.read('command-lines')).toBe('');
    const forms = [CANARY, JSON.stringify(CANARY).slice(1, -1), encodeURIComponent(CANARY), 'c4n4ry'];
    const shown = [stdout, stderr];
    const files = await filesIn(pair.out);
    expect(files.map((file) => file.split('/').at(-1))).toEqual(
      expect.arrayContaining(['run.json', 'events.jsonl', 'undo.jsonl', 'summary.md']),
    );
    for (const file of files) shown.push(await readFile(file, 'latin1'));
    for (const form of forms) expect(shown.filter((text) => text.includes(form))).toEqual([]);
  });

  it('may not stand in the scenario where the driver calls it one', async () => {
    pair = await makeFilePair({});
    await pair.write('drivers/vault.yaml', DRIVER);
    const scenario = (await pair.read('scenario.yaml'))
      .replaceAll('driver: file', 'driver: vault')
      .replaceAll(`params: { dir: ${pair.dir} }`, `params: { dir: ${pair.dir}, token: written-out }`);
    await pair.write('scenario.yaml', scenario);
    const { code, stderr } = await runPair(pair);
    expect(code).toBe(64);
    expect(stderr).toContain(
      'node fw-a: the parameter "token" is a secret and may not stand in the scenario',
    );
    expect(stderr).not.toContain('written-out');
  });
});
