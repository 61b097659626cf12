import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { explainRun } from '../../../src/analysis/chain/explain-run.js';
import type { StatedClock } from '../../../src/analysis/chain/sight.js';
import { readRecord } from '../../../src/foreign/record/read-record.js';
import type { TrialEvent } from '../../../src/model/event.js';
import type { ObservePlan, PhasePlan } from '../../../src/model/observe-plan.js';
import { chainDocument } from '../../../src/report/chain/chain-data.js';
import { chainMarkdown, type ChainReport, chainTerminal } from '../../../src/report/chain/chain-report.js';
import { textWidth } from '../../../src/report/text/table.js';
import { sampleRecord } from '../../io/store/sample-record.js';
import { analyse, probesOf, scenarioOf, streamPlan } from '../../unit/analysis/fixture.js';

/** The trial of the golden timeline, in which nobody asked the device for its time, with the records of others beside it. */
const told = JSON.parse(
  readFileSync(join(import.meta.dirname, '../timeline/address-moved-by-api.json'), 'utf8'),
) as { observe: ObservePlan[]; phases: PhasePlan[]; events: TrialEvent[]; probes: string };

const NODES = ['fw-a', 'fw-b'];
const NEAR = { lo_ms: Date.UTC(2025, 10, 21, 19, 15, 20), hi_ms: Date.UTC(2025, 10, 21, 19, 15, 50) };

const reportOf = async (
  files: readonly string[],
  stated: readonly StatedClock[] = [],
  phases: readonly PhasePlan[] = told.phases,
): Promise<ChainReport> => {
  const scenario = {
    ...scenarioOf({ streams: [streamPlan('ping')] }),
    observe: told.observe,
    phases: [...phases],
  };
  const events = told.events.filter(({ event }) => event !== 'device-time');
  const result = analyse(scenario, events, probesOf(told.probes));
  const records = await Promise.all(
    files.map(async (file) => {
      const path = relative(process.cwd(), join(import.meta.dirname, file));
      const nodes = NODES.map((name) => ({ name, addresses: [] }));
      return { file, record: await readRecord(path, { near: NEAR, zone_min: null, nodes, owner: null }) };
    }),
  );
  const chains = explainRun({
    nodes: NODES,
    observe: told.observe,
    phases,
    trials: [{ trial: 1, events, seen: result.seen, captures: [] }],
    records: records.map(({ record }) => record),
    stated,
    hasApi: true,
  });
  const run = {
    record: { ...sampleRecord('20251121T191529Z-9.0'), scenario: { ...scenario, name: 'address-moved' } },
    tables: result,
    notes: [],
    findings: [],
    verdict: 'pass' as const,
    selfFigures: [],
  };
  return { run, chains, records, unread: [], advice: [], trial: null };
};

const file = (name: string): string => join(import.meta.dirname, name);

describe('an outage with the log of a node and of a cloud', () => {
  const both = () => reportOf(['fw-b.log', 'activity.json'], [{ clock: 'Azure', lo_ms: -100, hi_ms: 100 }]);

  test.each([100, 72])('on a terminal of %i columns', async (columns) => {
    const text = chainTerminal(await both(), { columns, color: false });
    for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(columns);
    await expect(text).toMatchFileSnapshot(file(`terminal-${columns}.txt`));
  });

  test('as Markdown', async () => {
    await expect(chainMarkdown(await both())).toMatchFileSnapshot(file('page.md'));
  });

  test('as JSON', async () => {
    await expect(`${JSON.stringify(chainDocument(await both()), null, 1)}\n`).toMatchFileSnapshot(
      file('document.json'),
    );
  });

  test('has links that add up to the outage', async () => {
    const [chain] = (await both()).chains.chains;
    const sum = chain!.links.reduce((total, { row }) => total + (row.length_s ?? 0), 0);
    expect(sum).toBeCloseTo(chain!.outage.trial.outage_s ?? NaN, 9);
  });
});

test('the page shows lines of it', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/explain.md'), 'utf8');
  const [, sample = ''] = /```text\n(.*?)```/s.exec(page) ?? [];
  const printed = readFileSync(file('terminal-100.txt'), 'utf8').split('\n');
  expect(sample.split('\n').filter((line) => !printed.includes(line))).toEqual([]);
});

test('a cloud’s clock that nobody vouches for places nothing', async () => {
  const { chains } = await reportOf(['activity.json']);
  expect(chains.clocks).toMatchObject([{ clock: 'Azure', state: 'not-known', offset: null }]);
  expect(chains.unplaced).toMatchObject([{ clock: 'Azure' }]);
  expect(chains.notKnown.join()).toContain('--clock Azure=0s±1s');
});

test('without phases of the scenario the steps that are known divide the outage', async () => {
  const { chains } = await reportOf(['fw-b.log'], [], []);
  expect(chains.chains[0]?.links.filter(({ end }) => end !== null).map(({ name }) => name)).toEqual([
    'silence',
    'detection',
    'promotion',
    'neighbours',
    'data plane',
  ]);
});
