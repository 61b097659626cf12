import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import yargs from 'yargs';
import { driversCommand } from '../../../src/cli/drivers/command.js';
import { describeDriver } from '../../../src/cli/drivers/text.js';
import { EXIT } from '../../../src/model/error.js';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';

const all = [...(await loadDrivers()).values()];

const BOX = `name: box
title: A box
about: For tests
notes: [not tried on a real box]
transport: shell
shell: { prompt: 'fw>', start: [no pager] }
params:
  unit: { about: its number }
  pass: { about: what opens it, default: '', secret: true }
version: { run: show version, extract: { regex: '^v(\\d\\S*)$' } }
role: { run: show role, extract: { regex: '^(\\w+)$' }, words: { up: active, dn: { role: standby, word: DOWN } } }
guard: { flaps: 3, pause: 60s, about: it locks itself }
actions:
  switchover:
    about: hands over
    versions: { from: '2.1', below: '4' }
    requires: { about: not locked, run: show lock, extract: { regex: 'lock (\\w+)' }, good: ['no'] }
    run: [{ send: 'switch {{unit}}', answers: [{ to: 'sure', say: y }] }]
    undo:
      about: takes it back
      done: { run: show flag, extract: { regex: 'flag (\\w+)' }, good: ['off'], bad: ['on'] }
      run: [unset flag]
    confirm: { node: [standby], peer: [active] }
samples:
  - { of: role, output: up, expect: { role: active, raw: up } }
`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-drivers-'));
  await writeFile(join(folder, 'box.yaml'), BOX);
});
afterAll(() => rm(folder, { recursive: true }));

let out = '';
beforeEach(() => {
  out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((out += String(text))));
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

const drivers = async (...words: string[]): Promise<unknown> =>
  yargs(['drivers', ...words])
    .command({ ...driversCommand, command: 'drivers' })
    .parserConfiguration({ 'greedy-arrays': false })
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new Error(message);
    })
    .parseAsync();

describe('seqgap drivers list', () => {
  test('has a line for each, with its actions', async () => {
    await drivers('list', '--drivers', folder);
    expect(out.trimEnd().split('\n')).toHaveLength(all.length + 1);
    expect(out).toMatch(/^box +shell +A box: switchover$/m);
    expect(out).toMatch(/^keepalived +ssh +keepalived \(VRRP\) on Linux: switchover, reboot, stop/m);
  });

  test('is a record for programs', async () => {
    await drivers('list', '--json');
    expect(JSON.parse(out)).toMatchObject({
      format: 1,
      drivers: all.map(() => ({ name: expect.any(String) })),
    });
  });
});

describe('seqgap drivers show', () => {
  test('says what it was tested against', async () => {
    await drivers('show', 'asa');
    expect(out).toContain(
      'Tested\n  against what devices printed: 8.4, 9.6, 9.12, 9.23\n  against what its makers write: multiple contexts\n',
    );
  });

  test('says in words what would be asked and sent', async () => {
    await drivers('show', join(folder, 'box.yaml'));
    expect(out).toBe(`box: A box
  For tests

Tested
  not said: take the first run for a test, with somebody watching

Reached by
  lines typed at the node's prompt, by SSH (the node's \`ssh:\`)
  prompt  fw>
  first   no pager

Parameters
  unit  its number (needed)
  pass  what opens it (may be left out, a secret: \${env:NAME} or \${file:PATH})

Asked
  version     send  show version
  role        send  show role
                    up is active
                    dn (DOWN) is standby

Actions
  switchover: hands over (graceful)
    for versions from 2.1 on and before 4; others are refused
    first not locked, else nothing is sent
          read  show lock
          fine  no
    send  switch {{unit}} (to /sure/ say y)
    undo  takes it back, within 1m
          read  show flag
          done  off; sent only if it says on
          send  unset flag
    shown by the node standby and a peer active, within 1m

Guard
  at most 3 failovers within 15m, over all runs
  at least 1m between two
  it locks itself

Notes
  not tried on a real box
`);
  });

  test.each(all.map((driver) => [driver.name, driver] as const))(
    'leaves out no action and no parameter of %s',
    (_, driver) => {
      const text = describeDriver(driver);
      for (const action of Object.keys(driver.actions)) expect(text).toContain(`\n  ${action}: `);
      for (const param of Object.keys(driver.params)) expect(text).toMatch(new RegExp(`^ {2}${param} `, 'm'));
      expect(text).not.toMatch(/undefined|\[object/);
    },
  );

  test('is the driver itself for programs', async () => {
    await drivers('show', 'lab', '--json');
    expect(JSON.parse(out)).toMatchObject({ format: 1, driver: { name: 'lab', transport: 'exec' } });
  });

  test('of an unknown one is a usage error with the nearest', async () =>
    expect(drivers('show', 'keepalivd')).rejects.toMatchObject({
      message: 'drivers: "keepalivd" is not a driver; did you mean "keepalived"?',
      exitCode: EXIT.usage,
    }));
});

describe('seqgap drivers test', () => {
  test('is fine where all samples hold', async () => {
    await drivers('test', 'keepalived', 'lab');
    expect(out).toMatch(/^ok {6}keepalived: \d+ samples\nok {6}lab: \d+ samples\n$/);
    expect(process.exitCode).toBeUndefined();
  });

  test('says which sample fails, and what has none, with exit code 1', async () => {
    const wrong = BOX.replace('{ role: active, raw: up }', '{ role: standby, raw: up }').replaceAll(
      'box',
      'bad',
    );
    await writeFile(join(folder, 'bad.yaml'), wrong);
    await drivers('test', join(folder, 'bad.yaml'));
    await rm(join(folder, 'bad.yaml'));
    expect(out.split('\n')).toEqual([
      'FAILED  bad: sample 1 (role): expected {"role":"standby","raw":"up"}, got {"role":"active","raw":"up"}',
      'FAILED  bad: prompt: has no sample',
      'FAILED  bad: version: has no sample',
      'FAILED  bad: asks.switchover.0: has no sample',
      'FAILED  bad: requires.switchover: has no sample',
      'FAILED  bad: undo.switchover: has no sample',
      'FAILED  bad: undo.switchover.needed: has no sample',
      '',
    ]);
    expect(process.exitCode).toBe(EXIT.limit);
  });

  test('is a record for programs', async () => {
    await drivers('test', 'lab', '--json');
    expect(JSON.parse(out)).toMatchObject({ format: 1, drivers: [{ driver: 'lab', failures: [] }] });
  });
});
