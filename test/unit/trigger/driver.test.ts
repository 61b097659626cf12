import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { messageOf } from '../../../src/model/error.js';
import type { NodePlan } from '../../../src/model/plan.js';
import { driversOf, findDriver, loadDrivers } from '../../../src/trigger/driver/driver-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-drivers-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const GOOD = `name: box
title: A box
about: For tests
transport: ssh
params:
  group: { about: the group }
role:
  run: show role {{group}}
  extract: { regex: '^role (\\w+)$' }
  words: { up: active, down: standby }
actions:
  switchover:
    about: switches over
    run: [switch]
    undo:
      about: switches back
      done: { run: show role, extract: { regex: 'role (\\w+)' }, good: [up] }
      run: [switch back]
    confirm: { node: [standby], peer: [active] }
samples:
  - { of: role, output: role up, expect: { role: active, raw: up } }
`;

/** The problems that loading a driver finds, without the folder. */
const problems = async (text: string, name = 'box.yaml'): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text);
  try {
    await loadDrivers([folder]);
    return '';
  } catch (error) {
    return messageOf(error).replaceAll(`${folder}/`, '');
  } finally {
    await rm(path);
  }
};

test('a good driver loads', async () => expect(await problems(GOOD)).toBe(''));

describe('each problem is located and said', () => {
  test.each([
    [
      'a needed parameter that there is not',
      GOOD.replace('the group }', 'the group, needs: groop }'),
      'box.yaml:6:37: params.group.needs: ',
    ],
    [
      'a timer without its source',
      GOOD.replace(
        'samples:',
        'timers: [{ what: hello, link: detection, usual: { every: 1s, times: 3 }, least: { hold: 1s } }]\nsamples:',
      ),
      'timers[0].source: ',
    ],
    [
      'a timer that is neither a count nor a hold time',
      GOOD.replace(
        'samples:',
        'timers: [{ what: hello, link: detection, usual: { every: 1s }, least: { hold: 1s }, source: "https://example.com" }]\nsamples:',
      ),
      'timers[0].usual: needs `every` and `times`, or `hold`',
    ],
    [
      'an unknown key',
      GOOD.replace('title:', 'titel:'),
      'box.yaml:2:1: titel: unknown key; did you mean "title"?',
    ],
    ['a missing key', GOOD.replace('transport: ssh\n', ''), 'box.yaml:1:1: transport: Invalid option'],
    ['a wrong role', GOOD.replace('up: active', 'up: aktive'), 'box.yaml:10:16: role.words.up: '],
    [
      'one word in two cases, for two roles',
      GOOD.replace('up: active', 'up: active, UP: faulted'),
      'box.yaml:10:24: role.words.UP: is there already in another case, for another role',
    ],
    [
      'a broken pattern',
      GOOD.replace('^role (', '^role ('.repeat(2)),
      'box.yaml:9:21: role.extract.regex: Invalid regular',
    ],
    [
      'a pattern that takes time without end',
      GOOD.replace('(\\w+)$', '(\\w+\\s?)*$'),
      'box.yaml:9:12: role.extract[0].regex: takes time without end for some answers',
    ],
    [
      'such a pattern among the refusals',
      GOOD.replace('params:', () => `refused: ['^Error', '^(x+)+$']\nparams:`),
      'box.yaml:5:21: refused[1]: takes time without end for some answers',
    ],
    [
      'a broken expression',
      GOOD.replace(`regex: '^role (\\w+)$'`, `jmespath: '[*.state'`),
      'box.yaml:9:24: role.extract.jmespath: ',
    ],
    [
      'versions without the question',
      GOOD.replace('    run: [switch]', "    versions: { from: '1.4' }\n    run: [switch]"),
      'box.yaml:14:5: actions.switchover.versions: needs `version`, the question which one the node has',
    ],
    [
      'a version that YAML makes a number of',
      GOOD.replace('    run: [switch]', '    versions: { from: 1.10 }\n    run: [switch]'),
      'box.yaml:14:23: actions.switchover.versions.from: ',
    ],
    ['an unknown action', GOOD.replace('switchover:', 'swtchover:'), 'box.yaml:12:3: actions'],
    [
      'an unknown placeholder',
      GOOD.replace('{{group}}', '{{gruop}}'),
      'box.yaml:8:8: role.run: unknown placeholder {{gruop}}; known are node, host, seqgap, group',
    ],
    [
      'an unknown placeholder in an undo',
      GOOD.replace('[switch back]', "['switch {{back}}']"),
      'box.yaml:18:13: actions.switchover.undo.run[0]: unknown placeholder {{back}}',
    ],
    [
      'a wrong duration',
      GOOD.replace('show role {{group}}', 'x\n  timeout: 5'),
      'box.yaml:9:12: role.timeout: ',
    ],
    [
      'another name than the file',
      GOOD.replace('name: box', 'name: bix'),
      'box.yaml:1:7: name: "bix" must be the name',
    ],
    ['no action undone by silence', GOOD.replace(/ {4}undo:[^]*back\]\n/, ''), 'actions.switchover.undo: '],
    [
      'a request over SSH',
      GOOD.replace('run: show role {{group}}', 'run: { get: /role }'),
      'box.yaml:8:8: role.run: transport ssh runs commands: a shell line, or a list of arguments',
    ],
    [
      'a shell without its prompt',
      GOOD.replace('transport: ssh', 'transport: shell'),
      'box.yaml:4:12: transport: transport shell needs `shell: { prompt: … }`',
    ],
    [
      'options of another transport',
      GOOD.replace('transport: ssh', 'transport: ssh\nhttp: { auth: basic }'),
      'box.yaml:5:1: http: is only for transport http',
    ],
    [
      'a request of two methods',
      GOOD.replace('transport: ssh', 'transport: http').replace('[switch]', '[{ get: /a, post: /b }]'),
      'has exactly one of get, post, put, patch, delete',
    ],
    [
      'credentials where there are none',
      GOOD.replace('{{group}}', '{{password}}'),
      'unknown placeholder {{password}}',
    ],
    ['an unknown placeholder in a pattern', GOOD.replace('^role (', '^{{identity}} ('), 'box.yaml:9:'],
    [
      'a check without words',
      GOOD.replace(', good: [up]', ''),
      'actions.switchover.undo.done.good: needs `good` or `matches`',
    ],
    ['broken YAML', `${GOOD}  - [`, 'box.yaml:22:6: not valid YAML: Flow sequence'],
    ['a key given twice', `${GOOD}name: box\n`, 'box.yaml:22:1: name: the key stands twice'],
    ['an empty file', '', 'box.yaml:1:1: '],
  ])('%s', async (_, text, wanted) => {
    expect(await problems(text)).toContain(wanted);
  });

  test('all at once, each on a line of its own', async () => {
    const text = GOOD.replace('transport: ssh', 'transport: smoke').replace('up: active', 'up: aktive');
    expect((await problems(text)).split('\n')).toHaveLength(2);
  });
});

test('a folder that is not there is a usage error', async () => {
  await expect(loadDrivers([join(folder, 'none')])).rejects.toMatchObject({
    exitCode: 64,
    remedy: 'check --drivers',
  });
});

test('a driver of one’s own replaces the built-in one of that name', async () => {
  const path = join(folder, 'lab.yaml');
  await writeFile(path, GOOD.replace('name: box', 'name: lab'));
  const drivers = await loadDrivers([folder]);
  expect(drivers.get('lab')?.title).toBe('A box');
  expect(drivers.get('keepalived')?.title).toContain('keepalived');
  await rm(path);
});

test('an unknown driver is a usage error with the nearest name', async () => {
  const drivers = await loadDrivers();
  expect(() => findDriver(drivers, 'keepalive', 'node fw-a')).toThrow(
    expect.objectContaining({
      message: 'node fw-a: "keepalive" is not a driver; did you mean "keepalived"?',
      exitCode: 64,
    }),
  );
  expect(() => findDriver(drivers, 'netscreen-of-old', 'node fw-a')).toThrow(
    /"netscreen-of-old" is not a driver; there is .*keepalived, /,
  );
});

describe('the drivers of a scenario', () => {
  const node = (driver: string, power: string | null = null) =>
    ({ driver, power: power === null ? null : { driver: power } }) as NodePlan;
  const names = async (...nodes: NodePlan[]): Promise<string[]> =>
    [...(await driversOf({ nodes, observe: [] }, [])).keys()].sort();

  test('are read, and no other', async () => {
    expect(await names(node('keepalived', 'lab'), node('keepalived', 'lab'))).toEqual(['keepalived', 'lab']);
    expect(await names()).toEqual([]);
  });
  test('are all there are where one is missing, so that the nearest can be told', async () =>
    expect(await names(node('keepalivd'))).toContain('keepalived'));
});
