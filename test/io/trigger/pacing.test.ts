import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { UNLIMITED, type GuardPlan, type NodePlan, type TriggerPlan } from '../../../src/model/plan.js';
import { fromMs, ns } from '../../../src/model/time.js';
import { PairKeys } from '../../../src/trigger/act/pair-keys.js';
import { openPacing, type Pacing } from '../../../src/trigger/act/pacing.js';
import type { DriverGuard } from '../../../src/trigger/driver/schema.js';

const MINUTE = 60_000;
const guard: DriverGuard = {
  about: 'the unit suspends itself after that',
  flaps: 2,
  within: fromMs(15 * MINUTE),
  pause: fromMs(MINUTE),
};

let state: string;
let now = 0;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'seqgap-state-'));
  vi.stubEnv('XDG_STATE_HOME', state);
  now = Date.parse('2026-03-06T22:00:00Z');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(state, { recursive: true, force: true });
});

const node = (name: string, host: string): NodePlan => ({
  name,
  driver: 'box',
  ssh: null,
  http: {
    url: `https://${host}`,
    user: null,
    password: null,
    apiKey: null,
    ca: null,
    insecure: false,
    timeout_ns: ns(1),
  },
  serial: null,
  params: {},
  power: null,
});

/** Every call is another run. */
const run = (
  plan: Partial<GuardPlan> = {},
  hosts = ['192.0.2.1', '192.0.2.2'],
  { lab = false, identities = [] }: { lab?: boolean; identities?: string[] } = {},
): Pacing => {
  const trigger = {
    ...UNLIMITED,
    guard: { ...UNLIMITED.guard, wait_ns: fromMs(5 * MINUTE), ...plan },
  } as unknown as TriggerPlan;
  const scenario = {
    nodes: hosts.map((host, index) => node(`fw-${index}`, host)),
    trigger,
    lab: lab ? ({} as never) : null,
  };
  const keys = new PairKeys(scenario, lab ? join(state, 'lab') : undefined);
  keys.learn(identities);
  return openPacing(scenario, [guard], keys, { monotonic: () => ns(0), wall: () => now });
};
const stateFile = async (): Promise<string> => {
  const folder = join(state, 'seqgap', 'pairs');
  return join(folder, (await readdir(folder))[0] ?? '');
};

describe('failovers are counted over runs', () => {
  test('each of which waits for its turn', async () => {
    expect(await run().next()).toBeNull();
    await run().count();
    now += 20_000;
    expect(await run().next()).toEqual({
      wait_ns: 40e9,
      why: 'at least 1m between two failovers of the pair',
    });
    now += 40_000;
    expect(await run().next()).toBeNull();
    expect(JSON.parse(await readFile(await stateFile(), 'utf8'))).toEqual({
      format: 1,
      nodes: ['fw-0', 'fw-1'],
      failovers_utc: ['2026-03-06T22:00:00.000Z'],
    });
  });

  test('or stops where that would take too long, with the reason and the remedy', async () => {
    await run().count();
    now += 2 * MINUTE;
    await run().count();
    await expect(run().next()).rejects.toMatchObject({
      message:
        'the pair has to rest until 2026-03-06T22:15:00Z: at most 2 failovers of the pair within 15m ' +
        '(the unit suspends itself after that)',
      remedy: 'wait, or allow a longer `trigger.guard.wait` than 5m; nothing was touched',
      exitCode: 2,
    });
    expect(await run({ wait_ns: fromMs(20 * MINUTE) }).next()).toMatchObject({ wait_ns: 780e9 });
    expect(await run({ flaps: 9, pause_ns: ns(0) }).next()).toBeNull();
  });

  test('of one pair, not of another, and not of a lab', async () => {
    await run().count();
    expect(await run({}, ['192.0.2.2', '192.0.2.1']).next()).not.toBeNull();
    expect(await run({}, ['192.0.2.1', '192.0.2.3']).next()).toBeNull();
    expect(await run({}, undefined, { lab: true }).next()).toBeNull();
  });

  test('of a lab where its scenario asks for it: a driver speaks of devices', async () => {
    const inLab = () => run({ flaps: 1, within_ns: fromMs(2 * MINUTE) }, undefined, { lab: true });
    await inLab().count();
    expect(await inLab().next()).toEqual({
      wait_ns: 120e9,
      why: 'at most 1 failovers of the pair within 2m',
    });
  });

  test('of the same devices by other addresses', async () => {
    const identities = ['SN1', 'SN2'];
    await run({}, undefined, { identities }).count();
    expect(await run({}, ['fw-a.example', 'fw-b.example'], { identities }).next()).not.toBeNull();
    expect(await run({}, ['fw-a.example', 'fw-b.example']).next()).toBeNull();
    // Counted once, though it is in two files.
    now += MINUTE;
    expect(await run({}, undefined, { identities }).next()).toBeNull();
  });

  test('also when the clock was ahead: it was now, not later', async () => {
    now += 1000 * MINUTE;
    await run().count();
    now -= 1000 * MINUTE;
    expect(await run().next()).toMatchObject({ wait_ns: 60e9 });
  });

  test('unless the file is damaged: then nobody can tell', async () => {
    await run().count();
    await writeFile(await stateFile(), '{"format":1,');
    await expect(run().next()).rejects.toMatchObject({
      message: expect.stringContaining('cannot count the failovers of the pair'),
      remedy: expect.stringContaining('remove it if the pair has rested'),
    });
  });
});
