import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readWire } from '../../../../src/foreign/wire/wire-record.js';
import {
  allPackets,
  arp,
  dhcp,
  every,
  FLAGS,
  MAC,
  pcap,
  pcapng,
  redirect,
  START_MS,
  tcp,
  vrrp2,
} from './packets.js';
import { CONTEXT } from './context.js';
import { recordOf, told } from './told.js';

const [CLIENT, SERVER] = ['10.4.3.4', '10.4.4.4'];
const garp = arp(2, MAC.b, '10.4.3.1', '10.4.3.1');
const { fin, syn, rst, ack } = FLAGS;

describe('connections of watched addresses', () => {
  const [near, far] = [[CLIENT, 40_000] as const, [SERVER, 7] as const];

  test('who resets one, or closes it first; each once', async () => {
    expect(
      await told([
        [0, tcp(near, far, syn)],
        [0.1, tcp(far, near, syn | ack)],
        [5, tcp(near, far, ack)],
        [10, tcp(far, near, rst)],
        [10.2, tcp(far, near, rst)],
        [11, tcp([CLIENT, 40_001], far, fin | ack)],
        [11.1, tcp(far, [CLIENT, 40_001], fin | ack)],
      ]).then((lines) => lines.filter((line) => line.includes('session'))),
    ).toMatchInlineSnapshot(`
      [
        "10.000 session 10.4.3.4:40000 – 10.4.4.4:7 reset: reset by 10.4.4.4:7 of its connection with 10.4.3.4:40000; 1 more within 0.2 s",
        "11.000 session 10.4.3.4:40001 – 10.4.4.4:7 closed: first end by 10.4.3.4:40001 of its connection with 10.4.4.4:7; 1 more within 0.1 s",
      ]
    `);
  });

  test('of probes that connect, and of others, nothing is told', async () => {
    const lines = await told([
      [0, tcp(near, far, syn)],
      [0.1, tcp(near, far, fin | ack)],
      [0.2, tcp(far, near, rst | ack)],
      [1, tcp([CLIENT, 40_002], ['10.4.9.9', 80], rst)],
    ]);
    expect(lines.filter((line) => line.includes('session'))).toEqual([]);
  });
});

test('leases and redirects', async () => {
  expect(
    await told([
      [0, dhcp(1, '0.0.0.0')],
      [0.1, dhcp(2, '10.4.3.4')],
      [0.2, dhcp(3, '0.0.0.0')],
      [0.3, dhcp(5, '10.4.3.4')],
      [1, redirect('10.4.3.1', CLIENT, SERVER, '10.4.3.3')],
      [1.5, redirect('10.4.3.1', CLIENT, SERVER, '10.4.3.3')],
      [2, dhcp(6, '0.0.0.0').subarray(0, 200)],
    ]),
  ).toMatchInlineSnapshot(`
    [
      "0.000 lease 02:00:00:00:00:04 discover: DHCP discover from 10.4.3.1 for 02:00:00:00:00:04",
      "0.100 lease 02:00:00:00:00:04 offer: DHCP offer from 10.4.3.1 for 02:00:00:00:00:04, 10.4.3.4",
      "0.200 lease 02:00:00:00:00:04 request: DHCP request from 10.4.3.1 for 02:00:00:00:00:04",
      "0.300 lease 02:00:00:00:00:04 ack: DHCP ack from 10.4.3.1 for 02:00:00:00:00:04, 10.4.3.4",
      "1.000 redirect 10.4.4.4 10.4.3.3: redirect of 10.4.3.1 to 10.4.3.4: 10.4.4.4 is by way of 10.4.3.3; 1 more within 0.5 s",
      "1 packet captured too short to be read (tcpdump -s 320 is enough)",
    ]
  `);
});

describe('links', () => {
  const inner = vrrp2('10.4.3.2', 51, 200, '10.4.3.1').subarray(14);
  const cooked = Buffer.concat([
    Buffer.from('0001000100060200000000 0a0000'.replaceAll(' ', ''), 'hex'),
    Buffer.from('0800', 'hex'),
  ]);
  const cooked2 = Buffer.from('0800000000000002000103060200000000 0a0000'.replaceAll(' ', ''), 'hex');
  const tag = Buffer.from('81000064', 'hex');
  const whole = vrrp2('10.4.3.2', 51, 200, '10.4.3.1');
  test.each([
    ['VLAN', 1, Buffer.concat([whole.subarray(0, 12), tag, whole.subarray(12)])],
    [
      'two tags',
      1,
      Buffer.concat([whole.subarray(0, 12), Buffer.from('88a80001', 'hex'), tag, whole.subarray(12)]),
    ],
    ['Linux cooked', 113, Buffer.concat([cooked, inner])],
    ['Linux cooked, version 2', 276, Buffer.concat([cooked2, inner])],
    ['raw IP', 101, inner],
    ['IPv4', 228, inner],
    ['BSD loopback', 0, Buffer.concat([Buffer.from('02000000', 'hex'), inner])],
    ['OpenBSD loopback', 108, Buffer.concat([Buffer.from('00000002', 'hex'), inner])],
  ])('%s', async (_, link, packet) => {
    expect(await told(pcap([[1, packet]], link))).toEqual([
      '1.000 hello fw-a vrrp: first advertisement of 10.4.3.2, VRRP VRID 51, version 2, priority 200 for 10.4.3.1 in the capture',
    ]);
  });

  test('a gratuitous ARP of a cooked capture', async () => {
    const header = Buffer.from('0806000000000002000103060200000000 0b0000'.replaceAll(' ', ''), 'hex');
    const lines = await told(pcap([[1, Buffer.concat([header, garp.subarray(14)])]], 276));
    expect(lines).toEqual([
      `1.000 announced 10.4.3.1 ${MAC.b}: gratuitous ARP reply: 10.4.3.1 is at ${MAC.b}`,
    ]);
  });

  test('of another nothing is read, and that is said', async () => {
    expect(await told(pcap([[1, whole]], 105))).toEqual([
      'packets of links that are not read (type 105): left out',
    ]);
  });
});

describe('the record', () => {
  test('where its clock is, how sure a stamp is, and from when to when it tells', async () => {
    const { evidence, ...record } = await recordOf(
      pcap([
        [1.5, garp],
        [3, garp],
      ]),
      { owner: 'fw-a' },
    );
    expect({ ...record, notes: record.notes }).toEqual({
      form: 'packet capture',
      span: { lo_ms: START_MS + 1500, hi_ms: START_MS + 3000.001 },
      zoned: true,
      assumptions: [],
      notes: [],
    });
    expect(evidence[0]).toMatchObject({
      clock: 'fw-a',
      line: 1,
      lo_ms: START_MS + 1500,
      hi_ms: START_MS + 1500.001,
    });
  });

  test('pcapng in nanoseconds, and either packed, say the same', async () => {
    const packets = every(0, 3, 1, garp);
    const lines = await told(packets);
    expect(await told(pcapng(packets))).toEqual(lines);
    expect(await told(gzipSync(pcapng(packets)))).toEqual(lines);
  });

  test('one that is cut off anywhere says so, and never another thing', async () => {
    const packets = every(0, 3, 1, garp);
    const lines = await told(packets);
    const whole = pcap(packets);
    for (let length = 24; length < whole.length; length += 5) {
      const cut = (await told(whole.subarray(0, length))).filter((line) => !line.startsWith('the capture '));
      expect(lines).toEqual(expect.arrayContaining(cut.map((line) => line.replace(/; \d more.*/, ''))));
    }
    expect((await told(whole.subarray(0, -1))).at(-1)).toBe(
      'the capture ends early: it is cut off in the middle of a packet',
    );
  });

  test('without a packet, and without a time that can be', async () => {
    expect(await told([])).toEqual(['the capture holds no packet']);
    expect(await told([[2 ** 32 - START_MS / 1000 - 1, garp]])).toHaveLength(1);
    const { span } = await recordOf([]);
    expect(span).toBeNull();
  });

  test('however much there is, what is kept has bounds', async () => {
    const flood = Array.from(
      { length: 3000 },
      (_, index) => [index / 1000, arp(2, index % 2 === 0 ? MAC.a : MAC.b, '10.4.3.1', '10.4.3.1')] as const,
    );
    const record = await recordOf(flood);
    expect(record.evidence).toHaveLength(2000);
    expect(record.notes).toEqual(['there is more of kind announced than is kept: 1000 packets left out']);
    const far = await recordOf(flood, { near: { lo_ms: 0, hi_ms: 0 } });
    expect(far.evidence).toHaveLength(500);
  });

  test('damaged packets are passed over: any octet of any packet may be any other', async () => {
    const packets = allPackets();
    const damaged = packets.flatMap((packet) =>
      Array.from(packet, (_, at) => {
        const made = Buffer.from(packet);
        made[at] = 255 - (made[at] as number);
        return made;
      }),
    );
    const cut = packets.flatMap((packet) => Array.from(packet, (_, length) => packet.subarray(0, length)));
    const all = [...damaged, ...cut].map((packet, index) => [index / 1000, packet] as const);
    await expect(recordOf(all)).resolves.toMatchObject({ form: 'packet capture' });
  });

  test('what is no capture, or not there, is said in one line', async () => {
    await expect(recordOf(Buffer.from('Oct 1 10:00:00 fw-a something\n'))).rejects.toThrow(
      /a\.pcap is no capture/,
    );
    await expect(recordOf(Buffer.alloc(0))).rejects.toThrow(/is no capture/);
    await expect(readWire('/nowhere/a.pcap', CONTEXT)).rejects.toThrow(/cannot read \/nowhere\/a\.pcap/);
    await expect(recordOf(gzipSync(pcap(every(0, 9, 1, garp))).subarray(0, 60))).rejects.toThrow(
      /cannot read/,
    );
  });
});
