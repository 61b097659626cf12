import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientChannel } from 'ssh2';
import { systemClock } from '../../../src/clock.js';
import { KnownError } from '../../../src/model/error.js';
import type { HttpLogin } from '../../../src/model/login.js';
import { fromMs } from '../../../src/model/time.js';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import { HttpTransport } from '../../../src/trigger/transport/http.js';
import { LocalTransport } from '../../../src/trigger/transport/local.js';
import { readersOf } from '../../../src/trigger/ask/readers.js';
import { ShellSession } from '../../../src/trigger/transport/shell-session.js';
import type { Driver } from '../../../src/trigger/driver/schema.js';
import { MAX_OUTPUT_BYTES, type HttpRequest } from '../../../src/trigger/transport/transport.js';
import type { Case, Kind } from '../kind.js';
import { oneOf } from '../mutate.js';
import { expectThat } from '../sound.js';

const folder = mkdtempSync(join(tmpdir(), 'seqgap-fuzz-'));
const file = join(folder, 'answer');
const drivers = await loadDrivers();
const TIMEOUT = fromMs(4000);

const chunksOf = (body: Buffer, parts: number): Buffer[] => {
  const size = Math.max(1, Math.ceil(body.length / parts));
  return Array.from({ length: Math.ceil(body.length / size) }, (_, index) =>
    body.subarray(index * size, (index + 1) * size),
  );
};

/** The answer of a device, as a driver reads it. */
const read = (driver: Driver, of: string, text: string): void => {
  const values = {
    ...Object.fromEntries(
      Object.entries(driver.params).map(([name, { default: preset }]) => [name, preset ?? 'x']),
    ),
    ...{ node: 'node', host: 'host' },
  };
  const sample = driver.samples.find((each) => each.of === of);
  try {
    readersOf(driver)
      .get(of)
      ?.read(text, { ...values, ...sample?.with });
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
  }
};

/** A terminal that says this, in so many pieces, and then closes. */
const shell = async (driver: Driver, body: Buffer, parts: number): Promise<string> => {
  const channel = Object.assign(new EventEmitter(), { stderr: { resume: () => {} }, write: () => true });
  const { prompt, pager } = driver.shell ?? { prompt: '[>#$%] ?$' };
  const session = new ShellSession(channel as unknown as ClientChannel, { prompt, pager }, systemClock);
  const answered = session.converse({ send: 'show state', answers: [] }, { timeout_ns: TIMEOUT });
  channel.emit('data', Buffer.from('show state\r\n'));
  for (const chunk of chunksOf(body, parts)) channel.emit('data', chunk);
  channel.emit('close');
  return (await answered).stdout;
};

let saying: Buffer = Buffer.alloc(0);
let server: Server | null = null;

/** An API that says this, octet by octet, whatever it is asked. */
const http = async (body: Buffer): Promise<string> => {
  if (server === null) {
    server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(saying));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  saying = body;
  const login: HttpLogin = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    user: null,
    password: null,
    apiKey: null,
    ca: null,
    insecure: false,
    timeout_ns: TIMEOUT,
  };
  const request: HttpRequest = {
    ...{ method: 'GET', path: '/state', query: {}, headers: {}, json: null, form: null, body: null, ok: [] },
  };
  const api = new HttpTransport(login, { headers: {}, query: {}, auth: 'none' } as never, {}, systemClock);
  return (await api.exec(request, { timeout_ns: TIMEOUT })).stdout;
};

const exec = async (body: Buffer): Promise<string> => {
  writeFileSync(file, body);
  return (await new LocalTransport(systemClock).exec(['cat', file], { timeout_ns: TIMEOUT })).stdout;
};

const HEADS = [
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy',
  'HTTP/1.1 302 Found\r\nLocation: https://example.org/\r\nContent-Length: 0\r\n\r\n',
];

/** What devices answer, over every transport that a person's device may have, to every reader of every driver. */
export const answers: Kind = {
  name: 'answers',
  corpus: () =>
    [...drivers.values()].flatMap((driver): Case[] =>
      driver.samples.flatMap(({ of, output }) => {
        const plain = { head: `${driver.name} ${of}`, body: Buffer.from(output) };
        if (driver.transport !== 'http') return [plain];
        const head = HEADS[output.length % HEADS.length] ?? '';
        return [plain, { head: `${plain.head} http`, body: Buffer.from(`${head}${output}`) }];
      }),
    ),
  run: async ({ head, body }, random) => {
    const [name = '', of = '', raw] = head.split(' ');
    const driver = drivers.get(name);
    if (driver === undefined) throw new Error(`no driver ${name}`);
    const over =
      raw === undefined
        ? oneOf(random, ['none', 'shell', 'shell', 'shell', ...(random() < 0.1 ? ['exec'] : [])])
        : 'http';
    const parts = oneOf(random, [1, 2, 7, 50]);
    try {
      const text =
        over === 'http'
          ? await http(body)
          : over === 'shell'
            ? await shell(driver, body, parts)
            : over === 'exec'
              ? await exec(body)
              : body.toString();
      expectThat(text.length <= 2 * MAX_OUTPUT_BYTES, `${over} kept ${text.length} characters`);
      read(driver, of, text);
    } catch (error) {
      if (!(error instanceof KnownError)) throw error;
    }
  },
  close: async () => {
    server?.close();
    rmSync(folder, { recursive: true, force: true });
    await Promise.resolve();
  },
};
