import { expect, it } from 'vitest';
import { KnownError } from '../../../src/model/error.js';
import { roleAskers } from '../../../src/observe/roles.js';
import type { NodeRole } from '../../../src/trigger/control.js';

const ACTIVE: NodeRole = { node: 'fw-a', role: 'active', raw: 'MASTER', error: null };

const asking = (answer: () => NodeRole) => {
  const told: string[] = [];
  const [asker, ...others] = roleAskers(
    [{ name: 'fw-a' }],
    () => Promise.resolve(answer()),
    ({ role, raw, error }) => told.push(`${role} ${raw || error}`),
  );
  if (asker === undefined || others.length > 0) throw new Error('one asker for each node');
  return { told, ask: (signal = new AbortController().signal) => asker.ask(signal), subject: asker.subject };
};

it('shows the role of a node, with its own word beside', async () => {
  const { ask, subject } = asking(() => ACTIVE);
  expect(subject).toBe('fw-a');
  expect(await ask()).toEqual([{ subject: 'fw-a', value: 'active', detail: 'MASTER' }]);
});

it('tells of each change of role or word once', async () => {
  let answer = ACTIVE;
  const { ask, told } = asking(() => answer);
  await ask();
  await ask();
  answer = { ...ACTIVE, raw: 'MASTER, forced' };
  await ask();
  expect(told).toEqual(['active MASTER', 'active MASTER, forced']);
});

it('a node that does not answer has failed, and is told of as unknown', async () => {
  const { ask, told } = asking(() => ({ node: 'fw-a', role: 'unknown', raw: '', error: 'timed out' }));
  await expect(ask()).rejects.toThrow(new KnownError('timed out'));
  expect(told).toEqual(['unknown timed out']);
});

it('a word that the driver does not know is an answer', async () => {
  const { ask } = asking(() => ({ node: 'fw-a', role: 'unknown', raw: 'HALT', error: null }));
  expect(await ask()).toEqual([{ subject: 'fw-a', value: 'unknown', detail: 'HALT' }]);
});

it('an answer that comes when the observing is over is told to nobody', async () => {
  const over = new AbortController();
  const { ask, told } = asking(() => {
    over.abort();
    return ACTIVE;
  });
  await ask(over.signal);
  expect(told).toEqual([]);
});
