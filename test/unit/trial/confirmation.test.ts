import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Role, TrialEventBody } from '../../../src/model/event.js';
import { fromMs, ns } from '../../../src/model/time.js';
import type { PlannedAction } from '../../../src/trigger/act/action.js';
import { confirming } from '../../../src/trial/recheck.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const planned: PlannedAction = {
  node: 'fw-a',
  action: 'reboot',
  variant: null,
  driver: 'box',
  transport: 'ssh',
  steps: [],
  undo: [],
  identity: null,
  confirm_ns: fromMs(10_000),
};

/** The roles of fw-a, one for each look; the last stays. It is confirmed as soon as it is no longer active. */
const watch = (
  roles: readonly Role[],
  different: { accepted?: boolean; confirm_ns?: PlannedAction['confirm_ns'] } = {},
) => {
  const left = [...roles];
  const events: TrialEventBody[] = [];
  const lines: string[] = [];
  let looks = 0;
  let patient = false;
  const { stop, heard } = confirming(
    { ...planned, ...('confirm_ns' in different ? { confirm_ns: different.confirm_ns } : {}) },
    {
      trigger: {
        roles: (_, more) => {
          looks++;
          patient = more === true;
          const role = (left.length > 1 ? left.shift() : left[0]) ?? 'unknown';
          const late = role === 'unknown' ? ({ late: true } as const) : {};
          return Promise.resolve([{ node: 'fw-a', role, raw: role, error: null, ...late }]);
        },
        confirmed: (_, read) => !['active', 'unknown'].includes(read[0]?.role ?? 'unknown'),
      },
      clock: { monotonic: () => ns(vi.getMockedSystemTime()!.getTime() * 1e6), wall: () => 0 },
      listener: { line: (text) => lines.push(text) },
      of: 'failover',
      accepted: different.accepted ?? true,
      event: (body) => events.push(body),
    },
  );
  let isHeard = false;
  void heard.then(() => (isHeard = true));
  return { events, lines, stop, looks: () => looks, patient: () => patient, heard: () => isHeard };
};
const about = { of: 'failover', node: 'fw-a', action: 'reboot' };

describe('an action', () => {
  test('is confirmed as soon as the roles say so, once', async () => {
    const seen = watch(['active', 'active', 'standby']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.events).toEqual([
      { event: 'trigger-confirmed', ...about, ok: true, detail: 'fw-a: standby' },
    ]);
    expect(seen.looks()).toBe(3);
    seen.stop();
    expect(seen.events).toHaveLength(1);
  });

  test('that was cut off counts as accepted then', async () => {
    const seen = watch(['standby'], { accepted: false });
    await vi.advanceTimersByTimeAsync(0);
    expect(seen.events.map(({ event }) => event)).toEqual(['trigger-accepted', 'trigger-confirmed']);
  });

  test('that the roles never confirm is noted when its time is over, and was never accepted', async () => {
    const seen = watch(['active'], { accepted: false });
    await vi.advanceTimersByTimeAsync(9000);
    expect(seen.events).toEqual([]);
    await vi.advanceTimersByTimeAsync(60_000);
    const text = 'reboot of fw-a was not confirmed by the roles: fw-a: active';
    expect(seen.events).toEqual([
      { event: 'trigger-confirmed', ...about, ok: false, detail: 'fw-a: active' },
      { event: 'note', text },
    ]);
    expect(seen.lines).toEqual([text]);
  });

  test('is not confirmed any more once its undo begins', async () => {
    const seen = watch(['active', 'active', 'standby']);
    await vi.advanceTimersByTimeAsync(1500);
    seen.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.events[0]).toMatchObject({ event: 'trigger-confirmed', ok: false, detail: 'fw-a: active' });
    expect(seen.looks()).toBe(2);
  });

  test('of a node that was given up for its time is given more, and heard before its undo', async () => {
    const seen = watch(['unknown', 'unknown', 'standby']);
    await vi.advanceTimersByTimeAsync(500);
    expect([seen.heard(), seen.patient()]).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(1000);
    expect([seen.heard(), seen.patient()]).toEqual([false, true]);
    await vi.advanceTimersByTimeAsync(1000);
    expect([seen.heard(), seen.events[0]]).toEqual([true, expect.objectContaining({ ok: true })]);
  });

  test('of a node that answers is heard, and waited for no longer than its time', async () => {
    const seen = watch(['active']);
    await vi.advanceTimersByTimeAsync(0);
    expect(seen.heard()).toBe(true);
    const never = watch(['unknown']);
    await vi.advanceTimersByTimeAsync(9000);
    expect(never.heard()).toBe(false);
    await vi.advanceTimersByTimeAsync(2000);
    expect([never.heard(), never.events[0]]).toEqual([true, expect.objectContaining({ ok: false })]);
  });

  test('that roles cannot tell about is not looked at', async () => {
    const seen = watch(['standby'], { confirm_ns: null });
    await vi.advanceTimersByTimeAsync(60_000);
    expect([seen.events, seen.looks()]).toEqual([[], 0]);
  });
});
