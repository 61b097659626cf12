import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { NodePlan } from '../../../src/model/plan.js';
import { forgetSecrets, registerSecret } from '../../../src/model/secret.js';
import { ns, type Nanoseconds } from '../../../src/model/time.js';
import { findDriver, loadDrivers } from '../../../src/trigger/driver.js';
import type { ActResult } from '../../../src/trigger/action.js';
import { openPair, type Pair } from '../../../src/trigger/pair.js';
import type { Driver } from '../../../src/trigger/schema.js';
import { makeCertificates, type Certificates } from '../trigger/api.js';
import { apis } from './apis.js';
import { TestPair } from './pair.js';
import { ENABLE, shells } from './shells.js';
import { FAULTS, type Fault, type TestNode, type Vendor } from './vendor.js';

let certificates: Certificates;
let drivers: ReadonlyMap<string, Driver>;

/** How long an answer may take. One that never comes has to be waited for so long. */
const patience = (fault: Fault): Nanoseconds => ns(fault === 'slow' ? 3e9 : 60e9);

beforeAll(async () => {
  registerSecret(ENABLE);
  certificates = await makeCertificates();
  drivers = await loadDrivers();
});
afterAll(async () => {
  forgetSecrets();
  await Promise.all(stops.map((stop) => stop()));
  await certificates.remove();
});

/** Mostly waits. */
vi.setConfig({ maxConcurrency: 16 });

interface Opened {
  readonly state: TestPair;
  readonly nodes: readonly [TestNode, TestNode];
  readonly pair: Pair;
}

const stops: (() => Promise<unknown>)[] = [];

const open = async (vendor: Vendor, fault: Fault): Promise<Opened> => {
  const driver = findDriver(drivers, vendor.name, 'test');
  const timeout_ns = patience(fault);
  const role = driver.role === undefined ? undefined : { ...driver.role, timeout: timeout_ns };
  const state = new TestPair();
  const nodes = await vendor.start(state);
  const plans = nodes.map(({ ssh, http, params }, index): NodePlan => ({
    name: index === 0 ? 'fw-a' : 'fw-b',
    driver: vendor.name,
    ssh,
    http,
    params,
    serial: null,
    power: null,
  }));
  const pair = openPair(plans, new Map([[vendor.name, { ...driver, role }]]), {
    clock: systemClock,
    seqgap: ['seqgap'],
    timeout_ns,
  });
  stops.push(() => pair.close(), ...nodes.map((node) => () => node.stop()));
  return { state, nodes, pair };
};

const ROLES: Readonly<Record<Fault, { role: string; error: RegExp | null }>> = {
  garbled: { role: 'unknown', error: /the answer was not understood/ },
  slow: { role: 'unknown', error: /timed out|no answer in time/ },
  refused: { role: 'unknown', error: /refused: |HTTP 400/ },
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
const cases = vendors.flatMap((vendor) => FAULTS.map((fault) => [vendor.name, fault, vendor] as const));
const count = ({ sent }: TestNode, pattern: RegExp): number =>
  sent().filter((line) => pattern.test(line)).length;

describe('an answer that goes wrong', { concurrent: true }, () => {
  test.each(cases)('%s: a role, %s', async (_, fault, vendor) => {
    const { nodes, pair } = await open(vendor, fault);
    await pair.identify();
    nodes[0].mishap = { of: vendor.question, fault };
    const first = await pair.role('fw-a');
    const { role, error } = ROLES[fault];
    expect(first).toMatchObject({ role, error: error === null ? null : expect.stringMatching(error) });
    const choose = (): string => pair.choose({ node: 'active' }, [first]);
    if (role === 'unknown') expect(choose).toThrow(/no node is active/);
    // The next answer is read as ever.
    while ((await pair.role('fw-a')).role !== 'active') await setImmediate();
  });

  test.each(cases)('%s: a switchover, %s, is sent once and taken back', async (_, fault, vendor) => {
    const { state, nodes, pair } = await open(vendor, fault);
    await pair.identify();
    expect(await pair.health()).toMatchObject({ ok: true });
    nodes[0].mishap = { of: vendor.action, fault };
    const planned = pair.plan('fw-a', 'switchover');
    expect(await pair.act(planned, () => undefined)).toMatchObject({ outcome: OUTCOMES[fault] });
    expect(count(nodes[0], vendor.action)).toBe(1);
    const moved = fault !== 'refused';
    if (moved) while (!pair.confirmed(planned, await pair.roles())) await setImmediate();
    await pair.undo(planned);
    await pair.undo(planned);
    expect(state).toMatchObject({ active: moved ? 1 : 0, held: [false, false] });
    expect(await pair.health()).toMatchObject({ ok: true });
    const { undo } = vendor;
    // Where both are one request, it is in either count.
    const both = undo?.source === vendor.action.source ? 1 : 0;
    if (undo !== null) expect(count(nodes[0], undo)).toBe((moved ? 1 : 0) + both);
    expect(nodes[1].sent().filter((line) => vendor.action.test(line))).toEqual([]);
  });
});
