import { expect, test } from 'vitest';
import { datagramOf } from '../../../../src/foreign/capture/datagram.js';
import { Watched } from '../../../../src/foreign/wire/watched.js';
import { ip, ip6 } from './packets.js';

const receives = (watched: Watched, to: string): boolean => {
  const packet = to.includes(':')
    ? ip6(17, 'fd00::9', to, Buffer.alloc(8))
    : ip(17, '10.9.9.9', to, Buffer.alloc(8));
  const datagram = datagramOf(packet, 0);
  if (datagram === null) throw new Error('no packet');
  return watched.receives(packet, datagram);
};

test.each(['10.4.4.4', 'fd00:4::4', 'fd00::', '::1', '1:2:3:4:5:6:7:8', 'fe80::1:0', 'fe80::7:8:9'])(
  'a packet to %s is known by its address, and by no other',
  (address) => {
    const watched = new Watched([address, 'fw-a', '']);
    expect(receives(watched, address)).toBe(true);
    expect(watched.has(address)).toBe(true);
    for (const other of ['10.4.4.5', 'fd00:5::4', '2:2:3:4:5:6:7:8', 'fe81::1:0', '::2'])
      expect(receives(watched, other)).toBe(false);
  },
);

test('an address is known however it is written', () => {
  const watched = new Watched(['FD00:0004:0:0:0:0:0:0004', 'fe80::1%eth0']);
  expect(receives(watched, 'fd00:4::4')).toBe(true);
  expect(receives(watched, 'fe80::1')).toBe(true);
});
