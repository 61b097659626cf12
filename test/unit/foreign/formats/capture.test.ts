import { describe, expect, test } from 'vitest';
import { refusal, told } from '../told.js';

const echo = (at: number, kind: 'request' | 'reply', seq: number): string => {
  const [from, to] = kind === 'request' ? ['10.4.3.4', '10.4.4.4'] : ['10.4.4.4', '10.4.3.4'];
  return `22:13:${at.toFixed(6).padStart(9, '0')} IP ${from} > ${to}: ICMP echo ${kind}, id 17, seq ${seq}, length 64\n`;
};
const pings = (pattern: string): string =>
  Array.from(pattern)
    .map(
      (mark, seq) => echo(20 + seq, 'request', seq) + (mark === '.' ? echo(20.001 + seq, 'reply', seq) : ''),
    )
    .join('');

describe('tcpdump', () => {
  test('questions and answers, not what a tool said of them', async () => {
    expect(await told(pings('...xx..'))).toEqual(['tcpdump', '10.4.4.4 7/5, 2: 1.00 … 2.00 … 3.00']);
  });

  test('the last second is undecided', async () => {
    expect(await told(pings('....x'))).toEqual(['tcpdump', '10.4.4.4 4/4']);
    expect(await told(pings('....xx'))).toEqual(['tcpdump', '10.4.4.4 5/4, 1: 0.00 … ? … ?']);
  });

  test('a packet at two interfaces is one', async () => {
    const twice = pings('...xx..').replaceAll(/^(22:13:\d\d\.\d{5})\d( .*\n)/gm, '$10$2$11$2');
    expect(await told(twice)).toEqual(['tcpdump', '10.4.4.4 7/5, 2: 1.00 … 2.00 … 3.00']);
  });

  test('a SYN that is sent again was lost the first time; a reset refuses', async () => {
    const tcp = (at: number, flags: string, back = false, seq = 100): string =>
      `22:13:${at.toFixed(6)} IP ${back ? '10.4.4.4.443 > 10.4.3.4.5000' : '10.4.3.4.5000 > 10.4.4.4.443'}: Flags [${flags}], seq ${seq}, win 64240, length 0\n`;
    const text = [
      tcp(20, 'S'),
      tcp(20.001, 'S.', true),
      tcp(21, 'S'),
      tcp(22, 'S'),
      tcp(22.001, 'S.', true),
      tcp(23, 'S'),
      tcp(23.001, 'R.', true, 0),
    ];
    expect(await told(text.join(''))).toEqual(['tcpdump', '10.4.4.4:443 4/3, 1: 0.00 … 1.00 … 2.00']);
  });

  test('one way alone says nothing', async () => {
    expect(await refusal(pings('xxxxx'))).toContain('no answer');
    expect(await refusal(echo(20, 'reply', 1) + echo(21, 'reply', 2))).toContain(
      'answers without their questions',
    );
  });

  test('what the capture lost may not have been lost', async () => {
    expect(await refusal(`${pings('...xx..')}3 packets dropped by kernel\n`)).toContain('dropped 3 packets');
  });
});

const ETHERNET = Buffer.from('0200000000010200000000020800', 'hex');

const icmp = (request: boolean, seq: number, hops = 64): Buffer => {
  const packet = Buffer.alloc(28);
  packet[0] = 0x45;
  packet.writeUInt16BE(28, 2);
  packet[8] = hops;
  packet[9] = 1;
  Buffer.from(request ? [10, 4, 3, 4, 10, 4, 4, 4] : [10, 4, 4, 4, 10, 4, 3, 4]).copy(packet, 12);
  packet[20] = request ? 8 : 0;
  packet.writeUInt16BE(17, 24);
  packet.writeUInt16BE(seq, 26);
  return Buffer.concat([ETHERNET, packet]);
};

const pcap = (packets: readonly (readonly [at_s: number, packet: Buffer])[]): Buffer => {
  const head = Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex');
  const records = packets.map(([at_s, packet]) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_700_000_000 + Math.floor(at_s), 0);
    record.writeUInt32LE(Math.round((at_s % 1) * 1e6), 4);
    record.writeUInt32LE(packet.length, 8);
    record.writeUInt32LE(packet.length, 12);
    return Buffer.concat([record, packet]);
  });
  return Buffer.concat([head, ...records]);
};

const captured = (pattern: string): [number, Buffer][] =>
  Array.from(pattern).flatMap((mark, seq): [number, Buffer][] => [
    [seq, icmp(true, seq)],
    ...(mark === '.' ? [[seq + 0.001, icmp(false, seq)] as [number, Buffer]] : []),
  ]);

describe('pcap', () => {
  test('is read to the packet', async () => {
    expect(await told(pcap(captured('...xx..')))).toEqual(['pcap', '10.4.4.4 7/5, 2: 1.00 … 2.00 … 3.00']);
  });

  test('one that is cut off anywhere never gives another figure, and never an error of ours', async () => {
    const whole = pcap(captured('...xx..'));
    for (let length = 0; length < whole.length; length += 7) {
      const cut = whole.subarray(0, length);
      const said = await told(cut).catch((error: unknown) => [(error as Error).constructor.name]);
      expect(said.join().replace(/10\.4\.4\.4 \d\/\d/, '')).toMatch(
        /^(?:KnownError|pcap,|pcap,, 2: 1\.00 … (?:2\.00 … 3\.00|\? … \?)|pcap,, 1: 0\.00 … \? … \?)$/,
      );
    }
  });

  test('lengths are not trusted', async () => {
    const whole = pcap(captured('...xx..'));
    whole.writeUInt32LE(0xffffff00, 24 + 8);
    expect(await refusal(whole)).toMatch(/a packet of 4294967040 octets cannot be/);
  });

  test('a question with few hops is of traceroute', async () => {
    const traced: [number, Buffer][] = [[2.5, icmp(true, 900, 2)]];
    const packets = [...captured('...xx..'), ...traced].toSorted(([a], [b]) => a - b);
    expect(await told(pcap(packets))).toEqual(['pcap', '10.4.4.4 7/5, 2: 1.00 … 2.00 … 3.00']);
  });

  test('packets of no concern', async () => {
    expect(await refusal(pcap([[0, Buffer.alloc(60)]]))).toContain(
      'no ping and no TCP connection in its 1 packet',
    );
  });
});
