import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { HttpLogin } from '../../../src/model/login.js';
import { ns } from '../../../src/model/time.js';

/** What arrived: `GET /api/?type=op`, with its headers and body. */
export interface Asked {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answerer = (asked: Asked, response: ServerResponse) => void;

export interface Certificates {
  readonly dir: string;
  remove(): Promise<void>;
}

const openssl = (dir: string, ...args: string[]): Promise<unknown> => execa('openssl', args, { cwd: dir });

/** An authority of one's own, a certificate by it for 127.0.0.1, one that is over, and one for another name. */
export const makeCertificates = async (): Promise<Certificates> => {
  const dir = await mkdtemp(join(tmpdir(), 'seqgap-api-'));
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await openssl(
    dir,
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=Test CA',
    '-days',
    '2',
  );
  for (const [name, san, days] of [
    ['good', 'IP:127.0.0.1', '2'],
    ['over', 'IP:127.0.0.1', '-1'],
    ['other', 'DNS:fw.example', '2'],
  ] as const) {
    await writeFile(join(dir, `${name}.ext`), `subjectAltName=${san}\n`);
    await openssl(
      dir,
      'req',
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
    );
    await openssl(
      dir,
      'x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial',
      '-out', `${name}.pem`, '-days', days, '-extfile', `${name}.ext`,
    ); // oxfmt-ignore
  }
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
};

export interface Api {
  readonly asked: Asked[];
  readonly login: HttpLogin;
  stop(): Promise<void>;
}

/** A management API on 127.0.0.1, over TLS. */
export const startApi = async (
  { dir }: Certificates,
  answer: Answerer,
  certificate: 'good' | 'over' | 'other' = 'good',
): Promise<Api> => {
  const [cert, key] = await Promise.all(
    ['pem', 'key'].map((kind) => readFile(join(dir, `${certificate}.${kind}`))),
  );
  const asked: Asked[] = [];
  const server: Server = createServer({ cert, key }, (request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const one = { line: `${request.method} ${request.url}`, headers: request.headers, body };
      asked.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    asked,
    login: {
      url: `https://127.0.0.1:${port}`,
      user: 'admin',
      password: 'p&ss w"rd%',
      apiKey: 'LUFRPT1=/+key',
      ca: join(dir, 'ca.pem'),
      insecure: false,
      timeout_ns: ns(20e9),
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
