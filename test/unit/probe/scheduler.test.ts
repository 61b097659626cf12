import { afterEach, describe, expect, test } from 'vitest';
import { Scheduler } from '../../../src/probe/send/scheduler.js';
import { ns, type Nanoseconds } from '../../../src/model/time.js';
import { FakeClock } from './fake-clock.js';

const ms = (value: number): Nanoseconds => ns(value * 1e6);

interface Fired {
  readonly name: string;
  readonly due: number;
  readonly now: number;
}

describe('Scheduler', () => {
  let scheduler: Scheduler;
  afterEach(() => scheduler.stop());

  /** Adds a task that fires at each of the instants (ms) and notes it. */
  const add = (
    fired: Fired[],
    name: string,
    instants: readonly number[],
    done: () => void = () => {},
  ): void => {
    let i = 0;
    scheduler.add(
      {
        fire: (now) => {
          fired.push({ name, due: instants[i] as number, now: now / 1e6 });
          i += 1;
          if (i < instants.length) return ms(instants[i] as number);
          done();
          return null;
        },
      },
      ms(instants[0] as number),
    );
  };

  test('fires in the order of instants over all tasks, none before its time', async () => {
    scheduler = new Scheduler(new FakeClock(0, 200_000));
    const fired: Fired[] = [];
    const ended = new Promise<void>((resolve) => {
      add(fired, 'last', [3, 9, 30], resolve);
      add(fired, 'a', [5, 6, 7, 20]);
      add(fired, 'b', [1, 8, 12, 13, 14]);
      add(fired, 'c', [2]);
    });
    scheduler.start();
    await ended;
    expect(fired.map(({ due }) => due)).toEqual([1, 2, 3, 5, 6, 7, 8, 9, 12, 13, 14, 20, 30]);
    for (const { due, now } of fired) expect(now).toBeGreaterThanOrEqual(due);
  });

  test('a task added while running may be due before all others', async () => {
    const clock = new FakeClock(0, 200_000);
    scheduler = new Scheduler(clock);
    const fired: Fired[] = [];
    add(fired, 'far', [1e9]);
    scheduler.start();
    await new Promise<void>((resolve) => {
      add(fired, 'near', [2], resolve);
    });
    expect(fired.map(({ name }) => name)).toEqual(['near']);
  });

  test('a task may add another, due earlier than itself, while it fires', async () => {
    scheduler = new Scheduler(new FakeClock(0, 200_000));
    const fired: Fired[] = [];
    const ended = new Promise<void>((resolve) => {
      scheduler.add(
        {
          fire: (now) => {
            fired.push({ name: 'parent', due: 5, now: now / 1e6 });
            add(fired, 'child', [1, 8]);
            return null;
          },
        },
        ms(5),
      );
      add(fired, 'other', [6, 9], resolve);
    });
    scheduler.start();
    await ended;
    expect(fired.map(({ name, due }) => `${name} ${due}`)).toEqual([
      'parent 5',
      'child 1',
      'other 6',
      'child 8',
      'other 9',
    ]);
  });

  test('nothing fires after stop, not even what is due', async () => {
    scheduler = new Scheduler(new FakeClock(0, 200_000));
    const fired: Fired[] = [];
    const stopped = new Promise<void>((resolve) => {
      scheduler.add(
        {
          fire: (now) => {
            fired.push({ name: 'stopper', due: 3, now: now / 1e6 });
            scheduler.stop();
            resolve();
            return now;
          },
        },
        ms(3),
      );
      add(fired, 'late', [3.01, 4]);
    });
    scheduler.start();
    await stopped;
    // Whatever had been armed would come within a few turns of the event loop.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(fired.map(({ name }) => name)).toEqual(['stopper']);
  });

  test('a task that throws is dropped, its error surfaces, and the others go on', async () => {
    scheduler = new Scheduler(new FakeClock(10e6, 200_000));
    const fired: Fired[] = [];
    let thrown = 0;
    scheduler.add(
      {
        fire: () => {
          thrown += 1;
          throw new Error('no buffer');
        },
      },
      ms(1),
    );
    const ended = new Promise<void>((resolve) => add(fired, 'other', [2, 20], resolve));
    expect(() => scheduler.start()).toThrow('no buffer');
    await ended;
    await new Promise<void>((resolve) => add(fired, 'added', [1], resolve));
    expect(fired.map(({ name, due }) => `${name} ${due}`)).toEqual(['other 2', 'other 20', 'added 1']);
    expect(thrown).toBe(1);
  });

  test('does not fire before start', async () => {
    scheduler = new Scheduler(new FakeClock(1e9, 200_000));
    const fired: Fired[] = [];
    const ended = new Promise<void>((resolve) => add(fired, 'due', [1], resolve));
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(fired).toEqual([]);
    scheduler.start();
    await ended;
    expect(fired).toHaveLength(1);
  });
});
