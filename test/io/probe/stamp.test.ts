import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { StreamOf } from '../../../src/model/plan.js';
import type { ProbeRow } from '../../../src/model/probe.js';
import { fromMs } from '../../../src/model/time.js';
import { startStampReflector, type StampReflector } from '../../../src/reflect/stamp.js';
import { AgentRun, stream, vantage } from './agent-run.js';
import { openDouble, STAMPED_S, type Double, type Quirks } from './stamp-double.js';

const SSID = 0x0100;

const stampStream = (name: string, port: number, given: Partial<StreamOf<'stamp'>> = {}): StreamOf<'stamp'> =>
  stream({
    name,
    type: 'stamp',
    port,
    size: 44,
    every_ns: fromMs(20),
    // The doubles share their process and a busy host with everything else.
    wait_ns: fromMs(1000),
    stamp: { ssid: SSID, timestamps: 'ntp', end: null },
    ...given,
  }) as StreamOf<'stamp'>;

/** Each is a stream to a double of its own; all are probed by one agent. */
const CASES: Readonly<Record<string, readonly [Quirks, Partial<StreamOf<'stamp'>>?]>> = {
  plain: [{}],
  short: [{ octets: 38, zeroSsid: true }],
  long: [{ octets: 200 }],
  ptp: [{ ptp: true }, { stamp: { ssid: SSID, timestamps: 'ptp', end: null } }],
  padded: [{}, { size: 400 }],
  lossy: [{ lostThere: (arrival) => arrival === 2 || arrival === 3, lostBack: (arrival) => arrival === 6 }],
  reset: [{ resetAfter: 4 }],
  stateless: [{ stateless: true }],
  copies: [{ copies: 2 }],
  garbage: [{ instead: () => Buffer.from('go away') }],
  echo: [{ instead: (probe) => probe }],
  other: [{ instead: () => Buffer.alloc(44, 0x5a) }],
  elsewhere: [{ fromElsewhere: true }],
  late: [{ delay_ms: 1300 }],
};
const LOST = new Set(['garbage', 'echo', 'other', 'elsewhere', 'late']);

const unusedPort = async (): Promise<number> => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
};

describe.each(['native', 'udp'] as const)('sent by %s', (engine) => {
  const doubles = new Map<string, Double>();
  let reflector: StampReflector;
  let run: AgentRun;

  /** What became of the slots that were sent. */
  const sent = (name: string): ProbeRow[] => run.of(name).filter(({ outcome }) => outcome !== 'unsent');
  const answers = (name: string): ProbeRow[] => sent(name).filter(({ outcome }) => outcome === 'answered');
  const reflectorSeqs = (rows: readonly ProbeRow[]): (number | undefined)[] =>
    rows.map(({ reflected }) => reflected?.seq);
  const probesTo = (name: string): readonly Buffer[] => doubles.get(name)?.probes ?? [];

  beforeAll(async () => {
    for (const [name, [quirks]] of Object.entries(CASES)) doubles.set(name, await openDouble(quirks));
    reflector = await startStampReflector({ host: '::', port: 0, clock: systemClock });
    const toDoubles = Object.entries(CASES).map(([name, [, given]]) =>
      stampStream(name, doubles.get(name)?.port as number, { engine, ...given }),
    );
    const flows = [
      stampStream('flows4', reflector.port, { engine, flows: 4 }),
      stampStream('flows6', reflector.port, { engine, flows: 2, host: '::1' }),
    ];
    run = await AgentRun.start(vantage());
    run.begin([...toDoubles, ...flows, stampStream('nobody', await unusedPort(), { engine })]);
    const enough = (name: string): boolean =>
      LOST.has(name) ? run.count(name, 'lost') >= 3 : answers(name).length >= 10;
    await run.until(
      () =>
        run.failures.length > 0 ||
        (Object.keys(CASES).every(enough) &&
          run.count('nobody', 'unreachable') >= 3 &&
          run.count('late', 'stray') >= 3 &&
          answers('flows4').length >= 20 &&
          answers('flows6').length >= 10),
    );
    await run.drain();
  });

  afterAll(async () => {
    run.client.kill();
    for (const double of doubles.values()) double.close();
    await reflector.close();
  });

  test('nothing failed', () => expect(run.failures).toEqual([]));

  describe('a reflector written from the RFC', () => {
    test('every probe has its instants, and what the reflector said', () => {
      expect(run.said('resolved').find(({ stream: name }) => name === 'plain')).toMatchObject({
        address: '127.0.0.1',
        engine,
      });
      const rows = answers('plain');
      const all = sent('plain');
      expect(reflectorSeqs(rows)).toEqual(rows.map((row) => all.indexOf(row)));
      for (const row of rows) {
        expect(row.ttl).toBe(61);
        expect(row.intended_ns).toBeLessThanOrEqual(row.sent_ns as number);
        expect(row.sent_ns).toBeLessThanOrEqual(row.accepted_ns as number);
        expect(row.sent_ns).toBeLessThanOrEqual(row.received_ns as number);
      }
    });

    test('the sender’s packets: 0, then 1 to 3 are left out', () => {
      const probes = probesTo('plain');
      expect(probes[0]?.readUInt32BE(0)).toBe(0);
      expect(probes[1]?.readUInt32BE(0)).toBeGreaterThanOrEqual(4);
      expect(new Set(probes.map((probe) => probe.length))).toEqual(new Set([44]));
      expect(new Set(probes.map((probe) => probe.readUInt16BE(14)))).toEqual(new Set([SSID]));
      expect(probesTo('padded')[0]).toHaveLength(400);
    });

    test.each(['short', 'long', 'ptp', 'padded'])(
      '%s answers are answers, with the reflector’s time',
      (name) => {
        // A host that stalls may let one come too late: that is a loss without a cause.
        expect(sent(name).filter(({ cause }) => cause !== null)).toEqual([]);
        expect(answers(name).length).toBeGreaterThan(sent(name).length / 2);
        // On the trial's clock by the wall clock of this host.
        const ahead_s = STAMPED_S - systemClock.wall() / 1e3;
        const { reflected } = answers(name)[0] as ProbeRow;
        expect(Math.abs((reflected?.sent_ns as number) / 1e9 - ahead_s)).toBeLessThan(120);
        expect(reflected?.received_ns).toBe(reflected?.sent_ns);
      },
    );

    test('loss there leaves its counter alone, loss back does not', () => {
      const seqs = sent('lossy').map(({ outcome, reflected }) => (outcome === 'lost' ? 'x' : reflected?.seq));
      const made = [0, 1, 'x', 'x', 2, 3, 'x', 5, 6];
      // On a host that stalls others may come too late.
      expect(seqs.slice(0, 9)).toEqual(made.map((seq, index) => (seqs[index] === 'x' ? 'x' : seq)));
      for (const index of [2, 3, 6]) expect(seqs[index]).toBe('x');
    });

    test('its counter begins anew, or is the sender’s', () => {
      const begun = sent('reset').slice(0, 8);
      expect(begun.map(({ outcome, reflected }) => (outcome === 'lost' ? 'x' : reflected?.seq))).toEqual(
        begun.map(({ outcome }, index) => (outcome === 'lost' ? 'x' : index % 4)),
      );
      expect(begun.filter(({ outcome }) => outcome === 'answered').length).toBeGreaterThan(4);
      const rows = answers('stateless');
      expect(reflectorSeqs(rows)).toEqual(rows.map(({ seq }) => (seq === 0 ? 0 : seq + 3)));
    });

    test('a second copy is a duplicate', () => {
      const copies = run.rows.filter(
        ({ stream: name, outcome }) => name === 'copies' && outcome === 'duplicate',
      );
      expect(copies.length).toBeGreaterThanOrEqual(3);
      const known = new Map(answers('copies').map(({ seq, reflected }) => [seq, reflected?.seq]));
      for (const { seq, reflected } of copies)
        if (known.has(seq)) expect(reflected?.seq).toBe(known.get(seq));
    });
  });

  describe('what is no answer', () => {
    test.each(['garbage', 'echo', 'other'])('%s: lost, by a word of its own, and one note', (name) => {
      // Which probe a stranger came for is a guess: of several that come at once the newest probe gets the word.
      const lost = sent(name).filter(({ outcome }) => outcome === 'lost');
      expect(lost.map(({ cause }) => cause)).toContain('not-stamp');
      expect(lost.every(({ received_ns }) => received_ns === null)).toBe(true);
      expect(answers(name)).toEqual([]);
      const notes = run.said('note').filter(({ text }) => text.startsWith(`stream ${name}: `));
      expect(notes).toHaveLength(1);
      expect(notes[0]?.text).toContain('no STAMP answer');
    });

    test('answers from another port are not looked at', () => {
      expect(answers('elsewhere')).toEqual([]);
      expect(new Set(sent('elsewhere').map(({ cause }) => cause))).toEqual(new Set([null]));
    });

    test('nobody there: unreachable, with the cause, and nothing held against this host', () => {
      const row = run.rows.find((each) => each.stream === 'nobody' && each.outcome === 'unreachable');
      expect(row).toMatchObject({ cause: 'port-unreachable' });
      expect(run.count('nobody', 'local-blocked')).toBe(0);
    });

    test('an answer after the wait is a stray', () => expect(answers('late')).toEqual([]));
  });

  describe('our own reflector', () => {
    test.each([
      ['flows4', 4],
      ['flows6', 2],
    ])('%s: each flow is a session of its own', (name, count) => {
      const rows = answers(name);
      expect([...new Set(rows.map(({ flow }) => flow))].toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: count }, (_, flow) => flow),
      );
      for (let flow = 0; flow < count; flow++) {
        // Counted by itself: what it sent before, less what was lost on a busy host; a count of all flows would be beyond.
        const own = sent(name).filter((row) => row.flow === flow && row.outcome !== 'stray');
        const counted = own.toSorted((a, b) => a.seq - b.seq).map(({ reflected }) => reflected?.seq);
        expect(counted.every((seq, index) => seq === undefined || seq <= index)).toBe(true);
        const answered = counted.filter((seq) => seq !== undefined);
        expect(answered).toEqual([...new Set(answered)].toSorted((a, b) => a - b));
        expect(answered.length).toBeGreaterThan(0);
      }
      expect(reflector.sessions.sessions).toBe(6);
    });

    test('the same host has the same clock', () => {
      const { sent_ns, reflected } = answers('flows4')[0] as ProbeRow;
      expect(Math.abs((reflected?.received_ns as number) - (sent_ns as number))).toBeLessThan(10e9);
      expect(reflected?.sent_ns).toBeGreaterThanOrEqual(reflected?.received_ns as number);
    });
  });
});

test('a far end whose port is taken says so', async () => {
  const holder = createSocket('udp4').bind(0, '0.0.0.0');
  await once(holder, 'listening');
  const { port } = holder.address();
  const far = await AgentRun.start(vantage());
  far.begin([stampStream('udp.far', port, { stamp: { ssid: SSID, timestamps: 'ntp', end: 'far' } })]);
  await far.until(() => far.failures.length > 0);
  far.client.kill();
  holder.close();
  expect(far.failures[0]?.message).toContain(`stream udp.far: cannot listen on UDP port ${port}`);
  expect(far.failures[0]?.remedy).toContain('nobody else holds it');
});

test('an agent that is quiet goes on reflecting what the far end sends', async () => {
  const port = await unusedPort();
  const ends = { ssid: SSID, timestamps: 'ntp' } as const;
  const [near, far] = [await AgentRun.start(vantage()), await AgentRun.start(vantage())];
  far.begin([stampStream('both.far', port, { host: '0.0.0.0', stamp: { ...ends, end: 'far' } })]);
  await far.until(() => far.said('resolved').length > 0);
  near.begin([stampStream('both', port, { stamp: { ...ends, end: 'near' } })]);
  await far.until(() => far.count('both.far', 'answered') >= 5);
  await near.client.quiet(fromMs(1000));
  const known = far.count('both.far', 'answered');
  await far.until(() => far.count('both.far', 'lost') > 0 || far.count('both.far', 'answered') >= known + 60);
  await far.client.quiet(fromMs(1000));
  await Promise.all([near.client.end(), far.client.end()]);
  expect([...near.failures, ...far.failures]).toEqual([]);
  expect(far.count('both.far', 'lost')).toBe(0);
  expect(far.count('both.far', 'unreachable')).toBe(0);
});
