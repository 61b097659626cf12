import { expect, test } from 'vitest';
import type { TrialEvent } from '../../../src/model/event.js';
import type { Scenario, StreamPlan } from '../../../src/model/plan.js';
import { fromMs } from '../../../src/model/time.js';
import { analyse, at, issued, moved, probesOf, scenarioOf, streamPlan } from './fixture.js';

const observer = {
  name: 'timeouts',
  every_ns: fromMs(60_000),
  timeout_ns: fromMs(5000),
  source: { kind: 'driver', driver: 'keepalived', query: 'conntrack-timeouts', params: {} },
} as const satisfies Scenario['observe'][number];

const observed = (subject: string, value: string): TrialEvent => ({
  ...at(100),
  event: 'observed',
  observer: 'timeouts',
  subject,
  value,
  was: null,
  since_ns: null,
});

/** Probes every second; the outage takes so many. */
const notesOf = (
  lost: number,
  plan: Partial<StreamPlan> = {},
  more: { events?: TrialEvent[]; observe?: Scenario['observe']; end?: string } = {},
): string[] => {
  const scenario = {
    ...scenarioOf({ streams: [streamPlan('ping', { every_ns: fromMs(1000), ...plan })] }),
    observe: more.observe ?? [],
  };
  const probes = probesOf(`.....${'x'.repeat(lost)}${more.end ?? '..........'}`, 'ping', 1000);
  const events = [issued(4500), ...moved(5000), ...(more.events ?? [])];
  return analyse(scenario, events, probes).notes.filter((note) => note.includes('conntrack'));
};

test('an outage that surely lasted longer than the flow was remembered', () =>
  expect(notesOf(32)).toEqual([
    'trial 1, failover: ping: the outage outlasted the ICMP conntrack timeout of 30 s (the default of Linux ' +
      'firewalls, not read here): unless probes still reached the firewall, their flow was set up anew afterwards',
  ]));

test.each([
  ['one that may have been shorter', 31, {}, {}],
  ['one that did not end: nothing came afterwards', 32, {}, { end: '' }],
  ['a flow of UDP is remembered longer', 60, { type: 'stamp', port: 862 }, {}],
  ['connections that are new each time', 200, { type: 'tcp', port: 80 }, {}],
  ['a stream that does not cross the pair', 32, { control: true }, {}],
] as const)('nothing is said of %s', (_, lost, plan, more) => expect(notesOf(lost, plan, more)).toEqual([]));

test('UDP', () =>
  expect(notesOf(122, { type: 'dns', port: 53 })[0]).toContain('the UDP conntrack timeout of 120 s'));

test('what the nodes say of themselves counts, the shortest of it', () => {
  const events = [observed('fw-a', 'icmp 20, icmpv6 5, udp 30'), observed('fw-b', 'icmp 10, udp-stream 9')];
  expect(notesOf(15, {}, { events, observe: [observer] })[0]).toContain(
    'the ICMP conntrack timeout of 10 s (read from fw-b)',
  );
  expect(notesOf(11, {}, { events, observe: [observer] })).toEqual([]);
  // Another observer of the same name in another scenario is no source.
  expect(notesOf(15, {}, { events })).toEqual([]);
});

test('IPv6', () => {
  const events: TrialEvent[] = [
    { ...at(0), event: 'resolved', stream: 'ping', address: 'fd00::1', family: 6, engine: 'net-ping' },
    observed('fw-a', 'icmp 100, icmpv6 7'),
  ];
  expect(notesOf(15, {}, { events, observe: [observer] })[0]).toContain(
    'the ICMPv6 conntrack timeout of 7 s',
  );
});
