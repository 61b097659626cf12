import { describe, expect, test } from 'vitest';
import { calibrationText } from '../../../src/cli/calibrate/text.js';
import { sampleCalibration } from './sample.js';

const options = {
  columns: 100,
  color: false,
  detail: false,
  file: '/root/.local/state/seqgap/calibration.json',
};

describe('calibrationText', () => {
  test('the stream, its kinds and its lengths', () => {
    expect(calibrationText(sampleCalibration([2, 6, -1, 9]), options)).toBe(
      `4 of 4 outages on jump (2 CPUs, 6.18.5), seqgap 0.1.0, 2026-01-31T23:59:59.000Z

stream     n   inside     bias  mean |error|  95 % |error|  in T    width  truth ±
icmp-10ms  4  100.0 %  4.00 ms       4.50 ms                0.45  30.0 ms  1.00 ms
· drop     2  100.0 %  0.50 ms       1.50 ms                0.15  30.0 ms  1.00 ms
· arp      2  100.0 %  7.50 ms       7.50 ms                0.75  30.0 ms  1.00 ms
· 300ms    2  100.0 %  0.50 ms       1.50 ms                0.15  30.0 ms  1.00 ms
· 3.4s     2  100.0 %  7.50 ms       7.50 ms                0.75  30.0 ms  1.00 ms

No outage for 60 s
  stream     outages   sent  lost  unsent  slowest answer
  icmp-10ms        0  6,000     0       0         1.23 ms

The prober stood still for 1 s
  stream     outages   sent  lost  unsent  slowest answer
  icmp-10ms        0  6,000     0     100         1.23 ms

✓ at least 95 % inside the interval, mean error at most 0.5 T, no outage that was not made
Calibration: /root/.local/state/seqgap/calibration.json
`,
    );
  });

  test('with --detail a line for each kind and length', () => {
    const text = calibrationText(sampleCalibration([2, 6]), { ...options, detail: true });
    expect(text).toMatch(/^· drop 300ms +1 /m);
    expect(text).toMatch(/^· arp 3\.4s +1 /m);
  });

  test('says in which way it falls short', () => {
    const text = calibrationText(sampleCalibration([16, 16, 16]), options);
    expect(text).toContain('✗ icmp-10ms: 0 of 3 outages inside the interval, less than 95 %\n');
    expect(text).not.toContain('✓');
  });

  test('ended before anything was made', () => {
    const nothing = { ...sampleCalibration([]), streams: [], null_run: null, stall: null, complete: false };
    const text = calibrationText(nothing, { ...options, file: null });
    expect(text).toContain('0 of 0 outages on jump');
    expect(text).toContain(', ended early');
    expect(text).toContain('no outage was made');
    expect(text).not.toContain('Calibration:');
    expect(text).not.toMatch(/NaN|undefined|Infinity|✓/);
  });

  test('fits 100 columns with every kind of number', () => {
    const text = calibrationText(sampleCalibration([-123_456, 98_765, 0]), { ...options, detail: true });
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});
