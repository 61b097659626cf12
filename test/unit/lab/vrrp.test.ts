import { describe, expect, test } from 'vitest';
import { machineFiles } from '../../../src/lab/ground/machine-files.js';
import { network } from '../../../src/lab/vrrp/topology.js';
import { outfit } from '../../../src/lab/vrrp/vrrp-lab.js';
import type { VrrpPlan } from '../../../src/model/lab-plan.js';
import { messageOf } from '../../../src/model/error.js';
import { fromMs } from '../../../src/model/time.js';
import { labOfKnobs, planText } from '../../../src/scenario/lab.js';

const plan: VrrpPlan = {
  design: 'vrrp',
  advert_ns: fromMs(250),
  sync: 'conntrackd',
  boot_ns: fromMs(4000),
  tcpLoose: false,
  nat: 'none',
  preempt: false,
};

const fileOf = (machine: 'fw-a' | 'fw-b', path: string, knobs: Partial<VrrpPlan> = {}): string | undefined =>
  machineFiles(network, machine, outfit(machine, { ...plan, ...knobs })).find((file) => file.path === path)
    ?.text;

describe('the files of a node', () => {
  const KEEPALIVED = 'etc/keepalived/keepalived.conf';

  test('every instance takes interval, priority and preemption from the plan', () => {
    const text = fileOf('fw-a', KEEPALIVED) ?? '';
    expect(text.match(/advert_int 0\.25/g)).toHaveLength(4);
    expect(text.match(/priority 150/g)).toHaveLength(4);
    expect(text.match(/nopreempt/g)).toHaveLength(4);
    expect(fileOf('fw-b', KEEPALIVED)).toContain('priority 100');
    expect(fileOf('fw-a', KEEPALIVED, { preempt: true })).not.toContain('nopreempt');
  });

  test('both nodes have the same router ids, each its own in a segment', () => {
    const ids = (node: 'fw-a' | 'fw-b'): string[] =>
      fileOf(node, KEEPALIVED)?.match(/virtual_router_id \d+/g) ?? [];
    expect(new Set(ids('fw-a')).size).toBe(4);
    expect(ids('fw-b')).toEqual(ids('fw-a'));
  });

  test('state sync is there or not at all', () => {
    expect(fileOf('fw-a', 'etc/conntrackd/conntrackd.conf')).toContain('IPv4_Destination_Address 10.4.9.2');
    expect(fileOf('fw-b', 'etc/conntrackd/conntrackd.conf')).toContain('IPv4_Destination_Address 10.4.9.1');
    expect(fileOf('fw-a', 'etc/keepalived/notify.sh')).toContain('conntrackd');
    expect(fileOf('fw-a', 'etc/conntrackd/conntrackd.conf', { sync: 'none' })).toBeUndefined();
    expect(fileOf('fw-a', 'etc/keepalived/notify.sh', { sync: 'none' })).not.toContain('conntrackd');
  });

  test('tcp-loose is a kernel setting of the nodes', () => {
    expect(fileOf('fw-a', 'settings.sh')).toContain('echo 0 >/proc/sys/net/netfilter/nf_conntrack_tcp_loose');
    expect(fileOf('fw-a', 'settings.sh', { tcpLoose: true })).toContain('echo 1 >/proc/sys/net/netfilter');
  });
});

describe('the cables', () => {
  test('device names fit the kernel (15 octets) and MAC addresses are each one’s own', () => {
    const lines = [
      ...network.switchLines('trust'),
      ...network.machines.flatMap((machine) => network.cabling(machine).cables),
    ];
    const names = lines.flatMap((line) => /^link add (\S+)/.exec(line)?.[1] ?? []);
    const macs = lines.flatMap((line) => /address (\S+:\S+:\S+)/.exec(line)?.[1] ?? []);
    expect(names.filter((name) => name.length > 15)).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(macs.filter((mac) => mac.startsWith('02:'))).size).toBe(
      macs.filter((mac) => mac.startsWith('02:')).length,
    );
  });
});

describe('the advertisement interval', () => {
  test('takes what VRRPv3 can send', () => {
    for (const advert of ['10ms', '200ms', '40.95s'])
      expect(planText(labOfKnobs('vrrp', { advert, boot: '1m' }))).toContain(`advert ${advert},`);
  });

  test.each(['0s', '5ms', '205.000001ms', '40.96s'])('refuses %s', (advert) => {
    try {
      labOfKnobs('vrrp', { advert, boot: '1m' });
      expect.unreachable();
    } catch (error) {
      expect(messageOf(error)).toMatch(/advert: .*(at least 10ms|is no whole number of 10ms up to 40\.95s)/);
    }
  });
});

test('the knobs in words name every knob', () => {
  expect(planText(plan)).toBe('vrrp: advert 250ms, sync conntrackd, boot 4s, tcp-loose off, preempt off');
});
