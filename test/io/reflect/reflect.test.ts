import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { encodeStampProbe } from '../../../src/wire/stamp-packet.js';
import { startStampReflector } from '../../../src/reflect/stamp.js';

const cli = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

const children: ChildProcessByStdio<null, Readable, null>[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const freePort = async (): Promise<number> => {
  const socket = createSocket('udp6').bind(0, '::');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
};

/** Lines of a reflector's output, as they come. */
const start = (...args: string[]): { lines: AsyncIterator<string>; stop: () => Promise<number | null> } => {
  const child = spawn(process.execPath, [cli, 'reflect', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const exited = once(child, 'exit');
  return {
    lines: createInterface(child.stdout)[Symbol.asyncIterator](),
    stop: async () => {
      child.kill('SIGINT');
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
};

const probe = encodeStampProbe({
  ...{ wire: 0, time: { s: 1_800_000_000, ns: 0 }, timestamps: 'ntp', ssid: 7, size: 44 },
});

test('says where it listens, reflects, echoes, and counts at the end', async () => {
  const [stamp, tcp] = [await freePort(), await freePort()];
  const { lines, stop } = start('--bind', '::', '--stamp', String(stamp), '--tcp', String(tcp));
  expect((await lines.next()).value).toBe(`UDP [::]:${stamp}  STAMP reflector (RFC 8762, stateful)`);
  expect((await lines.next()).value).toContain(`TCP [::]:${tcp}  echo (RFC 862`);
  expect((await lines.next()).value).toBe('Ctrl-C ends it.');

  const socket = createSocket('udp4');
  socket.send(probe, stamp, '127.0.0.1');
  const [first] = (await once(socket, 'message')) as [Buffer];
  socket.send(probe, stamp, '127.0.0.1');
  const [second] = (await once(socket, 'message')) as [Buffer];
  socket.close();
  expect([first.readUInt32BE(0), second.readUInt32BE(0)]).toEqual([0, 1]);

  const session = connect(tcp, '127.0.0.1');
  session.write('hello\n');
  const [echo] = (await once(session, 'data')) as [Buffer];
  session.destroy();
  expect(String(echo)).toBe('hello\n');

  expect(await stop()).toBe(0);
  expect((await lines.next()).value).toBe(
    'STAMP reflector (RFC 8762, stateful): 2 reflected, 1 session, 0 ignored',
  );
  expect((await lines.next()).value).toContain('1 connection');
});

test('--json, one service only, stateless', async () => {
  const stamp = await freePort();
  const { lines, stop } = start(
    ...['--stamp', String(stamp), '--tcp', '0', '--bind', '127.0.0.1', '--stateless', '--json'],
  );
  expect(JSON.parse(String((await lines.next()).value))).toEqual({
    format: 1,
    listening: [{ service: 'stamp', protocol: 'UDP', address: '127.0.0.1', port: stamp }],
  });
  const socket = createSocket('udp4');
  socket.send(Buffer.from('no probe'), stamp, '127.0.0.1');
  socket.send(probe, stamp, '127.0.0.1');
  await once(socket, 'message');
  socket.close();
  expect(await stop()).toBe(0);
  expect(JSON.parse(String((await lines.next()).value))).toEqual({
    format: 1,
    stamp: { reflected: 1, sessions: 1, ignored: 1 },
  });
});

test('with --end-with-input it ends as the input does, which may be a connection', async () => {
  const [stamp, tcp] = [await freePort(), await freePort()];
  const args = ['reflect', '--stamp', String(stamp), '--tcp', String(tcp), '--json', '--end-with-input'];
  const child = execa(process.execPath, [cli, ...args], { stdin: 'pipe' });
  await once(child.stdout, 'data');
  child.stdin.end();
  const { stdout, exitCode } = await child;
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout.split('\n').at(-1) ?? '')).toMatchObject({ tcp: { connections: 0, refused: 0 } });
});

test('what comes from a port where reflectors listen is not answered', async () => {
  const reflector = await startStampReflector({ host: '127.0.0.1', port: 0, clock: systemClock });
  // Another address with the reflector's own port, as a false source would have.
  const own = createSocket('udp4').bind(reflector.port, '127.0.0.2');
  const other = createSocket('udp4').bind(0, '127.0.0.2');
  await Promise.all([once(own, 'listening'), once(other, 'listening')]);
  let answered = 0;
  own.on('message', () => (answered += 1));
  await new Promise((sent) => own.send(probe, reflector.port, '127.0.0.1', sent));
  other.send(probe, reflector.port, '127.0.0.1');
  await once(other, 'message');
  expect(reflector.sessions).toMatchObject({ reflected: 1, ignored: 1 });
  expect(answered).toBe(0);
  own.close();
  other.close();
  await reflector.close();
});

test('a port that is taken, and none at all: one line and a remedy', async () => {
  const holder = createSocket('udp6').bind(0, '::');
  await once(holder, 'listening');
  const { port } = holder.address();
  const taken = await execa(process.execPath, [cli, 'reflect', '--stamp', String(port), '--tcp', '0'], {
    reject: false,
  });
  holder.close();
  expect(taken.exitCode).toBe(2);
  expect(taken.stderr).toContain(`cannot listen on port ${port}: EADDRINUSE\n  → another port`);
  const none = await execa(process.execPath, [cli, 'reflect', '--stamp', '0', '--tcp', '0'], {
    reject: false,
  });
  expect(none.exitCode).toBe(64);
  expect(none.stderr).toContain('nothing to reflect');
});
