import { describe, expect, it } from 'vitest';
import { KnownError } from '../../../src/model/error.js';
import { ns, type Clock } from '../../../src/model/time.js';
import { roleAskers, type RoleOptions } from '../../../src/observe/roles.js';
import type { NodeRole } from '../../../src/trigger/ask/role.js';

const ACTIVE: NodeRole = { node: 'fw-a', role: 'active', raw: 'MASTER', error: null };

const CLOCK: Clock = { monotonic: () => ns(50e9), wall: () => 1_800_000_000_000 };

const asking = (
  answer: () => NodeRole,
  deviceClock: RoleOptions['deviceClock'] = () => new Promise(() => {}),
) => {
  const told: string[] = [];
  const events: unknown[] = [];
  const over = new AbortController();
  const [asker, ...others] = roleAskers('roles', [{ name: 'fw-a' }], {
    role: () => Promise.resolve(answer()),
    roleChanged: ({ role, raw, error }) => told.push(`${role} ${raw || error}`),
    clock: CLOCK,
    deviceClock,
    over: over.signal,
    now: () => ns(10e9),
    tell: (body, at_ns) => events.push({ at_ns, ...body }),
  });
  if (asker === undefined || others.length > 0) throw new Error('one asker for each node');
  const ask = (signal = new AbortController().signal) => asker.ask(signal);
  return { told, events, ask, over, subject: asker.subject };
};

it('shows the role of a node, with its own word beside', async () => {
  const { ask, subject } = asking(() => ACTIVE);
  expect(subject).toBe('fw-a');
  expect(await ask()).toEqual([{ subject: 'fw-a', value: 'active', detail: 'MASTER' }]);
});

it('tells of each change of role or word once', async () => {
  let answer = ACTIVE;
  const { ask, told } = asking(() => answer);
  await ask();
  await ask();
  answer = { ...ACTIVE, raw: 'MASTER, forced' };
  await ask();
  expect(told).toEqual(['active MASTER', 'active MASTER, forced']);
});

it('a node that does not answer has failed, and is told of as unknown', async () => {
  const { ask, told } = asking(() => ({ node: 'fw-a', role: 'unknown', raw: '', error: 'timed out' }));
  await expect(ask()).rejects.toThrow(new KnownError('timed out'));
  expect(told).toEqual(['unknown timed out']);
});

it('a word that the driver does not know is an answer', async () => {
  const { ask } = asking(() => ({ node: 'fw-a', role: 'unknown', raw: 'HALT', error: null }));
  expect(await ask()).toEqual([{ subject: 'fw-a', value: 'unknown', detail: 'HALT' }]);
});

it('an answer that comes when the observing is over is told to nobody', async () => {
  const over = new AbortController();
  const { ask, told } = asking(() => {
    over.abort();
    return ACTIVE;
  });
  await ask(over.signal);
  expect(told).toEqual([]);
});

describe("a node's own time of its change", () => {
  const since = (wall_ms: number): Pick<NodeRole, 'since'> => ({
    since: { form: 'time', wall_ms, resolution_ns: ns(1e9) },
  });
  const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  /** The clock of the node is an hour ahead, and was read at 49 s of this host's clock, 9 s of the trial's. */
  const ahead = 1_800_003_599_000;
  const deviceClock = () => Promise.resolve({ wall_ms: ahead, at_ns: ns(49e9), uncertainty_ns: ns(2e6) });

  it('is told where the role has changed, on the clock of the trial', async () => {
    let answer: NodeRole = { ...ACTIVE, ...since(ahead - 60_000) };
    const { ask, events } = asking(() => answer, deviceClock);
    await ask();
    answer = { ...answer, role: 'standby', ...since(ahead - 3000) };
    await ask();
    await ask();
    await flush();
    // 3 s before 9 s, and half of the second that the stamp leaves open.
    expect(events).toEqual([
      {
        event: 'device-time',
        observer: 'roles',
        subject: 'fw-a',
        value: 'standby',
        at_ns: 6.5e9,
        wall_ms: ahead - 3000,
        offset_ns: 3600e9,
        uncertainty_ns: 502e6,
      },
    ]);
  });

  it('waits for a stamp that comes later than the role', async () => {
    let answer: NodeRole = { ...ACTIVE, ...since(ahead - 60_000) };
    const { ask, events } = asking(() => answer, deviceClock);
    await ask();
    answer = { ...answer, role: 'standby' };
    await ask();
    await flush();
    expect(events).toEqual([]);
    answer = { ...answer, ...since(ahead) };
    await ask();
    await flush();
    expect(events).toMatchObject([{ value: 'standby', wall_ms: ahead }]);
  });

  it('may be said as an age, which needs no clock', async () => {
    let answer = ACTIVE;
    const { ask, events } = asking(() => answer);
    await ask();
    answer = { ...ACTIVE, role: 'standby', since: { form: 'age', age_ns: ns(2e9), resolution_ns: ns(1e9) } };
    await ask();
    await flush();
    expect(events).toMatchObject([{ at_ns: 7.5e9, uncertainty_ns: 0.5e9, offset_ns: 0 }]);
  });

  it('that cannot be placed is said', async () => {
    let answer: NodeRole = { ...ACTIVE, ...since(1) };
    const { ask, events } = asking(
      () => answer,
      () => Promise.reject(new KnownError('timed out')),
    );
    await ask();
    answer = { ...answer, role: 'standby', ...since(2) };
    await ask();
    await flush();
    expect(events).toEqual([
      { event: 'note', text: "roles: fw-a's own time of its change is not known: timed out", at_ns: 10e9 },
    ]);
  });

  it('is told to nobody when the observing is over', async () => {
    let answer: NodeRole = { ...ACTIVE, ...since(1) };
    const { ask, events, over } = asking(() => answer, deviceClock);
    await ask();
    answer = { ...answer, role: 'standby', ...since(2) };
    await ask();
    over.abort();
    await flush();
    expect(events).toEqual([]);
  });
});
