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

const unbuilt =
  (why = 'there is no C compiler (cc: ENOENT)') =>
  (): Promise<Error> =>
    Promise.resolve(new Error(`the native engine is not built: ${why}`));
/** The engine is there, and so is net-ping, but neither may open a socket. */
const REFUSED = { nativeSocket: refused, rawSocket: refused };

describe('the engine', () => {
  test('is our own where it was built', async () => {
    const { engine, of, statuses } = await examined({});
    expect(engine).toEqual({ name: 'native', min_ms: 0 });
    expect(statuses).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(of('icmp-engine')?.detail).toBe(
      'native: absolute schedule in a thread of its own (real-time priority), answers stamped by the kernel',
    );
  });

  test('says of our own what it was not given', async () => {
    const { of } = await examined({
      nativeSocket: () =>
        Promise.resolve({
          socket: 'ping',
          stamps: { sent: 'process', received: 'process' },
          realTime: false,
        }),
    });
    expect(of('raw-icmp-4')?.detail).toBe('the native engine opens a ping socket for IPv4');
    expect(of('icmp-engine')?.detail).toContain(
      '(without real-time priority), answers stamped when it reads',
    );
  });

  test.each([
    [
      'there is no C compiler (cc: ENOENT)',
      /^sudo apt-get install .*gcc libc6-dev; node .*native\.mjs --build$/,
    ],
    ["Node's headers (include/node/node_api.h) are not beside /bin/node", /^npm_config_nodedir=FOLDER node /],
    ['cc failed: engine.c:1: error', /^node .*native\.mjs --build, which says why/],
    ['it is for Linux, not for darwin', /net-ping/],
  ])('is net-ping where it was not built (%s), with the remedy', async (why, remedy) => {
    const { engine, of } = await examined({ nativeSocket: unbuilt(why) });
    expect(engine).toEqual({ name: 'net-ping', min_ms: 0 });
    expect(of('raw-icmp-4')?.status).toBe('ok');
    expect(of('icmp-engine')).toMatchObject({
      status: 'warn',
      detail: expect.stringContaining(why) as string,
      remedy: expect.stringMatching(remedy) as string,
    });
  });

  test('tells of a net-ping that was built for another Node', async () => {
    const message =
      "The module '/opt/raw.node'\nwas compiled against a different Node.js version using\nNODE_MODULE_VERSION 115. " +
      'This version of Node.js requires\nNODE_MODULE_VERSION 137. Please try re-compiling or re-installing\n' +
      'the module (for instance, using `npm rebuild` or `npm install`).';
    const { of } = await examined({
      nativeSocket: unbuilt('it is for Linux, not for darwin'),
      rawSocket: () => Promise.resolve(new Error(message)),
    });
    const told =
      "The module '/opt/raw.node' was compiled against a different Node.js version using NODE_MODULE_VERSION 115. This version of Node.js requires NODE_MODULE_VERSION 137";
    for (const check of ['raw-icmp-4', 'icmp-engine'])
      expect(of(check)).toMatchObject({
        status: 'warn',
        detail: expect.stringContaining(told) as string,
        remedy: expect.stringMatching(/^npm rebuild --prefix .* raw-socket/) as string,
      });
  });

  test('is ping where ICMP sockets are refused, with the remedy', async () => {
    const { engine, of } = await examined(REFUSED);
    expect(engine.name).toBe('ping');
    expect(of('raw-icmp-4')).toMatchObject({
      status: 'warn',
      remedy:
        'run as root, or once: sudo setcap cap_net_raw+ep /usr/bin/node (a container: --cap-add NET_RAW), ' +
        'or sudo sysctl -w net.ipv4.ping_group_range="0 2147483647"',
    });
    expect(of('icmp-engine')).toMatchObject({
      status: 'warn',
      detail: 'ping, whose own schedule drifts and hides unsent slots: Operation not permitted',
    });
  });

  test('is ping where only net-ping is there and is refused: ping sockets would not help', async () => {
    const { engine, of } = await examined({ nativeSocket: unbuilt(), rawSocket: refused });
    expect(engine.name).toBe('ping');
    expect(of('raw-icmp-4')?.remedy).toContain('setcap');
    expect(of('raw-icmp-4')?.remedy).not.toContain('ping_group_range');
  });

  test('is none where neither works', async () => {
    const { engine, of } = await examined({ ...REFUSED, commands: { 'ping -V': null } });
    expect(engine.name).toBeNull();
    expect(of('icmp-engine')).toMatchObject({
      status: 'fail',
      detail: 'none: neither an ICMP socket nor ping can be used',
    });
  });

  test('is missed by nobody where only TCP is probed', async () => {
    const changes = { ...REFUSED, commands: { 'ping -V': null } };
    expect((await examined(changes, { icmp: false })).of('icmp-engine')?.status).toBe('ok');
  });

  test('fails a scenario that names an engine that is not there, or is too dense for ping', async () => {
    const changes = {
      ...REFUSED,
      commands: { [FAST]: ended(2, '', 'ping: cannot flood; minimal interval, allowed for user, is 200ms') },
    };
    for (const engine of ['native', 'net-ping'] as const)
      expect((await examined(changes, { engines: [engine] })).of('icmp-engine')).toMatchObject({
        status: 'fail',
        detail: expect.stringContaining(`engine: ${engine}`) as string,
      });
    // Ours is there, but the scenario insists.
    const only = { rawSocket: () => Promise.resolve(new Error('net-ping is not installed')) };
    expect((await examined(only, { engines: ['net-ping'] })).of('icmp-engine')?.status).toBe('fail');
    expect((await examined(only, { engines: ['native'] })).of('icmp-engine')?.status).toBe('ok');
    expect((await examined(changes, { every_ms: 10 })).of('icmp-engine')).toMatchObject({
      status: 'fail',
      detail: 'ping, but it grants this user 200 ms and a stream wants 10 ms',
    });
    expect((await examined(changes, { every_ms: 200 })).of('icmp-engine')?.status).toBe('warn');
  });

  test('says what to install where there is none of ours', async () => {
    const absent = () =>
      Promise.resolve(new Error("Cannot find package 'net-ping' imported from x.js\nRequire stack:\n- x.js"));
    expect((await examined({ nativeSocket: unbuilt(), rawSocket: absent })).of('raw-icmp-4')).toMatchObject({
      status: 'warn',
      detail:
        'no engine of ours can be used (the native engine is not built: there is no C compiler (cc: ENOENT); ' +
        "Cannot find package 'net-ping' imported from x.js)",
      remedy: expect.stringContaining('gcc') as string,
    });
  });

  test('without IPv6 on the host fails only what needs IPv6', async () => {
    const without = new Error('address family not supported');
    const changes = {
      nativeSocket: (family: 4 | 6) => (family === 6 ? Promise.resolve(without) : recorded().nativeSocket(4)),
      rawSocket: (family: 4 | 6) => Promise.resolve(family === 6 ? without : null),
    };
    expect((await examined(changes)).of('raw-icmp-6')?.status).toBe('warn');
    expect((await examined(changes, { ipv6: true })).of('raw-icmp-6')?.status).toBe('fail');
  });
});
