import { expect, test } from 'vitest';
import type { StreamPlan } from '../../../src/model/plan.js';
import type { StreamRow } from '../../../src/model/record.js';
import { contrasts } from '../../../src/report/contrasts.js';
import { summaryMarkdown } from '../../../src/report/markdown.js';
import { fullInput } from '../../golden/report/input.js';

const [plan] = fullInput.record.scenario.streams;
const [sample] = fullInput.tables.streams;
const planOf = (name: string, type: StreamPlan['type'], control = false): StreamPlan => ({
  ...plan!,
  name,
  type,
  control,
});
const row = (stream: string, longest_s: number | null, more: Partial<StreamRow> = {}): StreamRow => ({
  ...sample!,
  stream,
  trial: 1,
  longest_lo_s: longest_s === null ? 60 : longest_s - 0.01,
  longest_s,
  longest_hi_s: longest_s === null ? null : longest_s + 0.01,
  ...more,
});
const six = { family: 'ipv6' } as const;
const inputOf = (streams: readonly StreamRow[]) => ({
  ...fullInput,
  record: {
    ...fullInput.record,
    scenario: {
      ...fullInput.record.scenario,
      streams: [
        planOf('ping', 'icmp'),
        planOf('ping6', 'icmp'),
        planOf('web', 'tcp'),
        planOf('control', 'tcp', true),
      ],
    },
  },
  tables: { ...fullInput.tables, streams },
});
const of = (...streams: StreamRow[]) => contrasts(inputOf(streams));

test('IPv4 and IPv6 that differ by more than their resolution', () => {
  expect(of(row('ping', 2.2), row('ping6', 3.4, six))).toEqual([
    'IPv6 was down 1.20 s longer than IPv4: ping6 3.40 s, ping 2.20 s',
  ]);
  expect(of(row('ping', 2.2), row('ping6', 2.2195, six))).toEqual([]);
  expect(of(row('ping', 2.2), row('ping6', 2.221, six))).toHaveLength(1);
});

test('TCP and ICMP of one family; control streams take no part', () => {
  expect(of(row('ping', 0.5), row('web', 3), row('control', 9))).toEqual([
    'TCP was down 2.50 s longer than ICMP: web 3.00 s, ping 0.500 s',
  ]);
  expect(of(row('ping6', 0.5, six), row('web', 3))).toEqual([]);
});

test('over several trials the largest, and in how many it is so', () => {
  const second = { trial: 2 } as const;
  expect(
    of(row('ping', 2), row('ping6', 2, six), row('ping', 2, second), row('ping6', 4, { ...six, ...second })),
  ).toEqual(['IPv6 was down 2.00 s longer than IPv4 in 1 of 2 trials: ping6 4.00 s, ping 2.00 s (trial 2)']);
});

test('one that did not come back, and none where nothing is known', () => {
  expect(of(row('ping', 2), row('ping6', null, { ...six, status: 'not-recovered' }))).toEqual([
    'IPv6 did not come back, IPv4 did: ping6 not recovered, ping 2.00 s',
  ]);
  expect(of(row('ping', 2), row('ping6', 4, { ...six, status: 'void' }))).toEqual([]);
});

test('is said in the summary', () => {
  expect(summaryMarkdown(inputOf([row('ping', 2.2), row('ping6', 3.4, six)]))).toContain(
    '- IPv6 was down 1.20 s longer than IPv4: ping6 3.40 s, ping 2.20 s',
  );
});

test('streams of different vantages are not held against each other', () => {
  const input = inputOf([row('ping', 1), row('ping6', 2, six)]);
  const { scenario } = input.record;
  const apart = scenario.streams.map((each) =>
    each.name === 'ping6' ? { ...each, from: 'elsewhere' } : each,
  );
  expect(contrasts(input)).toHaveLength(1);
  expect(
    contrasts({ ...input, record: { ...input.record, scenario: { ...scenario, streams: apart } } }),
  ).toEqual([]);
});
