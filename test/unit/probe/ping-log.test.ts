import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePingLine } from '../../../src/probe/stream/ping-log.js';

// Lines as printed by iputils 20221126 (`ping -n -D -O`, LC_ALL=C) in network namespaces.
describe('parsePingLine', () => {
  test.each([
    [
      '[1795290298.183814] 64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.073 ms',
      { kind: 'reply', seq16: 1, at_s: 1795290298.183814, ttl: 64, rtt_ms: 0.073, duplicate: false },
    ],
    [
      '[1795290298.830473] 64 bytes from ::1: icmp_seq=2 ttl=64 time=0.054 ms',
      { kind: 'reply', seq16: 2, at_s: 1795290298.830473, ttl: 64, rtt_ms: 0.054, duplicate: false },
    ],
    [
      '[1795290298.835027] 16 bytes from 127.0.0.1: icmp_seq=65535 ttl=64',
      { kind: 'reply', seq16: 65535, at_s: 1795290298.835027, ttl: 64, rtt_ms: null, duplicate: false },
    ],
    [
      '[1795290318.350925] 64 bytes from 127.0.0.5: icmp_seq=1 ttl=64 time=301 ms (DUP!)',
      { kind: 'reply', seq16: 1, at_s: 1795290318.350925, ttl: 64, rtt_ms: 301, duplicate: true },
    ],
    [
      '64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.073 ms',
      { kind: 'reply', seq16: 1, at_s: null, ttl: 64, rtt_ms: 0.073, duplicate: false },
    ],
    [
      '[1795290299.598367] no answer yet for icmp_seq=1',
      { kind: 'no-answer-yet', seq16: 1, at_s: 1795290299.598367 },
    ],
  ])('%s', (line, expected) => {
    expect(parsePingLine(line)).toEqual(expected);
  });

  test.each([
    [
      '[1795290301.934551] From 10.9.0.1 icmp_seq=1 Destination Host Unreachable',
      '10.9.0.1',
      'host-unreachable',
    ],
    [
      '[1795290307.950550] From 2001:db8:9::1 icmp_seq=1 Destination unreachable: Address unreachable',
      '2001:db8:9::1',
      'address-unreachable',
    ],
    ['[1795290317.007767] From 127.0.0.3 icmp_seq=1 Packet filtered', '127.0.0.3', 'admin-prohibited'],
    [
      '[1795290317.336074] From 127.0.0.4 icmp_seq=1 Destination Port Unreachable',
      '127.0.0.4',
      'port-unreachable',
    ],
    [
      '[1795290317.659486] From ::1 icmp_seq=1 Destination unreachable: Administratively prohibited',
      '::1',
      'admin-prohibited',
    ],
    ['[1795290317.659486] From 10.0.0.1 icmp_seq=1 Time to live exceeded', '10.0.0.1', 'time-exceeded'],
  ])('%s', (line, from, cause) => {
    expect(parsePingLine(line)).toMatchObject({ kind: 'unreachable', seq16: 1, from, cause });
  });

  test.each([
    ['ping: sendmsg: Network is unreachable', 'Network is unreachable'],
    ['ping: sendmsg: Operation not permitted', 'Operation not permitted'],
    ['ping: local error: message too long, mtu: 1500', 'message too long, mtu: 1500'],
  ])('%s', (line, text) => {
    expect(parsePingLine(line)).toEqual({ kind: 'local-error', at_s: null, text });
  });

  test.each([
    '',
    'PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.',
    '--- 127.0.0.1 ping statistics ---',
    '2 packets transmitted, 2 received, 0% packet loss, time 327ms',
    'rtt min/avg/max/mdev = 0.059/0.066/0.073/0.007 ms',
    'ping: connect: Network is unreachable',
    // The probe was forwarded; its reply may still come.
    'From 10.0.0.1: icmp_seq=2 Redirect Host(New nexthop: 10.0.0.2)',
  ])('says nothing about a probe: %s', (line) => {
    expect(parsePingLine(line)).toBeNull();
  });

  test('no text makes it throw', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parsePingLine(text);
        parsePingLine(`[1.5] From ${text} icmp_seq=3 ${text}`);
      }),
    );
  });
});
