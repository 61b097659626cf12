import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { ObservePlan } from '../../../src/model/observe-plan.js';
import type { NodePlan } from '../../../src/model/plan.js';
import { ns } from '../../../src/model/time.js';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import { openInquiries } from '../../../src/trigger/ask/inquiry.js';
import type { Driver, ObserverQuery } from '../../../src/trigger/driver/schema.js';

const all = await loadDrivers();

const query = (more: Partial<ObserverQuery>): ObserverQuery => ({
  about: 'the owner',
  each: 'once',
  params: {},
  run: ['echo', 'nothing'],
  timeout: ns(20e9),
  extract: [{ regex: '^owner (.+)$', group: 1 }],
  ...more,
});
/** The driver azure with other questions, which this host can answer. */
const drivers = (observers: Record<string, ObserverQuery>): Map<string, Driver> =>
  new Map([['azure', { ...all.get('azure')!, observers }]]);

const plan = (name: string, params: Record<string, string> = {}): ObservePlan => ({
  name: 'owner',
  every_ns: ns(1e9),
  timeout_ns: ns(10e9),
  source: { kind: 'driver', driver: 'azure', query: name, params },
});
const powered = (name: string): NodePlan => ({
  name,
  driver: 'panos',
  ssh: null,
  http: null,
  serial: null,
  params: {},
  power: { driver: 'azure', params: { group: 'g', vm: `vm-${name}` }, ssh: null, http: null },
});
const open = (observers: Record<string, ObserverQuery>, observe: ObservePlan, nodes: NodePlan[] = []) => {
  const inquiries = openInquiries({ nodes, observe: [observe] }, drivers(observers), {
    clock: systemClock,
    seqgap: [],
  });
  onTestFinished(() => inquiries.close());
  return inquiries.of('owner');
};
const values = (observers: Record<string, ObserverQuery>, observe: ObservePlan, nodes: NodePlan[] = []) =>
  Promise.all(
    open(observers, observe, nodes).map(
      async ({ subject, ask }) => `${subject}: ${await ask(new AbortController().signal)}`,
    ),
  );

test('is asked once, with the parameters of the scenario, and needs only what it uses', async () => {
  const owner = query({
    params: { address: { about: 'the address' }, table: { about: 'a table', default: 'main' } },
    run: ['printf', 'owner {{address}} in {{table}}\nowner a\n'],
    subject: 'vip {{address}}',
  });
  expect(await values({ owner }, plan('owner', { address: '10.4.1.100' }))).toEqual([
    'vip 10.4.1.100: 10.4.1.100 in main, a',
  ]);
});

test('is asked of each node, by the parameters of its own driver or of its power', async () => {
  const owner = query({ each: 'node', run: ['echo', 'owner {{vm}}'] });
  expect(await values({ owner }, plan('owner'), [powered('fw-a'), powered('fw-b')])).toEqual([
    'fw-a: vm-fw-a',
    'fw-b: vm-fw-b',
  ]);
});

test('an answer without a match is none where it was understood, and a failure where not', async () => {
  const extract = [{ jmespath: 'a[].name' }];
  const owner = query({ run: ['echo', '{"a":[]}'], extract, shape: { jmespath: 'a' } });
  expect(await values({ owner }, plan('owner'))).toEqual(['owner: none']);
  for (const said of ['ERROR', '{"b":[]}']) {
    const other = query({ run: ['echo', said], extract, shape: { jmespath: 'a' } });
    await expect(values({ other }, plan('other'))).rejects.toThrow('the answer was not understood');
  }
  await expect(values({ owner: query({ run: ['false'] }) }, plan('owner'))).rejects.toThrow('exit 1');
});

describe('is refused beforehand', () => {
  const owner = query({ params: { address: { about: 'the address' } }, run: ['echo', '{{address}}'] });
  test.each([
    [
      'an unknown question',
      plan('ownr'),
      'observer owner: "ownr" is not an observer of driver azure; did you mean "owner"?',
    ],
    [
      'a parameter that is missing',
      plan('owner'),
      'observer owner: driver azure needs the parameter "address" (the address)',
    ],
    [
      'a parameter that is unknown',
      plan('owner', { address: 'a', adress: 'b' }),
      '"adress" is not a parameter of driver azure; did you mean "address"?',
    ],
  ])('%s', (_, observe, message) => expect(() => open({ owner }, observe)).toThrow(message));

  test('a question to nodes that nobody has', () =>
    expect(() => open({ owner: query({ each: 'node' }) }, plan('owner'))).toThrow(
      'observer owner: no node has driver azure',
    ));
});
