import { expect, test } from 'vitest';
import type { OutageRow, PhaseRow, StreamRow, TimelineRow, TrialRow } from '../../../src/model/tables.js';
import { tracesOf } from '../../../src/report/run/trace.js';
import { fullInput } from '../../golden/report/input.js';

const [trial] = fullInput.tables.trials.filter(({ status }) => status === 'ok') as [TrialRow];
const { run, scenario, version, phase } = trial;
const key = { run, scenario, version, trial: trial.trial, phase };

const milestone = (name: string, at_s: number): TimelineRow => ({
  ...key,
  kind: 'trigger',
  milestone: name,
  subject: 'fw-a',
  source: null,
  at_lo_s: at_s,
  at_s,
  at_hi_s: at_s,
  after_trigger_s: at_s - 5,
  at_utc: new Date(1_700_000_000_000 + at_s * 1000).toISOString(),
  detail: null,
});

const part = (step: number, name: string, start_s: number, length_s: number | null): PhaseRow => ({
  ...key,
  step,
  name,
  until: 'traffic',
  start_s,
  lo_s: 0.1,
  length_s,
  hi_s: length_s,
  share: null,
  status: 'ok',
});

const traces = (timeline: TimelineRow[], phases: PhaseRow[]) =>
  tracesOf({ ...fullInput, tables: { ...fullInput.tables, trials: [trial], timeline, phases } });

test('a trial begins with its trigger and ends with its last part, in Unix time', () => {
  const [trace] = traces(
    [milestone('steady', 1), milestone('trigger-issued', 5)],
    [part(1, 'detection', 5.5, 1), part(2, 'data plane', 6.5, 2)],
  );
  expect(trace).toMatchObject({ start_ms: 1_700_000_005_000, end_ms: 1_700_000_008_500 });
  expect(trace?.parts.map(({ name, start_ms, end_ms }) => [name, end_ms - start_ms])).toEqual([
    ['detection', 1000],
    ['data plane', 2000],
  ]);
  expect(trace?.events.map(({ name }) => name)).toEqual(['steady', 'trigger-issued']);
});

test('a part whose end was not seen lasts as long as is known', () => {
  const [trace] = traces([milestone('trigger-issued', 5)], [part(1, 'detection', 5.5, null)]);
  expect(trace?.parts[0]?.end_ms).toBe(1_700_000_005_600);
});

test('without phases the outage of the headline stream is the one part', () => {
  const [trace] = traces([milestone('trigger-issued', 5)], []);
  expect(trace?.parts.map(({ name, attributes }) => [name, attributes['stream']])).toEqual([
    ['outage', trial.headline_stream],
  ]);
});

test('no trigger, no trace', () => {
  expect(traces([milestone('first-loss', 5)], [])).toEqual([]);
});

test('without phases the part is the loss period, never a refusal that is longer', () => {
  const [sample] = fullInput.tables.outages;
  const own = { ...sample!, ...key, stream: trial.headline_stream ?? '', start_s: 6, hi_s: null };
  const outages = [
    { ...own, kind: 'refused' as const, lo_s: 4, outage_s: 4.1 },
    { ...own, kind: 'loss' as const, lo_s: 1, outage_s: 1.1 },
  ];
  const tables = {
    ...fullInput.tables,
    trials: [trial],
    timeline: [milestone('trigger-issued', 5)],
    phases: [],
    outages,
  };
  expect(tracesOf({ ...fullInput, tables })[0]!.parts).toMatchObject([{ attributes: { lo_s: 1 } }]);
});

test('a trial that flaps and stays degraded says so', () => {
  const degraded: TrialRow = { ...trial, status: 'degraded', verdict: 'fail', headline_stream: 'ping' };
  const flapping: StreamRow = {
    ...fullInput.tables.streams[0]!,
    ...key,
    stream: 'ping',
    direction: 'round-trip',
    status: 'degraded',
    periods: 40,
    total_s: 4,
    span_s: null,
    residual_loss: 0.021,
    residual_delay_ms: null,
    background_loss: 0.04,
  };
  const outage = (kind: OutageRow['kind'], lo_s: number): OutageRow => ({
    ...fullInput.tables.outages[0]!,
    ...key,
    stream: 'ping',
    kind,
    lo_s,
    outage_s: lo_s,
  });
  const tables = {
    ...fullInput.tables,
    trials: [degraded],
    streams: [flapping],
    outages: [outage('slow', 20), outage('loss', 0.11), outage('background', 0.2)],
    timeline: [milestone('trigger-issued', 5)],
    phases: [],
  };
  const [trace] = tracesOf({ ...fullInput, tables });
  expect(trace?.failed).toBe('degraded: 2.1 % still lost');
  expect(trace?.parts).toMatchObject([{ name: 'outage', attributes: { lo_s: 0.11 } }]);
  expect(trace?.attributes).toMatchObject({
    'seqgap.outages': 40,
    'seqgap.outage_total_s': 4,
    'seqgap.random_loss': 0.04,
  });
  expect(trace?.attributes).not.toHaveProperty('seqgap.outage_span_s');
});
