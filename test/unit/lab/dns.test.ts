import { describe, expect, test } from 'vitest';
import { gatewayScript, stateChanges } from '../../../src/lab/dns/gateway.js';
import { knotConfig, makeUpdateKey, zoneFile } from '../../../src/lab/dns/name-service.js';
import { network } from '../../../src/lab/dns/topology.js';
import { NEW_WATCH, watched } from '../../../src/lab/dns/watch.js';
import type { DnsPlan } from '../../../src/model/lab-plan.js';
import { fromMs } from '../../../src/model/time.js';

const plan: DnsPlan = {
  design: 'dns',
  ttl_ns: fromMs(5000),
  monitor_ns: fromMs(500),
  missed: 3,
  boot_ns: fromMs(1500),
  update: { least_ns: fromMs(1000), most_ns: fromMs(2000) },
};

describe('the monitor', () => {
  const acts = (probes: string, missed: number): string => {
    let watch = NEW_WATCH;
    return probes
      .split('')
      .map((probe) => {
        const after = watched(watch, probe === '+', missed);
        watch = after.watch;
        return after.act ? '!' : '.';
      })
      .join('');
  };

  test('acts after so many failures in a row, and on each one after them', () => {
    expect(acts('++--+---', 3)).toBe('.......!');
    expect(acts('----', 3)).toBe('..!!');
    expect(acts('+-', 1)).toBe('.!');
  });
});

test('what the service of a node did is read as roles with their instants; other lines are not', () => {
  const output =
    'STARTING 1795314771.195942 1795314771.199236\nnoise\nRUNNING 1795314773.210032 1795314773.245054\n';
  expect(stateChanges(output)).toEqual([
    { value: 'transitioning', after: 1795314771.195942, before: 1795314771.199236 },
    { value: 'active', after: 1795314773.210032, before: 1795314773.245054 },
  ]);
  expect(stateChanges('')).toEqual([]);
});

test('the TTL and the boot time are those of the plan, and only the monitor may update, signed', () => {
  expect(zoneFile(plan)).toContain('service.lab.test. 5 A 10.4.3.11\n');
  expect(gatewayScript(plan)).toContain('start) start 1.5 ;;');
  const key = makeUpdateKey();
  expect(knotConfig(key)).toContain(`secret: ${key.secret}`);
  expect(knotConfig(key)).toMatch(/address: 10\.4\.0\.30\n\s+key: monitor\n\s+action: update/);
  expect(makeUpdateKey().secret).not.toBe(key.secret);
});

test('no two machines share an address or a cable', () => {
  const addresses = network.machines.flatMap(network.addresses);
  expect(new Set(addresses).size).toBe(addresses.length);
  const cables = network.machines
    .flatMap((machine) => network.cabling(machine).cables)
    .filter((line) => line.startsWith('link add'));
  expect(new Set(cables.map((line) => line.split(' ')[2])).size).toBe(addresses.length);
});
