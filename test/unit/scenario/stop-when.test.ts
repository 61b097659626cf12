import { describe, expect, test } from 'vitest';
import { describePlan } from '../../../src/scenario/words.js';
import { loaded, MINIMAL } from './written.js';

const withStop = (condition: string): string => `${MINIMAL}trial: { stop-when: ${condition} }\n`;

test('one condition and a list of them, with their defaults', async () => {
  const one = await loaded(withStop('{ file: /run/stop }'));
  expect(one.scenario.trial.stopWhen).toEqual([
    {
      name: '/run/stop',
      every_ns: 1e9,
      timeout_ns: 5e9,
      onError: 'stop',
      source: { kind: 'file', path: '/run/stop' },
    },
  ]);
  const two = await loaded(
    withStop(
      "[{ command: [is-frozen, fw] }, { name: alarm, url: 'https://mon/x?a=1', json: state, is: ALARM }]",
    ),
  );
  expect(two.scenario.trial.stopWhen).toMatchObject([
    { name: 'is-frozen fw', source: { kind: 'command', command: ['is-frozen', 'fw'] } },
    { name: 'alarm', source: { kind: 'read', url: 'https://mon/x?a=1', is: 'ALARM', read: { by: 'json' } } },
  ]);
  expect(describePlan(two.scenario)).toMatch(
    /stop when +this host runs, and it ends with 0: is-frozen fw; asked every 1s/,
  );
});

test('a scenario without one is as it was', async () => {
  expect((await loaded(MINIMAL)).scenario.trial).not.toHaveProperty('stopWhen');
});

describe('what cannot be meant', () => {
  test.each([
    ['{ every: 1s }', 'must have exactly one of command, url and file, but has none'],
    ['{ file: a, command: b }', 'must have exactly one of command, url and file, but has command, file'],
    [
      "{ url: 'http://x' }",
      'must say when it holds, by exactly one of status, json, xml and text, but has none',
    ],
    ["{ url: 'http://x', status: 200, json: a }", 'but has status, json'],
    ["{ url: 'http://x', status: 200, is: a }", 'is only for json, xml and text'],
    ["{ url: 'http://x', status: 99 }", '"99" is not a whole number from 100 to 599'],
    ["{ url: 'http://x', text: a, is: '/(/' }", 'cannot be read'],
    ["{ url: 'http://x', status: 200, key: abcdef }", 'a secret may not stand in the scenario'],
    ['{ file: a, status: 200 }', 'is only for url'],
    ['{ file: a, every: 1ms }', 'must be at least 100ms'],
    ['{ file: a, on-error: go }', '"go" is not one of stop, ignore'],
    ['{ fiel: a }', 'did you mean "file"?'],
    ['[{ fiel: a }]', 'did you mean "file"?'],
    ['[]', 'needs at least one condition'],
    ['now', 'must be'],
    ['[{ name: a, file: x }, { name: a, file: y }]', '"a" is the name of another condition already'],
  ])('%s', async (condition, wanted) => {
    await expect(loaded(withStop(condition))).rejects.toThrow(wanted);
  });
});
