import { expect, test } from 'vitest';
import { dropsByPort, dropsOf } from '../../../src/probe/send/socket-drops.js';

/* As Linux 6.18 prints /proc/net/udp (proc_net(5)). */
const TABLE = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 2193: 0100007F:0891 0100007F:1F90 01 00000000:00000500 00:00000000 00000000     0        0 41231 2 00000000f2c5f3ac 1287
 3410: 00000000:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000   105        0 41232 2 00000000f2c5f3ad 3
 3410: 0100007F:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000   105        0 41233 2 00000000f2c5f3ae 0
 9999: garbage
`;

test('drops by local port; a port that two sockets share says nothing of one of them', () => {
  expect(dropsByPort(TABLE)).toEqual(new Map([[0x0891, 1287]]));
  expect(dropsByPort('')).toEqual(new Map());
});

test('a socket that several flows share counts once; what nobody knows is null', () => {
  const shared = { drops: () => 5 };
  expect(dropsOf([shared, shared, { drops: () => 2 }, { drops: () => null }, null])).toBe(7);
  expect(dropsOf([null, { drops: () => null }])).toBeNull();
});
