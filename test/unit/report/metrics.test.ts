import { expect, test } from 'vitest';
import { metricsOf, openMetricsText } from '../../../src/report/text/metrics.js';
import { fullInput } from '../../golden/report/input.js';

const sampleOf = (name: string, labels: Readonly<Record<string, string>>, input = fullInput): number | null =>
  metricsOf([input])
    .find((metric) => metric.name === name)
    ?.samples.find((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
    ?.value ?? null;

test('a trial that did not recover is +Inf, never dropped', () => {
  expect(fullInput.tables.trials.map(({ status }) => status)).toContain('not-recovered');
  expect(sampleOf('seqgap_outage_seconds', { phase: 'failover', stat: 'max' })).toBe(Infinity);
  expect(openMetricsText(metricsOf([fullInput]))).toMatch(/seqgap_outage_seconds\{[^}]*stat="max"\} \+Inf/);
});

test('void trials are counted, and have no part in a figure', () => {
  const voids = fullInput.tables.trials.map((row) => ({
    ...row,
    status: 'void' as const,
    outage_lo_s: null,
    outage_s: null,
    outage_hi_s: null,
  }));
  const input = { ...fullInput, tables: { ...fullInput.tables, trials: voids } };
  expect(sampleOf('seqgap_trials', { status: 'void', phase: 'failover' }, input)).toBe(
    voids.filter(({ phase }) => phase === 'failover').length,
  );
  expect(sampleOf('seqgap_outage_seconds', {}, input)).toBeNull();
  expect(sampleOf('seqgap_sessions', {}, input)).toBeNull();
});

test('a control stream says nothing of the pair', () => {
  const control = fullInput.record.scenario.streams.filter((plan) => plan.control);
  expect(control.length).toBeGreaterThan(0);
  for (const { name } of control)
    expect(sampleOf('seqgap_stream_outage_seconds', { stream: name })).toBeNull();
});

test('a stream that flaps is told whole, and one whose recovery did not hold has no end', () => {
  const [trial] = fullInput.tables.trials;
  const [row] = fullInput.tables.streams;
  const flapping = {
    ...row!,
    trial: 1,
    status: 'degraded' as const,
    periods: 40,
    longest_s: 0.11,
    total_s: 4,
  };
  const input = {
    ...fullInput,
    tables: {
      ...fullInput.tables,
      trials: [{ ...trial!, trial: 1, status: 'degraded' as const, outage_s: 0.11 }],
      streams: [{ ...flapping, span_s: null, background_loss: 0.04 }],
    },
  };
  const of = { stat: 'max', phase: 'failover' };
  expect(sampleOf('seqgap_outage_seconds', of, input)).toBe(0.11);
  expect(sampleOf('seqgap_stream_outage_seconds', of, input)).toBe(0.11);
  expect(sampleOf('seqgap_stream_outages', of, input)).toBe(40);
  expect(sampleOf('seqgap_stream_outage_total_seconds', of, input)).toBe(4);
  expect(sampleOf('seqgap_stream_outage_span_seconds', of, input)).toBe(Infinity);
  expect(sampleOf('seqgap_stream_random_loss_ratio', of, input)).toBe(0.04);
});

test('exactly one verdict holds', () => {
  const verdicts = ['pass', 'fail', 'inconclusive'].map((verdict) =>
    sampleOf('seqgap_run_verdict', { verdict }),
  );
  expect(verdicts.filter((value) => value === 1)).toHaveLength(1);
  expect(verdicts.filter((value) => value === 0)).toHaveLength(2);
});

test('no series occurs twice', () => {
  for (const { name, samples } of metricsOf([fullInput])) {
    const keys = samples.map(({ labels }) => JSON.stringify(labels));
    expect(new Set(keys).size, name).toBe(keys.length);
  }
});

test('labels are escaped as OpenMetrics says', () => {
  const text = openMetricsText([
    { name: 'x', unit: null, help: 'a\\b\nc', samples: [{ labels: { a: 'q"\\\n' }, value: 1 }] },
  ]);
  expect(text).toBe('# TYPE x gauge\n# HELP x a\\\\b\\nc\nx{a="q\\"\\\\\\n"} 1\n# EOF\n');
});
