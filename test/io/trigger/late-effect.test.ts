import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { Action } from '../../../src/model/plan.js';
import { ns, type Clock } from '../../../src/model/time.js';
import type { Trigger } from '../../../src/trigger/trigger.js';
import { pairOf } from './pair-of.js';
import { driverSchema, type Driver } from '../../../src/trigger/driver/schema.js';
import { makeBoxes, type Boxes } from './boxes.js';

/*
 * A machine that is asked to stop goes on saying that it is on: the answers are the lines of a file, one for each
 * question, the last one for ever. What is sent is counted in its log.
 */

const STATUS = `
cd "$(dirname "$0")"
answer=$(head -n 1 answers)
[ "$(wc -l <answers)" -le 1 ] || sed -i 1d answers
[ "$answer" != booting ] || exit 1
echo "$answer"
`;

const slow = (settles: string, within = '30s'): Driver =>
  driverSchema.parse({
    name: 'slow',
    title: 'Slow',
    about: 'A machine that takes its time',
    transport: 'exec',
    params: { dir: { about: 'where the files are' } },
    actions: Object.fromEntries(
      ['stop', 'crash'].map((action) => [
        action,
        {
          about: `requests a ${action}`,
          settles,
          run: ['echo off >> {{dir}}/{{node}}.log; cat {{dir}}/accepts >/dev/null'],
          undo: {
            about: 'switches it on',
            done: { run: 'sh {{dir}}/status', extract: { regex: '^(\\w+)$' }, good: ['on'], bad: ['off'] },
            run: ['echo on >> {{dir}}/{{node}}.log; echo on > {{dir}}/answers'],
            within,
          },
          confirm: { node: ['unknown'], peer: ['active'] },
        },
      ]),
    ),
    samples: [{ of: 'undo.stop', output: 'on', expect: { passes: true } }],
  });

let boxes: Boxes;
let pair: Trigger;
beforeEach(async () => {
  boxes = await makeBoxes();
  await boxes.set('status', STATUS);
  await boxes.set('accepts', '');
});
afterEach(async () => {
  await pair.close();
  await boxes.remove();
});

/** Every look at it takes 20 s. */
const hurried = (): Clock => {
  let skipped = 0;
  return { ...systemClock, monotonic: () => ns(systemClock.monotonic() + (skipped += 20e9)) };
};

const open = (driver: Driver, patience_s = 0, clock: Clock = systemClock): Trigger => {
  pair = pairOf([{ ...boxes.node('fw-a'), driver: 'slow' }], new Map([['slow', driver]]), {
    clock,
    patience_s,
  });
  return pair;
};
const act = (opened: Trigger, action: Action) =>
  opened.act(opened.plan('fw-a', action), { onStamp: () => undefined });
const putBack = (opened: Trigger, action: Action) => opened.undo(opened.plan('fw-a', action));

describe('an action whose effect comes later', () => {
  test.each<Action>(['stop', 'crash'])('%s: is waited for, then taken back', async (action) => {
    await boxes.set('answers', 'on\non\ngoing\noff');
    const opened = open(slow('5m'));
    expect(await act(opened, action)).toMatchObject({ outcome: 'ok' });
    expect(await putBack(opened, action)).toEqual({ detail: 'switches it on' });
    expect(await boxes.log('fw-a')).toEqual(['off', 'on']);
    // Once it was undone, nothing is waited for.
    expect(await putBack(opened, action)).toEqual({ detail: 'undone already (switches it on)' });
  });

  test('is waited for by the program that finds the journal of one that was killed', async () => {
    await boxes.set('answers', 'on\non\noff');
    expect(await putBack(open(slow('5m')), 'stop')).toEqual({ detail: 'switches it on' });
  });

  test('a stop that was sent and never seen is not cleared up: exit 3', async () => {
    await boxes.set('answers', 'on');
    const opened = open(slow('100ms'));
    await act(opened, 'stop');
    await expect(putBack(opened, 'stop')).rejects.toMatchObject({
      message: expect.stringContaining('the stop was not seen to take effect'),
      exitCode: 3,
    });
    expect(await boxes.log('fw-a')).toEqual(['off']);
  });

  test('a crash may be over by itself', async () => {
    await boxes.set('answers', 'on');
    const opened = open(slow('100ms'));
    await act(opened, 'crash');
    expect(await putBack(opened, 'crash')).toEqual({ detail: 'undone already (switches it on)' });
  });

  test('what was refused is not waited for', async () => {
    await boxes.set('answers', 'on');
    await rm(join(boxes.dir, 'accepts'));
    const opened = open(slow('5m'));
    expect(await act(opened, 'stop')).toMatchObject({ outcome: 'failed' });
    expect(await putBack(opened, 'stop')).toEqual({ detail: 'undone already (switches it on)' });
  });
});

test('a node that boots is waited for as long as a restore may take, longer than its undo', async () => {
  await boxes.set('answers', 'booting\nbooting\nbooting\noff');
  const opened = open(slow('5m', '1m'), 3000, hurried());
  await act(opened, 'stop');
  expect(await putBack(opened, 'stop')).toEqual({ detail: 'switches it on' });
});

test('a node that never answers is given up when both are over', async () => {
  await boxes.set('answers', 'booting');
  const opened = open(slow('5m', '1m'), 100, hurried());
  await act(opened, 'stop');
  await expect(putBack(opened, 'stop')).rejects.toMatchObject({ exitCode: 3 });
  expect(await boxes.log('fw-a')).toEqual(['off']);
});
