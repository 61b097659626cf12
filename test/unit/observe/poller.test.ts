import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { KnownError } from '../../../src/model/error.js';
import type { TrialEventBody } from '../../../src/model/event.js';
import { forgetSecrets, registerSecret } from '../../../src/model/secret.js';
import { fromMs, ns } from '../../../src/model/time.js';
import { poll } from '../../../src/observe/poller.js';
import type { Asker, Seen } from '../../../src/observe/source.js';

beforeEach(() => void vi.useFakeTimers({ now: 0, toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => {
  vi.useRealTimers();
  forgetSecrets();
});

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const one = (value: string): Seen[] => [{ subject: 'vip', value }];

type Told = { readonly at: number } & TrialEventBody;

/** Polls every 100 ms with a timeout of 1 s, on a clock that only the test moves. */
const polling = (ask: Asker['ask'], subject = 'vip') => {
  const told: Told[] = [];
  const sent: number[] = [];
  const stop = poll(
    { name: 'owner', every_ns: fromMs(100), timeout_ns: fromMs(1000), source: { kind: 'role' } },
    {
      subject,
      ask: (signal) => {
        sent.push(performance.now());
        return ask(signal);
      },
    },
    {
      now: () => ns(performance.now() * 1e6),
      tell: (body, at_ns) => told.push({ at: at_ns / 1e6, ...body }),
    },
  );
  return { told, sent, stop, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) };
};

/** Answers that take 20 ms each. */
const answering = (value: () => string): Asker['ask'] => {
  return async () => {
    const now = value();
    await after(20);
    return one(now);
  };
};

describe('a change', () => {
  test('is between the sending of the last old answer and the arrival of the first new one', async () => {
    let value = 'fw-a';
    const { told, pass, stop } = polling(answering(() => value));
    await pass(250);
    value = 'fw-b';
    await pass(200);
    stop();
    expect(told).toEqual([
      {
        at: 20,
        event: 'observed',
        observer: 'owner',
        subject: 'vip',
        value: 'fw-a',
        was: null,
        since_ns: null,
      },
      {
        at: 320,
        event: 'observed',
        observer: 'owner',
        subject: 'vip',
        value: 'fw-b',
        was: 'fw-a',
        since_ns: 200e6,
      },
    ]);
  });

  test('of every poll is told each time', async () => {
    let count = 0;
    const { told, pass, stop } = polling(answering(() => String(count++)));
    await pass(1000);
    stop();
    expect(told.map((each) => 'value' in each && each.value)).toEqual('0123456789'.split(''));
  });

  test('of a detail alone is not told', async () => {
    let ttl = 60;
    const { told, pass, stop } = polling(() =>
      Promise.resolve([{ subject: 'vip', value: 'fw-a', detail: `TTL ${ttl--} s` }]),
    );
    await pass(300);
    stop();
    expect(told).toMatchObject([{ detail: 'TTL 60 s' }]);
  });

  test('of one subject leaves the others alone, and one that is gone is none', async () => {
    let seen: Seen[] = [
      { subject: 'in', value: 'a' },
      { subject: 'out', value: 'a' },
    ];
    const { told, pass, stop } = polling(() => Promise.resolve(seen));
    await pass(50);
    seen = [{ subject: 'in', value: 'a' }];
    await pass(100);
    stop();
    expect(told.slice(2)).toMatchObject([{ subject: 'out', value: 'none', was: 'a' }]);
  });
});

describe('a slow answer', () => {
  test('makes the observer skip polls, never overlap them', async () => {
    const { sent, pass, stop } = polling(async () => {
      await after(250);
      return one('fw-a');
    });
    await pass(700);
    stop();
    expect(sent).toEqual([0, 300, 600]);
  });

  test('has failed when its time is over, and is not looked at any more', async () => {
    const { told, sent, pass, stop } = polling(async (signal) => {
      await after(signal.aborted ? 0 : 1050);
      return one('late');
    });
    await pass(2000);
    stop();
    expect(told).toEqual([
      {
        ...{ at: 1000, event: 'observer-failed', observer: 'owner', subject: 'vip' },
        ...{ since_ns: null, detail: 'no answer in 1s' },
      },
    ]);
    expect(sent).toEqual([0, 1100]);
  });

  test('that never comes is said once, and asked for no more', async () => {
    let signalled = false;
    const { told, sent, pass, stop } = polling((signal) => {
      signal.addEventListener('abort', () => (signalled = true));
      return new Promise(() => {});
    });
    await pass(60_000);
    stop();
    expect(told).toHaveLength(1);
    expect({ sent, signalled }).toEqual({ sent: [0], signalled: true });
  });
});

describe('a failure', () => {
  test('is said once with its reason and remedy, until it answers again', async () => {
    let answer: Promise<Seen[]> | null = null;
    const { told, pass, stop } = polling(
      () => answer ?? Promise.reject(new KnownError('refused', { remedy: 'start it' })),
    );
    await pass(450);
    expect(told).toMatchObject([{ event: 'observer-failed', subject: 'vip', detail: 'refused (start it)' }]);
    answer = Promise.resolve(one('fw-a'));
    await pass(100);
    answer = null;
    await pass(100);
    stop();
    expect(told.map(({ event }) => event)).toEqual(['observer-failed', 'observed', 'observer-failed']);
  });

  test('hides no change: the interval begins with the last old answer', async () => {
    let value: string | null = 'fw-a';
    const { told, pass, stop } = polling(() =>
      value === null ? Promise.reject(new Error('no route')) : Promise.resolve(one(value)),
    );
    await pass(150);
    value = null;
    await pass(300);
    value = 'fw-b';
    await pass(100);
    stop();
    expect(told.at(-1)).toMatchObject({ value: 'fw-b', was: 'fw-a', since_ns: 100e6, at: 500 });
  });

  test('that is over is news, even with the value of before', async () => {
    let dead = false;
    const { told, pass, stop } = polling(() =>
      dead ? Promise.reject(new Error('no route')) : Promise.resolve(one('fw-a')),
    );
    await pass(50);
    dead = true;
    await pass(200);
    dead = false;
    await pass(200);
    stop();
    expect(told).toMatchObject([
      { value: 'fw-a', was: null },
      { event: 'observer-failed', at: 100, since_ns: 0 },
      { value: 'fw-a', was: 'fw-a', since_ns: 200e6, at: 300 },
    ]);
  });

  test('concerns every subject that had answered', async () => {
    let dead = false;
    const { told, pass, stop } = polling(() =>
      dead
        ? Promise.reject(new Error('no route'))
        : Promise.resolve([
            { subject: 'in', value: 'a' },
            { subject: 'out', value: 'b' },
          ]),
    );
    await pass(50);
    dead = true;
    await pass(100);
    stop();
    expect(told.slice(2)).toMatchObject([{ subject: 'in' }, { subject: 'out' }]);
  });

  test('of a source that throws at once is a failure like any other', async () => {
    const { told, pass, stop } = polling(() => {
      throw new TypeError('a bug');
    });
    await pass(50);
    stop();
    expect(told).toMatchObject([{ event: 'observer-failed', detail: 'a bug' }]);
  });

  test('shows no secret, nor does a value', async () => {
    registerSecret('hunter2hunter2');
    let dead = false;
    const { told, pass, stop } = polling(() =>
      dead
        ? Promise.reject(new Error('key hunter2hunter2 refused'))
        : Promise.resolve(one(`${'x'.repeat(195)}hunter2hunter2`)),
    );
    await pass(50);
    dead = true;
    await pass(100);
    stop();
    expect(JSON.stringify(told)).not.toContain('hunter');
    expect(told[1]).toMatchObject({ detail: 'key *** refused' });
  });
});

test('a value that floods is cut', async () => {
  const { told, pass, stop } = polling(() => Promise.resolve(one('x'.repeat(1 << 20))));
  await pass(300);
  stop();
  expect(told).toHaveLength(1);
  expect(JSON.stringify(told).length).toBeLessThan(400);
});

test('ends at once: what is on its way is given up, and nothing is told any more', async () => {
  let signalled = false;
  const { told, sent, pass, stop } = polling(async (signal) => {
    signal.addEventListener('abort', () => (signalled = true));
    await after(20);
    return one('fw-a');
  });
  await pass(10);
  stop();
  expect(signalled).toBe(true);
  await pass(5000);
  expect({ told, sent: sent.length, timers: vi.getTimerCount() }).toEqual({ told: [], sent: 1, timers: 0 });
});
