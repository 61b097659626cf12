import { describe, expect, test } from 'vitest';
import { ns } from '../../../src/model/time.js';
import { bind, type Bound } from '../../../src/trigger/ask/bound.js';
import { examine, questionsIn, type Examined } from '../../../src/trigger/ask/examine.js';
import { maskFor, sampleOf } from '../../../src/trigger/ask/mask.js';
import { readersOf } from '../../../src/trigger/ask/readers.js';
import { checkSamples } from '../../../src/trigger/ask/samples.js';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import { driverSchema, type Driver } from '../../../src/trigger/driver/schema.js';
import { commandLine } from '../../../src/trigger/transport/quote.js';
import { fill } from '../../../src/trigger/transport/template.js';
import type { ExecResult, Filled } from '../../../src/trigger/transport/transport.js';

const drivers = [...(await loadDrivers()).values()].map((driver) => [driver.name, driver] as const);

const RESULT: ExecResult = { stdout: '', stderr: '', code: 0, signal: null, ended: 'exited', sent: true };
const PARAMS = { unit: 'Primary', 'node-id': '0', group: '1', name: 'fw-a' };

/** A node that answers as it is told, and writes down what it was sent. */
const nodeOf = (
  driver: Driver,
  answer: (command: Filled) => Partial<ExecResult>,
): { bound: Bound; sent: Filled[] } => {
  const sent: Filled[] = [];
  const params = Object.fromEntries(
    Object.entries(driver.params).map(([name, { default: preset }]) => [
      name,
      preset ?? PARAMS[name as keyof typeof PARAMS] ?? `some-${name}`,
    ]),
  );
  const device = { name: 'node', params, ssh: null, http: null };
  const peer = { ...device, name: 'peer' };
  const bound = bind(driver, device, { peer, seqgap: ['seqgap'] }, () => ({
    words: 'nowhere',
    reach_ns: ns(0),
    exec: (command) => {
      sent.push(command);
      return Promise.resolve({ ...RESULT, ...answer(command) });
    },
    close: () => Promise.resolve(),
  }));
  return { bound, sent };
};

const examined = async (bound: Bound, given = {}): Promise<[Examined[], string | null]> => {
  const all: Examined[] = [];
  const signal = new AbortController().signal;
  const ended = await examine(bound, { given, signal }, (one) => void all.push(one));
  return [all, ended];
};

/** Everything that a driver sends to change something. */
const changesOf = ({ actions }: Driver) =>
  Object.values(actions).flatMap(({ run, undo }) => [...run, ...(typeof undo === 'string' ? [] : undo.run)]);

describe('no driver is made to change anything', () => {
  test.each(drivers)('%s', async (_, driver) => {
    const own = Object.values(driver.observers).flatMap(({ params }) => Object.keys(params));
    const { bound, sent } = nodeOf(driver, () => ({ stdout: 'an answer that is not understood' }));
    await examined(bound, Object.fromEntries(own.map((name) => [name, `some-${name}`])));
    const typed = driver.transport === 'shell';
    const values = {
      ...bound.values,
      identity: 'some-identity',
      ...Object.fromEntries(own.map((name) => [name, `some-${name}`])),
    };
    const questions = questionsIn(driver).map(({ run }) => JSON.stringify(fill(run, values, typed)));
    const changes = changesOf(driver).map((run) =>
      JSON.stringify(fill(run, { ...values, 'peer.node-id': '1' }, typed)),
    );
    expect(changes.length > 0).toBe(Object.keys(driver.actions).length > 0);
    for (const command of sent.map((each) => JSON.stringify(each))) {
      expect(questions).toContain(command);
      expect(changes).not.toContain(command);
    }
    // Nor does a question look like what changes something.
    for (const question of questions) expect(changes).not.toContain(question);
    for (const { run } of questionsIn(driver))
      if (typeof run === 'object' && 'method' in run) expect(run.method).toBe('GET');
  });
});

describe('what a driver reads becomes samples that hold', () => {
  test.each(drivers)('%s', async (_, driver) => {
    const readers = readersOf(driver);
    // A driver's own samples as the answers of a device: the n-th answer to a question is its n-th sample.
    for (let round = 0; round < 3; round += 1) {
      const { bound } = nodeOf(driver, (command) => {
        const question = questionsIn(driver).find(
          ({ run }) =>
            JSON.stringify(fill(run, { ...bound.values, identity: 'x' }, driver.transport === 'shell')) ===
            JSON.stringify(command),
        );
        const of = question?.readers.map(([name]) => name) ?? [];
        const own = driver.samples.filter((sample) => of.includes(sample.of));
        return { stdout: own[round % Math.max(1, own.length)]?.output ?? '' };
      });
      const [all] = await examined(bound);
      const mask = maskFor({ identities: [bound.known.identity], hosts: ['node'] });
      const samples = all.flatMap(({ answer, readings }) =>
        readings.flatMap((reading) => {
          const reader = readers.get(reading.of);
          const found =
            answer === null || reader === undefined ? null : sampleOf(reading, answer, reader, mask);
          return found === null ? [] : [found.sample];
        }),
      );
      const failures = samples.length === 0 ? [] : checkSamples({ ...driver, samples });
      expect(failures.filter(({ sample }) => sample !== null)).toEqual([]);
    }
  });
});

const BOX = driverSchema.parse({
  name: 'box',
  title: 'A box',
  about: 'For tests',
  transport: 'ssh',
  params: { row: { about: 'its row', default: '1' } },
  refused: ['^no:'],
  identity: { run: 'id', extract: { regex: '^serial (\\S+)$' } },
  role: {
    run: 'state',
    extract: { regex: '^{{identity}} {{row}} (\\w+)$' },
    words: { UP: 'active', DOWN: 'standby' },
  },
  leftover: [
    { about: 'not forced', run: 'state', extract: { regex: '(FORCED|UP|DOWN)' }, good: ['UP', 'DOWN'] },
  ],
  observers: {
    owner: {
      about: 'owner',
      each: 'node',
      params: { vip: { about: 'which' } },
      run: ['owner', '{{vip}}'],
      extract: { regex: '(.+)' },
    },
  },
  actions: {
    switchover: {
      about: 'hands over',
      run: ['hand over'],
      undo: {
        about: 'takes back',
        done: { run: 'state', extract: { regex: '(UP|DOWN)$' }, good: ['UP'], bad: ['DOWN'] },
        run: ['take back'],
      },
      confirm: { node: ['standby'], peer: ['active'] },
    },
  },
  samples: [{ of: 'role', output: '', expect: { role: 'unknown', raw: '' } }],
});
const ANSWERS: Readonly<Record<string, string>> = { id: 'serial AB-1', state: 'AB-1 1 UP\r\nAB-2 1 DOWN' };
const box = (answers: Readonly<Record<string, string | Partial<ExecResult>>> = ANSWERS) =>
  nodeOf(BOX, (command) => {
    const said = answers[commandLine(command).trim()] ?? '';
    return typeof said === 'string' ? { stdout: said } : said;
  });

describe('a node', () => {
  test('is asked each question once, and each reading stands beside its answer', async () => {
    const { bound, sent } = box();
    const [all, ended] = await examined(bound);
    expect([sent, ended]).toEqual([['id', 'state'], null]);
    expect(all.map(({ of }) => of)).toEqual([
      ['identity'],
      ['role', 'leftover.0', 'undo.switchover', 'undo.switchover.needed'],
      ['observers.owner'],
    ]);
    expect(all[1]?.readings).toMatchObject([
      { of: 'role', expect: { role: 'active', raw: 'UP' }, with: { identity: 'AB-1', row: '1' } },
      { of: 'leftover.0', expect: { passes: true }, with: {} },
      { of: 'undo.switchover', expect: { passes: false } },
      { of: 'undo.switchover.needed', expect: { passes: false } },
    ]);
    expect(all[2]).toMatchObject({ command: null, error: 'not asked: it needs the parameter vip' });
  });

  test('that refuses is shown with its words, as one reading', async () => {
    const [all] = await examined(box({ ...ANSWERS, state: 'no: not here' }).bound);
    expect(all[1]).toMatchObject({
      answer: 'no: not here',
      error: 'refused: no: not here',
      readings: [{ of: 'refused', expect: { passes: false } }],
    });
  });

  test('that fails is said to, and the others are asked', async () => {
    const [all] = await examined(box({ ...ANSWERS, id: { code: 1, stdout: 'no such command' } }).bound, {
      vip: '10.0.0.1',
    });
    expect(all[0]).toMatchObject({ answer: null, error: 'exit 1: no such command', readings: [] });
    expect(all[1]?.error).toContain('the node says who it is: exit 1');
    expect(all[2]?.command).toBe('owner 10.0.0.1');
  });

  test('that says nothing at all is asked no more', async () => {
    const { bound, sent } = nodeOf(BOX, () => ({ ended: 'timeout', code: null }));
    const [all, ended] = await examined(bound, { vip: '10.0.0.1' });
    expect(ended).toBe('no answer at all to 3 questions in a row: the rest is left out');
    expect(all).toHaveLength(3);
    expect(sent.length).toBeLessThan(5);
  });

  test('is asked no more once it was stopped', async () => {
    const over = new AbortController();
    const { bound, sent } = nodeOf(BOX, () => (over.abort(), { stdout: 'serial AB-1' }));
    expect(await examine(bound, { given: {}, signal: over.signal }, () => undefined)).toBe('stopped');
    expect(sent).toEqual(['id']);
  });

  test('is not asked what needs the other node, where there is none', async () => {
    const role = { ...BOX.role!, run: ['state', 'of', '{{peer.row}}'] };
    const { bound } = nodeOf({ ...BOX, role }, () => ({ stdout: ANSWERS['id'] ?? '' }));
    const { 'peer.row': _, ...values } = bound.values;
    const [all] = await examined({ ...bound, values });
    const asked = all.find(({ of }) => of.includes('role'));
    expect(asked).toMatchObject({ command: null, answer: null, readings: [] });
    expect(asked?.error).toContain('not asked: no value for {{peer.row}}');
  });

  test('is sent no request that might change something', async () => {
    const role = {
      ...BOX.role!,
      run: {
        method: 'POST',
        path: '/role',
        query: {},
        headers: {},
        json: null,
        form: null,
        body: null,
        ok: [],
      },
    };
    const { bound, sent } = nodeOf({ ...BOX, transport: 'http', identity: undefined, role }, () => ({}));
    const [all] = await examined(bound);
    expect(all[0]).toMatchObject({
      of: ['role'],
      command: null,
      error: expect.stringContaining('is no GET'),
    });
    expect(sent).not.toContainEqual(role.run);
  });
});

describe('a sample shows no', () => {
  const mask = maskFor({ identities: ['FGT60F1234', 'FGT60F5678'], hosts: ['10.9.8.7', 'fw-a.example.net'] });
  test.each([
    ['Authentication text, string "cisco123"', 'Authentication text, string "***"'],
    ['authentication md5 key-string 7 0822455D0A16', 'authentication md5 key-string 7 ***'],
    ['set password ENC AbC+/=', 'set password ENC ***'],
    ['enable secret 5 $1$abc', 'enable secret 5 ***'],
    ['snmp-server community public RO', 'snmp-server community *** RO'],
    ['{"password":"x y","a":1}', '{"password":"***","a":1}'],
    ['  auth_pass 1111', '  auth_pass ***'],
    ['<phash>$1$abc</phash>', '<phash>***</phash>'],
    ['<authentication-key>abc</authentication-key>', '<authentication-key>***</authentication-key>'],
    ['a -----BEGIN RSA PRIVATE KEY-----\nxx\n-----END RSA PRIVATE KEY----- b', 'a *** b'],
    ['Serial: FGT60F1234, FGT60F5678 and FGT60F12345', 'Serial: FGT12F3456, FGT45F6789 and FGT60F12345'],
    ['from 10.9.8.7 and 10.9.8.70 to fw-a.example.net', 'from 192.0.2.11 and 10.9.8.70 to 192.0.2.12'],
    ['State: MASTER, priority 100', 'State: MASTER, priority 100'],
  ])('%s', (text, masked) => expect(mask(text)).toBe(masked));
});
