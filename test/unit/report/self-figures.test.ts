import { expect, test } from 'vitest';
import type { SendFigures, TrialEvent } from '../../../src/model/event.js';
import { ns } from '../../../src/model/time.js';
import { selfFigures } from '../../../src/report/run/analysed-run.js';

const selfTest = (stream: string, figures: Partial<SendFigures>): TrialEvent => ({
  at_ns: ns(1),
  event: 'self-test',
  vantage: 'client',
  stream,
  figures: {
    sent: 10,
    unsent: 0,
    local_blocked: 0,
    lateness_p50_ms: null,
    lateness_p99_ms: null,
    lateness_max_ms: null,
    socket_drops: 0,
    ...figures,
  },
});

test('counts are added, and of each lateness figure the worst trial is kept', () => {
  const events: TrialEvent[] = [
    selfTest('ping', { unsent: 1, lateness_p99_ms: 0.5, lateness_max_ms: 2, socket_drops: 0 }),
    { at_ns: ns(2), event: 'note', text: 'x' },
    selfTest('web', { socket_drops: null }),
    selfTest('ping', {
      local_blocked: 2,
      lateness_p50_ms: 0.1,
      lateness_p99_ms: 0.4,
      lateness_max_ms: 3,
      socket_drops: 7,
    }),
  ];
  expect(selfFigures(events).map(({ stream, figures }) => [stream, Object.values(figures)])).toEqual([
    ['ping', [20, 1, 2, 0.1, 0.5, 3, 7]],
    ['web', [10, 0, 0, null, null, null, null]],
  ]);
});

test('each stream says what sent it, and by whose clock its answers are stamped', () => {
  const resolved = (stream: string, engine: string, received?: 'kernel' | 'process'): TrialEvent => ({
    at_ns: ns(0),
    event: 'resolved',
    stream,
    address: '192.0.2.1',
    family: 4,
    engine,
    ...(received && { stamps: { sent: 'kernel', received } }),
  });
  const events = [
    resolved('ping', 'native', 'kernel'),
    resolved('late', 'native', 'process'),
    resolved('web', 'connect'),
    resolved('web', 'connect'),
    resolved('mixed', 'native', 'kernel'),
    resolved('mixed', 'net-ping'),
    ...['ping', 'late', 'web', 'mixed', 'never'].map((stream) => selfTest(stream, {})),
  ];
  expect(selfFigures(events).map(({ engine }) => engine)).toEqual([
    'native, kernel stamps',
    'native, own stamps',
    'connect',
    'native, kernel stamps / net-ping',
    null,
  ]);
});
