import { expect, test } from 'vitest';
import type { TrialEvent } from '../../../src/model/event.js';
import { fromMs } from '../../../src/model/time.js';
import { analyse, at, issued, moved, probesOf, scenarioOf, streamPlan } from './fixture.js';

const drops = (since: number, until: number, count = 120): TrialEvent => ({
  ...at(until),
  event: 'socket-drops',
  stream: 'ping',
  drops: count,
  since_ns: fromMs(since),
});

const notesOf = (...more: TrialEvent[]): string[] => {
  const scenario = scenarioOf({ streams: [streamPlan('ping', { wait_ns: fromMs(200) })] });
  const probes = probesOf(`${'.'.repeat(5)}xxxx${'.'.repeat(31)}`);
  const { notes } = analyse(scenario, [issued(450), ...moved(1000), ...more], probes);
  return notes.filter((note) => note.includes('dropped'));
};

test('packets that were dropped while the stream was down cast doubt on its losses', () =>
  expect(notesOf(drops(600, 1600), drops(1600, 2600, 1))).toEqual([
    'trial 1, failover: ping: 121 packets were dropped at its own socket, whose buffer was full, ' +
      "some of them while it was down: losses there may be the instrument's own",
  ]));

test('others do not, and are named all the same', () =>
  expect(notesOf(drops(1600, 2600, 1))).toEqual([
    'trial 1, failover: ping: 1 packet was dropped at its own socket, whose buffer was full, none of them while it was down',
  ]));

test('without drops nothing is said', () => expect(notesOf()).toEqual([]));
