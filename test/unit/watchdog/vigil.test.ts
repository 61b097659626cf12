import { describe, expect, test } from 'vitest';
import { Vigil } from '../../../src/watchdog/vigil.js';
import { readWord } from '../../../src/watchdog/word.js';

/** Ticks of a second; beats in each of them unless the runner is silent. @returns after how many it lost patience. */
const patienceOf = (
  vigil: Vigil,
  { silent = false, most = 100 } = {},
): { after: number; why: string } | null => {
  for (let after = 1; after <= most; after++) {
    if (!silent) vigil.hear({ do: 'beat' });
    const why = vigil.tick(1000);
    if (why !== null) return { after, why };
  }
  return null;
};

const stage = (within_ms: number | null, stopped_ms: number | null) =>
  ({ do: 'stage', name: 'outage', within_ms, stopped_ms }) as const;

describe('the patience of a watchdog', () => {
  test('ends with the silence of its runner', () => {
    const vigil = new Vigil();
    vigil.hear(stage(60_000, null));
    expect(patienceOf(vigil, { silent: true })).toEqual({
      after: 11,
      why: 'the run gave no sign of life for 10 s (stopped, or blocked)',
    });
  });

  test('ends with the time of a stage, and begins anew with the next one', () => {
    const vigil = new Vigil();
    vigil.hear(stage(20_000, null));
    expect(patienceOf(vigil, { most: 20 })).toBeNull();
    vigil.hear(stage(5000, null));
    expect(patienceOf(vigil)).toEqual({
      after: 6,
      why: 'the run did not get on within 5 s (it hangs in: outage)',
    });
  });

  test('a person is waited for without end, but not one who is not heard any more', () => {
    const vigil = new Vigil();
    vigil.hear(stage(null, null));
    expect(patienceOf(vigil, { most: 10_000 })).toBeNull();
    expect(patienceOf(vigil, { silent: true })?.after).toBe(10);
  });

  test('a stop shortens the stage that it comes in, and those that follow', () => {
    const vigil = new Vigil();
    vigil.hear(stage(60_000, 3000));
    vigil.hear({ do: 'stop' });
    expect(patienceOf(vigil)).toEqual({
      after: 4,
      why: 'the run was told to stop and did not get on with it (it hangs in: outage)',
    });
    vigil.hear(stage(60_000, 7000));
    // Twice is no reason to wait longer.
    vigil.hear({ do: 'stop' });
    expect(patienceOf(vigil)?.after).toBe(8);
    vigil.hear(stage(2000, null));
    expect(patienceOf(vigil)?.after).toBe(3);
  });

  test('between trials there is none to be lost', () => {
    const vigil = new Vigil();
    expect(patienceOf(vigil, { silent: true })).toBeNull();
    vigil.hear(stage(1000, 1000));
    vigil.hear({ do: 'rest' });
    expect(patienceOf(vigil, { silent: true })).toBeNull();
  });

  test('time in which the watchdog did not run counts as one tick', () => {
    // A laptop that slept for an hour: the timer fires once, whatever a clock says.
    const vigil = new Vigil();
    vigil.hear(stage(5000, null));
    expect(vigil.tick(1000)).toBeNull();
  });

  test('knows whom to end, and that it was told of the end', () => {
    const vigil = new Vigil();
    vigil.hear({ do: 'agents', pids: [7, 8] });
    expect(vigil.agents).toEqual([7, 8]);
    expect(vigil.ended).toBe(false);
    vigil.hear({ do: 'rest' });
    vigil.hear({ do: 'end' });
    expect(vigil).toMatchObject({ agents: [], ended: true });
  });
});

test.each(['', '{', '{"do":"dance"}', '{"do":"agents","pids":[-1]}', '{"do":"stage","name":"x"}', '1'])(
  'no word: %s',
  (line) => expect(readWord(line)).toBeNull(),
);
