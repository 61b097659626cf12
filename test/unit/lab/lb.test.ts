import { describe, expect, test } from 'vitest';
import { pingTarget } from '../../../src/lab/design.js';
import { probeOf } from '../../../src/lab/lb/arms.js';
import { balancerRules, bucketScript } from '../../../src/lab/lb/flow-table.js';
import { outfit } from '../../../src/lab/lb/lb-lab.js';
import { network as oneArm } from '../../../src/lab/lb/one-arm.js';
import { failed, inService, newTarget, probed, stateOf, type Target } from '../../../src/lab/lb/targets.js';
import { network } from '../../../src/lab/lb/topology.js';
import type { LbPlan } from '../../../src/model/lab-plan.js';
import { fromMs } from '../../../src/model/time.js';
import { planText } from '../../../src/scenario/lab.js';

const plan: LbPlan = {
  design: 'lb',
  probe_ns: fromMs(500),
  threshold: 2,
  existing: 'stick',
  arms: 'two',
  sync: 'none',
  boot_ns: fromMs(4000),
};

/** The state after each health probe: `+` good, `-` failed. */
const statesAfter = (probes: string, threshold: number, from: Target = newTarget('fw-a')): string[] => {
  let target = from;
  return probes.split('').map((probe) => {
    target = probed(target, probe === '+', threshold);
    return stateOf(target);
  });
};

describe('the health of a target', () => {
  test('turns after `threshold` probes in a row, and not before', () => {
    expect(statesAfter('++-+--', 2)).toEqual([
      'initial',
      'healthy',
      'healthy',
      'healthy',
      'healthy',
      'unhealthy',
    ]);
    expect(statesAfter('+-', 1)).toEqual(['healthy', 'unhealthy']);
    expect(statesAfter('+++---++', 3).at(-1)).toBe('unhealthy');
  });

  test('is not known until the first good ones: failed probes of a node that boots say nothing', () => {
    expect(statesAfter('---+', 2)).toEqual(['initial', 'initial', 'initial', 'initial']);
    expect(statesAfter('-+-++', 2).at(-1)).toBe('healthy');
  });

  test('is followed while the node is drained, which only shows when it is registered again', () => {
    const healthy = { ...newTarget('fw-a'), healthy: true };
    const drained = { ...healthy, registered: false };
    expect(statesAfter('--', 2, drained)).toEqual(['draining', 'draining']);
    expect(stateOf({ ...probed(drained, false, 1), registered: true })).toBe('unhealthy');
    expect([...inService([drained, { ...healthy, name: 'fw-b' }])]).toEqual(['fw-b']);
  });
});

describe('where flows go', () => {
  const both = new Set(['fw-a', 'fw-b'] as const);
  const elements = (...args: Parameters<typeof bucketScript>): string =>
    /add element ip balancer nodes \{ (.*) \}/.exec(bucketScript(...args))?.[1] ?? '';

  test('a node that is out gives its bucket to the other one, whose own flows stay', () => {
    expect(elements('rebalance', both)).toBe('0 : 101, 1 : 102, 2 : 101');
    expect(elements('rebalance', new Set(['fw-b']))).toBe('0 : 102, 1 : 102, 2 : 102');
    expect(elements('rebalance', new Set(['fw-a']))).toBe('0 : 101, 1 : 101, 2 : 101');
  });

  test('where flows stick, the witness sticks to fw-a', () => {
    expect(elements('stick', new Set(['fw-b']))).toBe('0 : 102, 1 : 102, 2 : 101');
  });

  test('without any node in service every one gets its share', () => {
    expect(elements('rebalance', new Set())).toBe(elements('rebalance', both));
  });

  test('TCP flows of a dead node are reset as long as another one is in service', () => {
    const dead = (...args: Parameters<typeof bucketScript>): string | undefined =>
      /add element ip balancer dead \{ (.*) \}/.exec(bucketScript(...args))?.[1];
    expect(dead('reset', new Set(['fw-b']), ['fw-a'])).toBe('101');
    expect(dead('reset', both, [])).toBeUndefined();
    expect(dead('reset', new Set(), ['fw-a', 'fw-b'])).toBeUndefined();
    expect(bucketScript('reset', both)).toContain('flush set ip balancer dead');
    for (const existing of ['stick', 'rebalance'] as const) {
      expect(bucketScript(existing, new Set(['fw-b']), ['fw-a'])).not.toContain('dead');
      expect(balancerRules(existing)).not.toContain('tcp reset');
    }
    const failing = { ...newTarget('fw-a'), healthy: false };
    expect(failed([failing, { ...failing, name: 'fw-b', registered: false }])).toEqual(['fw-a']);
    // The witness is no TCP: it stays with its node.
    expect(elements('reset', new Set(['fw-b']))).toBe('0 : 102, 1 : 102, 2 : 101');
  });

  test('both directions of a flow are hashed over the same values', () => {
    const hashes = [...balancerRules('stick').matchAll(/iifname "(\w+)" meta l4proto .* jhash (.*) mod/g)];
    const seenFromClient = (side: string | undefined, over: string | undefined): string | undefined =>
      side === 'trust'
        ? over
        : over?.replaceAll(
            /\b([sd])(addr|port)/g,
            (_, end: string, what: string) => (end === 's' ? 'd' : 's') + what,
          );
    const over = hashes.map(([, side, values]) => seenFromClient(side, values));
    const both = ['ip saddr . ip daddr . th sport . th dport', 'ip saddr . ip daddr . icmp id'];
    expect(over).toEqual([...both, ...both]);
  });
});

test('state sync is there or not at all, and puts the peer’s states into the kernel', () => {
  const config = (sync: LbPlan['sync']): string | undefined =>
    outfit('fw-a', { ...plan, sync }).files?.find(({ path }) => path === 'etc/conntrackd/conntrackd.conf')
      ?.text;
  expect(config('none')).toBeUndefined();
  expect(config('conntrackd')).toContain('DisableExternalCache yes');
  expect(config('conntrackd')).toContain('IPv4_address 10.4.1.1\n');
});

test('with one arm, clients and nodes know the balancer by addresses of one network', () => {
  const one = { ...plan, arms: 'one' as const, existing: 'reset' as const };
  expect(outfit('client', one).routes).toEqual([]);
  expect(outfit('lb', one).routes?.[0]).toBe('addr add 10.4.3.100/32 dev trust');
  const rules = outfit('lb', one).rules ?? '';
  expect(rules).toContain('dnat to ct mark map { 101 : 10.4.3.11, 102 : 10.4.3.12 }');
  expect(rules).toContain('snat to 10.4.3.30');
  expect(rules).toContain('ct mark @dead reject with tcp reset');
  expect(outfit('fw-b', one).rules).toContain('ip daddr 10.4.3.12 dnat to 10.4.4.4');
  expect([probeOf('one', 'fw-a'), probeOf('two', 'fw-a')]).toEqual([
    { host: '10.4.3.11', port: 80 },
    { host: '10.4.1.11', port: 22 },
  ]);
  expect([pingTarget(one), pingTarget(plan)]).toEqual(['10.4.3.100', '10.4.4.4']);
});

test.each([
  ['two arms', network],
  ['one arm', oneArm],
])('with %s device names fit the kernel (15 octets) and MAC addresses are each one’s own', (_, wiring) => {
  const lines = [
    ...wiring.switchLines('trust'),
    ...wiring.machines.flatMap((machine) => wiring.cabling(machine).cables),
  ];
  const names = lines.flatMap((line) => /^link add (\S+)/.exec(line)?.[1] ?? []);
  const macs = lines.flatMap((line) => /address (\S+:\S+:\S+)/.exec(line)?.[1] ?? []);
  expect(names.filter((name) => name.length > 15)).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(macs).size).toBe(macs.length);
});

test('the knobs in words name every knob', () => {
  expect(planText(plan)).toBe('lb: probe 500ms, threshold 2, existing stick, sync none, boot 4s');
  expect(planText({ ...plan, arms: 'one' })).toMatch(/, boot 4s, arms one$/);
});
