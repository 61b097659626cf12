import { describe, expect, test } from 'vitest';
import {
  bfd,
  carp,
  ethernet,
  every,
  hsrp1,
  hsrp2,
  icmp,
  MAC,
  octets,
  pcapng,
  vrrp2,
  vrrp3,
  type Timed,
} from './packets.js';
import { recordOf, told } from './told.js';

const [A, B, VIP] = ['10.4.3.2', '10.4.3.3', '10.4.3.1'];
const inOrder = (packets: readonly Timed[]): Timed[] => packets.toSorted(([a], [b]) => a - b);

describe('VRRP', () => {
  const last2 = vrrp2(A, 51, 200, VIP);

  test('the last advertisement of a master that dies, and the first of who takes over', async () => {
    const packets = [...every(0, 10, 1, last2), ...every(13.61, 20, 1, vrrp2(B, 51, 100, VIP))];
    expect(await told(packets)).toMatchInlineSnapshot(`
      [
        "0.000 hello fw-a vrrp: first advertisement of 10.4.3.2, VRRP VRID 51, version 2, priority 200 for 10.4.3.1 in the capture",
        "10.000 hello fw-a vrrp: last advertisement of 10.4.3.2, VRRP VRID 51, version 2, priority 200 for 10.4.3.1; the capture ends 9.61 s later",
        "13.610 hello fw-b vrrp: first advertisement of 10.4.3.3, VRRP VRID 51, version 2, priority 100 for 10.4.3.1 in the capture",
        "13.610 role fw-b (VRRP VRID 51) active: advertisement of 10.4.3.3, VRRP VRID 51, version 2, priority 100 for 10.4.3.1: only the master sends it",
      ]
    `);
  });

  test('priority 0 gives the role up; who comes back takes it again; hundredths of version 3', async () => {
    const packets = [
      ...every(0, 10, 0.25, vrrp3(A, 51, 200, VIP, 25)),
      [10.1, vrrp3(A, 51, 0, VIP, 25)] as const,
      ...every(10.3, 20.05, 0.25, vrrp3(B, 51, 100, VIP, 25)),
      ...every(20.2, 22, 0.25, vrrp3(A, 51, 200, VIP, 25)),
    ];
    expect(await told(packets)).toMatchInlineSnapshot(`
      [
        "0.000 hello fw-a vrrp: first advertisement of 10.4.3.2, VRRP VRID 51, version 3, priority 200 for 10.4.3.1 in the capture",
        "10.100 role fw-a (VRRP VRID 51) transitioning: advertisement of 10.4.3.2, VRRP VRID 51, version 3, priority 0 (resigns) for 10.4.3.1",
        "10.100 hello fw-a vrrp: last advertisement of 10.4.3.2, VRRP VRID 51, version 3, priority 0 (resigns) for 10.4.3.1 before 10.1 s without",
        "10.300 hello fw-b vrrp: first advertisement of 10.4.3.3, VRRP VRID 51, version 3, priority 100 for 10.4.3.1 in the capture",
        "10.300 role fw-b (VRRP VRID 51) active: advertisement of 10.4.3.3, VRRP VRID 51, version 3, priority 100 for 10.4.3.1: only the master sends it",
        "20.050 hello fw-b vrrp: last advertisement of 10.4.3.3, VRRP VRID 51, version 3, priority 100 for 10.4.3.1; the capture ends 1.9 s later",
        "20.200 hello fw-a vrrp: first advertisement of 10.4.3.2, VRRP VRID 51, version 3, priority 200 for 10.4.3.1 after 10.1 s without",
        "20.200 role fw-a (VRRP VRID 51) active: advertisement of 10.4.3.2, VRRP VRID 51, version 3, priority 200 for 10.4.3.1: only the master sends it",
      ]
    `);
  });

  test('two masters at a time are said to be two, and no role goes to and fro', async () => {
    const packets = inOrder([...every(0, 20, 1, last2), ...every(5.5, 15, 1, vrrp2(B, 51, 100, VIP))]);
    expect((await told(packets)).filter((line) => /role|in turn/.test(line))).toMatchInlineSnapshot(`
      [
        "5.500 role fw-b (VRRP VRID 51) active: advertisement of 10.4.3.3, VRRP VRID 51, version 2, priority 100 for 10.4.3.1: only the master sends it",
        "16.000 role fw-a (VRRP VRID 51) active: advertisement of 10.4.3.2, VRRP VRID 51, version 2, priority 200 for 10.4.3.1: only the master sends it",
        "VRRP VRID 51: fw-b and fw-a advertised in turn, as masters at the same time, between 2023-11-14T22:13:26.000Z and 2023-11-14T22:13:36.000Z",
      ]
    `);
  });

  test('of IPv6 and of another group each by itself; a priority that changes', async () => {
    const packets = inOrder([
      ...every(0, 9, 1, vrrp3('fe80::2', 51, 200, 'fe80::1')),
      ...every(0.1, 5, 1, vrrp2(A, 52, 200, VIP)),
      ...every(5.1, 9, 1, vrrp2(A, 52, 90, VIP)),
    ]);
    expect(await told(packets)).toMatchInlineSnapshot(`
      [
        "0.000 hello fw-a vrrp: first advertisement of fe80::2, VRRP VRID 51 of IPv6, version 3, priority 200 for fe80::1 in the capture",
        "0.100 hello fw-a vrrp: first advertisement of 10.4.3.2, VRRP VRID 52, version 2, priority 200 for 10.4.3.1 in the capture",
        "5.100 hello fw-a vrrp: advertisement of 10.4.3.2, VRRP VRID 52, version 2, priority 90 for 10.4.3.1; before: advertisement of 10.4.3.2, VRRP VRID 52, version 2, priority 200 for 10.4.3.1",
      ]
    `);
  });

  test('one number on two segments is two groups', async () => {
    const packets = inOrder([
      ...every(0, 9, 1, last2),
      ...every(0.3, 9, 1, vrrp2('10.4.4.2', 51, 200, '10.4.4.1')),
      ...every(0.1, 9, 1, carp('10.4.3.2', 1, 0)),
      ...every(0.2, 9, 1, carp('10.4.4.2', 1, 0)),
    ]);
    expect((await told(packets)).filter((line) => /role|in turn/.test(line))).toEqual([]);
  });

  test('an address that the run does not know is of the node whose interface it shares', async () => {
    const as = (packet: Buffer, mac: string): Buffer =>
      Buffer.concat([packet.subarray(0, 6), octets(mac), packet.subarray(12)]);
    const v6 = vrrp3('fe80::2', 52, 200, 'fe80::1');
    const known = every(0, 9, 1, as(last2, MAC.a));
    const subjects = async (mac: string): Promise<string[]> => {
      const { evidence } = await recordOf(inOrder([...known, ...every(0.1, 9, 1, as(v6, mac))]));
      return evidence.map(({ subject }) => subject);
    };
    expect(await subjects(MAC.a)).toEqual(['fw-a', 'fw-a']);
    expect(await subjects(MAC.b)).toEqual(['fw-a', 'fe80::2']);
    // Whoever is master sends by the virtual one.
    const virtual = '00:00:5e:00:01:33';
    const shared = inOrder([...every(0, 9, 1, as(last2, virtual)), ...every(0.1, 9, 1, as(v6, virtual))]);
    expect((await recordOf(shared)).evidence.map(({ subject }) => subject)).toEqual(['fw-a', 'fe80::2']);
  });

  test('what came through a router is no advertisement', async () => {
    const forged = vrrp2(A, 51, 200, VIP);
    forged[14 + 8] = 254;
    expect(await told(every(0, 3, 1, forged))).toEqual([]);
  });

  test('one packet at two interfaces, and packets that overtake each other, are no hole', async () => {
    const packets: Timed[] = every(0, 20, 1, last2).flatMap(([at, packet], index) => [
      [at, packet],
      [at + (index % 2 === 0 ? 0.00005 : -0.2), packet],
    ]);
    expect(await told(packets)).toHaveLength(1);
  });
});

test('CARP has the number of VRRP, and is told apart', async () => {
  const packets = [
    ...every(0, 10, 1, carp(A, 1, 0)),
    [10.5, carp(A, 1, 240)] as const,
    ...every(12.4, 16, 1.4, carp(B, 1, 100)),
    ...every(16.5, 18, 1, vrrp2('10.4.3.9', 1, 100, VIP)),
  ];
  expect(await told(packets)).toMatchInlineSnapshot(`
    [
      "0.000 hello fw-a carp: first advertisement of 10.4.3.2, CARP VHID 1, advskew 0 in the capture",
      "10.500 hello fw-a carp: advertisement of 10.4.3.2, CARP VHID 1, advskew 240; before: advertisement of 10.4.3.2, CARP VHID 1, advskew 0",
      "10.500 hello fw-a carp: last advertisement of 10.4.3.2, CARP VHID 1, advskew 240; the capture ends 8 s later",
      "12.400 hello fw-b carp: first advertisement of 10.4.3.3, CARP VHID 1, advskew 100 in the capture",
      "12.400 role fw-b (CARP VHID 1) active: advertisement of 10.4.3.3, CARP VHID 1, advskew 100: only the master sends it",
      "16.500 hello 10.4.3.9 vrrp: first advertisement of 10.4.3.9, VRRP VRID 1, version 2, priority 100 for 10.4.3.1 in the capture",
      "16.500 role 10.4.3.9 (VRRP VRID 1) active: advertisement of 10.4.3.9, VRRP VRID 1, version 2, priority 100 for 10.4.3.1: only the master sends it",
    ]
  `);
});

describe('HSRP', () => {
  test('version 1: each router says what it is', async () => {
    const packets = inOrder([
      ...every(0, 9, 3, hsrp1(A, 16)),
      ...every(1, 16, 3, hsrp1(B, 8)),
      ...every(19, 31, 3, hsrp1(B, 16)),
    ]);
    expect(await told(packets)).toMatchInlineSnapshot(`
      [
        "0.000 hello fw-a hsrp: first hello of 10.4.3.2, HSRP group 1, version 1, Active, priority 100 for 10.4.3.1 in the capture",
        "1.000 hello fw-b hsrp: first hello of 10.4.3.3, HSRP group 1, version 1, Standby, priority 100 for 10.4.3.1 in the capture",
        "9.000 hello fw-a hsrp: last hello of 10.4.3.2, HSRP group 1, version 1, Active, priority 100 for 10.4.3.1; the capture ends 22 s later",
        "19.000 role fw-b (HSRP group 1) active: hello of 10.4.3.3, HSRP group 1, version 1, Active, priority 100 for 10.4.3.1",
      ]
    `);
  });

  test('version 2: resigns', async () => {
    const packets = inOrder([
      ...every(0, 9, 1, hsrp2(A, 6)),
      [9.5, hsrp2(A, 6, 100, 2)],
      ...every(0.5, 9, 1, hsrp2(B, 5)),
      ...every(9.6, 12, 1, hsrp2(B, 6)),
    ]);
    expect(await told(packets)).toMatchInlineSnapshot(`
      [
        "0.000 hello fw-a hsrp: first hello of 10.4.3.2, HSRP group 7, version 2, Active, priority 100 for 10.4.3.1 in the capture",
        "0.500 hello fw-b hsrp: first hello of 10.4.3.3, HSRP group 7, version 2, Standby, priority 100 for 10.4.3.1 in the capture",
        "9.500 role fw-a (HSRP group 7) transitioning: resign of 10.4.3.2, HSRP group 7, version 2, Active, priority 100 for 10.4.3.1",
        "9.600 role fw-b (HSRP group 7) active: hello of 10.4.3.3, HSRP group 7, version 2, Active, priority 100 for 10.4.3.1",
      ]
    `);
  });
});

describe('BFD', () => {
  test('who finds out by itself that its peer is gone, and finds it again', async () => {
    const packets = inOrder([
      ...every(0, 5, 0.3, bfd(A, B, 3)),
      ...every(0.1, 5.8, 0.3, bfd(B, A, 3)),
      ...every(6, 9, 1, bfd(B, A, 1, 1)),
      ...every(9.5, 10.1, 0.3, bfd(B, A, 3)),
      ...every(9.4, 10.3, 0.3, bfd(A, B, 3)),
    ]);
    expect(await told(packets)).toMatchInlineSnapshot(`
      [
        "0.000 hello fw-a bfd: first BFD of 10.4.3.2 to 10.4.3.3, Up in the capture",
        "0.100 hello fw-b bfd: first BFD of 10.4.3.3 to 10.4.3.2, Up in the capture",
        "5.100 hello fw-a bfd: last BFD of 10.4.3.2 to 10.4.3.3, Up before 4.3 s without",
        "6.000 peer-lost fw-b fw-a: BFD of 10.4.3.3 to 10.4.3.2, Down (control detection time expired)",
        "9.400 hello fw-a bfd: first BFD of 10.4.3.2 to 10.4.3.3, Up after 4.3 s without",
        "9.500 peer-found fw-b fw-a: BFD of 10.4.3.3 to 10.4.3.2, Up",
      ]
    `);
  });

  test('who is told so by its peer, or by its operator, has found nothing out', async () => {
    const packets = [
      ...every(0, 2, 0.3, bfd(A, B, 3)),
      [2.3, bfd(A, B, 1, 3)] as const,
      [3.3, bfd(A, B, 0, 7)] as const,
    ];
    expect((await told(packets)).map((line) => line.split(':', 1).join())).toEqual([
      '0.000 hello fw-a bfd',
      '2.300 hello fw-a bfd',
      '3.300 hello fw-a bfd',
    ]);
  });

  test('no session is slower than the other end wants to hear', async () => {
    const packets = inOrder([
      ...every(0, 5, 1, bfd(A, B, 3, 0, 50)),
      ...every(0.1, 5, 1, bfd(B, A, 3, 0, 1000)),
    ]);
    expect(await told(packets)).toHaveLength(2);
  });
});

describe('hellos whose interval nobody says', () => {
  test('FortiGate: by their link-layer addresses', async () => {
    const hello = (mac: string): Buffer => ethernet(0x8890, Buffer.alloc(40), mac);
    const packets = inOrder([...every(0, 5, 0.2, hello(MAC.a)), ...every(0.1, 9, 0.2, hello(MAC.b))]);
    expect(await told(packets)).toMatchInlineSnapshot(`
      [
        "0.000 hello 02:00:00:00:00:0a ha: first FortiGate HA heartbeat (0x8890) of 02:00:00:00:00:0a in the capture",
        "0.100 hello 02:00:00:00:00:0b ha: first FortiGate HA heartbeat (0x8890) of 02:00:00:00:00:0b in the capture",
        "5.000 hello 02:00:00:00:00:0a ha: last FortiGate HA heartbeat (0x8890) of 02:00:00:00:00:0a; the capture ends 4.1 s later",
      ]
    `);
  });

  test('an echo between the nodes; one of somebody else is none', async () => {
    const echo = (from: string, to: string): Buffer => icmp(from, to, 8, Buffer.alloc(4));
    const packets = [
      ...every(0, 5, 1, echo(A, B)),
      [6, echo('10.4.3.4', B)] as const,
      ...every(20, 21, 1, echo(A, B)),
    ];
    expect(await told(packets)).toMatchInlineSnapshot(`
      [
        "0.000 hello fw-a ha: first echo request of 10.4.3.2 to 10.4.3.3 in the capture",
        "5.000 hello fw-a ha: last echo request of 10.4.3.2 to 10.4.3.3 before 15 s without",
        "20.000 hello fw-a ha: first echo request of 10.4.3.2 to 10.4.3.3 after 15 s without",
      ]
    `);
  });
});

test('a clock that is set back is said, and makes no hole; the record ends by the newest packet', async () => {
  const packets = [...every(0, 9, 1, vrrp2(A, 51, 200, VIP)), ...every(5.2, 12, 1, vrrp2(A, 51, 200, VIP))];
  expect(await told(packets)).toMatchInlineSnapshot(`
    [
      "0.000 hello fw-a vrrp: first advertisement of 10.4.3.2, VRRP VRID 51, version 2, priority 200 for 10.4.3.1 in the capture",
      "5.200 clock-set a.pcap -3.800: times go back by 3.8 s: the clock was set, or captures were put one behind the other",
    ]
  `);
});

test('what a capture dropped may have been there', async () => {
  const record = await recordOf(pcapng(every(0, 3, 1, vrrp2(A, 51, 200, VIP)), 12));
  expect(record.notes).toEqual(['the capture dropped 12 packets: what is missing in it may have been there']);
  expect(record.evidence).toHaveLength(1);
});
