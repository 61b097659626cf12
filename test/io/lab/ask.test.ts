import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askPower, askStatus } from '../../../src/lab/ask.js';
import { serveAnswers } from '../../../src/lab/answer.js';
import type { RunningLab } from '../../../src/lab/ground/site.js';
import { labPaths } from '../../../src/lab/paths.js';
import { KnownError } from '../../../src/model/error.js';
import { ns } from '../../../src/model/time.js';

let root = '';
let path = '';
const cleanUp: (() => void)[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'seqgap-lab-'));
  path = `${root}${labPaths.socket}`;
  await mkdir(dirname(path), { recursive: true });
});
afterEach(async () => {
  for (const each of cleanUp.splice(0)) each();
  await rm(root, { recursive: true });
});

/** A lab that does this to whoever asks it. */
const hostile = async (serve: (socket: Socket) => void): Promise<void> => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    serve(socket.on('error', () => undefined));
  });
  cleanUp.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
};

test.each([
  ['says nothing', () => undefined, 'does not answer within 400ms'],
  [
    'drips',
    (socket: Socket) => {
      const drip = setInterval(() => socket.write(' '), 20);
      socket.on('close', () => clearInterval(drip));
    },
    'does not answer within 400ms',
  ],
  [
    'sends without end',
    (socket: Socket) => socket.write(Buffer.alloc(8 << 20, ' ')),
    'an answer without end',
  ],
  ['says what is none', (socket: Socket) => socket.end('{"ok":tr'), 'an answer that is none'],
  ['closes its half', (socket: Socket) => socket.end(), 'ended without an answer'],
])('a lab that %s: a known error in time', async (_what, serve, words) => {
  await hostile(serve);
  const asking = askStatus(root, ns(0.4e9));
  await expect(asking).rejects.toThrow(KnownError);
  await expect(asking).rejects.toThrow(words);
});

const LAB = {
  power: () => Promise.resolve({ node: 'fw-a', power: 'off' }),
} as unknown as RunningLab;

const serveLab = async (): Promise<void> => {
  const server = await serveAnswers(LAB, path);
  cleanUp.push(() => server.close());
};

test('the lab answers, also to one that has closed its half', async () => {
  await serveLab();
  expect(await askPower('fw-a', 'off', root)).toEqual({ node: 'fw-a', power: 'off' });
  const socket = connect(path).setEncoding('utf8');
  socket.end('{"ask":"power","node":"fw-a","action":"off"}\n');
  const [answer] = await socket.toArray();
  expect(JSON.parse(answer as string)).toMatchObject({ ok: true });
});

test('a request without end is not read to its end', async () => {
  await serveLab();
  const socket = connect(path);
  const piece = Buffer.alloc(1 << 16, 'x');
  socket.on('error', () => undefined);
  const more = (): void => {
    if (!socket.destroyed && socket.bytesWritten < 256 << 20) socket.write(piece, more);
  };
  more();
  await new Promise((resolve) => socket.once('close', resolve));
  expect(socket.bytesWritten).toBeLessThan(64 << 20);
});
