import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { answerRequest, type Cloud } from '../../../src/lab/cloud-ip/api.js';
import {
  changedDelays,
  delaysOf,
  drawDelay,
  writtenDelays,
  noFaults,
} from '../../../src/lab/cloud-ip/delays.js';
import { Fabric } from '../../../src/lab/cloud-ip/fabric.js';
import { HaNode, type HaHands, type HaStatus } from '../../../src/lab/cloud-ip/ha-node.js';
import { haFiles, haSettings } from '../../../src/lab/cloud-ip/ha-files.js';
import { leaseSaid, RELAY, serverConfig } from '../../../src/lab/cloud-ip/lease.js';
import { moveAddresses, type CloudClient, type Reply } from '../../../src/lab/cloud-ip/takeover.js';
import type { Transition } from '../../../src/lab/ground/transitions.js';
import { type CloudIpPlan, lab } from '../../../src/model/lab-plan.js';
import { labOfKnobs, planText } from '../../../src/scenario/lab.js';

const planOf = (knobs: Readonly<Record<string, string>> = {}): CloudIpPlan =>
  labOfKnobs('cloud-ip', knobs) as CloudIpPlan;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the cloud', () => {
  let cloud: Cloud;
  let told: Transition[];
  let forwarded: string[];

  const ask = (method: string, path: string, body: unknown = null) => {
    const answer = answerRequest(cloud, { method, path, body });
    if (answer === 'lost') throw new Error('lost');
    return answer;
  };
  const vip = (nic: string): string => `/networkInterfaces/${nic}/ipConfigurations/vip`;
  const put = (nic: string, privateIPAddress: string) =>
    ask('PUT', vip(nic), { properties: { privateIPAddress } });
  const statusOf = (path: string | undefined): unknown =>
    (ask('GET', path ?? '').body as { status: unknown }).status;

  const build = async (knobs: Readonly<Record<string, string>> = {}): Promise<void> => {
    told = [];
    forwarded = [];
    const plan = planOf({ detach: '1s', attach: '2s', routes: '500ms', ...knobs });
    const faults = noFaults();
    const done = (what: string): Promise<void> => {
      forwarded.push(what);
      return Promise.resolve();
    };
    const fabric = new Fabric({
      delays: delaysOf(plan),
      faults,
      random: () => 0.5,
      now: () => performance.now() / 1e3,
      forward: (side, node) => done(`${side} ${node}`),
      secure: (passes) => done(`replies ${passes ? 'pass' : 'drop'}`),
      bypass: plan.replies === 'direct' ? (direct) => done(direct ? 'direct' : 'by the pair') : null,
      tell: (transition) => told.push(transition),
    });
    cloud = { fabric, faults, tell: (transition) => told.push(transition) };
    await fabric.begin();
    forwarded = [];
  };
  beforeEach(() => build());

  test('detaches after its delay, and forwards nowhere from then on', async () => {
    const accepted = ask('DELETE', vip('fw-a-trust'));
    expect(accepted.status).toBe(202);
    const operation = accepted.headers['azure-asyncoperation'];
    await vi.advanceTimersByTimeAsync(999);
    expect([statusOf(operation), forwarded]).toEqual(['InProgress', []]);
    await vi.advanceTimersByTimeAsync(1);
    expect([statusOf(operation), forwarded]).toEqual(['Succeeded', ['trust null']]);
    expect(told.map(({ what, value }) => `${what} ${value}`)).toEqual([
      'operation detach accepted',
      'owner none',
      'operation detach done',
      'next-hop none',
    ]);
  });

  test('forwards to the new interface a delay after the attachment', async () => {
    ask('DELETE', vip('fw-a-trust'));
    await vi.advanceTimersByTimeAsync(1000);
    put('fw-b-trust', '10.4.1.100');
    await vi.advanceTimersByTimeAsync(2000);
    expect(told.slice(-2)).toMatchObject([
      { what: 'owner', subject: '10.4.1.100', value: 'fw-b' },
      { what: 'operation', subject: 'fw-b-trust', value: 'attach done' },
    ]);
    expect(forwarded).toEqual(['trust null']);
    await vi.advanceTimersByTimeAsync(500);
    expect(forwarded).toEqual(['trust null', 'trust fw-b']);
    expect(ask('GET', '/routeTables/client-routes/effectiveRoutes').body).toMatchObject({
      value: [{ state: 'Active', nextHopNetworkInterface: 'fw-b-trust' }],
    });
  });

  /** Moves the server's side to the other node, all delays over. */
  const moveTo = async (from: string, to: string): Promise<void> => {
    ask('DELETE', vip(from));
    await vi.advanceTimersByTimeAsync(1000);
    put(to, '10.4.2.100');
    await vi.advanceTimersByTimeAsync(2000);
  };

  test('drops replies from the attachment until the security rules follow', async () => {
    await build({ rules: '4s' });
    await moveTo('fw-a-untrust', 'fw-b-untrust');
    await vi.advanceTimersByTimeAsync(3999);
    expect(forwarded).toEqual(['untrust null', 'replies drop', 'untrust fw-b']);
    await vi.advanceTimersByTimeAsync(1);
    expect(forwarded.at(-1)).toBe('replies pass');
    expect(told.filter(({ what }) => what === 'rules').map(({ value }) => value)).toEqual(['drop', 'pass']);
  });

  test('goes by the rules of the newest attachment', async () => {
    await build({ rules: '4s' });
    await moveTo('fw-a-untrust', 'fw-b-untrust');
    await moveTo('fw-b-untrust', 'fw-a-untrust');
    // The first rules would be there now.
    await vi.advanceTimersByTimeAsync(3999);
    expect(forwarded).not.toContain('replies pass');
    await vi.advanceTimersByTimeAsync(1);
    expect(forwarded.at(-1)).toBe('replies pass');
  });

  test('lets replies go past the pair after a failover, and by it again when the first node has it', async () => {
    await build({ replies: 'direct' });
    await moveTo('fw-a-untrust', 'fw-b-untrust');
    await vi.advanceTimersByTimeAsync(500);
    expect(forwarded).toEqual(['untrust null', 'untrust fw-b', 'direct']);
    await moveTo('fw-b-untrust', 'fw-a-untrust');
    await vi.advanceTimersByTimeAsync(500);
    expect(forwarded.at(-1)).toBe('by the pair');
    expect(told.filter(({ what }) => what === 'replies').map(({ value }) => value)).toEqual([
      'direct',
      'pair',
    ]);
  });

  test('refuses an address that another interface has, and takes a repeated request for the same', async () => {
    expect(put('fw-b-trust', '10.4.1.100').status).toBe(409);
    expect(put('fw-b-trust', '10.4.2.100').status).toBe(409);
    expect(put('fw-a-trust', '10.4.1.100').status).toBe(204);
    expect(ask('DELETE', vip('fw-b-trust')).status).toBe(204);
    const first = ask('DELETE', vip('fw-a-trust')).headers;
    expect(ask('DELETE', vip('fw-a-trust')).headers).toEqual(first);
    expect(put('fw-a-trust', '10.4.1.100').status).toBe(409);
  });

  test('has the faults it is told to have, once each', async () => {
    ask('PATCH', '/lab/faults', { throttle: 1, lose: 1, fail: 1, retryAfter: 7 });
    expect(ask('DELETE', vip('fw-a-trust'))).toMatchObject({ status: 429, headers: { 'retry-after': '7' } });
    expect(() => ask('DELETE', vip('fw-a-trust'))).toThrow('lost');
    const operation = ask('DELETE', vip('fw-a-trust')).headers['azure-asyncoperation'];
    await vi.advanceTimersByTimeAsync(1000);
    expect(statusOf(operation)).toBe('Failed');
    expect(told.map(({ value }) => value)).toEqual(['detach accepted', 'detach failed']);
    // The observers' questions use up none.
    ask('PATCH', '/lab/faults', { throttle: 1 });
    expect(ask('GET', '/networkInterfaces').status).toBe(200);
    expect(cloud.faults.throttle).toBe(1);
  });

  test('answers what it does not know or understand with an error of its own', () => {
    expect(ask('GET', '/nothing').status).toBe(404);
    expect(ask('GET', '/networkInterfaces/eth0').status).toBe(404);
    expect(ask('GET', '/operations/op-77').status).toBe(404);
    expect(put('fw-b-trust', '').status).toBe(409);
    expect(ask('PUT', vip('fw-b-trust'), {}).status).toBe(400);
    expect(ask('PATCH', '/lab/delays', { attach: { least: '2' } }).status).toBe(400);
    expect(ask('PATCH', '/lab/faults', { throttle: -1 }).status).toBe(400);
  });
});

describe('delays', () => {
  const delays = delaysOf(planOf({ attach: '2s to 10s' }));

  test('one is changed without the others', () => {
    const changed = changedDelays(delays, { attach: { most: '4s' } });
    expect(writtenDelays(changed)).toEqual({
      ...writtenDelays(delays),
      attach: { least: '2s', most: '4s', distribution: 'uniform' },
    });
  });

  test('a long tail is mostly short', () => {
    const { attach } = changedDelays(delays, { attach: { distribution: 'long-tail' } });
    expect([0, 0.5, 1].map((u) => drawDelay(attach, () => u) / 1e9)).toEqual([2, 3, 10]);
    expect(drawDelay(delays.attach, () => 0.5) / 1e9).toBe(6);
  });

  test.each([
    [{ attach: { least: '11s', most: '10s' } }, 'less than the least'],
    [{ atach: {} }, 'no delay "atach"'],
    [{ attach: { distribution: 'normal' } }, 'uniform or long-tail'],
    [{ attach: { median: '1s' } }, 'no "median"'],
    [{ attach: { least: 2 } }, 'no duration'],
    [[], 'an object'],
  ])('%j is refused', (change, why) => {
    expect(() => changedDelays(delays, change)).toThrow(why);
  });
});

describe('knobs in words', () => {
  test('are read as a scenario has them', () => {
    expect(planOf({ missed: '7', attach: '2s to 8s' })).toMatchObject({
      missed: 7,
      attach: { least_ns: 2e9, most_ns: 8e9 },
      heartbeat_ns: 500e6,
    });
  });

  test('that came later are in the words and the plans of those that have them, and off in others', () => {
    const { rules, replies, lease_ns, ...older } = planOf();
    expect(lab.parse(older)).toEqual(planOf());
    expect([rules, replies, lease_ns]).toEqual([{ least_ns: 0, most_ns: 0 }, 'pair', 0]);
    expect(planText(planOf())).not.toMatch(/rules|replies|lease/);
    expect(planText(planOf({ rules: '1s to 4s', replies: 'direct', lease: '2m' }))).toMatch(
      /, boot 4s, rules 1s to 4s, replies direct, lease 2m$/,
    );
  });

  test.each([
    ['heartbit', '1s', 'did you mean "heartbeat"'],
    ['attach', '8s to 2s', 'is no delay'],
    ['attach', '8', 'has no unit'],
    ['missed', '0', 'whole number from 1'],
    ['lease', '30s', 'neither 0s nor whole seconds from 2m on'],
  ])('%s=%s is refused', (key, value, why) => {
    expect(() => planOf({ [key]: value })).toThrow(why);
  });
});

describe('a node', () => {
  const HEARTBEAT_MS = 100;
  const plan = planOf({ heartbeat: '100ms', missed: '3' });

  const start = (name: 'fw-a' | 'fw-b') => {
    const said: HaStatus[] = [];
    let moved: () => void = () => undefined;
    const hands: HaHands = {
      monotonic_ms: () => performance.now(),
      now: () => performance.now() / 1e3,
      send: () => undefined,
      takeOver: (signal) =>
        new Promise((resolve, reject) => {
          moved = resolve;
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
      forward: () => Promise.resolve(),
      publish: (status) => said.push(status),
    };
    const node = new HaNode(haSettings(name, plan), hands);
    return {
      node,
      roles: () => said.map(({ role }) => role).filter((role, i, all) => role !== all[i - 1]),
      finish: () => {
        moved();
        return vi.advanceTimersByTimeAsync(0);
      },
      /** So many heartbeats go by. */
      wait: (count: number, heard?: HaStatus['role']) => {
        for (let i = 0; i < count; i++) {
          vi.advanceTimersByTime(HEARTBEAT_MS);
          if (heard !== undefined) node.hear({ role: heard, since: 0 });
          node.tick();
        }
      },
    };
  };

  test('takes over when its active peer was silent for so many heartbeats', async () => {
    const { wait, roles, finish } = start('fw-b');
    wait(10, 'active');
    wait(2);
    expect(roles()).toEqual(['passive']);
    wait(1);
    expect(roles()).toEqual(['passive', 'taking-over']);
    await finish();
    expect(roles()).toEqual(['passive', 'taking-over', 'active']);
  });

  test.each(['suspended', 'stopped'] as const)('takes over at once from one that is %s', (role) => {
    const { node, wait, roles } = start('fw-b');
    wait(2, 'active');
    node.hear({ role, since: 0 });
    expect(roles()).toEqual(['passive', 'taking-over']);
  });

  test('stays passive when it returns to an active peer', () => {
    const { wait, roles } = start('fw-a');
    wait(20, 'active');
    expect(roles()).toEqual(['passive']);
  });

  test('of two passive ones fw-a takes over', () => {
    const [first, second] = [start('fw-a'), start('fw-b')];
    first.wait(3, 'passive');
    second.wait(30, 'passive');
    expect([first.roles(), second.roles()]).toEqual([['passive', 'taking-over'], ['passive']]);
  });

  test('of two active ones the earlier steps down', async () => {
    const { node, wait, roles, finish } = start('fw-a');
    wait(3);
    await finish();
    node.hear({ role: 'active', since: performance.now() / 1e3 + 1 });
    expect(roles().at(-1)).toBe('passive');
  });

  test('does not become active when it was suspended in the middle of a takeover', async () => {
    const { node, wait, roles, finish } = start('fw-b');
    wait(3);
    node.suspend();
    await finish();
    expect(roles()).toEqual(['passive', 'taking-over', 'suspended']);
    node.resume();
    expect(roles().at(-1)).toBe('passive');
  });
});

test('a takeover asks again whatever goes wrong, and attaches nothing before all is detached', async () => {
  vi.useRealTimers();
  const log: string[] = [];
  const replies: (Reply | Error)[] = [
    new Error('reset'),
    { kind: 'not-now', retryAfter_ms: 10 },
    { kind: 'accepted', operation: '/operations/failing' },
  ];
  const answer = (what: string): Promise<Reply> => {
    log.push(what);
    const reply = replies.shift() ?? { kind: 'done' };
    return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
  };
  const cloud: CloudClient = {
    detach: (nic) => answer(`detach ${nic}`),
    attach: (nic, address) => answer(`attach ${nic} ${address}`),
    progress: (operation) => Promise.resolve(operation.endsWith('failing') ? 'failed' : 'succeeded'),
  };
  const moved = moveAddresses(cloud, {
    from: 'fw-a',
    to: 'fw-b',
    poll_ms: 5,
    signal: new AbortController().signal,
    onStep: (step) => log.push(step),
  });
  await moved;
  expect(log.indexOf('attach')).toBe(log.length - 3);
  expect(log.filter((line) => line.startsWith('detach fw-a-'))).toHaveLength(5);
  expect(log.slice(-2)).toEqual(['attach fw-b-trust 10.4.1.100', 'attach fw-b-untrust 10.4.2.100']);
});

describe('the lease of the client', () => {
  const leased = planOf({ lease: '2m' });
  const forwardOf = (node: 'fw-a' | 'fw-b', plan: CloudIpPlan): string =>
    haFiles(node, plan).find(({ path }) => path === 'forward.sh')?.text ?? '';

  test('is given by the first node alone, while it is active', () => {
    expect(forwardOf('fw-a', leased)).toContain('dnsmasq --conf-file=/run/machine/dhcp.conf');
    expect(forwardOf('fw-b', leased) + forwardOf('fw-a', planOf())).not.toContain('dhcp');
    expect(serverConfig(leased)).toContain('dhcp-range=10.4.3.4,10.4.3.4,255.255.255.0,120\n');
    expect(RELAY).toContain('--dhcp-relay=10.4.3.1,10.4.1.11');
  });

  test('comes and goes once, whatever is renewed', () => {
    let isBound = false;
    const said = ['deconfig', 'bound', 'renew', 'renew', 'deconfig', 'leasefail', 'bound'].flatMap((word) => {
      const told = leaseSaid(`lease ${word} 1700000000.000001 1700000000.000002`, isBound);
      if (told !== null) isBound = told.value === 'bound';
      return told ?? [];
    });
    expect(said.map(({ value }) => value)).toEqual(['bound', 'expired', 'bound']);
    expect(said[0]).toMatchObject({ after: 1700000000.000001, before: 1700000000.000002 });
    expect(leaseSaid('udhcpc: started, v1.35.0', false)).toBeNull();
  });
});
