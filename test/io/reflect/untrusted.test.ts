import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';

const cli = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanUps.splice(0)) clean();
});

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};

interface Reflector {
  readonly tcp: number;
  readonly http: number;
  readonly stamp: number;
  readonly said: readonly string[];
  /** Resident, MiB. */
  readonly memory: () => number;
  /** Its counts. */
  readonly stop: () => Promise<Record<string, Record<string, number>>>;
}

const reflect = async (...more: string[]): Promise<Reflector> => {
  const [tcp, http, stamp] = [await freePort(), await freePort(), await freePort()];
  const json = !more.includes('--no-json');
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(
    // With few files: what is beyond is refused by the system.
    'bash',
    [
      ...['-c', 'ulimit -n "$1"; shift; exec "$@"', 'bash', more[0] === 'few' ? '64' : '4096'],
      ...[process.execPath, cli, 'reflect', '--tcp', `${tcp}`, '--http', `${http}`, '--stamp', `${stamp}`],
      ...(json ? ['--json'] : []),
      ...more.filter((word) => word !== 'few' && word !== '--no-json'),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  cleanUps.push(() => child.kill('SIGKILL'));
  let wrong = '';
  child.stderr.on('data', (data: Buffer) => (wrong += data.toString()));
  const said: string[] = [];
  const lines = createInterface(child.stdout);
  const reading = lines[Symbol.asyncIterator]();
  const exited = once(child, 'exit');
  const last = json ? '{' : 'Ctrl-C ends it.';
  for (;;) {
    const { value, done } = await reading.next();
    if (done === true) throw new Error(`it ended: ${wrong}`);
    said.push(value);
    if (value.startsWith(last)) break;
  }
  return {
    ...{ tcp, http, stamp, said },
    memory: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
    },
    stop: async () => {
      child.kill('SIGINT');
      const { value } = await reading.next();
      expect(await exited).toEqual([0, null]);
      expect(wrong).toBe('');
      return JSON.parse(String(value)) as Record<string, Record<string, number>>;
    },
  };
};

const open = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  cleanUps.push(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
};

/** Until the other end closes. */
const allOf = async (socket: Socket): Promise<string> => {
  let text = '';
  socket.on('data', (data: Buffer) => (text += data.toString('latin1')));
  await once(socket, 'close');
  return text;
};

const echoed = async (port: number): Promise<string> => {
  const socket = await open(port);
  socket.write('hello\n');
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return data.toString();
};

test('listens on the loopback address unless told otherwise, and says how others reach it', async () => {
  const { said, tcp } = await reflect('--no-json');
  expect(said[0]).toMatch(/^UDP 127\.0\.0\.1:/);
  expect(said.join('\n')).toMatch(/Only this host reaches it\. For others: --bind .+; --bind :: for all/);
  expect(await echoed(tcp)).toBe('hello\n');
  // All of 127.0.0.0/8 is this host: a socket that listens everywhere would answer there.
  const elsewhere = connect(tcp, '127.0.0.2');
  const [error] = (await once(elsewhere, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNREFUSED');
});

test('a peer that asks for much and reads nothing costs a bounded memory, and gets all of it in order', async () => {
  const { tcp, memory, stop } = await reflect();
  const greedy = await Promise.all(Array.from({ length: 40 }, () => open(tcp)));
  for (const [index, socket] of greedy.entries()) {
    socket.pause();
    socket.write(`seqgap-server-first t a#${index} 100 40000 steady\n`);
  }
  const [first] = greedy;
  if (first === undefined) throw new Error('no connection');
  // The last one is answered while none of the others reads.
  let most = 0;
  // What waits for the others is at its most after 3 s: 16 MB are asked for each second.
  for (const until = performance.now() + 3000; performance.now() < until;) {
    expect(await echoed(tcp)).toBe('hello\n');
    most = Math.max(most, memory());
  }
  expect(most).toBeLessThan(200);
  for (const socket of greedy.slice(1)) socket.destroy();
  let text = '';
  first.resume();
  for await (const data of first as AsyncIterable<Buffer>) {
    text += data.toString('latin1');
    if (text.length > 400_000) break;
  }
  const numbers = text
    .split('\n')
    .slice(0, -1)
    .map((line) => Number(line.split(' ')[2]));
  expect(numbers).toEqual(numbers.map((_, index) => index));
  await stop();
});

test('what is asked for beyond the rate is refused with a word', async () => {
  const { tcp, http } = await reflect('--max-peer-rate', '1000');
  const session = await open(tcp);
  session.write('seqgap-server-first t a#1 1 99999 steady\n');
  expect(await allOf(session)).toBe('seqgap-refused 99999 octets each 1 ms\n');
  const web = await open(http);
  web.write('GET /stream?every=1 HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await allOf(web)).toMatch(/^HTTP\/1\.1 429 /);
});

test('connections beyond the limits are reset, of one address and in all', async () => {
  const { tcp, http, stop } = await reflect('--max-connections', '5', '--max-peer-connections', '3');
  const held = [await open(tcp), await open(tcp), await open(http)];
  const more = connect(tcp, '127.0.0.1');
  await new Promise((closed) => more.on('error', () => {}).on('close', closed));
  held[0]?.destroy();
  await expect.poll(() => echoed(tcp).catch(() => '')).toBe('hello\n');
  expect((await stop()).tcp?.['refused']).toBeGreaterThan(0);
});

test('without a file descriptor left it goes on', async () => {
  const { tcp, memory } = await reflect('few');
  const sockets = Array.from({ length: 200 }, () => connect(tcp, '127.0.0.1'));
  for (const socket of sockets) socket.on('error', () => {});
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  expect(memory()).toBeLessThan(200);
  for (const socket of sockets) socket.destroy();
  await expect.poll(() => echoed(tcp).catch(() => ''), { timeout: 20_000 }).toBe('hello\n');
});

test.each([
  ['a path that is a host, and of none', 'GET // HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['no request', 'hello\r\n\r\n', 400],
  ['a space in the path', 'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['two lengths', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
  ['an absolute path that is no address', 'GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  // Read at one go: what is left unread when the far end closes resets the connection before its answer is read.
  ['a request line without an end', `GET /${'a'.repeat(20_000)}`, 431],
  ['a header without an end', `GET / HTTP/1.1\r\nHost: ${'a'.repeat(20_000)}`, 431],
])('HTTP: %s', async (_name, request, status) => {
  const { http, stop } = await reflect();
  const socket = await open(http);
  socket.write(request);
  expect(await allOf(socket)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  await stop();
});

test('STAMP: packets of every length, none answered with more than it was', async () => {
  const { stamp, stop } = await reflect();
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  cleanUps.push(() => socket.close());
  await once(socket, 'listening');
  const lengths: number[] = [];
  socket.on('message', (answer) => lengths.push(answer.length));
  const sizes = [0, 1, 13, 14, 15, 40, 41, 43, 44, 45, 47, 48, 49, 100, 1472, 9000, 65_000];
  for (const size of sizes) {
    const before = lengths.length;
    const packet = Buffer.alloc(size);
    if (size >= 48) packet.writeUInt16BE(0xffff, 46);
    socket.send(packet, stamp, '127.0.0.1');
    // Each is followed by one that is surely answered.
    socket.send(Buffer.alloc(44), stamp, '127.0.0.1');
    await expect.poll(() => lengths.slice(before).includes(44)).toBe(true);
    expect(Math.max(...lengths.slice(before))).toBeLessThanOrEqual(Math.max(size, 44));
  }
  const { stamp: counts } = await stop();
  expect(counts?.['ignored']).toBeGreaterThan(0);
});
