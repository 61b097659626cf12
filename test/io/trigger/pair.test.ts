import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Action } from '../../../src/model/plan.js';
import { forgetSecrets, registerSecret } from '../../../src/model/secret.js';
import { ns } from '../../../src/model/time.js';
import type { NodeRole } from '../../../src/trigger/ask/role.js';
import type { Trigger } from '../../../src/trigger/trigger.js';
import { pairOf } from './pair-of.js';
import { drivers, makeBoxes, type Boxes } from './boxes.js';

const OPTIONS = { timeout_ns: ns(2e9) };

let boxes: Boxes;
const pairs: Trigger[] = [];
beforeEach(async () => {
  boxes = await makeBoxes();
});
afterEach(async () => {
  forgetSecrets();
  await Promise.all(pairs.splice(0).map((pair) => pair.close()));
  await boxes.remove();
});

const open = (plug: string | null = null): Trigger => {
  const pair = pairOf([boxes.node('fw-a', plug), boxes.node('fw-b', plug)], drivers, OPTIONS);
  pairs.push(pair);
  return pair;
};
const act = async (pair: Trigger, action: Action) => {
  const stamps: string[] = [];
  const result = await pair.act(pair.plan('fw-a', action), { onStamp: (kind) => stamps.push(kind) });
  return { ...result, stamps };
};
const words = (roles: readonly NodeRole[]): string =>
  roles.map(({ node, role }) => `${node} ${role}`).join(', ');

describe('roles', () => {
  test('are asked of every node; one that fails is unknown, with the reason', async () => {
    const pair = open();
    expect(words(await pair.roles())).toBe('fw-a active, fw-b standby');
    await rm(join(boxes.dir, 'fw-b.role'));
    const [, failed] = await pair.roles();
    expect(failed).toMatchObject({ node: 'fw-b', role: 'unknown', raw: '' });
    expect(failed?.error).toMatch(/^exit 1: cat: .*No such file/);
  });

  test('keep a word that is not understood', async () => {
    await boxes.set('fw-b.role', 'SIDEWAYS');
    await boxes.set('fw-a.role', '!?');
    expect(await open().roles()).toEqual([
      { node: 'fw-a', role: 'unknown', raw: '', error: 'the answer was not understood: "!?"' },
      { node: 'fw-b', role: 'unknown', raw: 'SIDEWAYS', error: null },
    ]);
  });
});

describe('planning', () => {
  test('shows the exact commands, and touches nothing', async () => {
    expect(open().plan('fw-a', 'switchover')).toEqual({
      node: 'fw-a',
      action: 'switchover',
      variant: null,
      confirm_ns: 60e9,
      driver: 'box',
      transport: 'this host',
      identity: null,
      steps: [`echo switch >> ${boxes.dir}/fw-a.log; echo OFF > ${boxes.dir}/fw-a.role`],
      undo: [`this host: echo start >> ${boxes.dir}/fw-a.log; sh ${boxes.dir}/start`],
    });
    expect(await boxes.log('fw-a')).toEqual([]);
  });

  test.each<[Action, string, string]>([
    ['crash', 'plug', 'plug'],
    ['stop', 'plug', 'plug'],
    ['stop', 'slow-plug', 'box'],
    ['switchover', 'plug', 'box'],
    ['reboot', 'plug', 'box'],
  ])('%s with power driver %s is done by %s', (action, plug, driver) =>
    expect(open(plug).plan('fw-a', action).driver).toBe(driver),
  );

  test('an action that only power can undo takes the undo of the power driver', () =>
    expect(open('slow-plug').plan('fw-a', 'stop').undo).toEqual([
      `this host: echo on > ${boxes.dir}/fw-a.power; echo power-on >> ${boxes.dir}/fw-a.log`,
    ]));

  test('an action that nothing can undo is refused', () =>
    expect(() => open().plan('fw-a', 'stop')).toThrow(
      expect.objectContaining({
        message: 'node fw-a: shuts it down, and it has no power driver that could',
        exitCode: 64,
      }),
    ));

  test('an action that no driver has is refused', () =>
    expect(() => open().plan('fw-a', 'crash')).toThrow(
      expect.objectContaining({
        message: 'node fw-a: no action "crash" in box',
        remedy: expect.stringContaining('`power:` driver'),
        exitCode: 64,
      }),
    ));

  test('parameters that are missing or unknown are refused', () => {
    const node = boxes.node('fw-a');
    const opening = (params: Record<string, string>) => () => pairOf([{ ...node, params }], drivers, OPTIONS);
    expect(opening({})).toThrow('node fw-a: driver box needs the parameter "dir"');
    expect(opening({ dir: 'x', extar: 'y' })).toThrow('did you mean "extra"?');
  });

  test('a secret that would be seen in the process list is refused, and not shown', () => {
    registerSecret('hunter2');
    const node = { ...boxes.node('fw-a'), params: { dir: '/hunter2' } };
    const pair = pairOf([node], drivers, OPTIONS);
    const planning = (): unknown => pair.plan('fw-a', 'switchover');
    expect(planning).toThrow('driver box, node fw-a: the command would show a secret in the process list');
    expect(planning).not.toThrow('hunter2');
  });
});

describe('acting', () => {
  test('sends once and stamps issued, accepted, closed', async () => {
    const pair = open();
    expect(await act(pair, 'switchover')).toEqual({
      outcome: 'ok',
      detail: 'command exited with 0',
      stamps: ['issued', 'accepted', 'closed'],
    });
    expect(await boxes.log('fw-a')).toEqual(['switch']);
  });

  test('a failing command ends it with what it said', async () => {
    await boxes.set('reboot', 'echo must be root >&2; exit 1');
    const pair = open();
    expect(await act(pair, 'reboot')).toMatchObject({ outcome: 'failed', detail: 'exit 1: must be root' });
    expect(await boxes.log('fw-a')).toEqual(['reboot']);
  });

  test('a command killed with its node says nothing about success', async () => {
    await boxes.set('reboot', 'kill -9 $$');
    expect(await act(open(), 'reboot')).toMatchObject({
      outcome: 'unknown',
      detail: expect.stringMatching(/^exit 137.*as is to be expected$/),
    });
  });

  test('a command that hangs is not sent again', async () => {
    await boxes.set('reboot', 'sleep 60');
    const pair = pairOf([boxes.node('fw-a')], drivers, { timeout_ns: ns(0.4e9) });
    const result = await pair.act(pair.plan('fw-a', 'reboot'), { onStamp: () => undefined });
    expect(result).toMatchObject({ outcome: 'unknown', detail: 'timed out, as is to be expected' });
    expect(await boxes.log('fw-a')).toEqual(['reboot']);
  });

  test('is confirmed by the roles', async () => {
    const pair = open();
    const planned = pair.plan('fw-a', 'switchover');
    expect(pair.confirmed(planned, await pair.roles())).toBe(false);
    await pair.act(planned, { onStamp: () => undefined });
    expect(pair.confirmed(planned, await pair.roles())).toBe(false);
    await boxes.set('fw-b.role', 'UP');
    expect(pair.confirmed(planned, await pair.roles())).toBe(true);
  });
});

describe('undoing', () => {
  test('sends nothing if it is undone already, however often', async () => {
    const pair = open();
    const planned = pair.plan('fw-a', 'switchover');
    expect((await pair.undo(planned)).detail).toBe('undone already (starts it again)');
    await pair.act(planned, { onStamp: () => undefined });
    expect((await pair.undo(planned)).detail).toBe('starts it again');
    expect((await pair.undo(planned)).detail).toBe('undone already (starts it again)');
    expect(await boxes.log('fw-a')).toEqual(['switch', 'start']);
  });

  test('that has no effect says what to do by hand, exit 3, and was sent once', async () => {
    await boxes.set('start', 'true');
    const pair = open();
    const planned = pair.plan('fw-a', 'switchover');
    await pair.act(planned, { onStamp: () => undefined });
    await expect(pair.undo(planned)).rejects.toMatchObject({
      message: 'could not undo switchover of fw-a: starts it again: sent, but without effect',
      remedy: `do by hand: this host: echo start >> ${boxes.dir}/fw-a.log; sh ${boxes.dir}/start`,
      exitCode: 3,
    });
    expect(await boxes.log('fw-a')).toEqual(['switch', 'start']);
  });

  test('writes nothing to a node whose state cannot be read', async () => {
    const pair = open();
    const planned = pair.plan('fw-a', 'switchover');
    await rm(join(boxes.dir, 'fw-a.role'));
    await expect(pair.undo(planned)).rejects.toThrow('No such file');
    expect(await boxes.log('fw-a')).toEqual([]);
  });

  test('of an action that leaves nothing does nothing', async () => {
    const pair = open();
    expect((await pair.undo(pair.plan('fw-a', 'reboot'))).detail).toBe('nothing to undo');
  });
});

describe('health', () => {
  test('is fine with one active, the other standby, nothing forced and the states copied', async () =>
    expect(await open().health()).toEqual({ ok: true, detail: 'fw-a: active (UP), fw-b: standby (DOWN)' }));

  test.each<[string, Record<string, string>, string]>([
    ['two actives', { 'fw-b.role': 'UP' }, 'fw-a: active (UP), fw-b: active (UP)'],
    ['a node out', { 'fw-b.role': 'OFF' }, 'fw-a: active (UP), fw-b: suspended (OFF)'],
    ['something forced', { 'fw-b.forced': 'yes' }, 'fw-b: not so: nothing is forced (unforce it)'],
    [
      'states missing',
      { 'fw-b.sync': 'own 0 copied 84' },
      'not so: states are copied (fw-a has 100, fw-b has 84)',
    ],
    ['state sync on one node only', { 'fw-b.sync': 'off' }, 'state sync runs on fw-a only'],
    [
      'an answer not understood',
      { 'fw-a.sync': '?' },
      'fw-a: states are copied: the answer was not understood',
    ],
  ])('is not with %s', async (_, files, detail) => {
    for (const [file, text] of Object.entries(files)) await boxes.set(file, text);
    expect(await open().health()).toEqual({ ok: false, detail });
  });

  test.each<[string, Record<string, string>]>([
    ['states within the slack', { 'fw-b.sync': 'own 0 copied 85' }],
    ['no state sync at all', { 'fw-a.sync': 'off', 'fw-b.sync': 'off' }],
  ])('is fine with %s', async (_, files) => {
    for (const [file, text] of Object.entries(files)) await boxes.set(file, text);
    expect(await open().health()).toMatchObject({ ok: true });
  });
});
