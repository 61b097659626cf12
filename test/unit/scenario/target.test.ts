import { expect, test } from 'vitest';
import { familyOf, parseTarget } from '../../../src/scenario/target.js';

test.each([
  ['10.4.4.4', 'none', { host: '10.4.4.4', port: null }],
  ['fd00::4', 'none', { host: 'fd00::4', port: null }],
  ['[fd00::4]', 'none', { host: 'fd00::4', port: null }],
  ['fe80::1%eth0', 'none', { host: 'fe80::1%eth0', port: null }],
  ['host.name', 'none', { host: 'host.name', port: null }],
  ['10.4.4.4:80', 'needed', { host: '10.4.4.4', port: 80 }],
  ['[fd00::4]:80', 'needed', { host: 'fd00::4', port: 80 }],
  ['host.name:80', 'needed', { host: 'host.name', port: 80 }],
  ['10.4.4.4', 22, { host: '10.4.4.4', port: 22 }],
  ['[fd00::4]:2222', 22, { host: 'fd00::4', port: 2222 }],
] as const)('%s (port %s)', (text, port, expected) => {
  expect(parseTarget(text, port)).toEqual(expected);
});

test.each([
  '10.4.4.4:',
  '10.4.4.4:0',
  '10.4.4.4:65536',
  '[fd00::4',
  'a b:80',
  '-x:80',
  '.:80',
  ':80',
  'a..b:80',
])('%j is refused', (text) => {
  expect(parseTarget(text, 'needed')).toEqual(expect.any(String));
});

test('the family of an address is known, that of a name is not', () => {
  expect([familyOf('10.4.4.4'), familyOf('fd00::4'), familyOf('host.name')]).toEqual([4, 6, null]);
});
