import { expect, test } from 'vitest';
import type { TrialEventBody } from '../../../src/model/event.js';
import type { ObservePlan, ObserveSource } from '../../../src/model/observe-plan.js';
import type { Scenario } from '../../../src/model/plan.js';
import { ns } from '../../../src/model/time.js';
import { startObservers } from '../../../src/observe/observers.js';

const plan = (name: string, source: ObserveSource): ObservePlan => ({
  name,
  every_ns: ns(3600e9),
  timeout_ns: ns(10e9),
  source,
});

test('roles are asked of every node, a driver as its file says, and for a TTL nobody is', async () => {
  const told: TrialEventBody[] = [];
  const observe = [
    plan('roles', { kind: 'role' }),
    plan('owner', { kind: 'driver', driver: 'azure', query: 'address-owner', params: {} }),
    plan('path', { kind: 'ttl', stream: 'ping' }),
  ];
  const scenario = {
    observe,
    nodes: [{ name: 'fw-a' }, { name: 'fw-b' }],
    vantages: [],
  } as unknown as Scenario;
  let stop: () => void = () => undefined;
  await new Promise<void>((resolve) => {
    stop = startObservers(scenario, {
      trigger: {
        role: (node) => Promise.resolve({ node, role: 'active', raw: 'MASTER', error: null }),
        clock: () => new Promise(() => {}),
        inquiries: (observer) => [
          { command: 'show it', subject: `vip of ${observer}`, ask: () => Promise.resolve('nic-a') },
        ],
      },
      clock: { monotonic: () => ns(0), wall: () => 0 },
      roleChanged: ({ node, raw }) => told.push({ event: 'note', text: `${node} ${raw}` }),
      now: () => ns(0),
      tell: (body) => {
        told.push(body);
        if (told.length === 5) resolve();
      },
    });
  });
  stop();
  expect(told.filter(({ event }) => event === 'note')).toEqual([
    { event: 'note', text: 'fw-a MASTER' },
    { event: 'note', text: 'fw-b MASTER' },
  ]);
  const seen = { event: 'observed', was: null, since_ns: null } as const;
  expect(told.filter(({ event }) => event === 'observed')).toEqual(
    expect.arrayContaining([
      { ...seen, observer: 'roles', subject: 'fw-a', value: 'active', detail: 'MASTER' },
      { ...seen, observer: 'roles', subject: 'fw-b', value: 'active', detail: 'MASTER' },
      { ...seen, observer: 'owner', subject: 'vip of owner', value: 'nic-a' },
    ]),
  );
});
