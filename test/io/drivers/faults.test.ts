import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NodePlan } from '../../../src/model/plan.js';
import { forgetSecrets, registerSecret } from '../../../src/model/secret.js';
import { ns, type Nanoseconds } from '../../../src/model/time.js';
import { findDriver, loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import type { ActResult } from '../../../src/trigger/act/action.js';
import type { Trigger } from '../../../src/trigger/trigger.js';
import { pairOf } from '../trigger/pair-of.js';
import type { Driver } from '../../../src/trigger/driver/schema.js';
import { makeCertificates, type Certificates } from '../trigger/api.js';
import { PASSWORD } from '../trigger/device.js';
import { apis } from './apis.js';
import { TestPair } from './pair.js';
import { ENABLE, shells } from './shells.js';
import { FAULTS, type Fault, type TestNode, type Vendor } from './vendor.js';

let certificates: Certificates;
let drivers: ReadonlyMap<string, Driver>;

beforeAll(async () => {
  registerSecret(ENABLE);
  registerSecret(PASSWORD);
  certificates = await makeCertificates();
  drivers = await loadDrivers();
});
afterAll(async () => {
  forgetSecrets();
  await certificates.remove();
});

/** How long an answer may take. Only one that never comes has to be waited for so long. */
const patience = (fault: Fault): Nanoseconds => ns(fault === 'slow' ? 3e9 : 100e9);

const openNodes = ({ name }: Vendor, nodes: readonly TestNode[], timeout_ns: Nanoseconds): Trigger => {
  const driver = findDriver(drivers, name, 'test');
  const role = driver.role === undefined ? undefined : { ...driver.role, timeout: timeout_ns };
  const plans = nodes.map(({ ssh, http, params }, index): NodePlan => ({
    name: index === 0 ? 'fw-a' : 'fw-b',
    driver: name,
    ssh,
    http,
    params,
    serial: null,
    power: null,
  }));
  return pairOf(plans, new Map([[name, { ...driver, role }]]), { timeout_ns });
};

const ROLES: Readonly<Record<Fault, { role: string; error: RegExp | null }>> = {
  garbled: { role: 'unknown', error: /the answer was not understood/ },
  // Whichever clock is first: that of the question as a whole, or that of the request.
  slow: { role: 'unknown', error: /timed out|no answer in time|no answer within/ },
  refused: { role: 'unknown', error: /refused: |HTTP 400|exit 1: / },
  // A question changes nothing: it is asked once more.
  cut: { role: 'active', error: null },
};

const OUTCOMES: Readonly<Record<Fault, ActResult['outcome']>> = {
  // It ended well, as far as anybody can tell: the roles will say.
  garbled: 'ok',
  slow: 'unknown',
  refused: 'failed',
  cut: 'unknown',
};

const vendors = [...shells, ...apis(() => certificates)];
const count = ({ sent }: TestNode, pattern: RegExp): number =>
  sent().filter((line) => pattern.test(line)).length;

interface Bench {
  readonly vendor: Vendor;
  readonly state: TestPair;
  readonly nodes: readonly [TestNode, TestNode];
  readonly pair: Trigger;
  readonly fault: Fault;
}

const role = async ({ vendor, nodes, pair, fault }: Bench): Promise<void> => {
  nodes[0].mishap = { of: vendor.question, fault };
  const read = await pair.role('fw-a');
  const wanted = ROLES[fault];
  const error = wanted.error === null ? null : expect.stringMatching(wanted.error);
  expect(read, fault).toMatchObject({ role: wanted.role, error });
  if (read.role === 'unknown') expect(() => pair.choose([read])).toThrow(/no node is active/);
};

const switchover = async ({ vendor, state, nodes, pair, fault }: Bench): Promise<void> => {
  const { action, undo } = vendor;
  const sent = (): number => count(nodes[0], action);
  const undone = (): number => (undo === null ? 0 : count(nodes[0], undo));
  const before = { sent: sent(), undone: undone() };
  nodes[0].mishap = { of: action, fault };
  const planned = pair.plan('fw-a', 'switchover');
  expect(await pair.act(planned, { onStamp: () => undefined }), fault).toMatchObject({
    outcome: OUTCOMES[fault],
  });
  expect(sent() - before.sent, fault).toBe(1);
  await state.moved;
  // Twice: the second time there is nothing left to take back.
  await pair.undo(planned);
  await pair.undo(planned);
  const moved = fault !== 'refused';
  expect(state, fault).toMatchObject({ active: moved ? 1 : 0, held: [false, false] });
  // A toggle is one request for both ways, and so in either count.
  const both = undo?.source === action.source ? 1 : 0;
  if (undo !== null) expect(undone() - before.undone, fault).toBe((moved ? 1 : 0) + both);
  expect(count(nodes[1], action)).toBe(0);
  state.active = 0;
};

/** A command line goes away with its device; an API answers first. */
const reboot = async ({ vendor, nodes, pair }: Bench): Promise<void> => {
  if (vendor.reboot === null) return;
  const planned = pair.plan('fw-a', 'reboot');
  const wanted =
    nodes[0].ssh === null
      ? { outcome: 'ok' }
      : { outcome: 'unknown', detail: expect.stringMatching(/closed.*as is to be expected/s) };
  expect(await pair.act(planned, { onStamp: () => undefined })).toMatchObject(wanted);
  expect(count(nodes[0], vendor.reboot)).toBe(1);
};

describe('answers that go wrong, and a reboot', { concurrent: true }, () => {
  test.each(vendors.map((vendor) => [vendor.name, vendor] as const))('%s', async (_, vendor) => {
    const state = new TestPair();
    const nodes = await vendor.start(state);
    const pairs: Trigger[] = [];
    try {
      for (const fault of FAULTS) {
        const pair = openNodes(vendor, nodes, patience(fault));
        pairs.push(pair);
        await pair.identify();
        const bench = { vendor, state, nodes, pair, fault };
        await role(bench);
        await switchover(bench);
        if (fault === 'cut') await reboot(bench);
      }
    } finally {
      await Promise.all([...pairs, ...nodes].map((each) => ('close' in each ? each.close() : each.stop())));
    }
  });
});
