import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { NodePlan } from '../../../src/model/plan.js';
import { registerSecret } from '../../../src/model/secret.js';
import { ns } from '../../../src/model/time.js';
import type { Trigger } from '../../../src/trigger/trigger.js';
import { driversWithBare } from '../trigger/bare.js';
import { pairOf } from '../trigger/pair-of.js';
import { canRunSshd, startSshd, type Sshd } from '../trigger/sshd.js';
import {
  CASES as LOCAL,
  environment,
  makeMachines,
  OTHER_WAYS,
  PROGRAMS,
  PROXMOX,
  type Case,
  type Machines,
} from './recorded.js';

/*
 * Every power driver against a program that answers as the real one does, and does not: with garbage, with a refusal,
 * cut off in the middle, or never.
 */

/** One of them is asked over SSH, which needs root. */
const CASES = canRunSshd ? [...LOCAL, PROXMOX] : LOCAL;

// They mostly wait; but a busy host that starts too many programs at once answers none of them in time.
vi.setConfig({ maxConcurrency: 12 });

const drivers = await driversWithBare();

let machines: Machines;
let sshd: Sshd | null = null;
beforeAll(async () => {
  machines = await makeMachines();
  if (canRunSshd) sshd = await startSshd([`SetEnv RECORDED=${machines.dir} PATH=${PROGRAMS}:/usr/bin:/bin`]);
  for (const [name, value] of Object.entries(environment(machines))) vi.stubEnv(name, value);
  registerSecret('the password');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await sshd?.stop();
  await machines.remove();
});

const nodePlan = (item: Case, machine: string): NodePlan => ({
  name: 'fw-a',
  driver: 'bare',
  ssh: null,
  http: null,
  serial: null,
  params: {},
  power: {
    driver: item.driver,
    ssh: item.overSsh ? (sshd?.login() ?? null) : null,
    http: null,
    params: Object.fromEntries(
      Object.entries(item.params(machine)).map(([name, value]) => [
        name,
        value === '${env:TEST_PASSWORD}' ? 'the password' : value,
      ]),
    ),
  },
});

interface Held {
  readonly pair: Trigger;
  readonly machine: string;
  /** Calls that are no questions. */
  sent(): Promise<string[]>;
}

/** A machine of its own for every test, so that they can run side by side. */
const hold = async (item: Case, test: string, allowed_s = 60): Promise<Held> => {
  const machine = item.machine(`${test}${item.action}`);
  await machines.add(machine);
  const pair = pairOf([nodePlan(item, machine)], drivers, {
    action: item.action,
    variant: item.variant,
    timeout_ns: ns(allowed_s * 1e9),
  });
  return {
    pair,
    machine,
    sent: async () => (await machines.calls(machine)).filter((call) => !item.reads.test(call)),
  };
};

const planned = ({ pair }: Held, { action }: Case) => pair.plan('fw-a', action);

const named = (cases: readonly Case[]) =>
  cases.map((item) => [`${item.driver} ${item.action} ${item.variant ?? ''}`.trim(), item] as const);

describe.concurrent('an action is sent once and is undone, also twice', () => {
  test.each(named([...CASES, ...OTHER_WAYS]))('%s', async (_, item) => {
    const held = await hold(item, `well${item.variant ?? ''}`);
    const plan = planned(held, item);
    const stamps: string[] = [];
    const { outcome, detail } = await held.pair.act(plan, { onStamp: (kind) => stamps.push(kind) });
    expect(outcome, detail).toBe('ok');
    expect(stamps).toEqual(['issued', 'accepted', 'closed']);
    expect(await held.sent()).toEqual(item.sent(held.machine));
    await held.pair.undo(plan);
    expect(await machines.isOn(held.machine)).toBe(true);
    await held.pair.undo(plan);
    expect(await held.sent()).toEqual([...item.sent(held.machine), ...item.undone(held.machine)]);
    await held.pair.close();
  });
});

describe.concurrent('a program that refuses is quoted, and nothing is left to undo', () => {
  test.each(named(CASES))('%s', async (_, item) => {
    const held = await hold(item, 'refused');
    await machines.next(held.machine, 'act', ['refused']);
    const plan = planned(held, item);
    const { outcome, detail } = await held.pair.act(plan, { onStamp: () => undefined });
    expect({ outcome, detail }).toEqual({ outcome: 'failed', detail: expect.stringContaining(item.refusal) });
    expect(await machines.isOn(held.machine)).toBe(true);
    expect((await held.pair.undo(plan)).detail).toContain('undone already');
    expect(await held.sent()).toEqual(item.sent(held.machine));
    await held.pair.close();
  });
});

describe.concurrent('a program that does not end, or is killed, may have acted: it is not run again, but undone', () => {
  test.each(named(CASES))('%s', async (_, item) => {
    for (const way of ['slow', 'cut']) {
      // Long enough for a busy host to start the program, which is not to end.
      const held = await hold(item, way, way === 'slow' ? 8 : 60);
      await machines.next(held.machine, 'act', [way]);
      const plan = planned(held, item);
      const { outcome } = await held.pair.act(plan, { onStamp: () => undefined });
      expect(outcome).toBe(way === 'slow' ? 'unknown' : 'failed');
      expect(await held.sent()).toEqual(item.sent(held.machine));
      await held.pair.undo(plan);
      expect(await machines.isOn(held.machine)).toBe(true);
      expect(await held.sent()).toEqual([...item.sent(held.machine), ...item.undone(held.machine)]);
      await held.pair.close();
    }
  });
});

describe.concurrent('power is given back only upon an answer that was understood', () => {
  test.each(named(CASES))('%s', async (_, item) => {
    const held = await hold(item, 'asked');
    const plan = planned(held, item);
    await held.pair.act(plan, { onStamp: () => undefined });
    const before = (await machines.calls(held.machine)).length;
    const ways = ['garbled', 'cut', 'refused'];
    await machines.next(held.machine, 'read', ways);
    await held.pair.undo(plan);
    expect(await machines.isOn(held.machine)).toBe(true);
    const undoing = (await machines.calls(held.machine)).slice(before);
    const first = undoing.findIndex((call) => !item.reads.test(call));
    // The three that went wrong, and the one that was understood: on a busy host one more may have come too late.
    if (item.undone(held.machine).length === 0) expect(first).toBe(-1);
    else expect(first).toBeGreaterThanOrEqual(ways.length + 1);
    expect(undoing.filter((call) => !item.reads.test(call))).toEqual(item.undone(held.machine));
    await held.pair.close();
  });
});

test('a pod that nobody would make anew is not deleted', async () => {
  const item = CASES.find(({ driver }) => driver === 'kubernetes') as Case;
  const held = await hold(item, 'orphan');
  await machines.next(held.machine, 'read', ['garbled']);
  const { outcome, detail } = await held.pair.act(planned(held, item), { onStamp: () => undefined });
  expect({ outcome, detail }).toEqual({
    outcome: 'failed',
    detail: 'not sent: not so: the pod belongs to a StatefulSet',
  });
  expect(await held.sent()).toEqual([]);
  await held.pair.close();
});

test('a program that is not there is named, with what to do', async () => {
  const item = CASES.find(({ driver }) => driver === 'gcloud') as Case;
  const held = await hold(item, 'absent');
  vi.stubEnv('PATH', machines.dir);
  const { outcome, detail } = await held.pair.act(planned(held, item), { onStamp: () => undefined });
  vi.stubEnv('PATH', environment(machines)['PATH']);
  expect({ outcome, detail }).toEqual({
    outcome: 'failed',
    detail:
      'not sent: the program gcloud is not on this host (install the Google Cloud CLI, then: gcloud auth login)',
  });
  await held.pair.close();
});
