import { expect, test } from 'vitest';
import { ns, type Nanoseconds } from '../../../src/model/time.js';
import { loadScenario } from '../../../src/scenario/load.js';
import type { PlannedAction } from '../../../src/trigger/act/action.js';
import {
  forAftercare,
  forDrain,
  forHistories,
  forOutage,
  forRecovered,
  forRestore,
  forSteady,
  forTrigger,
} from '../../../src/trial/patience.js';

const { scenario } = await loadScenario('scenarios/lab/vrrp-crash.yaml');
const { trial, trigger } = scenario;
const planned = { node: 'fw-a', action: 'stop', undo: ['x'] } as unknown as PlannedAction;

const taking = (act: Nanoseconds | null, undo: Nanoseconds | null) => ({
  act: () => act,
  undo: () => undo,
  read_ns: ns(2e9),
  history_ns: ns(3e9),
});
const LONGEST = taking(ns(20e9), ns(40e9));

const inMs = (time: number): number => time / 1e6;

test('what the nodes wrote down may take its time, and a stop signal ends it', () => {
  expect(forHistories(LONGEST)).toEqual({ within_ms: 18_000, stopped_ms: 10_000 });
});

test('a stage may last as long as all that it waits for, and 15 s', () => {
  expect(forTrigger(planned, LONGEST).within_ms).toBe(35_000);
  expect(forOutage(scenario, LONGEST).within_ms).toBe(
    inMs(trigger.timeout_ns + trial.giveUp_ns + 4e9 + 15e9),
  );
  // Two changes are taken back one after the other, then health is waited for.
  expect(forRestore([planned, planned], scenario, LONGEST).within_ms).toBe(
    inMs(80e9 + trial.restore_ns + 4e9 + 15e9),
  );
  expect(forAftercare(ns(180e9))).toEqual({ within_ms: 195_000, stopped_ms: 10_000 });
  expect(forRecovered(scenario, LONGEST).within_ms).toBeGreaterThan(inMs(2 * trial.giveUp_ns));
  expect(forSteady(scenario, LONGEST).within_ms).toBeGreaterThan(inMs(2 * trial.steady_ns));
});

test('after a stop it is left within 10 s, unless a command is under way or the pair is restored', () => {
  for (const stage of [forSteady, forOutage, forRecovered])
    expect(stage(scenario, LONGEST).stopped_ms).toBe(10_000);
  expect(forDrain(ns(0)).stopped_ms).toBe(20_000);
  expect(forTrigger(planned, LONGEST).stopped_ms).toBe(30_000);
  const { within_ms, stopped_ms } = forRestore([planned], scenario, LONGEST);
  expect((within_ms ?? 0) - (stopped_ms ?? 0)).toBe(5000);
});

test('a person has all the time', () => {
  const person = taking(null, null);
  expect(forTrigger(planned, person)).toEqual({ within_ms: null, stopped_ms: null });
  expect(forRestore([planned], scenario, person)).toEqual({ within_ms: null, stopped_ms: null });
  expect(forRestore([], scenario, person).within_ms).not.toBeNull();
});
