import { expect, test } from 'vitest';
import { calibratedStreams, STREAM_TYPES } from '../../../src/cli/calibrate/streams.js';
import { fromMs } from '../../../src/model/time.js';

test('each way of probing says what sends it, and what goes without our own engine insists on that', () => {
  const plans = calibratedStreams(STREAM_TYPES, [fromMs(10)]).map(({ plan }) => plan);
  expect(plans.map(({ name, type, engine }) => [name, type, engine])).toEqual([
    ['icmp-10ms', 'icmp', 'auto'],
    ['icmp6-10ms', 'icmp', 'auto'],
    ['ping-10ms', 'icmp', 'ping'],
    ['tcp-10ms', 'tcp', 'auto'],
    ['stamp-10ms', 'stamp', 'auto'],
    ['icmp-net-ping-10ms', 'icmp', 'net-ping'],
    ['stamp-udp-10ms', 'stamp', 'udp'],
  ]);
});
