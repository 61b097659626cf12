import { describe, expect, test } from 'vitest';
import { recheck } from '../../../src/trial/recheck.js';
import type { Health } from '../../../src/trigger/ask/health.js';
import type { NodeRole } from '../../../src/trigger/ask/role.js';

const roles = (active: string): NodeRole[] =>
  ['fw-a', 'fw-b'].map((node) => ({
    node,
    role: node === active ? 'active' : 'standby',
    raw: node === active ? 'UP' : 'DOWN',
    error: null,
  }));
const WELL: Health = { ok: true, detail: '' };
const ILL: Health = { ok: false, detail: 'fw-b has 3 of 100 states' };

/** Says one answer after the other, the last one for ever. */
const check = async (answers: readonly (readonly [active: string, health: Health])[], fit = true) => {
  let looks = 0;
  const now = () => answers[Math.min(looks, answers.length - 1)] as (typeof answers)[number];
  await recheck({
    trigger: {
      roles: () => Promise.resolve(roles(now()[0])),
      health: () => Promise.resolve(now()[1]),
    },
    before: roles('fw-a'),
    fit,
    pause: () => {
      looks++;
      return Promise.resolve();
    },
  });
  return looks + 1;
};

describe('just before the trigger', () => {
  test('the pair as it was is looked at once', async () => expect(await check([['fw-a', WELL]])).toBe(1));

  test('what is off for a moment is no reason to break off', async () =>
    expect(
      await check([
        ['fw-a', ILL],
        ['fw-a', WELL],
      ]),
    ).toBe(2));

  test('another active node breaks the trial off', async () =>
    expect(check([['fw-b', WELL]])).rejects.toThrow(
      'the roles changed before the trigger: fw-a: standby (DOWN), fw-b: active (UP)',
    ));

  test('a pair that is not healthy any more does too', async () =>
    expect(check([['fw-a', ILL]])).rejects.toMatchObject({
      message: 'the pair is not healthy any more just before the trigger: fw-b has 3 of 100 states',
      remedy: expect.stringContaining('nothing was triggered'),
    }));

  test('where the state sync is off on purpose only the roles count', async () => {
    expect(await check([['fw-a', ILL]], false)).toBe(1);
    await expect(check([['fw-b', ILL]], false)).rejects.toThrow('the roles changed');
  });
});
