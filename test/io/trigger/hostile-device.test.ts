import { createServer, type AddressInfo, type Socket } from 'node:net';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { KnownError } from '../../../src/model/error.js';
import type { HttpLogin, SshLogin } from '../../../src/model/login.js';
import { ns } from '../../../src/model/time.js';
import { ask, bind } from '../../../src/trigger/ask/bound.js';
import { HttpTransport } from '../../../src/trigger/transport/http.js';
import { LocalTransport } from '../../../src/trigger/transport/local.js';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import { ShellTransport } from '../../../src/trigger/transport/shell.js';
import { SshTransport } from '../../../src/trigger/transport/ssh.js';
import type { ExecResult, Filled, Transport } from '../../../src/trigger/transport/transport.js';

/** Of the login; a question has as much again. None of these servers ever lets one of them be over by itself. */
const LOGIN = ns(0.6e9);
const ASKED = ns(0.4e9);
/** Far beyond what the test waits: whoever ends before does so by the signal. */
const NEVER = ns(600e9);

const HOST_KEY = generateKeyPairSync('ec', {
  namedCurve: 'prime256v1',
  privateKeyEncoding: { type: 'sec1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey;

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const each of cleanUp.splice(0)) each();
});

type Serve = (socket: Socket) => void;

const listen = async (serve: Serve): Promise<number> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  cleanUp.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

/** A server that lets anyone log in. */
const ssh = (serve: (connection: Connection) => void): Promise<number> => {
  const server = new ssh2.Server({ hostKeys: [HOST_KEY] }, (connection) => {
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => context.accept());
    serve(connection);
  });
  return listen((socket) => {
    server.injectSocket(socket);
  });
};

/** One that opens a shell too, or runs a command. */
const shell = (serve: (channel: ServerChannel, connection: Connection) => void): Promise<number> =>
  ssh((connection) =>
    connection.on('session', (accept) => {
      const session = accept();
      const open = (channel: ServerChannel): void => {
        channel.on('error', () => undefined);
        serve(channel, connection);
      };
      session.on('pty', (acceptPty) => acceptPty());
      session.on('shell', (acceptShell) => open(acceptShell()));
      session.on('exec', (acceptExec) => open(acceptExec()));
    }),
  );

/** As fast as the other side takes it. */
const flood = (channel: ServerChannel, piece: string): void => {
  const more = (): void => {
    while (channel.writable && channel.write(piece));
  };
  channel.on('drain', more);
  more();
};

const PROMPT = 'fw>';
const answering =
  (answer: (channel: ServerChannel, connection: Connection) => void) =>
  (channel: ServerChannel, connection: Connection): void => {
    channel.write(PROMPT);
    channel.on('data', () => answer(channel, connection));
  };

/** What each kind of server does, and whether it can be reached at all. */
const SERVERS: readonly (readonly [string, () => Promise<number>])[] = [
  ['takes the connection and says nothing', () => listen(() => undefined)],
  [
    'sends its greeting an octet at a time',
    () =>
      listen((socket) => {
        const timer = setInterval(() => socket.write('x'), 20);
        cleanUp.push(() => clearInterval(timer));
      }),
  ],
  ['never finishes the key exchange', () => listen((socket) => socket.write('SSH-2.0-silence\r\n'))],
  ['reads nothing', () => listen((socket) => socket.pause().write('SSH-2.0-silence\r\n'))],
  ['never opens the session', () => ssh((connection) => connection.on('session', () => undefined))],
  ['opens the shell and never prompts', () => shell(() => undefined)],
  ['prompts and never answers', () => shell(answering(() => undefined))],
  ['answers without end', () => shell(answering((channel) => flood(channel, 'role active\r\n'.repeat(500))))],
  ['greets without end', () => shell((channel) => flood(channel, 'x'.repeat(8192)))],
  [
    'answers with one line without end',
    () => shell(answering((channel) => flood(channel, '-'.repeat(8192)))),
  ],
  [
    'closes in the middle of an answer',
    () =>
      shell(
        answering((channel, connection) => {
          channel.write('role act');
          connection.end();
        }),
      ),
  ],
];

const loginTo = (port: number, timeout_ns = LOGIN): SshLogin => ({
  host: '127.0.0.1',
  port,
  user: 'admin',
  key: null,
  passphrase: null,
  password: 'not-a-secret',
  agent: false,
  knownHosts: null,
  timeout_ns,
});

const kept = <T extends Transport>(transport: T): T => {
  cleanUp.push(() => void transport.close());
  return transport;
};

const overShell = (port: number, timeout_ns = LOGIN): ShellTransport =>
  kept(new ShellTransport(loginTo(port, timeout_ns), { prompt: PROMPT, start: [] }, {}, systemClock));
const overSsh = (port: number, timeout_ns = LOGIN): SshTransport =>
  kept(new SshTransport(loginTo(port, timeout_ns), systemClock));

const LINE: Filled = { send: 'show role', answers: [] };

/** Answered well: with the prompt back, or an exit status of 0. */
const isGood = (end: ExecResult | KnownError): boolean =>
  !(end instanceof Error) && end.ended === 'exited' && end.code === 0;

const known = (error: unknown): KnownError => {
  if (error instanceof KnownError) return error;
  throw error;
};

describe.each(SERVERS)('a device that %s', (_, start) => {
  test.each(['shell', 'ssh'] as const)('by %s ends within its time, and not well', async (kind) => {
    const port = await start();
    const transport = kind === 'shell' ? overShell(port) : overSsh(port);
    const command = kind === 'shell' ? LINE : 'show role';
    // Three at once, whose turns come one after the other.
    const ends = await Promise.all(
      [1, 2, 3].map(() => transport.exec(command, { timeout_ns: ASKED }).catch(known)),
    );
    expect(ends.some(isGood)).toBe(false);
  });

  test.each(['shell', 'ssh'] as const)(
    'by %s is given up at once when nobody waits any more',
    async (kind) => {
      const port = await start();
      const transport = kind === 'shell' ? overShell(port, NEVER) : overSsh(port, NEVER);
      const over = new AbortController();
      const asked = [1, 2, 3].map(() =>
        transport
          .exec(kind === 'shell' ? LINE : 'show role', { timeout_ns: NEVER, signal: over.signal })
          .catch(known),
      );
      setTimeout(() => over.abort(), 300);
      const ends = await Promise.all(asked);
      expect(ends.some(isGood)).toBe(false);
    },
  );
});

describe('one deadline', () => {
  test('over all that a question waits for, the turn and the second try too', async () => {
    const driver = (await loadDrivers()).get('panos-cli');
    if (driver?.role === undefined) throw new Error('there is such a driver');
    // Cut off at every question: each is asked a second time, and logs in anew.
    const port = await shell((channel, connection) => {
      channel.write('admin@fw> ');
      channel.once('data', () => setTimeout(() => connection.end(), 250));
    });
    const place = { name: 'fw-a', params: {}, ssh: loginTo(port), http: null };
    const bound = bind(driver, place, { peer: null, seqgap: [] }, (values) =>
      kept(new ShellTransport(loginTo(port), { prompt: '\\S+> ', start: [] }, values, systemClock)),
    );
    const query = { run: 'show high-availability state', timeout: ASKED };
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => ask(bound, query)));
    expect(answers.every(({ text }) => text === null)).toBe(true);
    // Six turns of two tries each would be longer than the one deadline that all of them began with.
    expect(answers.some(({ error }) => error === 'no answer within 1s')).toBe(true);
  });

  test('over connection, login, shell and prompt: none of them gets the time anew', async () => {
    const port = await ssh((connection) =>
      connection.on('session', (accept) => {
        // Most of the time of the login is over before the shell is there.
        setTimeout(() => {
          const session = accept();
          session.on('pty', (acceptPty) => acceptPty());
          // Within the time of a prompt, if that began anew.
          session.on('shell', (acceptShell) => {
            const channel = acceptShell();
            setTimeout(() => channel.write('admin@fw> '), 400);
          });
        }, 450);
      }),
    );
    const error = await overShell(port).exec(LINE, { timeout_ns: NEVER }).catch(known);
    // On a busy host the time is over before the shell is there.
    const message = expect.stringMatching(
      /no prompt after the login: timed out|opened no session within 600ms/,
    );
    expect(error).toMatchObject({ message });
  });

  test('says where the device stands', async () => {
    const port = await ssh((connection) => connection.on('session', () => undefined));
    const error = await overShell(port).exec(LINE, { timeout_ns: NEVER }).catch(known);
    expect((error as KnownError).message).toBe(
      `shell of admin@127.0.0.1:${port}: no shell: the device let admin log in, and opened no session within 600ms`,
    );
  });
});

describe('an action that was sent', () => {
  test('is not cut off by who gives up, nor by a question beside it', async () => {
    const port = await shell((channel) => {
      setTimeout(() => {
        channel.exit(0);
        channel.end('done\n');
      }, 700);
    });
    const transport = overSsh(port);
    const over = new AbortController();
    const accepted = new Promise<void>((resolve) => {
      void transport
        .exec('switch', {
          timeout_ns: NEVER,
          signal: over.signal,
          uncut: true,
          onStamp: (kind) => kind === 'accepted' && resolve(),
        })
        .then((result) => ends.push(result));
    });
    const ends: ExecResult[] = [];
    await accepted;
    // A question on the same connection times out meanwhile.
    const question = await transport.exec('show role', { timeout_ns: ns(0.1e9) });
    over.abort();
    expect(question.ended).toBe('timeout');
    while (ends.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ends[0]).toMatchObject({ ended: 'exited', code: 0, stdout: 'done\n' });
  });

  test('is not sent where it is given up on the way', async () => {
    const typed: string[] = [];
    const port = await ssh((connection) =>
      connection.on('session', (accept) => {
        setTimeout(() => {
          const session = accept();
          session.on('pty', (acceptPty) => acceptPty());
          session.on('shell', (acceptShell) => {
            const channel = acceptShell();
            channel.on('data', (data: Buffer) => typed.push(data.toString()));
            channel.write(PROMPT);
          });
        }, 400);
      }),
    );
    const over = new AbortController();
    const transport = overShell(port, NEVER);
    const sending = transport
      .exec(LINE, { timeout_ns: NEVER, signal: over.signal, uncut: true })
      .catch(known);
    setTimeout(() => over.abort(), 100);
    expect(await sending).toMatchObject({ message: 'given up' });
    expect(typed).toEqual([]);
  });
});

describe('a long answer of a shell', { timeout: 60_000 }, () => {
  test.each([1, 4, 16])('of %i MiB comes whole', async (mib) => {
    const line = 'interface ethernet1/1 is up\r\n';
    const count = Math.floor((mib << 20) / line.length) - 1;
    const port = await shell(
      answering((channel) => {
        channel.write('show role\r\n');
        channel.write(line.repeat(count));
        channel.write(PROMPT);
      }),
    );
    const result = await overShell(port, NEVER).exec(LINE, { timeout_ns: NEVER });
    expect(result).toMatchObject({ ended: 'exited', code: 0 });
    expect(result.stdout.length).toBe(count * (line.length - 1));
  });
});

describe('an API', () => {
  const login = (port: number): HttpLogin => ({
    url: `http://127.0.0.1:${port}`,
    user: null,
    password: null,
    apiKey: null,
    ca: null,
    insecure: false,
    timeout_ns: LOGIN,
  });
  const HEAD = 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n';
  const request: Filled = {
    method: 'GET',
    path: '/',
    query: {},
    headers: {},
    json: null,
    form: null,
    body: null,
    ok: [],
  };
  const open = (port: number): HttpTransport =>
    new HttpTransport(login(port), { auth: 'none', headers: {}, query: {} }, {}, systemClock);

  test.each<readonly [string, Serve]>([
    ['says nothing', () => undefined],
    [
      'answers an octet at a time',
      (socket) => {
        socket.write(HEAD);
        const timer = setInterval(() => socket.write('x'), 20);
        cleanUp.push(() => clearInterval(timer));
      },
    ],
    [
      'answers without end',
      (socket) => {
        socket.write(HEAD);
        const more = (): void => {
          while (socket.writable && socket.write('x'.repeat(1 << 16)));
        };
        socket.on('drain', more);
        more();
      },
    ],
    ['closes in the middle', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nrole')],
    ['reads nothing', (socket) => socket.pause()],
  ])('that %s ends within its time, and not well; at once when nobody waits', async (_, serve) => {
    const port = await listen(serve);
    expect(isGood(await open(port).exec(request, { timeout_ns: ASKED }).catch(known))).toBe(false);
    const over = new AbortController();
    const asked = open(port).exec(request, { timeout_ns: NEVER, signal: over.signal }).catch(known);
    setTimeout(() => over.abort(), 300);
    expect(isGood(await asked)).toBe(false);
  });
});

describe('a command on this host', () => {
  test('that writes without end is ended, and its output is no answer', async () => {
    const result = await new LocalTransport(systemClock).exec('yes role active', { timeout_ns: NEVER });
    expect(result).toMatchObject({ code: null, words: 'the answer is longer than 20 MiB' });
  });

  test('that is an action writes what it likes, and is ended by its own end', async () => {
    const options = { timeout_ns: NEVER, uncut: true, signal: AbortSignal.timeout(50) };
    const command = 'head -c 30000000 /dev/zero; sleep 0.2; echo done >&2';
    const result = await new LocalTransport(systemClock).exec(command, options);
    expect(result).toMatchObject({ ended: 'exited', code: 0, stderr: 'done\n' });
  });
});
