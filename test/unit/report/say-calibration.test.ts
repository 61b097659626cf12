import { expect, test } from 'vitest';
import { summaryMarkdown, terminalReport } from '../../../src/report/run/run-report.js';
import { sayCalibration } from '../../../src/report/run/run-words.js';
import { fullInput as input } from '../../golden/report/input.js';

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

test('both reports of a run quote it, within the width of the terminal', () => {
  const calibration = {
    file: 'c.json',
    date_utc: '2026-01-31T23:59:59.123Z',
    streams: [
      { type: 'icmp', interval_s: 0.01, n: 200, covered: 198 },
      { type: 'tcp', interval_s: 0.01, n: 200, covered: 200 },
    ],
  } as const;
  const calibrated = { ...input, record: { ...input.record, calibration } };
  const text = terminalReport(calibrated, { columns: 100, color: false, folder: null });
  expect(text).toContain(
    'Calibrated on 2026-01-31: 99.0 % of 200 injected outages inside the interval (ICMP, 10 ms)',
  );
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(summaryMarkdown(calibrated)).toContain('\nCalibrated on 2026-01-31: 99.0 % of 200 injected outages');
  expect(terminalReport(input, { columns: 100, color: false, folder: null })).not.toContain('Calibrated');
});
