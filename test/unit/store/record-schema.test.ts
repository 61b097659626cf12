import { expect, test } from 'vitest';
import { runRecordSchema } from '../../../src/model/run.js';
import { sampleRecord } from '../../io/store/sample-record.js';

test('the figures of the host come back as written', () => {
  const record = sampleRecord('r');
  expect(runRecordSchema.parse(JSON.parse(JSON.stringify(record))).self_test).toEqual(record.self_test);
});

test('a run of a version without a self-test has none', () => {
  const { self_test: _, ...older } = sampleRecord('r');
  expect(runRecordSchema.parse(older).self_test).toBeNull();
});

test('the calibration comes back as written, and a run of a version without one has none', () => {
  const calibration = {
    file: '/root/.local/state/seqgap/calibration.json',
    date_utc: '2026-01-31T23:59:59.000Z',
    streams: [{ type: 'icmp' as const, interval_s: 0.01, n: 200, covered: 198 }],
  };
  const record = { ...sampleRecord('r'), calibration };
  expect(runRecordSchema.parse(JSON.parse(JSON.stringify(record))).calibration).toEqual(calibration);
  const { calibration: _, ...older } = record;
  expect(runRecordSchema.parse(older).calibration).toBeNull();
});
