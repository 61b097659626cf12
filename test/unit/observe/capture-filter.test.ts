import { expect, test } from 'vitest';
import type { Scenario } from '../../../src/model/plan.js';
import { addressesOf, captureFilter } from '../../../src/observe/capture-filter.js';

test('addresses that are probed, and those of the nodes; no names, none twice', () => {
  const scenario = {
    streams: [{ host: '10.4.4.4' }, { host: 'www.example.net' }, { host: 'fd00:4::4' }],
    sessions: [{ host: '10.4.4.4' }],
    nodes: [
      { ssh: { host: '10.4.0.11' }, http: null },
      { ssh: null, http: { url: 'https://[fd00::12]:8443/api' } },
      { ssh: { host: 'fw-c' }, http: { url: 'https://fw-c' } },
    ],
  } as unknown as Pick<Scenario, 'streams' | 'sessions' | 'nodes'>;
  expect(addressesOf(scenario)).toEqual(['10.4.4.4', 'fd00:4::4', '10.4.0.11', 'fd00::12']);
});

test('what tells of any pair; of the addresses no word that is said on a connection', () => {
  expect(captureFilter(['10.4.4.4', 'fd00:4::4']).split(' or ')).toEqual([
    'arp',
    'ip proto 112',
    'ip6 proto 112',
    'ether proto 0x8890',
    'ether proto 0x8891',
    'udp port 67',
    'udp port 694',
    'udp port 1985',
    'udp port 2029',
    'udp port 3784',
    'udp port 4784',
    'udp port 5405',
    'udp port 6784',
    'udp port 8116',
    'icmp[0] == 5',
    '(icmp6 and ip6[40] >= 133 and ip6[40] <= 137)',
    '(host 10.4.4.4 and (icmp',
    'tcp[13] & 7 != 0))',
    '(host fd00:4::4 and (icmp6',
    '(ip6 proto 6 and ip6[53] & 7 != 0)))',
  ]);
});
