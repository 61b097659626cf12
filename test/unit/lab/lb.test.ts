import { describe, expect, test } from 'vitest';
import { balancerRules, bucketScript } from '../../../src/lab/lb/flow-table.js';
import { outfit } from '../../../src/lab/lb/lb-lab.js';
import { inService, newTarget, probed, stateOf, type Target } from '../../../src/lab/lb/targets.js';
import { network } from '../../../src/lab/lb/topology.js';
import type { LbPlan } from '../../../src/model/lab-plan.js';
import { fromMs } from '../../../src/model/time.js';
import { planText } from '../../../src/scenario/lab.js';

const plan: LbPlan = {
  design: 'lb',
  probe_ns: fromMs(500),
  threshold: 2,
  existing: 'stick',
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
    expect(over).toEqual([
      'ip saddr . ip daddr . th sport . th dport',
      'ip saddr . ip daddr . th sport . th dport',
      'ip saddr . ip daddr . icmp id',
      'ip saddr . ip daddr . icmp id',
    ]);
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

test('device names fit the kernel (15 octets) and MAC addresses are each one’s own', () => {
  const lines = [
    ...network.switchLines('trust'),
    ...network.machines.flatMap((machine) => network.cabling(machine).cables),
  ];
  const names = lines.flatMap((line) => /^link add (\S+)/.exec(line)?.[1] ?? []);
  const macs = lines.flatMap((line) => /address (\S+:\S+:\S+)/.exec(line)?.[1] ?? []);
  expect(names.filter((name) => name.length > 15)).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(macs).size).toBe(macs.length);
});

test('the knobs in words name every knob', () => {
  expect(planText(plan)).toBe('lb: probe 500ms, threshold 2, existing stick, sync none, boot 4s');
});
