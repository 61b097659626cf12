import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../src/cli/doctor/finding.js';
import { icmpFindings, pingState } from '../../../src/cli/doctor/icmp.js';
import { ORDINARY_NEEDS, type Needs } from '../../../src/cli/doctor/needs.js';
import { ended, recorded, type Changes } from './recorded.js';

const FAST = 'ping -i 0.001 -n -c 1 127.0.0.1';
const ONE = 'ping -n -c 1 127.0.0.1';
const refused = (): Promise<Error> => Promise.resolve(new Error('Operation not permitted'));

const examined = async (changes: Changes, needs: Partial<Needs> = {}) => {
  const { findings, engine } = await icmpFindings(recorded(changes), { ...ORDINARY_NEEDS, ...needs });
  const of = (check: string): Finding | undefined => findings.find((each) => each.check === check);
  return { engine, of, statuses: findings.map(({ status }) => status) };
};

describe('the system’s ping', () => {
  test.each([
    ['2ms since iputils 2021', 'ping: cannot flood; minimal interval allowed for user is 2ms', 2],
    ['200ms before', 'ping: cannot flood; minimal interval, allowed for user, is 200ms', 200],
    [
      'the wording of 2023',
      'ping: cannot flood, minimal interval for user must be >= 2 ms, use -i 0.002 (or higher)',
      2,
    ],
  ])('grants users %s', async (_, stderr, min_ms) => {
    const sources = recorded({ commands: { [FAST]: ended(2, '', stderr) } });
    expect(await pingState(sources)).toEqual({ state: 'usable', version: '20221126', min_ms });
  });

  test('of root has no limit', async () => {
    expect(await pingState(recorded())).toMatchObject({ state: 'usable', min_ms: 0 });
  });

  test('may be refused altogether', async () => {
    const stderr = 'ping: socktype: SOCK_RAW\nping: socket: Operation not permitted';
    const sources = recorded({ commands: { [FAST]: ended(2, '', stderr), [ONE]: ended(2, '', stderr) } });
    expect(await pingState(sources)).toMatchObject({ state: 'refused' });
  });

  test('may grant an interval and still be refused', async () => {
    const commands = {
      [FAST]: ended(2, '', 'ping: cannot flood; minimal interval allowed for user is 2ms'),
      [ONE]: ended(2, '', 'ping: sendmsg: Operation not permitted'),
    };
    expect(await pingState(recorded({ commands }))).toEqual({
      state: 'refused',
      text: 'ping: sendmsg: Operation not permitted',
    });
  });

  test.each([
    ['BusyBox', ended(1, '', 'ping: invalid option -- V'), 'foreign'],
    ['nothing', null, 'missing'],
  ])('may be %s', async (_, version, state) => {
    expect(await pingState(recorded({ commands: { 'ping -V': version } }))).toMatchObject({ state });
  });

  test('of an old iputils is recognised', async () => {
    const commands = { 'ping -V': ended(0, 'ping utility, iputils-s20190709\n') };
    expect(await pingState(recorded({ commands }))).toMatchObject({ version: 's20190709' });
  });
});

describe('the engine', () => {
  test('is net-ping where a raw socket can be had', async () => {
    const { engine, statuses } = await examined({});
    expect(engine).toEqual({ name: 'net-ping', min_ms: 0 });
    expect(statuses).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  test('is ping where raw sockets are refused, with the remedy', async () => {
    const { engine, of } = await examined({ rawSocket: refused });
    expect(engine.name).toBe('ping');
    expect(of('raw-icmp-4')).toMatchObject({
      status: 'warn',
      remedy:
        'run as root, or once: sudo setcap cap_net_raw+ep /usr/bin/node (a container: --cap-add NET_RAW)',
    });
    expect(of('icmp-engine')?.status).toBe('warn');
  });

  test('is none where neither works', async () => {
    const { engine, of } = await examined({ rawSocket: refused, commands: { 'ping -V': null } });
    expect(engine.name).toBeNull();
    expect(of('icmp-engine')).toMatchObject({
      status: 'fail',
      detail: 'none: neither a raw socket nor ping can be used',
    });
  });

  test('is missed by nobody where only TCP is probed', async () => {
    const changes = { rawSocket: refused, commands: { 'ping -V': null } };
    expect((await examined(changes, { icmp: false })).of('icmp-engine')?.status).toBe('ok');
  });

  test('fails a scenario that names net-ping, or is too dense for ping', async () => {
    const changes = {
      rawSocket: refused,
      commands: { [FAST]: ended(2, '', 'ping: cannot flood; minimal interval, allowed for user, is 200ms') },
    };
    expect((await examined(changes, { engines: ['net-ping'] })).of('icmp-engine')?.status).toBe('fail');
    expect((await examined(changes, { every_ms: 10 })).of('icmp-engine')).toMatchObject({
      status: 'fail',
      detail: 'ping, but it grants this user 200 ms and a stream wants 10 ms',
    });
    expect((await examined(changes, { every_ms: 200 })).of('icmp-engine')?.status).toBe('warn');
  });

  test('says to install net-ping where it is missing', async () => {
    const absent = () =>
      Promise.resolve(new Error("Cannot find package 'net-ping' imported from x.js\nmore"));
    expect((await examined({ rawSocket: absent })).of('raw-icmp-4')).toMatchObject({
      status: 'warn',
      detail: "net-ping cannot be used (Cannot find package 'net-ping' imported from x.js)",
      remedy: expect.stringContaining('npm ci') as string,
    });
  });

  test('without IPv6 on the host fails only what needs IPv6', async () => {
    const changes = {
      rawSocket: (family: 4 | 6) =>
        Promise.resolve(family === 6 ? new Error('Address family not supported by protocol') : null),
    };
    expect((await examined(changes)).of('raw-icmp-6')?.status).toBe('warn');
    expect((await examined(changes, { ipv6: true })).of('raw-icmp-6')?.status).toBe('fail');
  });
});
