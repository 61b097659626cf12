import { expect, test } from 'vitest';
import { ns } from '../../../src/model/time.js';
import { ShownValue, type ValueChange } from '../../../src/probe/send/shown-value.js';

test('a change lies between the last probe that showed the old value and the first answer with the new one', () => {
  const changes: ValueChange[] = [];
  const shown = new ShownValue('www.lab.test', (change) => changes.push(change));
  const take = (seq: number, value: string): void =>
    shown.take(seq, value, { sent: ns(seq * 100), received: ns(seq * 100 + 30), ttl_s: 5 });
  take(0, 'old');
  take(1, 'old');
  take(3, 'new');
  // Overtaken on its way: it tells of a time before.
  take(2, 'old');
  take(4, 'new');
  take(5, 'old');
  expect(changes).toEqual([
    { subject: 'www.lab.test', value: 'old', was: null, since: null, at: 30, ttl_s: 5 },
    { subject: 'www.lab.test', value: 'new', was: 'old', since: 100, at: 330, ttl_s: 5 },
    { subject: 'www.lab.test', value: 'old', was: 'new', since: 400, at: 530, ttl_s: 5 },
  ]);
});
