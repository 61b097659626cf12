import { expect, test } from 'vitest';
import { runRecordSchema } from '../../../src/store/record-schema.js';
import { sampleRecord } from '../../io/store/sample-record.js';

test('the figures of the host come back as written', () => {
  const record = sampleRecord('r');
  expect(runRecordSchema.parse(JSON.parse(JSON.stringify(record))).self_test).toEqual(record.self_test);
});

test('a run of a version without a self-test has none', () => {
  const { self_test: _, ...older } = sampleRecord('r');
  expect(runRecordSchema.parse(older).self_test).toBeNull();
});
