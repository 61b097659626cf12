import { execa } from 'execa';
import { describe, expect } from 'vitest';
import { TrialAnalyzer } from '../../src/analysis/trial.js';
import { labEnvironment, newNamespaces } from '../../src/lab/enter.js';
import type { SwitchInstant } from '../../src/lab/cutter/cutter.js';
import type { TrialEvent } from '../../src/model/event.js';
import type { Scenario, StreamOf, StreamPlan } from '../../src/model/plan.js';
import { decodeProbe } from '../../src/model/probe.js';
import type { OutageRow, StreamRow } from '../../src/model/tables.js';
import { fromMs, ns } from '../../src/model/time.js';
import { scenarioOf } from '../../src/cli/calibrate/streams.js';
import { measuring } from '../measuring.js';
import { labObstacle, modulePath } from './lab-kit.js';

const obstacle = labObstacle();
const LENGTH_MS = 1000;
const SPARE_S = 0.1;

const stamp = (name: string, given: Partial<StreamOf<'stamp'>>): StreamPlan => ({
  name,
  type: 'stamp',
  from: 'client',
  host: '10.4.4.4',
  port: 862,
  family: 4,
  every_ns: fromMs(10),
  wait_ns: fromMs(500),
  size: 44,
  control: false,
  engine: 'auto',
  flows: 1,
  stamp: { ssid: 0x100, timestamps: 'ntp', end: null },
  ...given,
});

/** `udp` to the reflector that the cutter's server always runs; `both` with a sender at the far end. */
const STREAMS: readonly StreamPlan[] = [
  stamp('udp', { flows: 2 }),
  stamp('both', { port: 1862, stamp: { ssid: 0x200, timestamps: 'ptp', end: 'near' } }),
  stamp('both.far', { from: 'server', port: 1862, stamp: { ssid: 0x200, timestamps: 'ptp', end: 'far' } }),
];

/**
 * Runs in namespaces of its own: one outage on the way there, then one on the way back, of packets between two agents
 * and a reflector. Prints the raw rows and when the cutter switched, all on one clock.
 */
const PROGRAM = `
import { setTimeout as sleep } from 'node:timers/promises';
const { systemClock } = await import('${modulePath('clock.js')}');
const { Cutter } = await import('${modulePath('lab/cutter/cutter.js')}');
const { AgentClient } = await import('${modulePath('probe/agent/agent-client.js')}');
const streams = JSON.parse(process.argv[1]);
const cutter = await Cutter.build(systemClock);
const rows = [];
const live = new Map();
let fail = () => {};
const failed = new Promise((_, reject) => (fail = reject));
const events = {
  probes: (chunk) => rows.push(...chunk.trimEnd().split('\\n')),
  heartbeats: () => {},
  message: (message) => {
    if (message.say === 'live') for (const each of message.streams) live.set(each.name, each);
  },
  failed: (error) => fail(error),
};
const origin = systemClock.monotonic();
const agents = [];
for (const name of ['client', 'server']) {
  const vantage = { name, kind: 'netns', prefix: ['ip', 'netns', 'exec', name], agent: null };
  const agent = await AgentClient.start(vantage, events, systemClock);
  agent.begin(origin, streams.filter(({ from }) => from === name), []);
  agents.push(agent);
}
// A second of clean probing on every stream.
const clean = () => streams.every(({ name }) => (live.get(name)?.good_run ?? 0) >= 100);
const until = async (test) => { while (!test()) await Promise.race([sleep(20), failed]); };
await until(clean);
const made = {};
const trigger = systemClock.monotonic();
for (const kind of ['drop-forward', 'drop-reverse']) {
  await sleep(500);
  const cut = await cutter.cut(kind);
  await sleep(${LENGTH_MS});
  made[kind] = { cut, mended: await cutter.mend(kind) };
  await until(clean);
}
const end = systemClock.monotonic();
await Promise.all(agents.map((agent) => agent.quiet(1e9)));
await Promise.all(agents.map((agent) => agent.end()));
await cutter.close();
process.stdout.write(JSON.stringify({ rows, made, origin, trigger, end }), () => process.exit());
`;

type Made = { readonly cut: SwitchInstant; readonly mended: SwitchInstant };
interface Recording {
  readonly rows: readonly string[];
  readonly made: Readonly<Record<'drop-forward' | 'drop-reverse', Made>>;
  readonly origin: number;
  readonly trigger: number;
  readonly end: number;
}

interface Measured {
  readonly recording: Recording;
  readonly streams: readonly StreamRow[];
  readonly outages: readonly OutageRow[];
}
type Direction = StreamRow['direction'];

describe.skipIf(obstacle !== null)(`a loss on one way ${obstacle ?? ''}`, () => {
  const it = measuring(async (): Promise<Measured> => {
    const plans = JSON.stringify(STREAMS);
    const [program = '', ...args] = newNamespaces([
      ...[process.execPath, '--input-type=module', '-e', PROGRAM, plans],
    ]);
    const { stdout } = await execa(program, args, { env: labEnvironment(), stderr: 'inherit' });
    const recording = JSON.parse(stdout) as Recording;
    const at = (instant: number): { at_ns: TrialEvent['at_ns'] } => ({
      at_ns: ns(instant - recording.origin),
    });
    const events: TrialEvent[] = [
      { ...at(recording.trigger), event: 'trigger-issued', of: 'failover', node: 'cutter', action: 'exec' },
      { ...at(recording.end), event: 'phase', phase: 'drain', of: 'failover' },
    ];
    const scenario: Scenario = { ...scenarioOf([], fromMs(1000)), streams: STREAMS };
    const analyzer = new TrialAnalyzer(scenario, { run: '', scenario: '', version: '', trial: 1 }, events);
    for (const line of recording.rows) analyzer.probe(decodeProbe(line));
    const { streams, outages } = analyzer.finish();
    return { recording, streams, outages };
  });

  const row = ({ streams }: Measured, stream: string, direction: Direction): StreamRow | undefined =>
    streams.find((each) => each.stream === stream && each.direction === direction);

  /**
   * The cutter knows the length between two bounds; the stated interval must meet them. A second of baseline says little of
   * the delays of a busy host: a tenth of the outage is to spare, since what is tested here is which way it was.
   */
  const expectTrue = (
    measured: Measured,
    stream: string,
    direction: Direction,
    kind: 'drop-forward' | 'drop-reverse',
  ): void => {
    const { recording, outages } = measured;
    const found = row(measured, stream, direction);
    const { cut, mended } = recording.made[kind];
    const [least, most] = [(mended.after_ns - cut.before_ns) / 1e9, (mended.before_ns - cut.after_ns) / 1e9];
    expect(found).toMatchObject({ status: 'ok', void_reason: null });
    expect(found?.longest_lo_s).toBeLessThanOrEqual(most + SPARE_S);
    expect(found?.longest_hi_s).toBeGreaterThanOrEqual(least - SPARE_S);
    // A busy host may have made a few probes late besides.
    const [period] = outages
      .filter(({ stream, direction }) => stream === found?.stream && direction === found.direction)
      .toSorted((one, other) => (other.outage_s ?? 0) - (one.outage_s ?? 0));
    const start_ns = (period?.start_s ?? 0) * 1e9 + recording.origin;
    expect(start_ns).toBeGreaterThan(cut.after_ns - SPARE_S * 1e9);
    expect(start_ns).toBeLessThan(mended.before_ns);
  };

  it('is attributed to its direction, with the true length in the interval', ({ measured }) => {
    expectTrue(measured, 'udp', 'forward', 'drop-forward');
    expectTrue(measured, 'udp', 'reverse', 'drop-reverse');
  });

  it('hit every flow', ({ measured }) => {
    for (const direction of ['round-trip', 'forward', 'reverse'] as const)
      expect(row(measured, 'udp', direction)).toMatchObject({ flows: 2, flows_affected: 2 });
  });

  it('is measured by the senders at both ends, each for its own way', ({ measured }) => {
    expectTrue(measured, 'both', 'forward', 'drop-forward');
    expectTrue(measured, 'both.far', 'forward', 'drop-reverse');
    expectTrue(measured, 'both.far', 'reverse', 'drop-forward');
  });
});
