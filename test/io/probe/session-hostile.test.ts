import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { generateKeyPairSync } from 'node:crypto';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SshLogin } from '../../../src/model/login.js';
import type { SessionOf } from '../../../src/model/plan.js';
import { fromMs } from '../../../src/model/time.js';
import { ECHO_HEADER, STREAM_KIND } from '../../../src/wire/web-protocol.js';
import { serverFrame } from '../../../src/wire/echo-protocol.js';
import { AgentRun, session, vantage } from './agent-run.js';

const HOST_KEY = generateKeyPairSync('ec', {
  namedCurve: 'prime256v1',
  privateKeyEncoding: { type: 'sec1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey;

let run: AgentRun;
const cleanUp: (() => void)[] = [];
beforeEach(async () => {
  run = await AgentRun.start(vantage());
});
afterEach(() => {
  run.client.kill();
  for (const each of cleanUp.splice(0)) each();
});

/** Connections that the far end has seen, and those of them that are still there. */
interface FarEnd {
  readonly port: number;
  readonly accepted: () => number;
  readonly open: () => number;
}

const listen = async (serve: (socket: Socket) => void): Promise<FarEnd> => {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    serve(socket);
  });
  cleanUp.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, accepted: () => accepted, open: () => sockets.size };
};

/** As fast as the other side takes it, 200 MiB at most. */
const flood = (to: Socket | ServerChannel | ServerChannel['stderr'], piece: Buffer): void => {
  let left = (200 << 20) / piece.length;
  const more = (): void => {
    if (left-- > 0 && to.writable) to.write(piece, () => setImmediate(more));
  };
  more();
};
const PIECE = Buffer.alloc(1 << 16, 'never again ');

/** A server that lets anyone log in. */
const ssh = (serve: (connection: Connection) => void): Promise<FarEnd> => {
  const server = new ssh2.Server({ hostKeys: [HOST_KEY] }, (connection) => {
    connection.on('error', () => undefined).on('authentication', (context) => context.accept());
    serve(connection);
  });
  return listen((socket) => server.injectSocket(socket));
};

const channels = (serve: (channel: ServerChannel) => void): Promise<FarEnd> =>
  ssh((connection) =>
    connection.on('session', (accept) => {
      const open = (channel: ServerChannel): void => serve(channel.on('error', () => undefined));
      accept()
        .on('shell', (acceptShell) => open(acceptShell()))
        .on('exec', (acceptExec) => open(acceptExec()));
    }),
  );

const login = (port: number): SshLogin => ({
  host: '127.0.0.1',
  port,
  user: 'nobody',
  key: null,
  passphrase: null,
  password: 'any',
  agent: false,
  knownHosts: null,
  timeout_ns: fromMs(500),
});

/** Of a login that is still at it when the test is over. */
const patient = (port: number): SshLogin => ({ ...login(port), timeout_ns: fromMs(60_000) });

const bySsh = (port: number) =>
  session({ name: 'far', type: 'ssh', port, login: login(port) }) as SessionOf<'ssh'>;
const news = (kind: 'open' | 'error' | 'end') => run.said('session').filter((each) => each.kind === kind);
/** The most memory that the agent ever had, in MiB (proc_pid_status(5)). */
const peak = (): number => {
  const status = readFileSync(`/proc/${run.client.pid ?? 0}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
};

/** One that takes all the memory has taken 200 MiB more. */
const MOST_MEMORY = 180;

describe('an SSH session', () => {
  const NOTHING = (): void => undefined;

  test.each([
    [
      'that greets and says nothing more',
      () => listen((socket) => socket.resume().write('SSH-2.0-silent\r\n')),
      'hung in the key exchange',
    ],
    [
      'that lets in and opens no channel',
      () => ssh((connection) => connection.on('session', NOTHING)),
      'logged in, but no channel was opened',
    ],
    [
      'that opens a channel and starts nothing',
      () => ssh((connection) => connection.on('session', (accept) => accept().on('exec', NOTHING))),
      'logged in, but no channel was opened',
    ],
  ])('to a server %s is given up by the time of its login', async (_what, serve, words) => {
    const far = await serve();
    run.begin([], [bySsh(far.port)]);
    await run.until(() => news('error').length > 0);
    expect(news('error')).toMatchObject([
      { ending: 'refused-open', detail: expect.stringContaining(words) as string },
    ]);
    await run.until(() => far.open() === 0);
  });

  test('to a shell that does nothing it is told is given up too', async () => {
    const far = await channels((channel) => channel.write('Welcome!\n'));
    run.begin([], [{ ...bySsh(far.port), remote: 'shell' }]);
    await run.until(() => news('error').length > 0);
    expect(news('error')[0]).toHaveProperty(
      'detail',
      expect.stringContaining('did nothing it was told within'),
    );
    await run.until(() => far.open() === 0);
  });

  test('to a shell whose greeting has no end is given up', async () => {
    const far = await channels((channel) => flood(channel, PIECE));
    run.begin([], [{ ...bySsh(far.port), login: patient(far.port), remote: 'shell' }]);
    await run.until(() => news('error').length > 0);
    expect(news('error')[0]).toHaveProperty('detail', expect.stringContaining('more than 64 KB'));
    await run.until(() => far.open() === 0);
    expect(peak()).toBeLessThan(MOST_MEMORY);
  });

  test('is echoed to the end, whatever the far end complains of', async () => {
    const far = await channels((channel) => {
      flood(channel.stderr, PIECE);
      channel.on('data', (data: Buffer) => channel.write(data));
    });
    run.begin([], [{ ...bySsh(far.port), payload: 65_536 }]);
    await run.until(() => run.heartbeats.filter(({ echoed_ns }) => echoed_ns !== null).length > 60);
    expect(news('error')).toEqual([]);
  });

  test('that is given up while it logs in leaves no connection behind', async () => {
    const far = await listen((socket) => socket.resume());
    const plan = { ...bySsh(far.port), login: patient(far.port) };
    run.begin([], [{ ...plan, wait_ns: fromMs(100), openEvery_ns: fromMs(50) }]);
    await run.until(() => far.accepted() >= 20);
    expect(far.open()).toBeLessThan(10);
  });
});

describe('a far end that', () => {
  const failed = (): Promise<void> => run.until(() => news('error').length > 0);

  test('sends without end is no echo', async () => {
    const far = await listen((socket) => flood(socket, PIECE));
    run.begin([], [session({ port: far.port })]);
    await failed();
    expect(news('error')).toMatchObject([{ ending: 'other-protocol' }]);
    await run.until(() => far.open() === 0);
  });

  test('takes nothing does not fill the memory with what is to be sent', async () => {
    const far = await listen((socket) => socket.pause());
    run.begin([], [session({ port: far.port, count: 5, heartbeat_ns: fromMs(1), payload: 65_536 })]);
    await run.until(() => run.said('live').length >= 20);
    expect(peak()).toBeLessThan(MOST_MEMORY);
  });

  test.each([
    ['requests', null],
    ['download', STREAM_KIND],
  ] as const)('answers %s of HTTP without end is garbled, and none of it is kept', async (mode, kind) => {
    const far = await listen((socket) =>
      socket.once('data', (data: Buffer) => {
        const [, name = ''] = new RegExp(`${ECHO_HEADER}: (.*)\r\n`).exec(data.toString()) ?? [];
        socket.write(`HTTP/1.1 200 OK\r\n${ECHO_HEADER}: ${kind ?? name}\r\n\r\n`);
        flood(socket, PIECE);
      }),
    );
    run.begin([], [session({ type: 'http', port: far.port, mode })]);
    await failed();
    expect(news('error')).toMatchObject([{ ending: 'garbled' }]);
    await run.until(() => far.open() === 0);
    expect(peak()).toBeLessThan(MOST_MEMORY);
  });

  test.each([
    ['whose clock goes back', (seq: number) => (seq === 0 ? 9e14 : seq)],
    ['that sends beats without end', (seq: number) => seq],
  ])('is to speak first, %s, is garbled', async (_what, stamp) => {
    const far = await listen((socket) =>
      socket.once('data', (order: Buffer) => {
        const name = order.toString().split(' ')[2] ?? '';
        for (let seq = 0; seq < 1000; seq += 1) socket.write(serverFrame(name, seq, stamp(seq), 64));
      }),
    );
    run.begin([], [session({ port: far.port, speaksFirst: 'server' })]);
    await run.until(() => news('error').length > 0 || run.failures.length > 0);
    expect(run.failures).toEqual([]);
    expect(news('error')).toMatchObject([{ ending: 'garbled' }]);
    await run.drain();
  });
});
