import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/clock.js';
import { KnownError } from '../../../src/model/error.js';
import { decodeHeartbeatBytes, decodeProbeBytes } from '../../../src/model/probe.js';
import type { Scenario } from '../../../src/model/plan.js';
import { fromMs } from '../../../src/model/time.js';
import { PROTOCOL, type FromAgent } from '../../../src/probe/protocol.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { redactedJson } from '../../../src/model/json.js';
import type { TrialWriter } from '../../../src/store/trial-writer.js';
import { Probing } from '../../../src/trial/probing.js';
import { fileCase, type Case, type Kind } from '../kind.js';

const folder = mkdtempSync(join(tmpdir(), 'seqgap-fuzz-'));
const file = join(folder, 'said');

const scenario = (): Scenario => {
  const text =
    'name: fuzz\nstreams:\n  - { name: ping, type: icmp, to: 10.4.4.4, every: 10ms }\ntrigger: { action: manual }\n';
  const parsed = parseScenario(text, 'fuzz.yaml').scenario;
  return {
    ...parsed,
    vantages: parsed.vantages.map((vantage) => ({ ...vantage, prefix: [], agent: ['cat', file] })),
  };
};

const spoken = (...messages: (FromAgent | string)[]): Buffer =>
  Buffer.from(messages.map((each) => `${typeof each === 'string' ? each : JSON.stringify(each)}\n`).join(''));

const live = (sent: number): FromAgent => ({
  say: 'live',
  at_ns: fromMs(1000),
  streams: [
    {
      ...{ name: 'ping', sent, answered: sent, bad: 0, clean_from_ns: fromMs(1), last_good_ns: fromMs(990) },
      ...{ good_run: sent, down_since_ns: null, refused_since_ns: null, rtt_ms: 0.4, cause: null },
    },
  ],
  sessions: [{ name: 'echo', planned: 2, open: 2, stalled: 0, ended: 0, proven: 2 }],
});

/** A whole conversation, with the answers to the questions for the clock. */
const conversation = (rows: string): Case => ({
  head: '',
  body: spoken(
    'Welcome to vantage 1',
    { say: 'hello', protocol: PROTOCOL, version: '0.1.0', host: 'client' },
    ...[0, 1, 2, 3, 4, 5, 6, 7].map((id): FromAgent => ({
      say: 'clock',
      id,
      monotonic_ns: fromMs(5000),
      wall_ms: 1_800_000_000_000,
    })),
    { say: 'resolved', stream: 'ping', address: '10.4.4.4', family: 4, engine: 'socket' },
    rows,
    live(100),
    {
      ...{ say: 'changed', stream: 'name', subject: 'a', value: '10.0.0.1', was: null, since_ns: null },
      ...{ at_ns: fromMs(1000), ttl_s: 5 },
    },
    { say: 'session', kind: 'open', session: 'echo', connection: 1, at_ns: fromMs(3), took_ms: 0.5 },
    {
      ...{ say: 'session', kind: 'error', session: 'echo', connection: 1, at_ns: fromMs(900) },
      ...{ ending: 'reset', detail: 'ECONNRESET' },
    },
    {
      ...{ say: 'session', kind: 'end', session: 'echo', connection: 1, at_ns: fromMs(950) },
      ...{ bytes: 6400, in_order: true, rto_ms: 204 },
    },
    { say: 'note', text: 'the system’s ping is used' },
    { say: 'error', message: 'no route', remedy: 'add one' },
    { say: 'quiet' },
    { say: 'end', self: [] },
  ),
});

const rowsOf = (path: string, letter: 'p' | 'h'): string =>
  fileCase(path)
    .body.toString()
    .split('\n')
    .slice(1, 200)
    .filter((line) => line !== '')
    .map((line) => `${letter},${line}`)
    .join('\n');

/** The rows as they are read again, where they are rows. */
const decodeRows = (chunk: string, decode: (bytes: Buffer, from: number, to: number) => unknown): void => {
  const bytes = Buffer.from(chunk);
  for (let from = 0; from < bytes.length;) {
    const to = bytes.indexOf(10, from);
    try {
      decode(bytes, from, to);
    } catch (error) {
      // A malformed row is told with its line when the run is read.
      if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) throw error;
    }
    from = to + 1;
  }
};

/** What an agent says and its rows, as the runner takes them. */
export const agents: Kind = {
  name: 'agents',
  corpus: () => [
    conversation(rowsOf('test/fixtures/run-v1/trial-01/probes.csv', 'p')),
    conversation(rowsOf('test/golden/analysis/crash-and-failback/probes.csv', 'p')),
    conversation(rowsOf('test/golden/analysis/crash-and-failback/heartbeats.csv', 'h')),
  ],
  run: async ({ body }) => {
    writeFileSync(file, body);
    const writer: TrialWriter = {
      path: folder,
      probes: (chunk) => Promise.resolve(decodeRows(chunk, decodeProbeBytes)),
      heartbeats: (chunk) => Promise.resolve(decodeRows(chunk, decodeHeartbeatBytes)),
      event: (event) => void redactedJson(event),
      close: () => Promise.resolve(),
    };
    const probing = new Probing(scenario(), writer, systemClock, systemClock.monotonic());
    const ended = new Promise<void>((resolve) => {
      if (probing.failed.aborted) resolve();
      probing.failed.addEventListener('abort', () => resolve());
    });
    try {
      await probing.start();
      probing.crossing();
      probing.streams();
      probing.sessions();
      await ended;
    } catch (error) {
      if (!(error instanceof KnownError)) throw error;
    } finally {
      probing.kill();
    }
  },
  close: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
};
