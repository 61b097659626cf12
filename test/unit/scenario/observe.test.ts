import { describe, expect, onTestFinished, test } from 'vitest';
import { forgetSecrets } from '../../../src/model/secret.js';
import { describePlan } from '../../../src/scenario/words.js';
import { loaded, MINIMAL } from './written.js';

const NODES = 'nodes: { fw-a: { driver: keepalived }, fw-b: { driver: keepalived } }';
const EVERY = `
vantages: { client: { netns: client } }
observe:
  - { name: roles, driver: role, every: 200ms }
  - { name: owner, driver: azure, query: address-owner, params: { group: g, address: 10.4.1.100 }, timeout: 20s }
  - { name: api, driver: http, url: 'http://192.0.2.1:8080/vips?all', json: '{in: a, out: b}', shape: a.b }
  - { name: way, driver: command, command: [ip, route, get, 10.4.4.4], text: 'via (\\S+)' }
  - { name: line, driver: command, command: ip route | head -1, text: '.+' }
  - { name: lease, driver: command, from: client, command: [ip, neigh], text: '.+' }
  - { name: wire, driver: capture, from: client, interface: eth0 }
  - { name: record, driver: dns, record: fw.example, resolver: '10.4.0.53:5353' }
  - { name: gateway, driver: neighbour, address: 10.4.3.1 }
  - { name: hops, driver: ttl, stream: ping }
phases:
  - { name: detection, until: { observer: api, subject: in, is: none } }
  - { name: attach, until: { observer: owner, is: /^fw-/ } }
  - { name: promotion, until: { node: other, role: active } }
  - { name: data plane, until: traffic }
`;
const problems = async (text: string): Promise<string[]> => {
  const failed = await loaded(`${MINIMAL}${NODES}\n${text}\n`).then(
    () => '',
    (error: unknown) => (error as Error).message,
  );
  return failed.split('\n').map((line) => line.replace(/^.*?\.yaml:\d+:\d+: /, ''));
};
const observing = (entry: string): Promise<string[]> => problems(`observe: [{ name: x, ${entry} }]`);

test('every kind of observer, and the phases, as they are planned', async () => {
  const { scenario } = await loaded(`${MINIMAL}${NODES}${EVERY}`);
  expect(scenario.observe.map(({ source }) => source)).toEqual([
    { kind: 'role' },
    {
      kind: 'driver',
      driver: 'azure',
      query: 'address-owner',
      params: { group: 'g', address: '10.4.1.100' },
    },
    {
      kind: 'http',
      url: 'http://192.0.2.1:8080/vips?all',
      http: {
        url: 'http://192.0.2.1:8080',
        user: null,
        password: null,
        apiKey: null,
        ca: null,
        insecure: false,
        timeout_ns: 10e9,
      },
      read: { by: 'json', expression: '{in: a, out: b}' },
      shape: 'a.b',
    },
    {
      kind: 'command',
      from: 'local',
      command: ['ip', 'route', 'get', '10.4.4.4'],
      read: { by: 'text', pattern: 'via (\\S+)' },
      shape: null,
    },
    {
      kind: 'command',
      from: 'local',
      command: ['/bin/sh', '-c', 'ip route | head -1'],
      read: { by: 'text', pattern: '.+' },
      shape: null,
    },
    {
      kind: 'command',
      from: 'client',
      command: ['ip', 'neigh'],
      read: { by: 'text', pattern: '.+' },
      shape: null,
    },
    { kind: 'capture', from: 'client', interface: 'eth0' },
    { kind: 'dns', name: 'fw.example', type: 'A', resolver: '10.4.0.53:5353' },
    { kind: 'neighbour', from: 'local', address: '10.4.3.1' },
    { kind: 'ttl', stream: 'ping' },
  ]);
  expect(scenario.observe.map(({ every_ns, timeout_ns }) => [every_ns / 1e9, timeout_ns / 1e9])[1]).toEqual([
    1, 20,
  ]);
  expect(scenario.phases.map(({ until }) => until)).toEqual([
    { milestone: 'observed', observer: 'api', subject: 'in', is: 'none' },
    { milestone: 'observed', observer: 'owner', subject: null, is: '/^fw-/' },
    { milestone: 'role', node: 'other', role: 'active' },
    { milestone: 'traffic' },
  ]);
});

test('the plan says what is read, how often, and where each phase ends', async () => {
  const { scenario } = await loaded(`${MINIMAL}${NODES}${EVERY}`);
  const plan = describePlan(scenario).replaceAll(/\n {4,}/g, ' ');
  for (const line of [
    'every 200ms, failed after 10s: the role of each node, by its driver',
    'every 1s, failed after 20s: driver azure is asked for address-owner, group g, address 10.4.1.100',
    'GET http://192.0.2.1:8080/vips?all, read as JSON: {in: a, out: b}; nothing found is none where a.b is found',
    'this host runs: ip route get 10.4.4.4; read as text that matches via (\\S+)',
    'client runs: ip neigh; read as text that matches .+',
    'tcpdump at client records what tells of the pair on eth0; nothing is polled',
    'A of fw.example from resolver 10.4.0.53:5353',
    'the link-layer address that local has for 10.4.3.1',
    'the TTL with which replies of ping arrive; read from the probes, nothing is polled',
    'detection   until api shows none for in',
    'attach      until owner shows /^fw-/',
    'promotion   until another node is active',
    'data plane  until traffic has recovered',
  ])
    expect(plan).toContain(line);
});

describe('an observer', () => {
  test.each([
    ['driver: rolle', 'observe[0].driver: "rolle" is not a kind of observer; did you mean "role"?'],
    ['driver: azure', 'observe[0].query: is missing; which of the observers of driver azure is meant?'],
    ['driver: role, url: "http://a"', 'observe[0].url: is only for driver http'],
    ['driver: dns, record: a.b, json: x', 'observe[0].json: is only for drivers http and command'],
    ['driver: dns', 'observe[0].record: is missing; driver dns needs it'],
    [
      'driver: dns, record: a.b, resolver: ns1',
      'observe[0].resolver: "ns1" is not an address such as 10.4.0.53 or 10.4.0.53:5353',
    ],
    ['driver: command, command: ls', 'observe[0]: must have exactly one of json, xml and text, but has none'],
    [
      'driver: command, command: ls, json: a, text: b',
      'observe[0]: must have exactly one of json, xml and text, but has json, text',
    ],
    [
      'driver: neighbour, address: 10.4.3.1, from: cleint',
      'observe[0].from: "cleint" is not a vantage; there is local',
    ],
    ['driver: neighbour, address: gw', 'observe[0].address: "gw" is not an address such as 10.4.3.1'],
    ['driver: capture', 'observe[0].interface: is missing; driver capture needs it'],
    ['driver: capture, interface: eth0, every: 1s', 'observe[0].every: is only for observers that poll'],
    [
      'driver: capture, interface: "eth0; id"',
      'observe[0].interface: "eth0; id" is not an interface such as eth0',
    ],
    [
      'driver: command, command: ls, json: a, from: clinet',
      'observe[0].from: "clinet" is not a vantage; there is local',
    ],
    ['driver: ttl, stream: pong', 'observe[0].stream: "pong" is not a stream; did you mean "ping"?'],
    ['driver: ttl, stream: ping, every: 1s', 'observe[0].every: is only for observers that poll'],
    ['driver: http, url: "http://a", text: x, user: me', 'observe[0].user: and password belong together'],
    [
      'driver: http, url: "ftp://a", text: x',
      'observe[0].url: "ftp://a" is not a URL such as https://192.0.2.11/status (user and password have keys of their own)',
    ],
    ['driver: role, rcord: x', 'observe[0].rcord: unknown key; did you mean "record"?'],
  ])('%s', async (entry, message) => expect(await observing(entry)).toEqual([message]));

  test('an expression that cannot be read is said where it stands', async () => {
    expect((await observing('driver: command, command: ls, json: "a["'))[0]).toMatch(
      /^observe\[0\]\.json: cannot be read: /,
    );
    expect((await observing('driver: command, command: ls, text: "a("'))[0]).toMatch(
      /^observe\[0\]\.text: cannot be read: Invalid regular expression/,
    );
  });

  test('a token stands in no scenario', async () => {
    expect((await observing('driver: command, command: ls, json: a, shape: "a["'))[0]).toMatch(
      /observe\[0\]\.shape: cannot be read/,
    );
    expect((await observing('driver: dns, record: a.b, shape: x'))[0]).toBe(
      'observe[0].shape: is only for drivers http and command',
    );
    expect(await observing('driver: http, url: "http://a", text: x, key: abcdefgh')).toEqual([
      'observe[0].key: a secret may not stand in the scenario; write ${env:NAME} or ${file:PATH}',
    ]);
  });

  test('shows no secret in the process list', async () => {
    const command = "command: [fetch, '${env:OBSERVER_TEST_TOKEN}'], text: x";
    const env = { OBSERVER_TEST_TOKEN: 'hunter2hunter2' };
    onTestFinished(forgetSecrets);
    await expect(
      loaded(`${MINIMAL}observe: [{ name: x, driver: command, ${command} }]\n`, { env }),
    ).rejects.toThrow('observe[0].command: would show a secret in the process list');
  });

  test('of roles needs nodes', async () => {
    await expect(loaded(`${MINIMAL}observe: [{ name: x, driver: role }]\n`)).rejects.toThrow(
      'observe[0]: asks nodes for their role, but no nodes are declared',
    );
  });
});

describe('a phase', () => {
  const phases = (...untils: string[]): Promise<string[]> =>
    problems(
      `observe: [{ name: roles, driver: role }, { name: wire, driver: capture, interface: lo }]\nphases: [${untils.map((until, i) => `{ name: p${i}, until: ${until} }`).join(', ')}]`,
    );

  test.each([
    [
      ['{ observer: wire, is: x }', 'traffic'],
      'phases[0].until.observer: wire records packets and shows no value',
    ],
    [['accepted'], 'phases[0].until: must be traffic: the last phase ends with the outage'],
    [['traffic', 'traffic'], 'phases[0].until: is traffic, which only ends the last phase'],
    [
      ['{ observer: rolls, is: x }', 'traffic'],
      'phases[0].until.observer: "rolls" is not an observer; did you mean "roles"?',
    ],
    [['{ observer: roles }', 'traffic'], 'phases[0].until.is: is missing; the value that ends the phase'],
    [
      ['{ observer: roles, subject: fw-c, is: active }', 'traffic'],
      'phases[0].until.subject: "fw-c" is not a subject of roles; did you mean "fw-a"?',
    ],
    [
      ['{ node: othr, role: active }', 'traffic'],
      'phases[0].until.node: "othr" is not a node; did you mean "other"?',
    ],
    [
      ['{ node: other }', 'traffic'],
      'phases[0].until.role: is missing; a milestone has node and role, or observer and is',
    ],
    [
      ['{ observer: roles, is: x, role: active }', 'traffic'],
      'phases[0].until.role: is only for a role, without "observer"',
    ],
  ])('%j', async (untils, message) => expect(await phases(...untils)).toEqual([message]));

  test('a pattern that cannot be read is said', async () => {
    expect((await phases('{ observer: roles, is: "/(/" }', 'traffic'))[0]).toMatch(
      /until\.is: cannot be read: /,
    );
  });

  test('names are told apart, and a role needs an observer of roles', async () => {
    expect(
      await problems(
        'phases: [{ name: a, until: { node: other, role: active } }, { name: a, until: traffic }]',
      ),
    ).toEqual([
      'phases[0].until: is the role of a node, but no observer has driver: role',
      'phases[1].name: "a" is the name of phases[0] already',
    ]);
  });
});
