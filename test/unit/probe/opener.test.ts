import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ns, type Nanoseconds } from '../../../src/model/time.js';
import { Scheduler } from '../../../src/probe/send/scheduler.js';
import { Opener } from '../../../src/probe/session/opener.js';
import { FakeClock } from './fake-clock.js';

const us = (value: number): Nanoseconds => ns(value * 1e3);

describe('Opener', () => {
  let clock: FakeClock;
  let scheduler: Scheduler;
  let opener: Opener;
  let begun: { readonly number: number; readonly at: number }[];

  beforeEach(() => {
    clock = new FakeClock(0, 10_000);
    scheduler = new Scheduler(clock);
    opener = new Opener(scheduler, clock);
    begun = [];
    scheduler.start();
  });
  afterEach(() => scheduler.stop());

  /** Begins that take so many µs each; resolves with the last. */
  const open = (first: number, count: number, each: number, settles = true): Promise<void> =>
    new Promise((resolve) => {
      opener.add(us(first), first, count, (number, settled) => {
        begun.push({ number, at: clock.now_ns / 1e3 });
        clock.now_ns += each * 1e3;
        if (settles) settled();
        if (number === first + count - 1) resolve();
      });
    });

  test('begins each once and in order, one batch after the other', async () => {
    await Promise.all([open(1, 30, 40), open(101, 1, 40), open(201, 20, 40)]);
    const numbers = begun.map(({ number }) => number);
    const run = (first: number, count: number): number[] =>
      Array.from({ length: count }, (_, i) => first + i);
    expect(numbers).toEqual([...run(1, 30), 101, ...run(201, 20)]);
  });

  test('begins none where there are none, and goes on with the next', async () => {
    opener.add(us(0), 1, 0, () => begun.push({ number: 1, at: 0 }));
    await open(5, 2, 40);
    expect(begun.map(({ number }) => number)).toEqual([5, 6]);
  });

  test('no faster than 20,000/s, and 5,000/s while many handshakes are out', async () => {
    await open(1, 400, 20);
    const [first, last] = [begun[0]?.at ?? NaN, begun.at(-1)?.at ?? NaN];
    expect(last - first).toBeGreaterThan(399 * 50 - 500);
    begun = [];
    await open(1001, 400, 20, false);
    const [slow, end] = [begun[100]?.at ?? NaN, begun.at(-1)?.at ?? NaN];
    expect(end - slow).toBeGreaterThan(299 * 200 - 500);
  });

  test('what is due meanwhile is late by no more than one piece', async () => {
    const late: number[] = [];
    let due = 1000;
    const fire = (now: Nanoseconds): Nanoseconds => {
      late.push(now / 1e3 - due);
      due += 1000;
      return us(due);
    };
    scheduler.add({ fire }, us(due));
    await open(1, 300, 60);
    expect(late.length).toBeGreaterThan(10);
    expect(Math.max(...late)).toBeLessThan(150 + 60 + 50);
  });

  test('begins no more once it is stopped', async () => {
    const opened = new Promise<void>((resolve) => {
      opener.add(us(0), 1, 100, (number, settled) => {
        begun.push({ number, at: 0 });
        settled();
        opener.stop();
        resolve();
      });
    });
    await opened;
    await new Promise<void>((resolve) => {
      scheduler.add({ fire: () => (resolve(), null) }, us(clock.now_ns / 1e3 + 5000));
    });
    expect(begun).toHaveLength(1);
  });
});
