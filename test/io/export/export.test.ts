import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { KnownError } from '../../../src/model/error.js';
import { ns } from '../../../src/model/time.js';
import { sendOtlp } from '../../../src/cli/export/otlp.js';

const root = new URL('../../../', import.meta.url).pathname;
const example = join(root, 'results/example/lab-vrrp-timer/latest');

const seqgap = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  execa(process.execPath, [join(root, 'dist/cli.js'), 'export', ...args], { cwd: root, env, reject: false });

const installed = (program: string): boolean => existsSync(`/usr/bin/${program}`);

/** A program of Prometheus on a port of its own choice; resolves when it says which. Throws its words if it ends. */
const serve = async (
  program: string,
  args: readonly string[],
): Promise<{ url: string; end: () => Promise<void> }> => {
  const child = execa(program, ['--web.listen-address=127.0.0.1:0', ...args], {
    reject: false,
    cleanup: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let words = '';
  const address = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      words += text;
      const [, found] = /Listening on" address=(\S+)\s/.exec(words) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`${program} does not serve: ${words}`)));
  });
  return {
    url: `http://${address}`,
    end: async () => {
      child.kill('SIGKILL');
      await child;
    },
  };
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-export-'));
});
afterAll(() => rm(folder, { recursive: true }));

const MEDIAN = /^seqgap_outage_seconds\{.*stat="median".*\} ([\d.]+)$/m;

test('without options it prints the newest run of each scenario', async () => {
  const { stdout, exitCode } = await seqgap(['--out', 'results/example']);
  expect(exitCode).toBe(0);
  expect(Number(MEDIAN.exec(stdout)?.[1])).toBeCloseTo(1.18, 2);
  expect(stdout).toMatch(/\n# EOF$/);
});

test.skipIf(!installed('prometheus-node-exporter'))(
  'the textfile collector of node_exporter takes the file (skipped where it is not installed)',
  async () => {
    await seqgap([example, '--openmetrics', join(folder, 'seqgap.prom')]);
    const exporter = await serve('prometheus-node-exporter', [
      '--collector.disable-defaults',
      '--collector.textfile',
      `--collector.textfile.directory=${folder}`,
    ]);
    try {
      const scraped = await (await fetch(`${exporter.url}/metrics`)).text();
      expect(scraped).toContain('node_textfile_scrape_error 0');
      const written = await readFile(join(folder, 'seqgap.prom'), 'utf8');
      const series = (text: string) => text.split('\n').filter((line) => line.startsWith('seqgap_')).length;
      expect(series(scraped)).toBe(series(written));
    } finally {
      await exporter.end();
    }
  },
);

test.skipIf(!installed('prometheus-pushgateway'))(
  'a Pushgateway takes a push, and a second one replaces it (skipped where it is not installed)',
  async () => {
    // Its usual file is the one that the gateway of this host may keep what others pushed in.
    const gateway = await serve('prometheus-pushgateway', [
      `--persistence.file=${join(folder, 'pushgateway.data')}`,
    ]);
    try {
      for (const run of ['20261121T230652Z-advert-200ms', '20261121T230707Z-advert-400ms']) {
        const pushed = await seqgap([`results/example/lab-vrrp-timer/${run}`, '--push', gateway.url]);
        expect(pushed).toMatchObject({ exitCode: 0, stdout: '' });
      }
      const kept = await (await fetch(`${gateway.url}/metrics`)).text();
      const versions = [...kept.matchAll(/^seqgap_run_info\{.*version="([^"]*)".*$/gm)].map(
        ([, version]) => version,
      );
      expect(versions).toEqual(['advert-400ms']);
    } finally {
      await gateway.end();
    }
  },
);

describe('OTLP', () => {
  const received: { path: string; headers: IncomingMessage['headers']; body: string }[] = [];
  let answer = 200;
  let server: Server;
  let url = '';
  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        received.push({ path: request.url ?? '', headers: request.headers, body });
        response.writeHead(answer, { 'content-type': 'application/json' }).end('{}');
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  interface OtlpSpan {
    readonly traceId: string;
    readonly spanId: string;
    readonly parentSpanId?: string;
    readonly startTimeUnixNano: string;
    readonly endTimeUnixNano: string;
    readonly events: readonly { readonly name: string }[];
  }
  const spansOf = (body: string): OtlpSpan[] =>
    (JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] }).resourceSpans.flatMap(
      ({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans),
    );

  test('a trial is a trace, its parts are spans within it, and a second export gives the same traces', async () => {
    received.length = 0;
    for (let time = 0; time < 2; time += 1)
      expect(
        await seqgap([example, '--otlp', url], {
          OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer hush-hush',
        }),
      ).toMatchObject({ exitCode: 0, stdout: '' });
    const [first, second] = received.filter(({ path }) => path === '/v1/traces');
    expect(first?.headers.authorization).toBe('Bearer hush-hush');
    const spans = spansOf(first?.body ?? '');
    const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
    expect(roots).toHaveLength(5);
    for (const trial of roots) {
      const parts = spans.filter(({ parentSpanId }) => parentSpanId === trial.spanId);
      expect(parts.length).toBeGreaterThan(0);
      for (const part of parts) {
        expect(part.traceId).toBe(trial.traceId);
        expect(BigInt(part.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(trial.startTimeUnixNano));
        expect(BigInt(part.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(trial.endTimeUnixNano));
      }
      expect(trial.events.map(({ name }) => name)).toContain('trigger-issued');
    }
    expect(spansOf(second?.body ?? '').map(({ traceId }) => traceId)).toEqual(
      spans.map(({ traceId }) => traceId),
    );
    const metrics = received.find(({ path }) => path === '/v1/metrics')?.body ?? '';
    expect(metrics).toContain('"name":"seqgap_outage_seconds"');
  });

  test('a receiver that refuses is named, with the status', async () => {
    answer = 403;
    const { exitCode, stderr } = await seqgap([example, '--otlp', url]);
    answer = 200;
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(`${url}/v1/traces does not take OTLP`);
    expect(stderr).not.toContain('    at ');
  });
});

test.each([
  [['--push', 'gateway:9091'], '"gateway:9091" is no http address'],
  [['--push', 'http://me:hush@gateway:9091'], 'a login does not belong into an argument'],
  [['--otlp', 'ftp://collector'], '"ftp://collector" is no http address'],
  [['--out', 'no-such-folder'], 'no-such-folder'],
])('%j is wrong usage', async (args, message) => {
  const { exitCode, stderr } = await seqgap(args);
  expect(exitCode).toBe(64);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain('hush');
});

test('nobody listens at the gateway: one line that says so', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const { exitCode, stderr } = await seqgap([example, '--push', `http://127.0.0.1:${port}`]);
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain('ECONNREFUSED');
  expect(stderr).not.toContain('    at ');
});

describe('a receiver that never comes to an end', () => {
  const HEAD = 'HTTP/1.1 500 Never\r\nContent-Type: text/plain\r\n\r\n';

  /** A server that does this once something was said to it, and how many octets it got rid of. */
  const hostile = async (
    answer: (socket: Socket) => void,
  ): Promise<{ url: string; written: () => number }> => {
    const sockets: Socket[] = [];
    const server = createTcpServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined).once('data', () => answer(socket));
    }).listen(0, '127.0.0.1');
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await new Promise((resolve) => server.once('listening', resolve));
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      written: () => sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0),
    };
  };

  test('a gateway whose refusal has no end is quoted from its beginning, the rest is not read', async () => {
    const { url, written } = await hostile((socket) => {
      const piece = Buffer.alloc(1 << 20, 'why not ');
      const more = (): void => {
        while (!socket.destroyed && socket.write(piece));
      };
      socket.on('drain', more).write(HEAD);
      more();
    });
    const { exitCode, stderr } = await seqgap([example, '--push', url]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('does not take the metrics: 500 why not why not');
    // What the kernel's buffers take.
    expect(written()).toBeLessThan(64 << 20);
  });

  test.each([['traces'], ['metrics']])(
    'one that drips its answer to %s is given up at one deadline',
    async (of) => {
      const { url } = await hostile((socket) => {
        socket.write(HEAD);
        const drip = setInterval(() => socket.write('.'), 20);
        socket.on('close', () => clearInterval(drip));
      });
      const trial = {
        id: 't',
        name: 'trial',
        attributes: {},
        start_ms: 1,
        end_ms: 2,
        events: [],
        parts: [],
        failed: null,
      };
      const sending = sendOtlp(of === 'traces' ? [trial] : [], [], { url, toolVersion: '0' }, ns(0.5e9));
      await expect(sending).rejects.toThrow(KnownError);
      await expect(sending).rejects.toThrow(`${url} does not take OTLP: it was not done within 500ms`);
    },
  );
});
