import { expect, it, vi } from 'vitest';
import type { NodePlan } from '../../../src/model/plan.js';
import { fromMs } from '../../../src/model/time.js';
import { observeRoles } from '../../../src/observe/roles.js';
import type { NodeRole } from '../../../src/trigger/control.js';

const node = (name: string): NodePlan => ({
  name,
  driver: 'file',
  ssh: null,
  http: null,
  serial: null,
  params: {},
  power: null,
});
const role = (name: string, word: NodeRole['role']): NodeRole => ({
  node: name,
  role: word,
  raw: word,
  error: null,
});

it('reports changes only, and asks each node apart from the others', async () => {
  vi.useFakeTimers();
  const answers: Record<string, NodeRole['role']> = { a: 'active', b: 'standby' };
  const seen: string[] = [];
  const stop = observeRoles(
    { name: 'roles', every_ns: fromMs(100), timeout_ns: fromMs(1000), source: { kind: 'role' } },
    [node('a'), node('b'), node('hangs')],
    (name) =>
      name === 'hangs' ? new Promise(() => {}) : Promise.resolve(role(name, answers[name] ?? 'unknown')),
    (changed) => seen.push(`${changed.node} ${changed.role}`),
  );
  await vi.advanceTimersByTimeAsync(250);
  expect(seen).toEqual(['a active', 'b standby']);
  answers.a = 'unknown';
  answers.b = 'active';
  await vi.advanceTimersByTimeAsync(100);
  expect(seen.slice(2)).toEqual(['a unknown', 'b active']);
  stop();
  answers.b = 'standby';
  await vi.advanceTimersByTimeAsync(500);
  expect(seen).toHaveLength(4);
  vi.useRealTimers();
});
