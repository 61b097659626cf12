import { expect, test } from 'vitest';
import { sayCalibration } from '../../../src/report/words.js';

test('one stream', () => {
  const streams = [{ type: 'icmp', interval_s: 0.01, n: 200, covered: 198 }] as const;
  expect(sayCalibration({ file: 'c.json', date_utc: '2026-01-31T23:59:59.123Z', streams })).toBe(
    'Calibrated on 2026-01-31: 99.0 % of 200 injected outages inside the interval (ICMP, 10 ms)',
  );
});

test('several', () => {
  const streams = [
    { type: 'icmp6', interval_s: 0.0025, n: 200, covered: 200 },
    { type: 'ping', interval_s: 0.01, n: 200, covered: 191 },
    { type: 'tcp', interval_s: 0.1, n: 20, covered: 20 },
  ] as const;
  expect(sayCalibration({ file: 'c.json', date_utc: '2026-01-31T23:59:59.123Z', streams })).toBe(
    'Calibrated on 2026-01-31: 100.0 % of 200 injected outages inside the interval (ICMPv6, 2.5 ms), ' +
      '95.5 % of 200 (system ping, 10 ms), 100.0 % of 20 (TCP, 100 ms)',
  );
});
