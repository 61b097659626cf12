import { describe, expect, test } from 'vitest';
import { advertisement, arp, every, icmp, MAC, solicitation, type Timed } from './packets.js';
import { told } from './told.js';

const [VIP, CLIENT] = ['10.4.3.1', '10.4.3.4'];
const garp = (mac: string): Buffer => arp(2, mac, VIP, VIP, 'ff:ff:ff:ff:ff:ff');

describe('ARP', () => {
  test('a burst of gratuitous ones is one announcement; who announces again tells it at most so often', async () => {
    const burst = (at: number): Timed[] => every(at, at + 0.4, 0.1, garp(MAC.b));
    const refresh = every(40, 300, 10, garp(MAC.b));
    const lines = await told([[1, garp(MAC.a)], ...burst(10), ...burst(15), ...refresh]);
    expect(lines).toHaveLength(9);
    expect(lines.slice(0, 3)).toMatchInlineSnapshot(`
      [
        "1.000 announced 10.4.3.1 02:00:00:00:00:0a: gratuitous ARP reply: 10.4.3.1 is at 02:00:00:00:00:0a",
        "10.000 announced 10.4.3.1 02:00:00:00:00:0b: gratuitous ARP reply: 10.4.3.1 is at 02:00:00:00:00:0b; 4 more within 0.4 s",
        "15.000 announced 10.4.3.1 02:00:00:00:00:0b: gratuitous ARP reply: 10.4.3.1 is at 02:00:00:00:00:0b; 4 more within 0.4 s",
      ]
    `);
  });

  test('requests as announcements, probes for a free address, and what is no IPv4 over Ethernet', async () => {
    const probe = arp(1, MAC.b, '0.0.0.0', VIP, '00:00:00:00:00:00');
    const other = arp(1, MAC.b, VIP, VIP);
    other[14 + 4] = 8;
    const cut = arp(1, MAC.b, VIP, VIP).subarray(0, 40);
    expect(
      await told([
        [1, probe],
        [2, other],
        [3, cut],
        [4, arp(1, MAC.b, VIP, VIP, '00:00:00:00:00:00')],
      ]),
    ).toMatchInlineSnapshot(`
      [
        "4.000 announced 10.4.3.1 02:00:00:00:00:0b: gratuitous ARP request: 10.4.3.1 is at 02:00:00:00:00:0b",
      ]
    `);
  });

  test('answers: the first of a watched address, and those that say something else than before', async () => {
    const reply = (mac: string, address: string): Buffer => arp(2, mac, address, CLIENT);
    expect(
      await told([
        ...every(0, 3, 1, reply(MAC.a, VIP)),
        [3, reply(MAC.a, '10.4.3.77')],
        [4, reply(MAC.b, VIP)],
        [5, reply(MAC.b, '10.4.3.77')],
      ]),
    ).toMatchInlineSnapshot(`
      [
        "0.000 announced 10.4.3.1 02:00:00:00:00:0a: ARP reply to 10.4.3.4: 10.4.3.1 is at 02:00:00:00:00:0a",
        "4.000 announced 10.4.3.1 02:00:00:00:00:0b: ARP reply to 10.4.3.4: 10.4.3.1 is at 02:00:00:00:00:0b",
        "5.000 announced 10.4.3.77 02:00:00:00:00:0b: ARP reply to 10.4.3.4: 10.4.3.77 is at 02:00:00:00:00:0b",
      ]
    `);
  });

  const asks = (from: number, to: number): Timed[] => every(from, to, 1, arp(1, MAC.client, CLIENT, VIP));

  test('questions that stay without an answer', async () => {
    const answered: Timed = [0.5, arp(2, MAC.a, VIP, CLIENT)];
    expect(
      await told([
        [0.4, arp(1, MAC.client, CLIENT, VIP)],
        answered,
        ...asks(5, 9),
        [9.3, garp(MAC.b)],
        ...asks(20, 22),
      ]),
    ).toMatchInlineSnapshot(`
      [
        "0.500 announced 10.4.3.1 02:00:00:00:00:0a: ARP reply to 10.4.3.4: 10.4.3.1 is at 02:00:00:00:00:0a",
        "5.000 resolved 10.4.3.1 none: ARP request of 10.4.3.4 for 10.4.3.1: asked 5 times without an answer for 4.3 s, then it was told",
        "9.300 announced 10.4.3.1 02:00:00:00:00:0b: gratuitous ARP reply: 10.4.3.1 is at 02:00:00:00:00:0b",
        "20.000 resolved 10.4.3.1 none: ARP request of 10.4.3.4 for 10.4.3.1: asked 3 times without an answer for 2 s, until the capture ends",
      ]
    `);
  });

  test('of an address whose answers never pass there, none is missing', async () => {
    expect(await told(asks(0, 20))).toEqual([]);
  });
});

describe('neighbour discovery', () => {
  const target = 'fd00:4::4';

  test('unsolicited, solicited, and questions without an answer', async () => {
    const ask = solicitation('fd00:4::9', target, MAC.client);
    const packets: Timed[] = [
      [0, ask],
      [0.1, advertisement(target, MAC.a, 0x60)],
      ...every(3, 6, 1, ask),
      [6.5, advertisement(target, MAC.b)],
      [6.6, advertisement(target, MAC.b)],
    ];
    expect(await told(packets)).toMatchInlineSnapshot(`
      [
        "0.100 announced fd00:4::4 02:00:00:00:00:0a: neighbour advertisement to ff02::1: fd00:4::4 is at 02:00:00:00:00:0a",
        "3.000 resolved fd00:4::4 none: neighbour solicitation of fd00:4::9 for fd00:4::4: asked 4 times without an answer for 3.5 s, then it was told",
        "6.500 announced fd00:4::4 02:00:00:00:00:0b: unsolicited neighbour advertisement: fd00:4::4 is at 02:00:00:00:00:0b; 1 more within 0.1 s",
      ]
    `);
  });

  test('what came through a router, asks for nobody, or is cut off tells nothing', async () => {
    const routed = advertisement(target, MAC.a);
    routed[14 + 7] = 64;
    expect(
      await told([
        [0, routed],
        [1, solicitation('::', target, MAC.client)],
        [2, advertisement(target, MAC.a).subarray(0, 14 + 40 + 20)],
      ]),
    ).toEqual([]);
  });

  test('without the option the frame says who sent it', async () => {
    const bare = advertisement(target, MAC.b);
    bare.writeUInt16BE(24, 14 + 4);
    expect(await told([[0, bare.subarray(0, 14 + 40 + 24)]])).toMatchInlineSnapshot(`
      [
        "0.000 announced fd00:4::4 02:00:00:00:00:0b: unsolicited neighbour advertisement: fd00:4::4 is at 02:00:00:00:00:0b",
      ]
    `);
  });
});

test('to which link-layer address packets go: the last by the old one, and the first by the new', async () => {
  const ping = (to: string): Buffer => icmp(CLIENT, '10.4.4.4', 8, Buffer.alloc(4), [MAC.client, to]);
  const packets = [
    ...every(0, 3, 0.1, ping(MAC.a)),
    ...every(3.1, 4, 0.1, ping(MAC.b)),
    [4.1, ping('01:00:5e:00:00:01')] as const,
    [4.2, icmp(CLIENT, '10.4.9.9', 8, Buffer.alloc(4), [MAC.client, MAC.a])] as const,
  ];
  expect(await told(packets)).toMatchInlineSnapshot(`
    [
      "0.000 resolved 10.4.4.4 02:00:00:00:00:0a: first packet of 02:00:00:00:00:04 to 10.4.4.4 by way of 02:00:00:00:00:0a",
      "3.000 resolved 10.4.4.4 02:00:00:00:00:0a: last packet of 02:00:00:00:00:04 to 10.4.4.4 by way of 02:00:00:00:00:0a",
      "3.100 resolved 10.4.4.4 02:00:00:00:00:0b: first packet of 02:00:00:00:00:04 to 10.4.4.4 by way of 02:00:00:00:00:0b",
    ]
  `);
});
